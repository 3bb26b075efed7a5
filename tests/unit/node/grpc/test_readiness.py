"""node/grpc/readiness.py: alive while it answers, ready while it is level and its last block is young."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest
from small_node import SmallNode

from supercloud.node.engine.peers import Alone
from supercloud.node.grpc import readiness
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.live import Here
from supercloud.pb.tendermint.abci import types_pb2 as abci


async def ask(door: Readiness, path: str) -> tuple[int, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    assert await door.respond(path, send)
    assert (b"cache-control", b"no-store") in sent[0]["headers"]
    return sent[0]["status"], orjson.loads(sent[1]["body"])


class Behind(Alone):
    catching_up = True


class Elsewhere(Here):
    """A state machine in a process that does not answer, or fails."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()
        raise AssertionError


async def test_ready_once_there_is_a_young_block(small: SmallNode) -> None:
    now = small.now / 1e9
    door = Readiness(small.view, age_s=10, clock=lambda: now)
    status, said = await ask(door, "/ready")
    assert (status, said["ready"], said["reason"]) == (503, False, "there is no block yet")
    assert (said["height"], said["block_age_s"]) == (0, None)
    small.block()
    now = small.engine.state.time / 1e9 + 10
    assert await ask(door, "/ready") == (
        200,
        {"ready": True, "height": 1, "block_age_s": 10.0, "catching_up": False},
    )
    now += 3
    status, said = await ask(door, "/ready")
    assert (status, said["ready"], said["block_age_s"]) == (503, False, 13.0)
    assert said["reason"] == "the last block is 13 seconds old; up to 10 count as ready"
    # A block whose time lies a little ahead of this machine's clock is young.
    now -= 20
    assert (await ask(door, "/ready"))[1]["block_age_s"] == 0.0


async def test_not_ready_while_others_are_ahead(small: SmallNode) -> None:
    small.block()
    door = Readiness(replace(small.view, peers=Behind()), clock=lambda: small.now / 1e9)
    status, said = await ask(door, "/ready")
    assert status == 503 and said["catching_up"] is True and "others are ahead" in said["reason"]
    # It is alive all the same.
    assert (await ask(door, "/live"))[0] == 200


async def test_not_ready_without_its_engine_and_it_says_so(small: SmallNode) -> None:
    class Waits(Behind):
        waiting_for = "CometBFT, which somebody else runs: cometbft start --home /x"

    small.block()
    status, said = await ask(
        Readiness(replace(small.view, peers=Waits()), clock=lambda: small.now / 1e9), "/ready"
    )
    assert status == 503 and said["reason"] == f"waits for {Waits.waiting_for}"


async def test_alive_while_the_process_that_makes_blocks_answers(
    small: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.block()
    for live in (None, Here(small.app)):
        # An old block is no reason to start a node anew.
        status, said = await ask(Readiness(small.view, live, clock=lambda: 1e12), "/live")
        assert (status, said["live"]) == (200, True) and said["block_age_s"] > 1e9
    monkeypatch.setattr(readiness, "ANSWER_S", 0.01)
    status, said = await ask(Readiness(small.view, Elsewhere(None)), "/live")
    assert status == 503 and said["live"] is False and "does not answer within" in said["reason"]
    status, said = await ask(Readiness(small.view, Elsewhere(OSError("gone"))), "/live")
    assert status == 503 and said["reason"].endswith("can not be asked: gone")


async def test_however_many_ask_the_process_that_makes_blocks_hears_of_one(
    small: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody counts these requests: otherwise they were a way around the count of all others."""
    small.block()
    asked = 0

    class Counting(Here):
        async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
            nonlocal asked
            asked += 1
            return await super().query(request)

    door = Readiness(small.view, Counting(small.app))
    answers = await asyncio.gather(*(ask(door, "/live") for _ in range(20)))
    assert {status for status, _ in answers} == {200} and asked == 1
    monkeypatch.setattr(readiness, "ASK_AGAIN_S", 0.0)
    assert (await ask(door, "/live"))[0] == 200 and asked == 2


async def test_other_paths_are_somebody_elses(small: SmallNode) -> None:
    async def send(message: Any) -> None:
        raise AssertionError(message)

    for path in ("/", "/health", "/ready/", "/livez", "/metrics"):
        assert not await Readiness(small.view).respond(path, send)
