"""The take: taken once, truncated, conserved to the unit; parameters by vote."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.take import expected_keepers, genesis, keys, types
from supercloud.pb.akash.take.v1 import query_pb2
from supercloud.pb.akash.take.v1.params_pb2 import Params
from supercloud.pb.akash.take.v1.paramsmsg_pb2 import MsgUpdateParams


def set_rates(world: Any, default: int, **rates: int) -> None:
    params = Params(default_take_rate=default)
    for denom, rate in rates.items():
        params.denom_take_rates.add(denom=denom, rate=rate)
    world.k.take.set_params(world.ctx(), params)


@pytest.mark.parametrize(
    ("rate", "gross", "share"),
    [(0, 999, 0), (10, 9, 0), (10, 10, 1), (10, 19, 1), (33, 100, 33), (100, 7, 7), (99, 101, 99)],
)
def test_share(rate: int, gross: int, share: int) -> None:
    assert types.share_of(Params(default_take_rate=rate), "uusdc", gross) == share


def test_rates_by_denom() -> None:
    params = types.default_params()
    assert [types.rate_of(params, denom) for denom in ("uakt", "uact", "uusdc")] == [0, 0, 10]


@pytest.mark.parametrize("end", ["withdraw", "close_lease", "close_bid", "close_deployment", "overdrawn"])
def test_every_way_money_leaves_for_a_provider(world: Any, end: str) -> None:
    set_rates(world, 10)
    world.with_lease(price="1.1", amount=500_000)
    bob, pool = world.balance(world.bob), world.pool()
    world.blocks(500_000 if end == "overdrawn" else 105)
    events = world.send(getattr(world, "withdraw" if end == "overdrawn" else end)())
    gross = 500_000 if end == "overdrawn" else 115
    share = gross // 10
    assert world.payment().withdrawn == gross
    assert world.pool(module="take") == share
    refunded = world.account_state(world.bid_id()) == "CLOSED"
    assert world.balance(world.bob) == bob + gross - share + (500_000 if refunded else 0)
    taken = [dict(event.attributes) for event in events if event.type == "supercloud.take.v1.EventTaken"]
    assert len(taken) == 1
    assert taken[0]["amount"] == f'{{"denom":"uact","amount":"{gross}"}}'
    assert taken[0]["taken"] == f'{{"denom":"uact","amount":"{share}"}}'
    assert taken[0]["payment_id"] == f'"deployment/{world.bid_id().text(world.bech32)}"'
    assert taken[0]["provider"] == f'"{world.text(world.bob)}"'
    assert world.pool() >= pool - gross - (1_000_000 if refunded else 0)
    assert world.violations() == []


def test_nothing_is_taken_of_refunds(world: Any) -> None:
    set_rates(world, 50)
    alice, bob = world.balance(world.alice), world.balance(world.bob)
    world.with_lease()
    world.send(world.close_deployment())
    assert (world.balance(world.alice), world.balance(world.bob)) == (alice, bob)
    assert world.pool(module="take") == 0


def test_all_of_it(world: Any) -> None:
    set_rates(world, 0, uact=100)
    world.with_lease(price="5")
    bob = world.balance(world.bob)
    world.blocks(2)
    world.send(world.withdraw())
    assert (world.balance(world.bob), world.pool(module="take")) == (bob, 10)


def test_invariants_see_bad_rates(world: Any) -> None:
    assert world.k.take.invariants(world.ctx()) == []
    bad = Params(default_take_rate=101).SerializeToString()
    world.ctx().kv(keys.STORE).set(keys.PARAMS, bad)
    assert len(world.k.take.invariants(world.ctx())) == 1


# Messages, queries (msg_server, query_server) and genesis.


def test_parameters_by_vote(world: Any) -> None:
    msg = MsgUpdateParams(authority=world.text(world.alice), params=Params(default_take_rate=20))
    assert world.refused(msg) == ("gov", 13)
    msg.authority = world.text(world.profile.authority)
    world.send(msg)
    answer = world.query("/akash.take.v1.Query/Params", query_pb2.QueryParamsRequest())
    assert answer.params.default_take_rate == 20
    for spoil in (
        lambda p: setattr(p, "default_take_rate", 101),
        lambda p: p.denom_take_rates.add(denom="uakt", rate=101),
        lambda p: [p.denom_take_rates.add(denom="uakt", rate=1) for _ in range(2)],
        lambda p: p.denom_take_rates.add(denom="u", rate=1),
        lambda p: [p.denom_take_rates.add(denom=f"u{n:03d}", rate=1) for n in range(65)],
    ):
        bad = MsgUpdateParams(authority=msg.authority)
        spoil(bad.params)
        assert world.refused(bad) == ("take", 1)


def test_genesis(world: Any) -> None:
    set_rates(world, 7, uakt=3)
    document = genesis.export(world.ctx(), world.k.take)
    expected = {"params": {"denom_take_rates": [{"denom": "uakt", "rate": 3}], "default_take_rate": 7}}
    assert document == expected
    world.load({**world.export(), "take": document})
    assert genesis.export(world.ctx(), world.k.take) == document


def test_neighbours_are_as_expected(world: Any, build: Any) -> None:
    assert build.missing(expected_keepers.BankKeeper, world.k.bank) == []
