"""Proposals, the deposits that carry them and the votes that decide them."""
