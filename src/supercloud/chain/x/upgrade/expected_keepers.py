"""Upgrade needs no other module."""
