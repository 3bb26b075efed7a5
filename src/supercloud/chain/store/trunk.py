"""The trees of a height, folded, as a row of chunks and back: what a node keeps to be quick after a restart.

    chunk    len store (1) | store | node*
    node     len key (1) | key | leaves (1) | hash (32)         by key; the tree is what joins them

A chunk belongs to one store, and a store has as many as it needs. The roots are the only proof the trees need: they are
those of the height or the trees are of no use. Pure: bytes in, bytes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from supercloud.chain.store import merkle

CHUNK_NODES: Final = 16_384
_HASH_BYTES: Final = 32

Trees = Mapping[str, "merkle.Node | None"]


def chunks(trees: Trees) -> Iterator[bytes]:
    """The trees, by store."""
    for store in sorted(trees):
        name = store.encode()
        head = bytes((len(name),)) + name
        nodes = merkle.folded(trees[store])
        for at in range(0, len(nodes), CHUNK_NODES):
            parts = [
                b"%c%b%c%b" % (len(key), key, leaves, hash_)
                for key, leaves, hash_ in nodes[at : at + CHUNK_NODES]
            ]
            yield head + b"".join(parts)


def trees(made: Iterable[bytes]) -> dict[str, merkle.Node | None]:
    """Trees by store; whatever the chunks hold, for roots tell whether it is of use."""
    named = ((chunk[1 : 1 + chunk[0]].decode("ascii", "replace"), chunk) for chunk in made if chunk)
    return {
        store: merkle.joined(node for _, chunk in group for node in _nodes(chunk))
        for store, group in groupby(named, lambda pair: pair[0])
    }


def _nodes(chunk: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    at, size = 1 + chunk[0], len(chunk)
    while at < size:
        end = at + 1 + chunk[at]
        after = end + 1 + _HASH_BYTES
        if after > size:
            return
        yield chunk[at + 1 : end], chunk[end], chunk[end + 1 : after]
        at = after
