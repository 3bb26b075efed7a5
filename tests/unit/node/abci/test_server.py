"""The ABCI server over a real socket."""

from __future__ import annotations

import asyncio
import socket
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


class Visits:
    """Who came and left, and a commit that takes for ever."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[str] = []
        self.welcome = True
        self.server = AbciServer(
            _verbs() | {"commit": self.commit}, came=self.came, left=lambda: self.heard.append("left")
        )

    def came(self) -> bool:
        self.heard.append("came" if self.welcome else "turned away")
        return self.welcome

    async def commit(self, request: abci.RequestCommit) -> abci.ResponseCommit:
        self.heard.append("commit")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.heard.append("cancelled")
            raise
        raise AssertionError

    async def until(self, heard: str) -> None:
        async with asyncio.timeout(10):
            while heard not in self.heard:  # noqa: ASYNC110 - another task's list
                await asyncio.sleep(0.001)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        connection.setblocking(False)
        return connection


@pytest.fixture
async def visits(tmp_path: Path) -> AsyncIterator[Visits]:
    visits = Visits(tmp_path / "abci.sock")
    await visits.server.listen(visits.path)
    yield visits
    await visits.server.close()


def _ask_for_commit(connection: socket.socket) -> None:
    request = abci.Request()
    request.commit.SetInParent()
    connection.send(frame(request.SerializeToString()))


async def test_connections_end_together_and_what_they_wait_for_is_cancelled(visits: Visits) -> None:
    connections = [visits.connect() for _ in range(4)]
    _ask_for_commit(connections[3])
    await visits.until("commit")
    connections[0].close()
    await visits.until("left")
    assert visits.heard == ["came", "commit", "cancelled", "left"]
    loop = asyncio.get_running_loop()
    for connection in connections[1:]:
        assert await loop.sock_recv(connection, 1) == b""
        connection.close()
    assert await _ask(visits.path, _echo("again"))
    await visits.server.close()
    assert visits.heard[4:] == ["came", "left"]


async def test_the_next_one_comes_in_when_the_one_before_has_left(visits: Visits) -> None:
    before = [visits.connect() for _ in range(4)]
    _ask_for_commit(before[3])
    await visits.until("commit")
    # Both happen while the loop is busy with something else.
    for connection in before:
        connection.close()
    after = [visits.connect() for _ in range(4)]
    _ask_for_commit(after[0])
    async with asyncio.timeout(10):
        while visits.heard.count("commit") < 2:  # noqa: ASYNC110 - another task's list
            await asyncio.sleep(0.001)
    assert visits.heard == ["came", "commit", "cancelled", "left", "came", "commit"]
    for connection in after:
        connection.close()


async def test_a_second_one_is_turned_away(visits: Visits, caplog: pytest.LogCaptureFixture) -> None:
    connections = [visits.connect() for _ in range(5)]
    assert await asyncio.get_running_loop().sock_recv(connections[4], 1) == b""
    assert visits.heard == ["came"] and "a second consensus engine" in caplog.text
    for connection in connections:
        connection.close()
    await visits.until("left")


async def test_one_that_is_not_wanted_is_turned_away(visits: Visits) -> None:
    visits.welcome = False
    with visits.connect() as connection:
        assert await asyncio.get_running_loop().sock_recv(connection, 1) == b""
    assert visits.heard == ["turned away"]
    visits.welcome = True
    assert await _ask(visits.path, _echo("now"))


def _echo(text: str) -> abci.Request:
    request = abci.Request()
    request.echo.message = text
    return request


async def test_a_gentle_end_lets_a_block_be_committed_and_begins_no_other(tmp_path: Path) -> None:
    executed: list[int] = []

    def execute(request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        executed.append(request.height)
        return abci.ResponseFinalizeBlock()

    serving = AbciServer(_verbs() | {"finalize_block": execute})
    await serving.listen(tmp_path / "abci.sock")
    reader, writer = await asyncio.open_unix_connection(tmp_path / "abci.sock")
    incoming = Unframer()

    async def ask(request: abci.Request) -> list[abci.Response]:
        writer.write(frame(request.SerializeToString()))
        return [abci.Response.FromString(each) for each in incoming.feed(await reader.read(65536))]

    block, commit = abci.Request(), abci.Request()
    block.finalize_block.height = 5
    commit.commit.SetInParent()
    assert (await ask(block))[0].HasField("finalize_block")
    closing = asyncio.create_task(serving.close(gently=True))
    assert (await ask(_echo("still there")))[0].echo.message == "still there"
    assert (await ask(commit))[0].commit.retain_height == 7
    block.finalize_block.height = 6
    assert await ask(block) == [] and executed == [5]
    await asyncio.wait_for(closing, 10)
    writer.close()
