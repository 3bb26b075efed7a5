"""Accounts: who may sign, with which key, at which sequence."""
