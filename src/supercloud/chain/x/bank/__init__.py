"""Balances, transfers and supply."""
