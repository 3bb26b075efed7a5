"""Authorizations: one account may send certain messages for another."""
