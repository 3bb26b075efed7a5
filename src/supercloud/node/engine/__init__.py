"""Engines decide blocks. `embedded` is a single validator in this process; `block` and `signer` are what it
is made of.
"""
