"""Validators that signed two blocks at one height."""
