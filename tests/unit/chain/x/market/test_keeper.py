"""States, numbering and what the invariants see."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.market import expected_keepers, keys
from supercloud.types.errors import ProgrammerError, Undefined
from supercloud.types.ids import GroupID, OrderID


def test_orders_are_numbered_by_what_was_there(world: Any) -> None:
    world.with_lease()
    for oseq in (2, 3, 4):
        bid = world.bid_id(oseq=oseq)
        world.send(world.close_lease(world.bid_id(oseq=oseq - 1)))
        assert world.order_state(oseq) == "open"
        world.send(world.create_bid(bid), world.create_lease(bid))
    group = GroupID(world.alice, 1, 1)
    assert world.k.market.unclosed_order(world.ctx(), group) == OrderID(world.alice, 1, 1, 4)
    assert world.violations() == []


def test_ten_orders_later(world: Any, build: Any) -> None:
    market, group = world.k.market, GroupID(world.alice, 1, 1)
    for oseq in range(1, 13):
        assert market.open_order(world.ctx(), group, build.group_spec(), None).oseq == oseq
        assert market.close_order(world.ctx(), OrderID(world.alice, 1, 1, oseq)) is True
        assert market.close_order(world.ctx(), OrderID(world.alice, 1, 1, oseq)) is False


def test_one_order_at_a_time(world: Any, build: Any) -> None:
    world.send(world.create_deployment())
    with pytest.raises(Undefined, match="order active"):
        world.k.market.open_order(world.ctx(), GroupID(world.alice, 1, 1), build.group_spec(), None)


def test_ended_things_stay_ended_and_tell_nothing(world: Any) -> None:
    world.with_lease()
    world.send(world.close_deployment())
    ctx, market, bid = world.ctx(), world.k.market, world.bid_id()
    assert market.close_bid(ctx, bid) is False
    assert market.close_order(ctx, bid.order) is False
    assert market.end_lease(ctx, bid, 20000) is False
    assert ctx.events == []
    order = market.order(ctx, bid.order)
    with pytest.raises(ProgrammerError):
        market.match_order(ctx, bid.order, order)


def test_lease_records_when_and_why(world: Any) -> None:
    world.with_lease()
    world.blocks(7)
    world.send(world.close_bid(reason=10003))
    lease = world.k.market.lease(world.ctx(), world.bid_id())
    assert (lease.created_at, lease.closed_on, lease.reason) == (1, 8, 10003)
    assert lease.HasField("reclamation") is False


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (keys.BIDS_OF_PROVIDER, "index"),
        (keys.LEASES_OF_PROVIDER, "index"),
        (keys.ORDER, "live is True"),
        (keys.BID, "live is True"),
    ],
)
def test_invariants_see_lost_records(world: Any, table: bytes, words: str) -> None:
    world.with_lease()
    kv = world.ctx().kv(keys.STORE)
    for key in [key for key, _ in kv.prefix(table)]:
        kv.delete(key)
    assert any(words in text for text in world.violations())


def test_invariants_see_a_second_order(world: Any, build: Any) -> None:
    world.send(world.create_deployment())
    ctx = world.ctx()
    stored = world.k.market.order(ctx, OrderID(world.alice, 1, 1, 1))
    stored.id.oseq = 2
    world.k.market.import_order(ctx, stored)
    assert any("has another one" in text for text in world.violations())


def test_live_leases_and_open_bids_of_a_provider(world: Any) -> None:
    market = world.k.market
    world.with_providers()
    world.send(world.create_deployment(), world.create_bid())
    told = [(market.has_open_bids(world.ctx(), world.bob), market.has_live_leases(world.ctx(), world.bob))]
    world.send(world.create_lease())
    told.append(
        (market.has_open_bids(world.ctx(), world.bob), market.has_live_leases(world.ctx(), world.bob))
    )
    world.send(world.close_deployment())
    told.append(
        (market.has_open_bids(world.ctx(), world.bob), market.has_live_leases(world.ctx(), world.bob))
    )
    assert told == [(True, False), (False, True), (False, False)]


def test_neighbours_are_as_expected(world: Any, build: Any) -> None:
    for protocol, keeper in (
        (expected_keepers.EscrowKeeper, world.k.escrow),
        (expected_keepers.DeploymentKeeper, world.k.deployment),
        (expected_keepers.ProviderKeeper, world.k.provider),
        (expected_keepers.AuditKeeper, world.k.audit),
        (expected_keepers.Reactions, world.k.reactions),
    ):
        assert build.missing(protocol, keeper) == []
