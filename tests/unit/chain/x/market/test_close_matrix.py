"""Who ends with whom: every row of the close matrix, and the money."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.deployment.v1beta4.groupmsg_pb2 import MsgCloseGroup, MsgPauseGroup, MsgStartGroup
from supercloud.types.ids import GroupID

BLOCKS = 100


def group_message(world: Any, kind: Any, gseq: int = 1) -> Any:
    return kind(id=GroupID(world.alice, 1, gseq).to_pb(world.bech32))


def end(world: Any, trigger: str) -> list[Any]:
    if trigger == "close_deployment":
        return world.send(world.close_deployment())
    if trigger == "close_group":
        return world.send(group_message(world, MsgCloseGroup))
    if trigger == "pause_group":
        return world.send(group_message(world, MsgPauseGroup))
    if trigger == "close_lease":
        return world.send(world.close_lease())
    if trigger == "close_bid":
        return world.send(world.close_bid(reason=10001))
    return world.send(world.withdraw())


@pytest.mark.parametrize(
    ("trigger", "lease", "reason", "group", "deployment", "account", "payment", "second_order"),
    [
        ("close_deployment", "closed", 1, "closed", "closed", "CLOSED", "CLOSED", None),
        ("close_group", "closed", 1, "closed", "active", "OPEN", "CLOSED", None),
        ("pause_group", "closed", 1, "paused", "active", "OPEN", "CLOSED", None),
        ("close_lease", "closed", 1, "open", "active", "OPEN", "CLOSED", "open"),
        ("close_bid", "closed", 10001, "paused", "active", "OPEN", "CLOSED", None),
        (
            "overdrawn",
            "insufficient_funds",
            20000,
            "insufficient_funds",
            "closed",
            "OVERDRAWN",
            "OVERDRAWN",
            None,
        ),
    ],
)
def test_close_matrix(
    world: Any,
    trigger: str,
    lease: str,
    reason: int,
    group: str,
    deployment: str,
    account: str,
    payment: str,
    second_order: str | None,
) -> None:
    bob = world.balance(world.bob)
    world.with_lease(amount=500_000)
    world.blocks(500_001 if trigger == "overdrawn" else BLOCKS)
    events = end(world, trigger)
    assert world.lease_state() == (lease, reason)
    assert (world.bid_state(), world.order_state()) == ("closed", "closed")
    assert (world.group_state(), world.deployment_state()) == (group, deployment)
    assert (world.account_state(), world.payment().state.name) == (account, payment)
    assert world.account_state(world.bid_id()) == "CLOSED"
    assert world.order_state(2) == second_order
    earned = 500_000 if trigger == "overdrawn" else BLOCKS
    assert world.balance(world.bob) == bob + earned
    names = [event.type.rpartition(".")[2] for event in events if event.type.startswith("akash.")]
    assert len(names) == len(set(names)), "every end is told once"
    for told in ("EventLeaseClosed", "EventBidClosed", "EventOrderClosed"):
        assert told in names
    closed = next(event for event in events if event.type == "akash.market.v1.EventLeaseClosed")
    assert dict(closed.attributes)["reason"].startswith('"lease_closed_')
    assert world.violations() == []


@pytest.mark.parametrize("trigger", ["close_deployment", "close_group", "pause_group"])
def test_open_orders_and_bids_end_too(world: Any, trigger: str) -> None:
    """The network's node left them dangling for a time (support#438)."""
    world.with_providers(world.bob, world.erin)
    alice = world.balance(world.alice)
    purses = [world.balance(world.bob), world.balance(world.erin)]
    world.send(world.create_deployment())
    for provider in (world.bob, world.erin):
        world.send(world.create_bid(world.bid_id(provider=provider)))
    end(world, trigger)
    assert world.order_state() == "closed"
    assert world.bid_state(world.bid_id(provider=world.erin)) == "closed"
    assert [world.balance(world.bob), world.balance(world.erin)] == purses
    if trigger == "close_deployment":
        assert world.balance(world.alice) == alice
        assert world.pool() == 0
    assert world.violations() == []


def test_running_dry_ends_every_lease_and_open_bid(world: Any) -> None:
    world.with_providers(world.bob, world.erin)
    world.send(world.create_deployment(groups=3, amount=500_000))
    for gseq in (1, 2):
        bid = world.bid_id(gseq=gseq)
        world.send(world.create_bid(bid, price="10"), world.create_lease(bid))
    waiting = world.bid_id(gseq=3, provider=world.erin)
    world.send(world.create_bid(waiting))
    world.blocks(30_000)
    world.send(world.withdraw(world.bid_id(gseq=2)))
    for gseq in (1, 2):
        assert world.lease_state(world.bid_id(gseq=gseq)) == ("insufficient_funds", 20000)
    assert [world.group_state(n) for n in (1, 2, 3)] == ["insufficient_funds"] * 3
    assert world.bid_state(waiting) == "closed"
    assert world.payment(world.bid_id(gseq=1)).withdrawn == 300_000
    assert world.payment(world.bid_id(gseq=2)).withdrawn == 200_000
    assert world.violations() == []


def test_closing_one_lease_that_finds_the_account_dry(world: Any) -> None:
    """The closed lease keeps its reason; the deployment ends, and nothing is put back on the market."""
    world.with_providers()
    world.send(world.create_deployment(groups=2, amount=500_000))
    for gseq in (1, 2):
        bid = world.bid_id(gseq=gseq)
        world.send(world.create_bid(bid, price="10"), world.create_lease(bid))
    world.blocks(30_000)
    world.send(world.close_lease(world.bid_id(gseq=1)))
    assert world.lease_state(world.bid_id(gseq=1)) == ("closed", 1)
    assert world.lease_state(world.bid_id(gseq=2)) == ("insufficient_funds", 20000)
    assert world.order_state(2, gseq=1) is None
    assert world.deployment_state() == "closed"
    assert world.violations() == []


def test_pausing_a_group_that_finds_the_account_dry(world: Any) -> None:
    world.with_lease(amount=500_000)
    world.blocks(500_001)
    world.send(group_message(world, MsgPauseGroup))
    assert world.deployment_state() == "closed"
    assert world.group_state() == "insufficient_funds"
    assert world.violations() == []
    assert world.refused(group_message(world, MsgStartGroup)) == ("deployment", 5)


def test_a_started_group_is_on_the_market_again(world: Any) -> None:
    world.with_lease(window_s=None)
    world.send(group_message(world, MsgPauseGroup))
    events = world.send(group_message(world, MsgStartGroup))
    assert [event.type for event in events] == [
        "akash.deployment.v1.EventGroupStarted",
        "akash.market.v1.EventOrderCreated",
    ]
    second = world.bid_id(oseq=2)
    world.send(world.create_bid(second), world.create_lease(second))
    assert world.lease_state(second) == ("active", 0)
    assert world.violations() == []
