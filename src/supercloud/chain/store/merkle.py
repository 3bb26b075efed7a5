"""The commitment of one store: a crit-bit tree over its keys, hashed so that ICS-23's IavlSpec verifies its proofs.

The shape depends on the set of keys alone, so the root does too: nothing of the tree is stored, it is rebuilt from the
keys. Nodes are immutable tuples that carry their hash; an update makes new ones along the touched paths and shares the
rest, so roots of past heights stay usable for proofs.

    leaf  (hash, key)                       hash = sha256(00 02 02 | len key | key | 20 | sha256(value))
    inner (hash, key, bit, left, right)     hash = sha256(fe 7f 02 02 20 | left | 20 | right)

`key` of an inner node is the key of one leaf below it. The constant inner prefix is a varint height of 8191 with size 1
and version 1, which IavlSpec accepts at any depth that can occur. Bits are numbered nine to a byte: the first says
whether the key has that byte at all, so a prefix sorts before what it is a prefix of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

LEAF_PREFIX: Final = bytes.fromhex("000202")
INNER_PREFIX: Final = bytes.fromhex("fe7f0202")
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
KEY_BYTES_MAX: Final = 1024

Node = tuple[Any, ...]
Write = tuple[bytes, bytes | None]

_sha256 = hashlib.sha256
_INNER_HEAD: Final = INNER_PREFIX + b"\x20"


def root_hash(root: Node | None) -> bytes:
    """Hash of a tree; that of nothing is SHA-256 of nothing."""
    return EMPTY_ROOT if root is None else bytes(root[0])


def varint(value: int) -> bytes:
    """Unsigned LEB128, as protobuf writes lengths."""
    out = b""
    while value > 0x7F:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))


def leaf(key: bytes, value: bytes) -> Node:
    """A leaf."""
    head = LEAF_PREFIX + varint(len(key)) + key + b"\x20"
    return (_sha256(head + _sha256(value).digest()).digest(), key)


def critical_bit(a: bytes, b: bytes) -> int:
    """Number of the first bit in which two different keys differ."""
    shared = len(a) if len(a) < len(b) else len(b)
    difference = int.from_bytes(a[:shared], "big") ^ int.from_bytes(b[:shared], "big")
    if not difference:
        return shared * 9
    position = shared * 8 - difference.bit_length()
    return position + (position >> 3) + 1


def direction(key: bytes, bit: int) -> bool:
    """Whether a key lies to the right of a node that splits at `bit`."""
    index, offset = divmod(bit, 9)
    if index >= len(key):
        return False
    return offset == 0 or bool(key[index] >> (8 - offset) & 1)


def build(pairs: Iterable[tuple[bytes, bytes]]) -> Node | None:
    """The tree of sorted pairs."""
    return _join([leaf(key, value) for key, value in pairs])


def update(root: Node | None, writes: Sequence[Write]) -> Node | None:
    """The tree after writes that are sorted by key; None as a value deletes. The old tree stays as it was."""
    if not writes:
        return root
    if root is None:
        return _join([leaf(key, value) for key, value in writes if value is not None])
    if len(root) == 2:
        return _update_leaf(root, writes)
    _, sample, bit, left, right = root
    if critical_bit_or_end(writes[0][0], sample) < bit or critical_bit_or_end(writes[-1][0], sample) < bit:
        return _update_around(root, writes)
    cut = _partition(writes, bit)
    left = update(left, writes[:cut])
    right = update(right, writes[cut:])
    if left is None:
        return right
    if right is None:
        return left
    return _inner(bit, left, right)


def critical_bit_or_end(a: bytes, b: bytes) -> int:
    """`critical_bit`, and a number beyond every bit for equal keys."""
    return critical_bit(a, b) if a != b else KEY_BYTES_MAX * 16


def _inner(bit: int, left: Node, right: Node) -> Node:
    return (_sha256(_INNER_HEAD + left[0] + b"\x20" + right[0]).digest(), left[1], bit, left, right)


def _join(nodes: list[Node]) -> Node | None:
    """The tree of subtrees that are sorted and do not interleave."""
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    # In a sorted run the first and the last key differ earliest, so they tell the topmost split.
    bit = critical_bit(nodes[0][1], nodes[-1][1])
    low, high = 0, len(nodes)
    while low < high:
        middle = (low + high) >> 1
        if direction(nodes[middle][1], bit):
            high = middle
        else:
            low = middle + 1
    left, right = _join(nodes[:low]), _join(nodes[low:])
    assert left is not None and right is not None
    return _inner(bit, left, right)


def _update_leaf(node: Node, writes: Sequence[Write]) -> Node | None:
    nodes: list[Node] = []
    pending: Node | None = node
    for key, value in writes:
        if pending is not None and key >= pending[1]:
            if key > pending[1]:
                nodes.append(pending)
            pending = None
        if value is not None:
            nodes.append(leaf(key, value))
    if pending is not None:
        nodes.append(pending)
    return _join(nodes)


def _update_around(root: Node, writes: Sequence[Write]) -> Node | None:
    """Some writes fall outside the subtree's range: they become its neighbours."""
    _, sample, bit, _, _ = root
    before: list[Node] = []
    inside: list[Write] = []
    after: list[Node] = []
    for key, value in writes:
        if critical_bit_or_end(key, sample) >= bit:
            inside.append((key, value))
        elif value is not None:
            (before if key < sample else after).append(leaf(key, value))
    middle = update(root, inside)
    return _join(before + ([middle] if middle is not None else []) + after)


def _partition(writes: Sequence[Write], bit: int) -> int:
    """How many of the sorted writes lie to the left of `bit`."""
    low, high = 0, len(writes)
    while low < high:
        middle = (low + high) >> 1
        if direction(writes[middle][0], bit):
            high = middle
        else:
            low = middle + 1
    return low


def path(root: Node, key: bytes) -> list[tuple[Node, bool]]:
    """Inner nodes from the top to where `key` is or would be, each with the direction taken."""
    steps = []
    node = root
    while len(node) != 2:
        right = direction(key, node[2])
        steps.append((node, right))
        node = node[4] if right else node[3]
    return steps


def lowest(node: Node) -> bytes:
    """The first key of a tree."""
    while len(node) != 2:
        node = node[3]
    return bytes(node[1])


def highest(node: Node) -> bytes:
    """The last key of a tree."""
    while len(node) != 2:
        node = node[4]
    return bytes(node[1])


def neighbours(root: Node, key: bytes) -> tuple[bytes | None, bytes | None]:
    """The keys right before and after one that is absent."""
    before: bytes | None = None
    after: bytes | None = None
    node = root
    while True:
        if len(node) == 2:
            found = bytes(node[1])
            return (found, after) if found < key else (before, found)
        _, sample, bit, left, right = node
        differs = critical_bit_or_end(key, sample)
        if differs < bit:
            return (highest(node), after) if key > sample else (before, lowest(node))
        if direction(key, bit):
            before = highest(left)
            node = right
        else:
            after = lowest(right)
            node = left
