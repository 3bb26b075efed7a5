"""Four validators: what a network survives, what makes it wait, and who may join it.

One network serves all tests of this file, in order; each leaves all four validators running.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from chain_client import BOB, PATIENCE_S, Rpc
from cluster import Cluster, height, reach, same_everywhere, standstill
from comet import absent

from supercloud.node.config import StateSyncSettings
from supercloud.sdk.light import LightClient
from supercloud.sdk.rpc import RpcClient

pytestmark = [
    pytest.mark.node,
    pytest.mark.xdist_group("four-validators"),
    pytest.mark.skipif(bool(absent()), reason=absent()),
]
SNAPSHOTS_EVERY = 10
ALL = ("node0", "node1", "node2", "node3")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("net"), 4)
    for name in ALL:
        made.configure(name, "state", snapshot_interval=SNAPSHOTS_EVERY, snapshots_kept=50)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def all_run(cluster: Cluster) -> None:
    """A test that failed in the middle leaves the others a whole network."""
    if gone := [name for name in ALL if name not in cluster.processes]:
        cluster.start(*gone)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def clients(cluster: Cluster, session: aiohttp.ClientSession, *names: str) -> list[Rpc]:
    return [cluster.rpc(session, name) for name in names or ALL]


async def test_all_make_the_same_blocks(cluster: Cluster, session: aiohttp.ClientSession) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)
    (raw,) = await cluster.transfers(rpcs[1], 1)
    committed = int((await rpcs[3].committed(raw))["height"])
    await reach(rpcs, committed + 1)
    assert {await rpc.bobs() for rpc in rpcs} == {1}
    await same_everywhere(rpcs, committed + 1)
    signers = (await rpcs[0].call("commit", height=str(committed)))["signed_header"]["commit"]["signatures"]
    assert len(signers) == 4
    async with session.get(f"http://{cluster.member('node2').endpoints.metrics}/metrics") as answer:
        told = dict(line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if line[0] != "#")
    assert int(told["supercloud_height"]) > committed and told["supercloud_validators"] == "4"
    assert int(told["supercloud_peers"]) == 3 and int(told["supercloud_txs_total"]) == 1


async def test_one_down_blocks_go_on_two_down_they_wait(
    cluster: Cluster, session: aiohttp.ClientSession
) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)
    cluster.kill("node3")
    at = await height(rpcs[0])
    await reach(rpcs[:3], at + 3)
    cluster.kill("node2")
    # One block may have been decided already; then nobody decides alone.
    halted, other = await standstill(rpcs[:2])
    assert abs(other - halted) <= 1
    sent = await cluster.transfers(rpcs[0], 1)
    cluster.start("node2")
    await reach(rpcs[:3], halted + 2)
    committed = int((await rpcs[1].committed(sent[0]))["height"])
    assert committed > halted
    cluster.start("node3")
    await reach(rpcs, committed + 1)
    # No fork: everybody has the same chain from before to after.
    for each in (at, halted, halted + 1, committed + 1):
        await same_everywhere(rpcs, each)


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.slow)])
async def test_kill_9_under_load_loses_nothing(
    cluster: Cluster, session: aiohttp.ClientSession, rounds: int
) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)  # each test may be the first to find them, just started
    moments, reported = random.Random(rounds), {}
    before = await rpcs[0].bobs()
    for _ in range(rounds):
        victim = moments.choice(ALL[1:])
        other = cluster.rpc(session, victim)
        await reach([other], await height(rpcs[0]) - 1)
        # What this node itself reports committed, right until it dies.
        dying = asyncio.create_task(_report(cluster, rpcs[0], other, reported))
        known = len(reported)
        async with asyncio.timeout(PATIENCE_S):
            while len(reported) == known:  # noqa: ASYNC110 - the load has no event for it
                await asyncio.sleep(0.02)
        await asyncio.sleep(moments.uniform(0, 1.0))
        cluster.kill(victim)
        await dying
        cluster.start(victim)
        await reach([other], await height(rpcs[0]))
    assert len(reported) >= rounds
    top = await height(rpcs[0])
    await reach(rpcs, top + 1)
    for rpc in rpcs:
        for raw, at in reported.items():
            assert (await rpc.committed(raw))["height"] == at
    moved = {await rpc.bobs(height=str(top)) for rpc in rpcs}
    assert len(moved) == 1 and moved.pop() - before >= len(reported)
    await same_everywhere(rpcs, top + 1)


async def _report(cluster: Cluster, through: Rpc, watched: Rpc, reported: dict[bytes, str]) -> None:
    with contextlib.suppress(aiohttp.ClientError):
        while True:
            for raw in await cluster.transfers(through, 5):
                reported[raw] = (await watched.committed(raw))["height"]


async def test_a_new_node_follows_by_all_blocks(cluster: Cluster, session: aiohttp.ClientSession) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)  # each test may be the first to find them, just started
    cluster.join("joined", cluster.spare_base)
    cluster.start("joined")
    joined = cluster.rpc(session, "joined")
    try:
        top = await height(rpcs[0])
        await reach([joined, *rpcs], top + 2)
        await same_everywhere([joined, *rpcs], top + 2)
        assert await joined.bobs(height=str(top)) == await rpcs[0].bobs(height=str(top))
        # It passes transactions on though it decides nothing.
        (raw,) = await cluster.transfers(joined, 1)
        assert (await rpcs[2].committed(raw))["tx_result"]["code"] == 0
        assert (await joined.call("status"))["validator_info"]["voting_power"] == "0"
    finally:
        cluster.stop("joined")


async def test_a_new_node_starts_from_a_snapshot(cluster: Cluster, session: aiohttp.ClientSession) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)  # each test may be the first to find them, just started
    due = await height(rpcs[0]) // SNAPSHOTS_EVERY * SNAPSHOTS_EVERY + SNAPSHOTS_EVERY
    # The newest snapshot is checked by headers two heights later.
    await reach(rpcs, due + 4)
    trusted = (await rpcs[0].call("block", height="3"))["block_id"]["hash"]
    servers = [rpc.url for rpc in rpcs[:2]]
    cluster.join("synced", cluster.spare_base, state_sync=StateSyncSettings(servers, 3, trusted))
    cluster.start("synced")
    synced = cluster.rpc(session, "synced")
    try:
        await reach([synced], await height(rpcs[0]))
        top = await height(synced)
        await reach(rpcs, top)
        await same_everywhere([synced, *rpcs], top)
        status = (await synced.call("status"))["sync_info"]
        assert int(status["earliest_block_height"]) > 3, "it executed all blocks"
        assert await synced.bobs() == await rpcs[0].bobs()
        # Whose turn it is to propose came with the snapshot's headers: all agree, or it refuses proposals for ever.
        sets = [await rpc.call("validators", height=str(top)) for rpc in (synced, *rpcs)]
        assert all(each == sets[0] for each in sets)
        assert {each["proposer_priority"] for each in sets[0]["validators"]} != {"0"}
        await reach([synced, *rpcs], top + 5)
        assert "invalid proposal signature" not in cluster.log("synced")
        cluster.kill("synced")
        cluster.start("synced")
        await reach([synced], await height(rpcs[0]))
        (raw,) = await cluster.transfers(synced, 1)
        found = await synced.committed(raw)
        await reach([rpcs[2], synced], int(found["height"]) + 1)
        await same_everywhere([synced, rpcs[2]], int(found["height"]) + 1)
    finally:
        cluster.stop("synced")


async def test_a_network_that_was_stopped_goes_on(cluster: Cluster, session: aiohttp.ClientSession) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)  # each test may be the first to find them, just started
    at, bobs = await height(rpcs[0]), await rpcs[0].bobs()
    cluster.stop(*ALL)
    cluster.start(*ALL)
    await reach(rpcs, at + 2)
    assert {await rpc.bobs() for rpc in rpcs} == {bobs}
    await same_everywhere(rpcs, at + 2)


async def test_a_light_client_trusts_one_hash_alone(cluster: Cluster, session: aiohttp.ClientSession) -> None:
    rpcs = clients(cluster, session)
    await reach(rpcs, 2)  # each test may be the first to find them, just started
    hash = (await rpcs[0].call("block", height="2"))["block_id"]["hash"]
    async with RpcClient(rpcs[3].url) as untrusted, RpcClient(rpcs[1].url) as witness:
        light = await LightClient.begin(untrusted, 2, bytes.fromhex(hash))
        await light.advance()
        await reach(rpcs, light.trusted.height)
        assert await light.agrees(witness)
        found = await light.balance(BOB.address, "uakt")
        assert found.value == await rpcs[0].bobs(height=str(found.height))
        assert (await light.balance(b"\1" * 20, "unone")).value == 0


def test_nothing_failed_unseen(cluster: Cluster, tmp_path: Path) -> None:
    for name in ALL:
        assert "Traceback" not in cluster.log(name)
