"""Bodies, answers and origins."""

import asyncio
from typing import Any

import pytest

from supercloud.node.grpc.asgi import (
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    CrossOrigin,
    header,
    read_body,
    respond,
)


def receiving(*messages: dict[str, Any]) -> Any:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"headers": list(headers)}


async def test_bodies() -> None:
    parts = (
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"c"},
    )
    assert await read_body(scope(), receiving(*parts), 3, 1) == b"abc"
    with pytest.raises(BodyTooLarge):
        await read_body(scope(), receiving(*parts), 2, 1)
    for length in (b"4", b"-1", b"x"):
        with pytest.raises(BodyTooLarge):
            await read_body(scope((b"content-length", length)), receiving(), 3, 1)
    with pytest.raises(ClientGone):
        await read_body(scope(), receiving(parts[0], {"type": "http.disconnect"}), 9, 1)


async def test_a_body_that_does_not_arrive() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nothing comes")

    with pytest.raises(BodyTooSlow):
        await read_body(scope(), receive, 9, 0.01)


async def test_answers_have_their_length() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await respond(send, 200, b"{}")
    assert sent[0]["headers"] == [(b"content-type", b"application/json"), (b"content-length", b"2")]
    assert sent[1]["body"] == b"{}"


@pytest.mark.parametrize(
    "origins, origin, allowed",
    [
        ([], b"https://a", None),
        (["https://a"], b"https://a", b"https://a"),
        (["https://a"], b"https://b", None),
        (["*"], b"https://b", b"*"),
        (["*"], None, None),
    ],
)
def test_origins(origins: list[str], origin: bytes | None, allowed: bytes | None) -> None:
    asked = scope((b"origin", origin)) if origin else scope()
    assert dict(CrossOrigin(origins).headers(asked)).get(b"access-control-allow-origin") == allowed


def test_headers_are_found_by_name() -> None:
    assert header(scope((b"a", b"1"), (b"a", b"2")), b"a") == b"1"
    assert header(scope(), b"a") is None
