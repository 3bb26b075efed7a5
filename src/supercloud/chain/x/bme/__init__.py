"""Bme (burn-mint equilibrium): the vault that turns the native token into dollar credit and back."""
