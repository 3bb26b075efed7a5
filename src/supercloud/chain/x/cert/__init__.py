"""Cert: client certificates that owners publish, by which tenants and providers know each other off the
ledger."""
