"""The auditor's market refuses what the ledger must never accept, and tells the events of what it accepts."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.market.v1beta5.leasemsg_pb2 import MsgCreateLease
from supercloud.testing.auditor.market import Market, name_of
from supercloud.testing.auditor.money import Disagreement
from supercloud.testing.simulation import Simulation


@pytest.fixture(scope="module")
def run() -> Simulation:
    """A market that ran for a while."""
    simulation = Simulation(11)
    simulation.run(250)
    return simulation


def some(market: Market, kind: str, state: str) -> Any:
    return next(each for each in market.things[kind].values() if each.state == state)


def test_what_is_over_stays_over(run: Simulation) -> None:
    market, script = run.auditor.market, run.script
    closed = some(market, "order", "closed")
    with pytest.raises(Disagreement, match="went from closed to active"):
        market._to(closed, "active")
    lost = some(market, "bid", "lost")
    with pytest.raises(Disagreement, match="lost bid"):
        market.apply(MsgCreateLease(bid_id=script.bid_id(lost.name)))
    assert run.auditor.money.accounts["bid/" + lost.name].state == "closed"


def test_a_thing_is_made_once(run: Simulation) -> None:
    market = run.auditor.market
    name = next(iter(market.things["deployment"]))
    with pytest.raises(Disagreement, match="made twice"):
        market._add("deployment", name, "active")


def test_expiry_needs_a_deadline(run: Simulation) -> None:
    market = run.auditor.market
    with pytest.raises(Disagreement, match="expired at"):
        market.expire("EventOrderExpired", some(market, "order", "open").name)
    with pytest.raises(Disagreement, match="expired"):
        market.expire("EventOrderExpired", some(market, "order", "closed").name)


def test_names_follow_ids(run: Simulation) -> None:
    for kind, id_of in (
        ("bid", run.script.bid_id),
        ("lease", run.script.lease_id),
        ("group", run.script.group_id),
    ):
        for name in run.auditor.market.things[kind]:
            assert name_of(id_of(name)) == name
