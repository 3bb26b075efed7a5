"""Grants out of the community pool, paid in parts, that a vote can stop."""
