"""The upgrades that this program knows, by name: one file each, never removed again.

A plan on the ledger names an upgrade and a height. A program that does not know the name stops before that height's
block; one that knows it migrates the stores at the beginning of that block. A new upgrade is a file beside this one
with an `Upgrade`, and its place in `UPGRADES`. What was applied once must stay here: a program without it is older
than the state.
"""

from __future__ import annotations

from typing import Final

from supercloud.chain.upgrades.upgrade import Upgrade

UPGRADES: Final[tuple[Upgrade, ...]] = ()
"""Oldest first. Empty: the ledger's stores are those of its first release."""
