"""A node that decides alone has no peers to ask and nobody ahead of it."""

from __future__ import annotations

from supercloud.node.engine.peers import Alone, Peers


async def test_alone() -> None:
    peers: Peers = Alone()
    assert not peers.catching_up and not peers.signing_key
    assert await peers.ask("net_info", limit=3) is None
