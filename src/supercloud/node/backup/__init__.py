"""A copy of a node's home, taken while it runs, and the way back."""
