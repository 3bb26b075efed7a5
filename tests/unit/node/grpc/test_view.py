"""What the index finds is shown when its block is: the index may be a moment ahead."""

from __future__ import annotations

import dataclasses
from hashlib import sha256

from small_node import ALICE_TEXT, SmallNode, transfer

from supercloud.node.engine.history import History
from supercloud.node.grpc.view import View
from supercloud.node.indexer.port import Position
from supercloud.node.indexer.query import parse


def behind(small: SmallNode) -> View:
    """The view of doors that have not heard of the last block yet."""
    state = small.engine.state
    small.block(transfer(1, 1))
    return dataclasses.replace(small.view, history=History(small.view.history._store, lambda: state))


async def test_a_transaction_is_found_when_its_block_is_there(small: SmallNode) -> None:
    small.block(transfer(1, 0))
    view = behind(small)
    first, last = (sha256(transfer(1, sequence)).digest() for sequence in (0, 1))
    assert await view.position(first) == Position(1, 0)
    assert await view.position(last) is None
    assert await small.view.position(last) == Position(2, 0)
    assert await view.position(b"unknown") is None


async def test_searches_end_at_the_last_block_that_is_there(small: SmallNode) -> None:
    small.block(transfer(1, 0))
    view = behind(small)
    query = parse(f"message.sender='{ALICE_TEXT}'")
    found = [
        await each.search(small.index.search_txs, query, ascending=True, offset=0, limit=9)
        for each in (view, small.view)
    ]
    assert [(page.total, [position.height for position in page.found]) for page in found] == [
        (1, [1]),
        (2, [1, 2]),
    ]
