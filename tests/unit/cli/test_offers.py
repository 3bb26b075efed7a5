"""Offers on a screen: what the table says at each width, numbers that stay, keys that choose."""

from __future__ import annotations

import asyncio
import io
import os
import pty
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from supercloud.cli import offers as module
from supercloud.cli.offers import Board, Book, choose, offers_table, short
from supercloud.pb.akash.market.v1.bid_pb2 import BidID
from supercloud.sdk import market
from supercloud.sdk.market import Offer
from supercloud.sdk.sightings import Uptime
from supercloud.types.dec import Dec

ADDRESS = "akash1uh2a4lg4kyqac0r9dy445wfrkkkklfrpg0dtwl"


def offer(provider: str = ADDRESS, price: int = 100, group: int = 1, **changes: Any) -> Offer:
    made = Offer(
        bid_id=BidID(owner="akash1tenant", dseq=5, gseq=group, oseq=1, provider=provider),
        price=Dec(price * 10**18),
        denom="uakt",
        provider=provider,
        host_uri="https://p:8443",
        attributes={"tier": "community", "region": "eu-west"},
        audited_by=(),
        leases_active=1,
        leases_total=4,
        leases_ended_by_provider=1,
        uptime=Uptime(130, 131),
        round_trip_s=0.0123,
    )
    return made._replace(**changes)


def shown(rows: list[tuple[int, Offer]], width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(offers_table(rows, 2.0, width))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("width", [80, 120, 200])
def test_all_that_is_known_is_shown_at_every_width(width: int) -> None:
    text = shown([(7, offer())], width)
    for part in (
        "7",
        "0.1800 AKT",
        "129.6000 AKT",
        "nobody",
        "3 of 4",
        "99.2 %",
        "12 ms",
        "eu-west",
        "tier=community",
    ):
        assert part in text, text
    assert (ADDRESS in text) == (width == 200)
    assert all(len(line) <= width for line in text.splitlines())


def test_groups_are_named_when_there_are_several() -> None:
    assert "group 2" in shown([(1, offer()), (2, offer(group=2))], 80)
    assert "group" not in shown([(1, offer())], 80)


def test_attributes_can_not_draw_or_flood() -> None:
    text = shown([(1, offer(attributes={"a": "[red]x[/red]", "b": "y" * 500}))], 80)
    assert "[red]x[/red]" in text.replace("\n", "") and text.count("y") < 100


def test_gpus_are_named_and_what_only_the_ledger_needs_is_not() -> None:
    model = "capabilities/gpu/vendor/nvidia/model/h100"
    text = shown(
        [
            (
                1,
                offer(
                    attributes={
                        model: "true",
                        model + "/ram/80Gi": "true",
                        "capabilities/storage/1/class": "x",
                    }
                ),
            )
        ],
        200,
    )
    assert "gpu=h100" in text and "capabilities" not in text and "storage" not in text


def test_short() -> None:
    assert short(ADDRESS) == "akash1uh2a4l…g0dtwl" and short("akash1x") == "akash1x"


class Market:
    """Bids that a test lays out; stands for what the SDK asks a ledger."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open: list[Offer] = []
        self.looked_up = 0

        async def bids(client: Any, owner: str, dseq: int) -> list[Any]:
            return [SimpleNamespace(id=one.bid_id, offer=one) for one in self.open]

        async def look_up(client: Any, bid: Any, sightings: Any) -> Offer:
            self.looked_up += 1
            found: Offer = bid.offer
            return found

        monkeypatch.setattr(market, "bids", bids)
        monkeypatch.setattr(market, "offer", look_up)


@pytest.fixture
def stall(monkeypatch: pytest.MonkeyPatch) -> Market:
    return Market(monkeypatch)


def book() -> Book:
    tenant: Any = SimpleNamespace(client=None, owner="akash1tenant", sightings=None)
    return Book(tenant, 5)


async def test_an_offer_keeps_its_number_when_a_cheaper_one_arrives(stall: Market) -> None:
    ours = book()
    stall.open = [offer("akash1b", 90), offer("akash1c", 95)]
    assert await ours.refresh() and not await ours.refresh()
    stall.open.append(offer("akash1a", 10))
    assert await ours.refresh()
    assert [(number, one.provider) for number, one in ours.rows] == [
        (3, "akash1a"), (1, "akash1b"), (2, "akash1c")
    ]  # fmt: skip
    assert stall.looked_up == 3
    del stall.open[0]
    await ours.refresh()
    assert [number for number, _ in ours.rows] == [3, 2]


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    master, slave = pty.openpty()
    with os.fdopen(slave, "rb", buffering=0) as stdin:
        monkeypatch.setattr(module.sys, "stdin", stdin)
        yield master
    os.close(master)


async def typing(keyboard: int, text: bytes) -> None:
    """What was typed before the question is dropped; so is said afterwards."""
    await asyncio.sleep(0.1)
    os.write(keyboard, text)


def screen() -> Board:
    return Board(Console(file=io.StringIO(), force_terminal=True, width=80), 1.0)


async def test_a_person_types_a_number(stall: Market, keyboard: int) -> None:
    stall.open = [offer("akash1b", 90), offer("akash1c", 95)]
    text = b"9\n x3\x7f2\n"  # 9 names nothing; 3 is taken back
    async with asyncio.timeout(30):
        with screen() as board:
            chosen, _ = await asyncio.gather(choose(book(), board, 1, 0.01, 30), typing(keyboard, text))
    assert chosen is not None and [one.provider for one in chosen] == ["akash1c"]


async def test_a_number_that_is_none_is_said_to_be_none(stall: Market, keyboard: int) -> None:
    stall.open = [offer("akash1b", 90)]
    with screen() as board:
        await asyncio.gather(choose(book(), board, 1, 0.01, 30), typing(keyboard, b"9\n1\n"))
    assert "No offer 9 can be taken." in board._out.file.getvalue()


def test_what_stands_there_is_not_drawn_again() -> None:
    rows = [(1, offer())]
    with screen() as board:
        board.show(rows, "waiting")
        drawn = len(board._out.file.getvalue())
        board.show(list(rows), "waiting")
        assert len(board._out.file.getvalue()) == drawn
        board.show(rows, "still waiting")
        assert len(board._out.file.getvalue()) > drawn


async def test_one_number_for_each_group(stall: Market, keyboard: int) -> None:
    stall.open = [offer("akash1b", 90), offer("akash1c", 95), offer("akash1b", 9, group=2)]
    text = b"1\n2\n3\n"  # 2 is of a group that has its offer
    async with asyncio.timeout(30):
        with screen() as board:
            chosen, _ = await asyncio.gather(choose(book(), board, 2, 0.01, 30), typing(keyboard, text))
    assert chosen is not None
    assert [(one.group, one.provider) for one in chosen] == [(1, "akash1b"), (2, "akash1b")]


async def test_no_bids_in_time(stall: Market, keyboard: int) -> None:
    async with asyncio.timeout(30):
        with screen() as board:
            assert await choose(book(), board, 1, 0.01, 0.05) is None
