"""Lines put together from pieces; what commands say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from supercloud.provider.drivers.base import LINE_CHARS_MAX
from supercloud.provider.drivers.podman import streams
from supercloud.provider.drivers.podman.streams import Lines, split_stamp


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a", b"b\nc"], ["ab", "c"]),
        ([b"a\r\n"], ["a"]),
        ([b"\n\n"], ["", ""]),
        ([b"x" * (LINE_CHARS_MAX + 5) + b"\n"], ["x" * LINE_CHARS_MAX, "xxxxx"]),
        ([b"\xff\xfe\n"], ["\ufffd\ufffd"]),
        (["é".encode()[:1], "é".encode()[1:] + b"\n"], ["é"]),
        ([], []),
    ],
)
def test_lines(pieces: list[bytes], expected: list[str]) -> None:
    """Split where they end, cut where they are too long, bytes that are no text replaced."""
    lines = Lines()
    found = [text for piece in pieces for text in lines.feed(piece)] + lines.rest()
    assert found == expected and lines.rest() == []


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"2026-11-24T14:43:12.08Z hello", (b"2026-11-24T14:43:12.08Z", b"hello")),
        (b"2026-11-24T14:43:12+01:00 x\n", (b"2026-11-24T14:43:12+01:00", b"x\n")),
        (b"no stamp", (b"", b"no stamp")),
        (b"", (b"", b"")),
    ],
)
def test_split_stamp(frame: bytes, expected: tuple[bytes, bytes]) -> None:
    assert split_stamp(frame) == expected


class Messages:
    """What an engine sends of a command."""

    def __init__(self, *said: tuple[int, bytes]) -> None:
        self._said = list(said)

    async def read_out(self) -> Any:
        return SimpleNamespace(stream=self._said[0][0], data=self._said.pop(0)[1]) if self._said else None


async def test_what_podman_says_of_itself_is_not_output_of_the_command() -> None:
    noise = b"Error: read unixpacket @->/proc/self/fd/14/attach: read: connection reset by peer\n"
    said = [(2, b"no such file\n"), (2, noise), (1, b"Error: read unixpacket\n")]
    session = streams.Exec(None, Messages(*said))
    assert [item async for item in session.output()] == [said[0], said[2]]
