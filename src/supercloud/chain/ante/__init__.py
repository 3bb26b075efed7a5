"""What every transaction must pass before its messages run: size, fee, keys, signatures, sequence."""
