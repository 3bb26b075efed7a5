"""Validators, delegations, and who decides blocks."""
