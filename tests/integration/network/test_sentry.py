"""A validator behind a sentry: strangers follow the network and never hear of the validator's address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest
from chain_client import Rpc
from cluster import Cluster, height, reach
from comet import absent

from supercloud.node.network import PORTS_PER_NODE, Joining, join

pytestmark = [
    pytest.mark.node,
    pytest.mark.xdist_group("sentry"),
    pytest.mark.skipif(bool(absent()), reason=absent()),
]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_nobody_is_told_of_the_validator(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    cluster = Cluster(tmp_path, 1)
    validator = cluster.member("node0")
    sentry = cluster.join("sentry", cluster.spare_base)
    document = orjson.loads((tmp_path / "genesis.json").read_bytes())
    only = [f"{sentry.node_id}@{sentry.endpoints.p2p}"]
    joining = Joining(only, moniker="stranger", port_base=cluster.spare_base + PORTS_PER_NODE)
    stranger = join(tmp_path / "stranger", document, joining)
    cluster.members.append(stranger)
    cluster.configure("node0", "p2p", exchange=False, persistent_peers=only[0])
    cluster.configure("sentry", "p2p", hidden=validator.node_id)
    cluster.start("node0", "sentry")
    first, between = cluster.rpc(session, "node0"), cluster.rpc(session, "sentry")
    try:
        await reach([first, between], 3)
        cluster.start("stranger")
        outside = cluster.rpc(session, "stranger")
        await reach([outside], await height(first))
        assert await ids(between) == {validator.node_id, stranger.node_id}
        assert await ids(outside) == {sentry.node_id}
        (raw,) = await cluster.transfers(outside, 1)
        assert (await first.committed(raw))["tx_result"]["code"] == 0
        await reach([outside], await height(first) + 5)
    finally:
        cluster.stop()
    # It is written when a node ends.
    book = (stranger.home / "cometbft" / "config" / "addrbook.json").read_text()
    assert sentry.node_id in book and validator.node_id not in book


async def ids(rpc: Rpc) -> set[str]:
    """Whom a node is connected with."""
    return {peer["node_info"]["id"] for peer in (await rpc.call("net_info"))["peers"]}
