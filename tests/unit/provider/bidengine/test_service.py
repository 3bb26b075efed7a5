"""Bidding against the real market: once, with a deposit that comes back, and never more than there is room for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.bidengine.engine import Profile
from supercloud.provider.bidengine.pricing import sheet_of
from supercloud.provider.bidengine.service import Bidder
from supercloud.provider.config import Config
from supercloud.provider.event import OrderRef
from supercloud.provider.inventory import Available
from supercloud.provider.state import State
from supercloud.testing.ledger import Ledger
from tests.unit.provider.ledger_client import (
    LedgerClient,
    LedgerSender,
    accept,
    close,
    order,
    register,
    workload,
)

ROOM = Available(1000, 2**40, {"ephemeral": 2**40}, ())
"""One CPU: enough for one of our orders."""


class Stage:
    """A bidder of bob's on a fresh ledger."""

    def __init__(self, folder: Path, room: Available = ROOM) -> None:
        self.ledger = Ledger()
        register(self.ledger, self.ledger.bob)
        self.client: Any = LedgerClient(self.ledger)
        self.sender: Any = LedgerSender(self.ledger, self.ledger.bob)
        self.folder = folder
        self.me = Profile(self.ledger.bob.text, [], {}, {}, 0, 0)
        self.start(room)

    async def measured(self) -> Stage:
        """With the ledger's cadence known: five seconds a block."""
        await self.bidder.measure_cadence()
        return self

    def start(self, room: Available = ROOM) -> None:
        """A new process on the same disk."""
        config = Config(bid_timeout_s=60)
        self.state = State(self.folder / "state.sqlite")
        self.bidder = Bidder(self.client, self.sender, self.state, config, sheet_of(config), room)

    async def consider(self, dseq: int) -> None:
        found = await self.bidder.order(OrderRef(self.ledger.alice.text, dseq, 1, 1))
        assert found is not None
        await self.bidder.consider(found, self.me)

    async def bids(self, state: str = "") -> list[int]:
        return sorted(bid.id.dseq for bid in await self.bidder.own_bids(self.me.address, state))

    async def sweep(self) -> None:
        bids = await self.bidder.own_bids(self.me.address, "open")
        orders = {str(OrderRef.of(item.id)) for item in await self.bidder.open_orders()}
        await self.bidder.close_stale(bids, await self.client.height(), orders)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_an_order_is_answered_once(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    await asyncio.gather(stage.consider(1), stage.consider(1))
    await stage.consider(1)
    assert await stage.bids("open") == [1]
    assert len(stage.sender.sent) == 1
    stage.state.close()
    stage.start()
    await stage.consider(1)
    assert len(stage.sender.sent) == 1


async def test_a_forgotten_note_does_not_make_a_second_bid(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    await stage.consider(1)
    stage.bidder.release(f"{stage.ledger.alice.text}/1/1/1")
    await stage.consider(1)
    assert len(stage.sender.sent) == 1


async def test_room_is_promised_once(stage: Stage) -> None:
    """Two orders looked at together, of which one fits."""
    for dseq in (1, 2):
        order(stage.ledger, stage.ledger.alice, dseq)
    await asyncio.gather(stage.consider(1), stage.consider(2))
    assert len(await stage.bids("open")) == 1
    assert stage.bidder.declined == {"capacity": 1}


async def test_a_refused_bid_gives_its_room_back(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    found = await stage.bidder.order(OrderRef(stage.ledger.alice.text, 1, 1, 1))
    close(stage.ledger, stage.ledger.alice, 1)
    await stage.bidder.consider(found, stage.me)
    assert await stage.bids() == []
    assert not stage.bidder.inventory.reservations
    assert stage.state.bid_sent_s(f"{stage.ledger.alice.text}/1/1/1") is None


async def test_a_bid_that_may_have_arrived_keeps_its_room(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    stage.sender.down = True
    await stage.consider(1)
    assert len(stage.bidder.inventory.reservations) == 1
    # The next look at everything finds no bid on the ledger: the room is free again.
    stage.bidder.adopt({})
    assert not stage.bidder.inventory.reservations


async def test_adopting_spares_what_is_on_its_way(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    seen: list[int] = []

    async def adopt_meanwhile(message: Any) -> Any:
        stage.bidder.adopt({})
        seen.append(len(stage.bidder.inventory.reservations))
        return await LedgerSender.submit(stage.sender, message)

    stage.sender.submit = adopt_meanwhile
    await stage.consider(1)
    assert seen == [1]


async def test_promises_follow_from_the_ledger(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    await stage.consider(1)
    stage.start()
    assert stage.bidder.inventory.available.cpu == 1000
    (bid,) = await stage.bidder.own_bids(stage.me.address, "open")
    found = await stage.bidder.order(OrderRef.of(bid.id))
    assert found is not None
    stage.bidder.adopt({str(OrderRef.of(bid.id)): found.spec.resources})
    assert stage.bidder.inventory.available.cpu == 0
    stage.bidder.allocate(str(OrderRef.of(bid.id)))
    assert [held.allocated for held in stage.bidder.inventory.reservations.values()] == [True]


async def test_bids_that_can_not_win_are_closed(tmp_path: Path) -> None:
    """Somebody else won, or nobody chose for too long; a bid that may still win stays."""
    stage = await Stage(tmp_path, Available(10_000, 2**40, {"ephemeral": 2**40}, ())).measured()
    ledger = stage.ledger
    balance = ledger.balance(ledger.bob)
    for dseq in (1, 2):
        order(ledger, ledger.alice, dseq)
        await stage.consider(dseq)
    accept(ledger, ledger.alice, ledger.bob, 1)
    order(ledger, ledger.alice, 3)
    await stage.consider(3)
    await stage.sweep()
    assert (await stage.bids("active"), await stage.bids("open")) == ([1], [2, 3])
    ledger.blocks(20)
    await stage.sweep()
    assert await stage.bids("open") == []
    fees = 5000 * len(stage.sender.sent)
    assert ledger.balance(ledger.bob) == balance - fees - 500_000  # the deposit of the bid that won


async def test_closing_what_the_network_refuses_leaves_it_for_later(stage: Stage) -> None:
    await stage.measured()
    order(stage.ledger, stage.ledger.alice, 1)
    await stage.consider(1)
    stage.ledger.blocks(20)
    stage.sender.down = True
    await stage.sweep()
    assert await stage.bids("open") == [1]
    assert len(stage.bidder.inventory.reservations) == 1
    stage.sender.down = False
    await stage.sweep()
    assert await stage.bids("open") == []


async def test_what_is_declined_costs_nothing(stage: Stage) -> None:
    await stage.measured()
    order(stage.ledger, stage.ledger.alice, 1, workload(price=1))
    await stage.consider(1)
    assert stage.bidder.declined == {"price": 1}
    assert not stage.sender.sent and not stage.bidder.inventory.reservations
    assert stage.state.bid_sent_s(f"{stage.ledger.alice.text}/1/1/1") is None


async def test_a_node_that_does_not_answer_is_no_decision(stage: Stage) -> None:
    order(stage.ledger, stage.ledger.alice, 1)
    found = await stage.bidder.order(OrderRef(stage.ledger.alice.text, 1, 1, 1))
    stage.client.down = True
    with pytest.raises(Exception, match="node does not answer"):
        await stage.bidder.consider(found, stage.me)
    assert stage.bidder.busy == 0 and not stage.sender.sent
    stage.client.down = False
    await stage.consider(1)
    assert await stage.bids("open") == [1]
