"""Audit: what auditors vouch for in the attributes that providers give themselves."""
