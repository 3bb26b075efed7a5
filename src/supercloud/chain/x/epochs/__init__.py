"""Epochs: what shall happen once a minute, hour, day or week of block time."""
