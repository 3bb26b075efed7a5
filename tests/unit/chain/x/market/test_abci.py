"""Expiry: off by default, by height when on, bounded a block, and it leaves a sound state."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.market import types
from supercloud.pb.akash.deployment.v1beta4.groupmsg_pb2 import MsgStartGroup
from supercloud.types.ids import GroupID


def switch_on(world: Any, order: int = 0, bid: int = 0, limit: int = 100) -> Any:
    params = types.default_expiry()
    params.order_max_age_blocks, params.bid_max_age_blocks, params.max_expiries_per_block = order, bid, limit
    world.k.market.set_expiry(world.ctx(), params)
    return world.with_providers(world.bob, world.erin)


def names(events: list[Any]) -> list[str]:
    return [event.type for event in events if "cloud" in event.type or "akash" in event.type]


def test_nothing_expires_by_default(world: Any) -> None:
    world.with_providers()
    world.send(world.create_deployment(), world.create_bid())
    assert world.blocks(10**6) == []
    assert (world.order_state(), world.bid_state()) == ("open", "open")


def test_an_order_expires_at_its_age(world: Any) -> None:
    switch_on(world, order=10)
    world.send(world.create_deployment(), world.create_bid())
    purse = world.balance(world.bob)
    assert world.blocks(9) == []
    assert names(world.blocks(1)) == [
        "akash.market.v1.EventBidClosed",
        "supercloud.market.v1.EventOrderExpired",
        "akash.market.v1.EventOrderClosed",
        "akash.deployment.v1.EventGroupPaused",
    ]
    assert (world.order_state(), world.bid_state(), world.group_state()) == ("closed", "closed", "paused")
    assert world.deployment_state() == "active"
    assert world.balance(world.bob) == purse + 500_000
    assert world.violations() == []
    assert world.blocks(50) == []
    world.send(MsgStartGroup(id=GroupID(world.alice, 1, 1).to_pb(world.bech32)))
    assert world.order_state(2) == "open"


def test_a_bid_expires_alone(world: Any) -> None:
    switch_on(world, bid=5)
    world.send(world.create_deployment(), world.create_bid())
    purse = world.balance(world.bob)
    assert names(world.blocks(5)) == [
        "supercloud.market.v1.EventBidExpired",
        "akash.market.v1.EventBidClosed",
    ]
    assert (world.order_state(), world.bid_state()) == ("open", "closed")
    assert world.balance(world.bob) == purse + 500_000
    assert world.violations() == []


def test_what_became_a_lease_does_not_expire(world: Any) -> None:
    switch_on(world, order=5, bid=5)
    world.send(world.create_deployment(), world.create_bid(), world.create_lease())
    assert world.blocks(5) == []
    assert world.lease_state() == ("active", 0)


def test_a_block_does_a_bounded_number(world: Any) -> None:
    switch_on(world, order=3, limit=2)
    for dseq in range(1, 6):
        world.send(world.create_deployment(dseq))
    states = []
    world.blocks(2)
    for _ in range(4):
        world.blocks(1)
        states.append([world.order_state(dseq=dseq) for dseq in range(1, 6)].count("closed"))
    assert states == [2, 4, 5, 5]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_large_order_ends_over_several_blocks(world: Any, limit: int) -> None:
    switch_on(world, order=3, limit=limit)
    world.send(world.create_provider(world.frank), world.create_deployment())
    bids = [world.bid_id(provider=each) for each in (world.bob, world.erin, world.frank)]
    for bid in bids:
        world.send(world.create_bid(bid))
    world.blocks(2)
    for block in range(1, 6):
        world.blocks(1)
        closed = [world.bid_state(bid) for bid in bids].count("closed")
        assert closed == min(3, block * limit)
        assert (world.order_state() == "closed") == (block * limit >= 4)
        assert world.violations() == []


def test_deadlines_are_fixed_when_things_open(world: Any) -> None:
    switch_on(world, order=10)
    world.send(world.create_deployment(1))
    params = types.default_expiry()
    params.order_max_age_blocks, params.max_expiries_per_block = 1, 5
    world.k.market.set_expiry(world.ctx(), params)
    world.send(world.create_deployment(2))
    world.blocks(1)
    assert [world.order_state(dseq=dseq) for dseq in (1, 2)] == ["open", "closed"]
    world.blocks(9)
    assert world.order_state(dseq=1) == "closed"
