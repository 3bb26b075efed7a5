"""Noticing what happens: nothing is missed, over breaks, restarts and pruned blocks; what was handled may come twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider import watcher
from supercloud.provider.event import Kind
from supercloud.provider.state import State
from supercloud.provider.watcher import Seen, watch
from supercloud.sdk.errors import PermanentError, TemporaryError
from supercloud.sdk.events import TypedEvent


def opened(dseq: int) -> TypedEvent:
    id_ = {"owner": "alice", "dseq": str(dseq), "gseq": 1, "oseq": 1}
    return TypedEvent("akash.market.v1.EventOrderCreated", {"id": id_})


class Node:
    """Blocks up to `tip`, one order in each. Subscriptions end after the heights they were made with."""

    def __init__(self, *subscriptions: list[int], tip: int = 0, first: int = 1) -> None:
        self.subscriptions = list(subscriptions)
        self.tip = tip
        self.first = first
        self.asked: list[int] = []
        self.breaks_at: set[int] = set()

    async def height(self) -> int:
        return self.tip

    async def block_events(self, height: int) -> list[TypedEvent]:
        self.asked.append(height)
        if height in self.breaks_at:
            self.breaks_at.discard(height)
            raise TemporaryError("connection reset")
        if height < self.first:
            raise PermanentError("block is pruned")
        return [opened(height), TypedEvent("cosmos.bank.v1beta1.EventTransfer", {})]

    async def new_heights(self) -> AsyncGenerator[int, None]:
        if not self.subscriptions:
            await asyncio.Event().wait()
        yield 0
        for height in self.subscriptions.pop(0):
            self.tip = height
            yield height
        raise TemporaryError("subscription broke")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.sleep
    monkeypatch.setattr(watcher.asyncio, "sleep", lambda _: real(0))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.sqlite")


async def collect(node: Any, state: State, count: int, handle: bool = True) -> list[Seen]:
    """The first so many things seen, each handled or not."""
    found: list[Seen] = []
    async with asyncio.timeout(30):
        async for seen in watch(node, state):
            found.append(seen)
            if handle:
                state.handled(seen.height)
            if len(found) == count:
                break
    return found


def short(found: list[Seen]) -> list[Any]:
    """Heights, marked where everything is to be looked at."""
    return [f"all {seen.height}" if seen.everything else seen.height for seen in found]


async def test_first_everything_then_block_by_block(state: State) -> None:
    found = await collect(Node([11, 12, 13], tip=10), state, 4)
    assert short(found) == ["all 10", 11, 12, 13]
    assert [event.order.dseq for seen in found for event in seen.events if event.order] == [11, 12, 13]
    assert {event.kind for seen in found for event in seen.events} == {Kind.ORDER_OPENED}


async def test_heights_that_the_subscription_skipped_are_fetched(state: State) -> None:
    found = await collect(Node([11, 15], tip=10), state, 6)
    assert short(found) == ["all 10", 11, 12, 13, 14, 15]


async def test_a_broken_connection_leaves_no_gap(state: State) -> None:
    found = await collect(Node([11, 12], [16], tip=10), state, 8)
    assert short(found) == ["all 10", 11, 12, "all 12", 13, 14, 15, 16]


async def test_a_break_while_catching_up_leaves_no_gap(state: State) -> None:
    node = Node([13], [14], tip=10)
    node.breaks_at = {12}
    assert short(await collect(node, state, 4)) == ["all 10", 11, "all 13", 14]


async def test_what_was_not_handled_comes_again(state: State, tmp_path: Path) -> None:
    """A crash between seeing and handling: the next process starts where the last one stood."""
    state.handled(10)
    first = await collect(Node([13], tip=12), state, 3, handle=False)
    assert short(first) == ["all 12", 11, 12]
    state.close()
    again = State(tmp_path / "state.sqlite")
    found = await collect(Node([13], tip=12), again, 2)
    assert short(found) == ["all 12", 13]


@pytest.mark.parametrize(("tip", "first"), [(10_000, 1), (100, 50)])
async def test_what_is_too_far_back_or_pruned_is_replaced_by_a_look_at_everything(
    state: State, tip: int, first: int
) -> None:
    state.handled(10)
    found = await collect(Node([tip + 1], tip=tip, first=first), state, 2, handle=False)
    assert short(found) == [f"all {tip}", f"all {tip + 1}"]


async def test_a_node_that_is_behind_is_followed_from_where_it_stands(state: State) -> None:
    """What it has not seen yet comes once more; handlers do not mind."""
    state.handled(50)
    found = await collect(Node([41, 42], tip=40), state, 3)
    assert short(found) == ["all 40", 41, 42]
