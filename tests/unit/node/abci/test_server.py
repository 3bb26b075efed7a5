"""The ABCI server over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from supercloud.node.abci.framing import Unframer, frame
from supercloud.node.abci.server import VERBS, AbciServer
from supercloud.pb.tendermint.abci import types_pb2 as abci


def _verbs() -> dict[str, Any]:
    async def slow_commit(request: abci.RequestCommit) -> abci.ResponseCommit:
        await asyncio.sleep(0.01)
        return abci.ResponseCommit(retain_height=7)

    def refuse(request: Any) -> Any:
        raise AssertionError("not in this test")

    def check(request: abci.RequestCheckTx) -> abci.ResponseCheckTx:
        return abci.ResponseCheckTx(code=len(request.tx))

    def prepare(request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        return abci.ResponsePrepareProposal()

    return dict.fromkeys(VERBS, refuse) | {
        "commit": slow_commit,
        "check_tx": check,
        "prepare_proposal": prepare,
    }


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[AbciServer]:
    serving = AbciServer(_verbs())
    await serving.listen(tmp_path / "abci.sock")
    yield serving
    await serving.close()


async def _ask(path: Path, *requests: abci.Request) -> list[abci.Response]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"".join(frame(request.SerializeToString()) for request in requests))
    incoming, answers = Unframer(), []
    while len(answers) < len(requests):
        data = await reader.read(65536)
        assert data, "the server hung up"
        answers += [abci.Response.FromString(message) for message in incoming.feed(data)]
    writer.close()
    return answers


async def test_answers_come_in_order(server: AbciServer, tmp_path: Path) -> None:
    echo = abci.Request()
    echo.echo.message = "hello"
    flush = abci.Request()
    flush.flush.SetInParent()
    commit = abci.Request()
    commit.commit.SetInParent()
    check = abci.Request()
    check.check_tx.tx = b"abc"
    answers = await _ask(tmp_path / "abci.sock", echo, commit, check, flush)
    assert [answer.WhichOneof("value") for answer in answers] == ["echo", "commit", "check_tx", "flush"]
    assert answers[0].echo.message == "hello"
    assert answers[1].commit.retain_height == 7
    assert answers[2].check_tx.code == 3


async def test_an_empty_proposal_is_still_an_answer(server: AbciServer, tmp_path: Path) -> None:
    """Without its tag CometBFT takes the answer for none and halts."""
    request = abci.Request()
    request.prepare_proposal.SetInParent()
    (answer,) = await _ask(tmp_path / "abci.sock", request)
    assert answer.WhichOneof("value") == "prepare_proposal"


async def test_a_state_machine_that_failed_is_not_asked_again(server: AbciServer, tmp_path: Path) -> None:
    request = abci.Request()
    request.finalize_block.height = 5
    check = abci.Request()
    check.check_tx.tx = b"abc"
    answers = await _ask(tmp_path / "abci.sock", request, check)
    assert answers[0].exception.error == "AssertionError: not in this test"
    assert "has failed" in answers[1].exception.error
    assert isinstance(server.failed.result(), AssertionError)


async def test_the_socket_is_this_accounts_alone(server: AbciServer, tmp_path: Path) -> None:
    assert (tmp_path / "abci.sock").stat().st_mode & 0o777 == 0o600


def test_every_verb_needs_an_answer() -> None:
    async def make() -> None:
        AbciServer({})

    with pytest.raises(ValueError, match="verbs without an answer: apply_snapshot_chunk"):
        asyncio.run(make())
