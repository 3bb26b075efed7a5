"""Calls, answers, news and losses over one stream."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from supercloud.node.doors.link import BODY_BYTES_MAX, HEAD, Link, LinkLost


class Pair(NamedTuple):
    near: Link
    far: Link
    heard: list[tuple[int, bytes]]
    lost: list[str]


def answer(kind: int, body: bytes) -> object:
    """Kind 1 answers at once, 2 later, 3 refuses at once, 4 refuses later, 5 never ends."""

    async def later() -> bytes:
        await asyncio.sleep(0.5 if body == b"slow" else 0.001)
        if kind == 4:
            raise ValueError("later")
        if kind == 5:
            await asyncio.Event().wait()
        return body * 2

    if kind == 1:
        return body * 2
    if kind == 3:
        raise ValueError("at once")
    return later()


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    heard: list[tuple[int, bytes]] = []
    lost: list[str] = []
    errors = (lambda error: str(error).encode(), lambda packed: KeyError(packed.decode()))

    def make(name: str) -> Link:
        return Link(answer, lambda *told: heard.append(told), lambda: lost.append(name), errors)  # type: ignore[arg-type]

    near, far = make("near"), make("far")
    loop = asyncio.get_running_loop()
    for link, end in zip((near, far), socket.socketpair(), strict=True):
        await loop.create_connection(lambda link=link: link, sock=end)  # type: ignore[misc]
    yield Pair(near, far, heard, lost)
    near.close()
    far.close()
    await asyncio.sleep(0)


async def test_calls_of_both_ends_are_answered(pair: Pair) -> None:
    assert await pair.near.call(1, b"a") == b"aa"
    assert await pair.far.call(2, b"b" * 300_000) == b"b" * 600_000
    assert await pair.near.call(1, b"") == b""


async def test_a_slow_answer_holds_up_no_other(pair: Pair) -> None:
    slow = asyncio.create_task(pair.near.call(2, b"slow"))
    answers = await asyncio.gather(*(pair.near.call(2, b"%d" % number) for number in range(50)))
    assert answers == [b"%d" % number * 2 for number in range(50)]
    assert not slow.done()
    assert await slow == b"slowslow"


@pytest.mark.parametrize(("kind", "words"), [(3, "at once"), (4, "later")])
async def test_refusals_arrive_as_what_they_are(pair: Pair, kind: int, words: str) -> None:
    with pytest.raises(KeyError, match=words):
        await pair.near.call(kind, b"x")


async def test_news_come_in_order_with_calls(pair: Pair) -> None:
    pair.near.tell(7, b"first")
    pair.near.tell(8, b"second")
    assert await pair.near.call(1, b"a") == b"aa"
    assert pair.heard == [(7, b"first"), (8, b"second")]


async def test_a_lost_link_ends_all_that_waits(pair: Pair) -> None:
    waiting = asyncio.create_task(pair.near.call(5, b"x"))
    await pair.near.call(1, b"y")
    pair.far.close()
    with pytest.raises(LinkLost):
        await waiting
    with pytest.raises(LinkLost):
        await pair.near.call(1, b"z")
    pair.near.tell(1, b"to nobody")
    assert sorted(pair.lost) == ["far", "near"]


async def test_a_frame_of_absurd_size_ends_the_link(pair: Pair) -> None:
    pair.near.data_received(HEAD.pack(BODY_BYTES_MAX + 1, 1, 0, 1))
    async with asyncio.timeout(30):
        while "near" not in pair.lost:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0)


async def test_frames_may_come_in_any_pieces(pair: Pair) -> None:
    frame = HEAD.pack(3, 0, 0, 9) + b"abc"
    for byte in frame * 2:
        pair.near.data_received(bytes([byte]))
    assert pair.heard == [(9, b"abc"), (9, b"abc")]
