"""ABCI's framing against bytes cut anywhere."""

from __future__ import annotations

import pytest

from supercloud.node.abci.framing import FramingError, Unframer, frame


@pytest.mark.parametrize(
    ("size", "head"), [(0, b"\x00"), (1, b"\x01"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")]
)
def test_length_is_a_varint(size: int, head: bytes) -> None:
    assert frame(b"x" * size) == head + b"x" * size


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_messages_cut_anywhere_come_out_whole(step: int) -> None:
    messages = [b"", b"a", b"b" * 127, b"c" * 128, b"d" * 20_000]
    stream = b"".join(map(frame, messages))
    incoming = Unframer()
    out = [m for at in range(0, len(stream), step) for m in incoming.feed(stream[at : at + step])]
    assert out == messages


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff" * 5, "not a varint"),
        (b"\x81\x08", "over the limit"),
        (b"\xff\xff\xff\xff\x7f", "over the limit"),
    ],
)
def test_nonsense_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FramingError, match=reason):
        list(Unframer(message_bytes_max=1024).feed(data))
