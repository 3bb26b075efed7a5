"""Lines put together from pieces."""

from __future__ import annotations

import pytest

from supercloud.provider.drivers.base import LINE_CHARS_MAX
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
