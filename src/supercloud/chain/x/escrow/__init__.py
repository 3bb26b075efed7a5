"""Escrow: money that tenants and providers put down, and its flow from accounts into payments, block by
block."""
