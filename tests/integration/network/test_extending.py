"""One node that decided alone goes on under CometBFT, and a second validator comes to it: no height and no block is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from chain_client import ALICE, PATIENCE_S, Rpc
from cluster import Cluster, height, reach, same_everywhere
from comet import absent

from supercloud.node.config import StateSyncSettings
from supercloud.node.founding import Terms, validator_keys, validator_message
from supercloud.node.network import STAKE
from supercloud.sdk.client import Client
from supercloud.sdk.tx import TxSender
from supercloud.types.coin import Coin

pytestmark = [
    pytest.mark.node,
    pytest.mark.xdist_group("extending"),
    pytest.mark.skipif(bool(absent()), reason=absent()),
]
SNAPSHOTS_EVERY = 5


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_lone_node_becomes_one_of_two_validators(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    cluster = Cluster(tmp_path, 1)
    cluster.configure("node0", "engine", kind="embedded")
    cluster.start()
    first = cluster.rpc(session, "node0")
    try:
        await reach([first], 3)
        (raw,) = await cluster.transfers(first, 1)
        before = await first.committed(raw)
        alone = await height(first)
        cluster.stop()
        cluster.configure("node0", "engine", kind="cometbft")
        cluster.configure("node0", "state", snapshot_interval=SNAPSHOTS_EVERY, snapshots_kept=1000)
        cluster.start("node0")
        second = await joined(cluster, session, first, alone + 4)
        await stake(first, cluster.member("second").home)
        await two_decide(first)
        at = await height(first)
        await reach([first, second], at + 3)
        await same_everywhere([first, second], at + 2)
        signed = (await second.call("commit", height=str(at + 2)))["signed_header"]["commit"]["signatures"]
        assert [each["block_id_flag"] for each in signed] == [2, 2]
        # What was decided alone is still told, in the same words.
        assert await first.committed(raw) == before
        assert int((await first.call("status"))["sync_info"]["earliest_block_height"]) == 1
        assert await first.bobs(height=before["height"]) == await second.bobs() == 1
        cluster.stop()
        cluster.start("node0", "second")
        await reach([first, second], at + 6)
    finally:
        cluster.stop()


async def joined(cluster: Cluster, session: aiohttp.ClientSession, first: Rpc, trusted: int) -> Rpc:
    """A node that began with a snapshot: the blocks from before CometBFT are nobody's to hand over."""
    due = trusted // SNAPSHOTS_EVERY * SNAPSHOTS_EVERY + SNAPSHOTS_EVERY
    await reach([first], due + 4)
    hash_ = (await first.call("block", height=str(trusted)))["block_id"]["hash"]
    wanted = StateSyncSettings([first.url, first.url], trusted, hash_)
    cluster.join("second", cluster.spare_base, state_sync=wanted)
    cluster.start("second")
    second = cluster.rpc(session, "second")
    await reach([second], await height(first))
    return second


async def stake(rpc: Rpc, home: Path) -> None:
    """Alice stakes for the node of a home as much as the first validator has."""
    async with await Client.connect(rpc.url) as client:
        sender = TxSender(client, ALICE, "0.0025uakt")
        key = validator_keys(home).public_key
        terms = Terms("second")
        await sender.send([validator_message(client.bech32, ALICE.address, key, Coin("uakt", STAKE), terms)])


async def two_decide(rpc: Rpc) -> None:
    """Wait until both have the same power."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = (await rpc.call("validators"))["validators"]
            if len(found) == 2:
                assert len({each["voting_power"] for each in found}) == 1
                return
            await asyncio.sleep(0.1)
