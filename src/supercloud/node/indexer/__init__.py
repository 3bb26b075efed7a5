"""Searchable index of transactions and events. Derived from blocks, so it may always be thrown away."""
