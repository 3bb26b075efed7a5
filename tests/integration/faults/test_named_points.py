"""kill -9 of a node, or of its CometBFT, at every named point of a block's way to the disk, under load.

`scripts/test` goes once through all points of the embedded engine and through those of CometBFT's that differ, the nightly
run two hundred times. points.py names the points.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp
import points
import pytest
from chain_client import PATIENCE_S, WEALTH, Rpc, free_port, make_home, settings
from comet import absent
from transfers import FEE, Load, alices, follow

from supercloud.node.verify import verify

pytestmark = pytest.mark.node
LATEST = 200
"""Transfers that are looked up after each death; all of them in the end."""
TURN_MAX = 6
"""A point is passed at most so often before it is the one."""


class Death(NamedTuple):
    """Who dies where, and which time it gets there from its start; 0: some time under load."""

    point: str
    moment: str
    victim: str = "node"
    turn: int = 0


def _all(names: Sequence[str], victims: Sequence[str]) -> list[Death]:
    return [
        Death(name, moment, victim) for victim in victims for name in names for moment in points.moments(name)
    ]


EMBEDDED = _all(points.EMBEDDED, ("node",))
COMETBFT = _all(points.COMETBFT, ("node", "engine"))
REPLAYED = [
    (Death("state", "before"), Death("waiting results", moment, victim, 1))
    for moment in points.moments("waiting results")
    for victim in ("node", "engine")
]
"""Deaths while a block is executed again that the death before has made wait."""
COMETBFT_SHORT = [
    Death("block", "within"),
    *REPLAYED[0],
    Death("state", "within"),
    Death("state", "after"),
    Death("execution", "after", "engine"),
    Death("state", "after", "engine"),
]


class Node:
    """A node's process that is going to die."""

    def __init__(self, home: Path, log: Path) -> None:
        self._home = home
        self._log = log
        self.process: asyncio.subprocess.Process

    async def start(self, death: Death | None, turn: int) -> None:
        """With a death it dies, the turn-th time it gets there; without one it lives until it is told."""
        point, moment, victim, _ = death or Death("block", "after")
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, points.__file__, str(self._home), point, moment, str(turn), victim, stderr=log
            )

    async def ended(self) -> int:
        """How it ended."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


async def _work(rpc: Rpc, load: Load, armed: Path) -> None:
    """Check what was said before and go on, with death around, until the node is gone."""
    with contextlib.suppress(aiohttp.ClientError):
        await rpc.answering()
        await load.check(LATEST)
        # Where CometBFT dies first, its node still refuses what it is sent.
        with contextlib.suppress(LookupError):
            await load.burst()
        armed.touch()  # noqa: ASYNC240 - it has no content to wait for
        await load.run()


async def _through(home: Path, url: str, deaths: Sequence[Death], seed: int) -> int:
    """Die each of these deaths under load; returns how many transfers were reported committed."""
    turns = random.Random(seed)
    node, armed = Node(home, home.with_suffix(".log")), points.arming(home)
    async with aiohttp.ClientSession() as session:
        rpc = Rpc(session, url)
        load = Load(rpc)
        for death in deaths:
            armed.unlink(missing_ok=True)
            if death.turn:
                armed.touch()
            await node.start(death, death.turn or turns.randint(1, TURN_MAX))
            working = asyncio.create_task(_work(rpc, load, armed))
            try:
                status = await node.ended()
            except TimeoutError:
                pytest.fail(f"{death} did not come: {home.with_suffix('.log').read_text()[-3000:]}")
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            assert status == (-9 if death.victim == "node" else 1), death
            assert working.cancelled() or working.exception() is None, (death, working.exception())
        await node.start(None, 0)
        try:
            await rpc.answering()
            await load.check()
            sent, sequence = await rpc.bobs(), await rpc.sequence()
        finally:
            with contextlib.suppress(ProcessLookupError):
                node.process.terminate()
            assert await node.ended() == 0
    # Every transfer moved one and raised the sequence by one: none was applied twice, none by halves.
    assert sent == sequence >= len(load.committed)
    assert alices(home) == WEALTH - sent - FEE * sent
    return len(load.committed)


def _prepared(folder: Path, kind: str) -> tuple[Path, str]:
    config = settings(0.03)
    config.engine.kind = kind
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    config.p2p.listen = f"127.0.0.1:{free_port()}"
    config.state.trees_kept_writes = 40
    return make_home(folder / "home", config), f"http://{config.rpc.listen}"


def _rounds(deaths: Sequence[Death], count: int, seed: int) -> list[Death]:
    """So many of them, every one as often as any other, in an order of the seed's."""
    order = list(itertools.islice(itertools.cycle(deaths), count))
    random.Random(seed).shuffle(order)
    return order


COMETBFT_LONG = [*itertools.chain(*REPLAYED), *_rounds(COMETBFT, 80 - 2 * len(REPLAYED), 80)]


@pytest.mark.parametrize("rounds", [len(EMBEDDED), pytest.param(120, marks=pytest.mark.slow)])
async def test_the_embedded_engine(tmp_path: Path, rounds: int) -> None:
    home, url = _prepared(tmp_path, "embedded")
    committed = await _through(home, url, _rounds(EMBEDDED, rounds, rounds), rounds)
    assert committed > rounds
    assert follow(home) > rounds
    verify(home)


@pytest.mark.skipif(bool(absent()), reason=absent())
@pytest.mark.parametrize(
    "deaths",
    [
        pytest.param(COMETBFT_SHORT, id="short"),
        pytest.param(COMETBFT_LONG, id="80", marks=pytest.mark.slow),
    ],
)
async def test_cometbft(tmp_path: Path, deaths: list[Death]) -> None:
    home, url = _prepared(tmp_path, "cometbft")
    committed = await _through(home, url, deaths, len(deaths))
    assert committed > len(deaths)
    verify(home)
