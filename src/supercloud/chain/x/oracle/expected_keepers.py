"""The oracle needs no other module."""
