"""Notices what happens on the ledger: subscription to new blocks, and catch-up from the last height handled.

At least once: a height is remembered only after its events were handled, so a crash repeats them and handlers must not
mind. When blocks are missing (pruned, or too many were missed) the caller is told to look at everything afresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import NamedTuple

from supercloud.provider.event import MarketEvent, market_event
from supercloud.provider.state import State
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError, TemporaryError

CATCH_UP_BLOCKS_MAX = 2_000
RETRY_S_MAX = 15.0


class Seen(NamedTuple):
    """What happened up to `height`. `everything` asks to look at the whole ledger instead of the events."""

    height: int
    events: list[MarketEvent]
    everything: bool


async def watch(client: Client, state: State) -> AsyncIterator[Seen]:
    """Yield what happened, for ever: reconnects by itself. The caller calls `state.handled(height)` afterwards."""
    pause = 0.5
    while True:
        try:
            async with aclosing(_connected(client, state)) as seen_so_far:
                async for seen in seen_so_far:
                    pause = 0.5
                    yield seen
        except TemporaryError:
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_S_MAX)


async def _connected(client: Client, state: State) -> AsyncGenerator[Seen, None]:
    async with aclosing(client.new_heights()) as heights:
        async for height in heights:
            if height == 0:
                # The subscription stands. Containers may have changed while nobody watched, so the first look is
                # always at everything; blocks after this height arrive as events.
                yield Seen(await client.height(), [], everything=True)
                continue
            async for seen in _between(client, state.height, height):
                yield seen


async def _between(client: Client, handled: int, latest: int) -> AsyncIterator[Seen]:
    if latest - handled > CATCH_UP_BLOCKS_MAX:
        yield Seen(latest, [], everything=True)
        return
    for height in range(handled + 1, latest + 1):
        try:
            events = [
                found for event in await client.block_events(height) if (found := market_event(event, height))
            ]
        except TemporaryError:
            raise
        except SdkError:
            yield Seen(latest, [], everything=True)
            return
        yield Seen(height, events, everything=False)
