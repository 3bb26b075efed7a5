"""The trees of a height, folded, as a row of chunks and back: what a node keeps to be quick after a restart.

    chunk    len store (1) | store | node*
    node     len key (1) | key | leaves (1) | hash (32)         by key; the tree is what joins them

A chunk belongs to one store, and a store has as many as it needs. The roots are the only proof the trees need: they are
those of the height or the trees are of no use. Pure: bytes in, bytes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Final, NamedTuple

from supercloud.chain.store import merkle

CHUNK_NODES: Final = 1024
"""Some three milliseconds to make: whoever writes chunks between blocks holds none of them up."""
_HASH_BYTES: Final = 32

Trees = Mapping[str, "merkle.Node | None"]


class Kept(NamedTuple):
    """The trees of a height."""

    height: int
    chunks: Iterable[bytes]


class Later(NamedTuple):
    """What has happened since trees were kept."""

    written: Mapping[str, Sequence[bytes]]
    """By store: the keys that were written, sorted."""
    read: Callable[[str, bytes, bytes | None], Iterable[tuple[bytes, bytes]]]
    """The pairs that a store has now, from a key on and before another (None: to the last)."""


def chunks(trees: Trees) -> Iterator[bytes]:
    """The trees, by store; each chunk is made when it is asked for."""
    for store in sorted(trees):
        name = store.encode()
        head = bytes((len(name),)) + name
        nodes = merkle.folded(trees[store])
        while parts := [
            b"%c%b%c%b" % (len(key), key, leaves, hash_) for key, leaves, hash_ in islice(nodes, CHUNK_NODES)
        ]:
            yield head + b"".join(parts)


def trees(made: Iterable[bytes], later: Later) -> dict[str, merkle.Node | None]:
    """Trees by store as they are now; whatever the chunks hold, for roots tell whether it is of use."""
    named = ((chunk[1 : 1 + chunk[0]].decode("ascii", "replace"), chunk) for chunk in made if chunk)
    found: dict[str, merkle.Node | None] = {}
    for store, group in groupby(named, lambda pair: pair[0]):
        nodes = (node for _, chunk in group for node in _nodes(chunk))
        found[store] = merkle.joined(_renewed(store, nodes, later))
    for store in later.written:
        if store not in found:
            found[store] = merkle.joined(_renewed(store, (), later))
    return found


def _renewed(store: str, nodes: Iterable[merkle.Folded], later: Later) -> Iterable[merkle.Folded]:
    written = later.written.get(store)
    if not written:
        return nodes
    return merkle.renewed(nodes, written, lambda start, end: later.read(store, start, end))


def _nodes(chunk: bytes) -> Iterator[merkle.Folded]:
    at, size = 1 + chunk[0], len(chunk)
    while at < size:
        end = at + 1 + chunk[at]
        after = end + 1 + _HASH_BYTES
        if after > size:
            return
        yield chunk[at + 1 : end], chunk[end], chunk[end + 1 : after]
        at = after
