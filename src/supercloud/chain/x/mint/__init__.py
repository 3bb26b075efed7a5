"""New tokens for those who stake, or none."""
