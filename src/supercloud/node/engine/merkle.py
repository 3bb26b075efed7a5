"""The binary Merkle tree that headers commit to (RFC 6962 hashing with SHA-256)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

LEAF = b"\x00"
INNER = b"\x01"
EMPTY = sha256(b"").digest()
"""Root of a tree without leaves."""


def leaf_hash(item: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(LEAF + item).digest()


def root(items: Sequence[bytes]) -> bytes:
    """Root over items in their order."""
    if not items:
        return EMPTY
    level = [sha256(LEAF + item).digest() for item in items]
    while len(level) > 1:
        level = _above(level)
    return level[0]


def aunts(items: Sequence[bytes], index: int) -> list[bytes]:
    """What a verifier needs beside the item itself, from the leaf's sibling upwards."""
    if not 0 <= index < len(items):
        raise IndexError(f"no item {index} among {len(items)}")
    path = []
    level = [leaf_hash(item) for item in items]
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _above(level)
        index //= 2
    return path


def _above(level: list[bytes]) -> list[bytes]:
    # Pairing neighbours and carrying an odd last node up unchanged gives the same tree as splitting at the
    # largest power of two, without recursion.
    paired = [sha256(INNER + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        paired.append(level[-1])
    return paired
