"""Fees to those who stake, and the community pool."""
