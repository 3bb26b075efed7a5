"""The commitment of one store: a crit-bit tree over its keys, hashed so that ICS-23's IavlSpec verifies its proofs.

The shape depends on the set of keys alone, so the root does too: nothing of the tree is stored, it is rebuilt from the
keys. Nodes are immutable tuples that carry their hash; an update makes new ones along the touched paths and shares the
rest, so roots of past heights stay usable for proofs.

    leaf   (hash, key)                      hash = sha256(00 02 02 | len key | key | 20 | sha256(value))
    inner  (hash, key, bit, left, right)    hash = sha256(fe 7f 02 02 20 | left | 20 | right)
    folded (hash, key, leaves)              stands for the subtree with this hash

`key` of a node is the first key below it. Most of a large tree is never touched: it is kept folded, a subtree of up to
FOLDED_LEAVES_MAX leaves as one node, and unfolded where a write or a proof goes, by reading its `leaves` pairs from
`key` on. What was read has to hash to what was folded. The constant inner prefix is a varint height of 8191 with size 1
and version 1, which IavlSpec accepts at any depth that can occur. Bits are numbered nine to a byte: the first says
whether the key has that byte at all, so a prefix sorts before what it is a prefix of.

Whoever can choose keys can make the tree as deep as a key has bits, so nothing here recurses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise, starmap
from typing import Any, Final

from supercloud.chain.store.backend import KEY_BYTES_MAX

LEAF_PREFIX: Final = bytes.fromhex("000202")
INNER_PREFIX: Final = bytes.fromhex("fe7f0202")
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

FOLDED_LEAVES_MAX: Final = 8
"""A folded node saves some 0.4 KB a leaf, and costs some 3 us a leaf when it is unfolded."""

Node = tuple[Any, ...]
Write = tuple[bytes, bytes | None]
Read = Callable[[bytes, int], Iterable[tuple[bytes, bytes]]]
"""So many pairs from a key on, as they were when the tree that is asked about was current."""
ReadSpan = Callable[[bytes, bytes | None], Iterable[tuple[bytes, bytes]]]
"""The pairs from a key on and before another (None: to the last)."""


class Unfoldable(Exception):
    """What was read does not hash to what was folded."""


def read_nothing(key: bytes, leaves: int) -> Iterable[tuple[bytes, bytes]]:
    """The source of trees in which nothing is folded."""
    return ()


_sha256 = hashlib.sha256
_INNER_HEAD: Final = INNER_PREFIX + b"\x20"
_HAS_BYTE: Final = 0x100
_BEYOND: Final = (KEY_BYTES_MAX + 1) * 9
"""Past every bit: where two equal keys differ."""
_STEPS: Final = [(bit // 9, _HAS_BYTE >> bit % 9) for bit in range(_BEYOND)]
"""By bit: the byte it is in, and its mask there. A byte that is there counts as having _HAS_BYTE set."""


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


_LEAF_HEADS: Final = [LEAF_PREFIX + varint(size) for size in range(KEY_BYTES_MAX + 1)]


def leaf(key: bytes, value: bytes) -> Node:
    """A leaf."""
    return (_sha256(_LEAF_HEADS[len(key)] + key + b"\x20" + _sha256(value).digest()).digest(), key)


def critical_bit(a: bytes, b: bytes) -> int:
    """Number of the first bit in which two keys differ; beyond every bit for equal keys."""
    if a == b:
        return _BEYOND
    shared = len(a) if len(a) < len(b) else len(b)
    difference = int.from_bytes(a[:shared], "big") ^ int.from_bytes(b[:shared], "big")
    if not difference:
        return shared * 9
    position = shared * 8 - difference.bit_length()
    return position + (position >> 3) + 1


def direction(key: bytes, bit: int) -> bool:
    """Whether a key lies to the right of a node that splits at `bit`."""
    index, mask = _STEPS[bit]
    return index < len(key) and (key[index] | _HAS_BYTE) & mask != 0


def build(pairs: Iterable[tuple[bytes, bytes]], leaves_max: int = FOLDED_LEAVES_MAX) -> Node | None:
    """The tree of sorted pairs, folded; with `leaves_max` 1 it is not."""
    # As `_join`, with the number of leaves of each open node; spelled out, for a start does this for every key.
    nodes: list[Node] = []
    counts: list[int] = []
    bits: list[int] = []
    last = b""

    def close() -> None:
        right, left = nodes.pop(), nodes[-1]
        count = counts.pop() + counts[-1]
        hash_ = _sha256(_INNER_HEAD + left[0] + b"\x20" + right[0]).digest()
        bit = bits.pop()
        nodes[-1] = (hash_, left[1], count) if count <= leaves_max else (hash_, left[1], bit, left, right)
        counts[-1] = count

    for key, value in pairs:
        if nodes:
            bit = critical_bit(last, key)
            while bits and bits[-1] > bit:
                close()
            bits.append(bit)
        nodes.append(leaf(key, value))
        counts.append(1)
        last = key
    while bits:
        close()
    return nodes[0] if nodes else None


def unfold(node: Node, read: Read) -> Node:
    """The subtree that a folded node stands for, or a leaf read anew. Raises Unfoldable."""
    leaves = node[2] if len(node) == 3 else 1
    found = _join(leaf(key, value) for key, value in read(node[1], leaves))
    if found is None or found[0] != node[0] or found[1] != node[1]:
        raise Unfoldable(f"the {leaves} pairs from {node[1].hex()} on do not hash to {node[0].hex()}")
    return found


Folded = tuple[bytes, int, bytes]
"""A subtree as it is kept: first key, number of leaves, hash."""


def folded(root: Node | None) -> Iterator[Folded]:
    """A tree as folded nodes in order, of which `joined` makes it again. It is walked no further than it is asked."""
    # Nodes that may still become one with the next.
    out: list[Folded] = []
    # By subtree that is done: its leaves, when it is the one last node of `out`, otherwise 0.
    done: list[int] = []
    # A mark (inner,) stands for what comes after the two subtrees below it.
    tasks: list[Node] = [] if root is None else [root]
    while tasks:
        node = tasks.pop()
        if len(node) == 1:
            right, left = done.pop(), done.pop()
            if left and right and left + right <= FOLDED_LEAVES_MAX:
                out[-2:] = [(node[0][1], left + right, node[0][0])]
                done.append(left + right)
            else:
                done.append(0)
                # What comes after belongs to other subtrees, none of which can be folded with one of these.
                yield from out
                out.clear()
        elif len(node) == 5:
            tasks += ((node,), node[4], node[3])
        else:
            leaves = node[2] if len(node) == 3 else 1
            out.append((node[1], leaves, node[0]))
            done.append(leaves)
    yield from out


def lowest_nodes(root: Node | None) -> Iterator[Node]:
    """The folded nodes and the leaves of a tree, in order."""
    nodes: list[Node] = [] if root is None else [root]
    while nodes:
        node = nodes.pop()
        if len(node) == 5:
            nodes += (node[4], node[3])
        else:
            yield node


def joined(nodes: Iterable[Folded]) -> Node | None:
    """The tree of folded nodes."""
    return _join((hash_, key, leaves) if leaves > 1 else (hash_, key) for key, leaves, hash_ in nodes)


def renewed(nodes: Iterable[Folded], written: Sequence[bytes], read: ReadSpan) -> Iterator[Folded]:
    """Folded nodes of an earlier tree, with what was written since: sorted keys, whose values `read` shows.

    Nodes near to a written key give way to the leaves that are there now; all others stand for what they stood for.
    """
    at, count = 0, len(written)
    start, before = b"", -1
    nodes = iter(nodes)
    first_node = next(nodes, None)
    if first_node is None:
        yield from _leaves(read(b"", None) if written else ())
        return
    for node, after in pairwise(chain((first_node,), nodes, (None,))):
        assert node is not None
        key, leaves, _ = node
        beyond = critical_bit(key, after[0]) if after is not None else -1
        # A node has all keys that begin as its first one, up to a bit that neither neighbour shares. A written key
        # before it that shares more may belong right into the midst of it.
        near = leaves > 1 and at > 0 and critical_bit(written[at - 1], key) > max(before, beyond)
        first = at
        end = after[0] if after is not None else None
        while at < count and (end is None or written[at] < end):
            at += 1
        if near or at > first:
            yield from _leaves(read(start, end))
        else:
            yield node
        start, before = end or b"", beyond


def _leaves(pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[Folded]:
    return ((key, 1, hash_) for hash_, key in starmap(leaf, pairs))


def update(root: Node | None, writes: Sequence[Write], read: Read = read_nothing) -> Node | None:
    """The tree after writes that are sorted by key; None as a value deletes. The old tree stays as it was.

    Raises Unfoldable.
    """
    if root is None:
        return build((key, value) for key, value in writes if value is not None)
    done: list[Node | None] = []
    # A task is a subtree and the slice of writes it takes. Two kinds of marks stand for what comes after the tasks
    # pushed on top of them: (None, ...) joins its neighbours with the last result, (inner, -1, -1) the last two.
    tasks: list[tuple[Any, Any, Any]] = [(root, 0, len(writes))]
    while tasks:
        node, low, high = tasks.pop()
        if node is None:
            middle = done.pop()
            done.append(_join([*low, middle, *high] if middle is not None else [*low, *high]))
        elif low == -1:
            right, left = done.pop(), done.pop()
            done.append(_pair(node[2], left, right))
        elif low == high:
            done.append(node)
        elif len(node) == 3:
            tasks.append((unfold(node, read), low, high))
        elif high - low == 1:
            key, value = writes[low]
            done.append(_write_one(node, key, value, read))
        elif len(node) == 2:
            tasks += _around(node, writes, low, high)
        else:
            _, sample, bit, left, right = node
            if critical_bit(writes[low][0], sample) < bit or critical_bit(writes[high - 1][0], sample) < bit:
                tasks += _around(node, writes, low, high)
                continue
            cut = _partition(writes, low, high, bit)
            tasks += ((node, -1, -1), (right, cut, high), (left, low, cut))
    return done[0]


def _inner(bit: int, left: Node, right: Node) -> Node:
    return (_sha256(_INNER_HEAD + left[0] + b"\x20" + right[0]).digest(), left[1], bit, left, right)


def _pair(bit: int, left: Node | None, right: Node | None) -> Node | None:
    if left is None:
        return right
    if right is None:
        return left
    return _inner(bit, left, right)


def _join(nodes: Iterable[Node]) -> Node | None:
    """The tree of subtrees that are sorted and do not interleave: a split is above every split at a later bit."""
    open_nodes: list[Node] = []
    open_bits: list[int] = []
    for node in nodes:
        if open_nodes:
            bit = critical_bit(open_nodes[-1][1], node[1])
            while open_bits and open_bits[-1] > bit:
                right = open_nodes.pop()
                open_nodes.append(_inner(open_bits.pop(), open_nodes.pop(), right))
            open_bits.append(bit)
        open_nodes.append(node)
    while open_bits:
        right = open_nodes.pop()
        open_nodes.append(_inner(open_bits.pop(), open_nodes.pop(), right))
    return open_nodes[0] if open_nodes else None


def _write_one(root: Node, key: bytes, value: bytes | None, read: Read) -> Node | None:
    """One write: down to the leaf that is nearest to the key, then up again with new nodes."""
    steps: list[tuple[Node, bool]] = []
    node = root
    size = len(key)
    while len(node) != 2:
        if len(node) == 3:
            node = unfold(node, read)
            continue
        index, mask = _STEPS[node[2]]
        right = index < size and (key[index] | _HAS_BYTE) & mask != 0
        steps.append((node, right))
        node = node[4] if right else node[3]
    bit = critical_bit(key, node[1])
    found: Node | None
    if bit == _BEYOND:
        found = None if value is None else leaf(key, value)
    elif value is None:
        return root
    else:
        while steps and steps[-1][0][2] > bit:
            node = steps.pop()[0]
        new = leaf(key, value)
        found = _inner(bit, node, new) if key > node[1] else _inner(bit, new, node)
    while steps:
        node, right = steps.pop()
        found = _pair(node[2], node[3], found) if right else _pair(node[2], found, node[4])
    return found


def _around(node: Node, writes: Sequence[Write], low: int, high: int) -> list[tuple[Any, Any, Any]]:
    """Tasks for writes of which some are outside a subtree (any but the leaf's own key): they become neighbours."""
    sample = node[1]
    bit = node[2] if len(node) == 5 else _BEYOND
    first = low
    while first < high and writes[first][0] < sample and critical_bit(writes[first][0], sample) < bit:
        first += 1
    last = high
    while last > first and writes[last - 1][0] > sample and critical_bit(writes[last - 1][0], sample) < bit:
        last -= 1
    before = [leaf(key, value) for key, value in writes[low:first] if value is not None]
    after = [leaf(key, value) for key, value in writes[last:high] if value is not None]
    return [(None, before, after), (node, first, last)]


def _partition(writes: Sequence[Write], low: int, high: int, bit: int) -> int:
    """Where in a slice of the sorted writes the right side of `bit` begins."""
    index, mask = _STEPS[bit]
    while low < high:
        middle = (low + high) >> 1
        key = writes[middle][0]
        if index < len(key) and (key[index] | _HAS_BYTE) & mask:
            high = middle
        else:
            low = middle + 1
    return low


def path(root: Node, key: bytes, read: Read = read_nothing) -> list[tuple[Node, bool]]:
    """Inner nodes from the top to where `key` is or would be, each with the direction taken. Raises Unfoldable."""
    steps = []
    node = root
    while len(node) != 2:
        if len(node) == 3:
            node = unfold(node, read)
            continue
        right = direction(key, node[2])
        steps.append((node, right))
        node = node[4] if right else node[3]
    return steps


def lowest(node: Node) -> bytes:
    """The first key of a tree."""
    while len(node) == 5:
        node = node[3]
    return bytes(node[1])


def highest(node: Node, read: Read = read_nothing) -> bytes:
    """The last key of a tree. Raises Unfoldable."""
    while len(node) != 2:
        node = node[4] if len(node) == 5 else unfold(node, read)
    return bytes(node[1])


def neighbours(root: Node, key: bytes, read: Read = read_nothing) -> tuple[bytes | None, bytes | None]:
    """The keys right before and after one that is absent. Raises Unfoldable."""
    before: Node | None = None
    after: Node | None = None
    node = root
    while True:
        if len(node) == 3:
            node = unfold(node, read)
        bit = critical_bit(key, node[1])
        if len(node) == 2 or bit < node[2]:
            if key > node[1]:
                before = node
            else:
                after = node
            return highest(before, read) if before else None, lowest(after) if after else None
        _, _, bit, left, right = node
        if direction(key, bit):
            before, node = left, right
        else:
            after, node = right, left
