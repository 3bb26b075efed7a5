"""Arithmetic of what a machine has, what is promised and what is left. Pure."""

from supercloud.provider.inventory.inventory import Available, Inventory, Need, Reservation, need_of

__all__ = ["Available", "Inventory", "Need", "Reservation", "need_of"]
