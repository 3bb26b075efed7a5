"""A provider with tenants on a network that fails: its node is killed, then cut off, then nobody decides. Leases go on.

Afterwards a second opinion (testing/auditor) reads every block of a node that was there all the time and requires the
ledger to have paid as it would have, to the unit, at every height.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from chain_client import BECH32, Rpc
from cluster import Cluster, height, reach, same_everywhere
from test_partition import ALL, Namespaces, _no_namespaces
from world import Tenant, World, key_of, until, workload

from supercloud.chain.app import build_app
from supercloud.node.engine.block import time_ns
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError
from supercloud.testing.auditor import Auditor, Block

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(bool(_no_namespaces()), reason=_no_namespaces()),
]
PURSE = 10**12
POWER = 10**6
"""Tokens of a unit of voting power."""
ACTIVE = 1
PATIENCE_S = 150
"""A withdrawal that was in the mempool of the node that died is waited for, for a minute; then there is another."""
PEOPLE = ("alice", "dave", "provider")


async def test_no_lease_ends_and_all_is_paid_through_a_crash_and_cuts(tmp_path: Path) -> None:
    spaces = Namespaces(4)
    cluster = Cluster(tmp_path / "net", 4, hosts=spaces.hosts, more={key_of("provider").address: PURSE})
    for name in ALL:
        own = cluster.member(name).endpoints
        cluster.configure(name, "rpc", listen=own.rpc)
        cluster.configure(name, "p2p", listen=own.p2p)
    prefixes = {name: ["ip", "netns", "exec", spaces.names[number]] for number, name in enumerate(ALL)}
    for name in ALL:
        cluster.start(name, prefix=prefixes[name])
    world, client = World(tmp_path), None
    try:
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, name) for name in ALL]
            await reach(rpcs, 2)
            # The tenant asks node1; the provider's node is node3, to which all the bad things happen.
            world.client = client = await Client.connect(rpcs[1].url)
            world.node = cast(Any, SimpleNamespace(rpc_url=rpcs[3].url, stop=_nothing))
            await world.start_provider(withdraw_interval_s=1, withdraw_minimum=1, price_minimum="600")
            alice = world.tenant()
            kept = [await alice.run(workload(name)) for name in ("one", "two")]
            await _paid(alice, kept)

            cluster.kill("node3")
            await reach(rpcs[:3], await height(rpcs[0]) + 4)
            cluster.start("node3", prefix=prefixes["node3"])
            await _goes_on(rpcs)
            await _paid(alice, kept)

            with spaces.cut([3], [0, 1, 2]):
                # The provider sees a chain that stands still; the tenant goes on and wants more.
                await reach(rpcs[:3], await height(rpcs[0]) + 4)
                unheard = await alice.order(workload("three"))
            await _goes_on(rpcs)
            with spaces.cut([0, 1], [2, 3]):
                # One block may be on its way.
                await until(lambda: _stands(rpcs), "blocks to end", 30)
            await _goes_on(rpcs)
            await _paid(alice, kept)
            await until(lambda: alice._offers(unheard, []), "the bid for what was ordered during the cut", 60)

            await _check_leases(alice, kept, world)
            await market.close_deployment(alice.sender, kept[0].order.dseq)
            await until(lambda: len(world.engine.running) == 1, "the closed lease's workload to end", 30)
            await world.stop_provider()
            top = await height(rpcs[1])
            await reach(rpcs, top + 2)
            await same_everywhere(rpcs, top + 1)
    finally:
        if client is not None:
            await world.stop()
        cluster.stop()
        spaces.close()
    assert audit(cluster.member("node1").home, top) > 0
    assert audit(cluster.member("node3").home, top) > 0


async def _nothing() -> None:
    pass


async def _goes_on(rpcs: list[Rpc]) -> None:
    """All have blocks that were decided after now."""
    await reach(rpcs, max([await height(rpc) for rpc in rpcs]) + 2)


async def _stands(rpcs: list[Rpc]) -> bool:
    before = [await height(rpc) for rpc in rpcs]
    try:
        await reach(rpcs[:1], before[0] + 1, within_s=2.5)
    except TimeoutError:
        return True
    return False


async def _paid(alice: Tenant, kept: list[Any]) -> None:
    """Each lease pays its provider again."""
    before = await _withdrawn(alice)

    async def more() -> bool:
        try:
            now = await _withdrawn(alice)
        except SdkError:
            return False
        return all(now[lease.order.dseq] > before.get(lease.order.dseq, 0) for lease in kept)

    await until(more, "the provider to be paid", PATIENCE_S)


async def _withdrawn(alice: Tenant) -> dict[int, int]:
    found = await market.leases(alice.client, alice.address)
    return {
        item.lease.id.dseq: int(item.escrow_payment.state.withdrawn.amount or "0")
        for item in found
        if item.lease.state == ACTIVE
    }


async def _check_leases(alice: Tenant, kept: list[Any], world: World) -> None:
    found = {item.lease.id.dseq: item.lease for item in await market.leases(alice.client, alice.address)}
    for lease in kept:
        assert (found[lease.order.dseq].state, found[lease.order.dseq].reason) == (ACTIVE, 0)
    assert len(world.engine.running) == len(kept) and world.engine.removed == []


def audit(home: Path, top: int) -> int:
    """Read a stopped node's blocks into the auditor, with the state of each height; how many records it compared."""
    backend, store = LmdbBackend(home / "data" / "state"), BlockStore(home / "data" / "blocks")
    try:
        app, at = build_app(backend), 1

        def ask(path: str, request: Any, answer: type[Any]) -> Any:
            data = request.SerializeToString()
            found = app.query(abci.RequestQuery(path=path, data=data, height=at))
            assert found.code == 0, f"{path} at {at}: {found.log}"
            return answer.FromString(found.value)

        people = [BECH32.text(key_of(name).address) for name in PEOPLE]
        auditor = Auditor(ask, people, bech32=BECH32)
        # Nobody's stake changes here, so that all decide every block; who was away gets its part all the same.
        votes = [
            abci.VoteInfo(
                validator=abci.Validator(
                    address=BECH32.parse_valcons(each.consensus), power=each.tokens // POWER
                )
            )
            for each in auditor.books.stakes.validators.values()
        ]
        for at in range(2, top + 1):
            block = block_pb2.Block.FromString(store.block(at) or b"")
            response = abci.ResponseFinalizeBlock.FromString(store.response(at) or b"")
            auditor.read(Block(at, time_ns(block.header.time), list(block.data.txs), response, votes))
        assert auditor.accepted["akash.market.v1beta5.MsgCreateLease"] == 2
        assert auditor.accepted["akash.market.v1beta5.MsgWithdrawLease"] >= 4
        return auditor.compare()
    finally:
        store.close()
        backend.close()
