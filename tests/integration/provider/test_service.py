"""The agent against a real node: what it wins runs, what ends is removed, and stopping it anywhere loses nothing."""

from __future__ import annotations

import asyncio

import pytest

from supercloud.sdk import market
from supercloud.sdk.gateway import GatewayError, LeasePath

from .world import World, until, workload

pytestmark = pytest.mark.node


async def test_from_order_to_url_and_back(world: World) -> None:
    await world.start_provider()
    alice = world.tenant()
    lease = await alice.run(workload())
    assert list(world.engine.running) == [str(lease)]
    async with alice.gateway(lease.provider) as gateway:
        status = await gateway.lease_status(LeasePath(lease.order.dseq))
        assert status["services"]["web"]["available"] == 1
        (port,) = status["forwarded_ports"]["web"]
        assert (port["port"], port["proto"]) == (5432, "TCP")
    await market.close_deployment(alice.sender, lease.order.dseq)
    await until(lambda: not world.engine.running, "the containers to be removed")
    assert world.provider is not None
    state = world.provider._state
    await until(lambda: not state.manifest_keys() and not state.remembered_leases(), "nothing to be kept")
    assert state.hostnames() == []


async def test_restarted_it_adopts_what_runs(world: World) -> None:
    await world.start_provider()
    alice = world.tenant()
    lease = await alice.run(workload())
    await world.stop_provider()
    assert list(world.engine.running) == [str(lease)]
    provider = await world.start_provider()
    await until(lambda: str(lease) in provider._cluster.held, "the lease to be taken up again")
    async with alice.gateway(lease.provider) as gateway:
        status = await market.wait_ready(gateway, LeasePath(lease.order.dseq), 10)
        assert status["services"]["web"]["available"] == 1
        assert await gateway.manifest(LeasePath(lease.order.dseq))
    assert world.engine.deployed == [str(lease)]
    assert str(lease.order) in provider._bidder.inventory.reservations


async def test_what_happened_while_it_was_away(world: World) -> None:
    """A lease closed, an order posted, a manifest updated: each is caught up with."""
    await world.start_provider()
    alice = world.tenant()
    first = await alice.run(workload("first"))
    second = await alice.run(workload("second"))
    await world.stop_provider()
    await market.close_deployment(alice.sender, first.order.dseq)
    waiting = await alice.order(workload("third"))
    provider = await world.start_provider()
    await until(lambda: list(world.engine.running) == [str(second)], "the closed one to be removed")
    assert (await alice.bid(waiting)).provider == second.provider
    assert len(await world.bids("open")) == 1
    assert provider._state.manifest(alice.address, second.order.dseq) is not None


async def test_killed_between_lease_and_manifest(world: World) -> None:
    await world.start_provider()
    alice = world.tenant()
    file = workload()
    lease = await alice.lease(file)
    await world.stop_provider()
    await world.start_provider()
    async with alice.gateway(lease.provider) as gateway:
        await market.send_manifest(gateway, lease.order.dseq, file)
        await market.wait_ready(gateway, LeasePath(lease.order.dseq), 10)


async def test_killed_between_manifest_and_containers(world: World) -> None:
    await world.start_provider()
    alice, file = world.tenant(), workload()
    lease = await alice.lease(file)
    world.engine.away = True
    async with alice.gateway(lease.provider) as gateway:
        await market.send_manifest(gateway, lease.order.dseq, file)
    await world.stop_provider()
    world.engine.away = False
    await world.start_provider()
    await until(lambda: list(world.engine.running) == [str(lease)], "the containers")


async def test_killed_with_a_bid_on_its_way(world: World) -> None:
    """The note about a bid is older than the bid, so there is never a second one."""
    await world.start_provider()
    alice = world.tenant()
    dseq = await alice.order(workload())
    await alice.bid(dseq)
    for _ in range(3):
        await world.stop_provider()
        await world.start_provider()
        await asyncio.sleep(0.5)
    bids = await world.bids()
    assert [(bid.id.dseq, bid.state) for bid in bids] == [(dseq, 1)]


async def test_bids_that_can_not_win_come_back(world: World) -> None:
    """The tenant closes before choosing while nobody watches; the deposit is not locked for ever."""
    await world.start_provider(bid_timeout_s=1)
    alice = world.tenant()
    dseq = await alice.order(workload())
    await alice.bid(dseq)

    async def closed() -> bool:
        return [bid.state for bid in await world.bids()] == [4]

    await until(closed, "the bid that waited too long to be closed")
    assert world.provider is not None
    await until(lambda: world.provider and not world.provider._bidder.inventory.reservations, "room again")


async def test_a_lease_is_kept_when_the_agent_forgot_its_manifest(world: World) -> None:
    """Missing data never closes a lease: containers run, so the manifest was there."""
    await world.start_provider()
    alice = world.tenant()
    lease = await alice.run(workload())
    await world.stop_provider()
    (world.folder / "provider" / "state.sqlite").rename(world.folder / "lost")
    await world.start_provider(manifest_timeout_s=1)
    await asyncio.sleep(2.5)
    found = await market.leases(world.client, alice.address, lease.order.dseq)
    assert [item.lease.state for item in found] == [1]
    assert list(world.engine.running) == [str(lease)]


async def test_a_lease_without_a_manifest_is_given_up_in_time(world: World) -> None:
    await world.start_provider(manifest_timeout_s=1)
    alice = world.tenant()
    lease = await alice.lease(workload())

    async def closed() -> bool:
        found = await market.leases(world.client, alice.address, lease.order.dseq)
        return [(item.lease.state, item.lease.reason) for item in found] == [(3, 10003)]

    await until(closed, "the lease to be given up")


async def test_an_engine_that_is_away_closes_nothing(world: World) -> None:
    await world.start_provider()
    alice = world.tenant()
    lease = await alice.run(workload())
    world.engine.away = True
    async with alice.gateway(lease.provider) as gateway:
        status = await gateway.lease_status(LeasePath(lease.order.dseq))
        assert status["services"]["web"]["available"] == 0
    await asyncio.sleep(1)
    world.engine.away = False
    found = await market.leases(world.client, alice.address, lease.order.dseq)
    assert [item.lease.state for item in found] == [1]


async def test_names_between_tenants_and_deployments(world: World) -> None:
    await world.start_provider()
    alice, dave = world.tenant(), world.tenant("dave")
    first = await alice.run(workload("first", "shared.example"))
    stolen = workload("stolen", "shared.example")
    theirs = await dave.lease(stolen)
    async with dave.gateway(theirs.provider) as gateway:
        with pytest.raises(GatewayError, match="500: hostname not allowed"):
            await market.send_manifest(gateway, theirs.order.dseq, stolen)
    second = await alice.run(workload("second", "shared.example"))
    assert world.provider is not None
    assert world.provider._state.hostnames() == [("shared.example", str(first), "web")]
    await market.close_deployment(alice.sender, first.order.dseq)
    await until(
        lambda: (
            world.provider and world.provider._state.hostnames() == [("shared.example", str(second), "web")]
        ),
        "the name to pass to the deployment that waits for it",
    )
