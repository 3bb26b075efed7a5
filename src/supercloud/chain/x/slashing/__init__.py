"""What it costs a validator not to sign, or to sign twice."""
