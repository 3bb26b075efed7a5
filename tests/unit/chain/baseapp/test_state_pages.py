"""Page keys and the walk through states, on plain rows; and who is the authority."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from supercloud.chain.baseapp import authority, state_pages
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.baseapp.state_pages import PageKey, Row
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import ChainError, InvalidAddress, InvalidArgument

STATES = {"open": 1, "active": 2, "closed": 3}


@pytest.mark.parametrize(
    ("key", "hexed"),
    [
        (PageKey(b"\x01", b"\x01", b"k"), "010101" + "01" + "016b"),
        (PageKey(b"\x02\x03", b"\x02", b"kk"), "020203" + "0102" + "026b6b"),
        (PageKey(b"\x01", b"\x01", b"k", 2), "010101" + "01" + "016b" + "0102"),
    ],
)
def test_keys(key: PageKey, hexed: str) -> None:
    encoded = key.encode()
    assert encoded[4:].hex() == hexed
    assert PageKey.decode(encoded) == key


def test_checksum_is_the_usual_crc32() -> None:
    import zlib

    encoded = PageKey(b"\x01", b"\x02", b"\x03").encode()
    assert int.from_bytes(encoded[:4], "big") == zlib.crc32(encoded[4:])


@pytest.mark.parametrize(
    ("states", "prefix", "primary"),
    [(b"", b"p", b"k"), (b"s", b"", b"k"), (b"s", b"p", b""), (b"s", b"p", b"k" * 256)],
)
def test_keys_that_cannot_be(states: bytes, prefix: bytes, primary: bytes) -> None:
    with pytest.raises(ValueError):
        PageKey(states, prefix, primary).encode()


def broken(rest: bytes) -> bytes:
    import zlib

    return zlib.crc32(rest).to_bytes(4, "big") + rest


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"1234",
        b"\x00" * 9,
        PageKey(b"\x01", b"\x01", b"k").encode()[:-1],
        broken(b"\x01\x01"),
        broken(b"\x01\x01\x01\x01"),
        broken(b"\x01\x01\x01\x01\x05k"),
        broken(b"\x00\x01\x01\x01k"),
        broken(b"\x01\x01\x01\x01\x01k\x02\x00\x00"),
        broken(b"\x01\x01\x01\x01\x01k\x01\x00\x01\x00"),
        b"x" * 2000,
    ],
)
def test_foreign_keys_are_refused(key: bytes) -> None:
    with pytest.raises(InvalidArgument, match="invalid key"):
        PageKey.decode(key)


def test_plan() -> None:
    assert state_pages.plan(PageRequest(), "", STATES).states == (1, 2, 3)
    assert state_pages.plan(PageRequest(reverse=True), "", STATES).states == (3, 2, 1)
    assert state_pages.plan(PageRequest(), "active", STATES, 2) == ((2,), 2, b"", None, False)
    key = PageKey(b"\x02\x03", b"p", b"k", 1).encode()
    assert state_pages.plan(PageRequest(key=key), "open", STATES) == ((2, 3), 1, b"p", b"k", False)


def page(rows: list[Row], **request: Any) -> tuple[list[bytes], Any]:
    wire = PageRequest(**request)
    walk = state_pages.plan(wire, "open" if request.get("offset") else "", STATES)
    return state_pages.collect(
        wire,
        rows,
        lambda row: row.value or None,
        lambda row: state_pages.key_at(walk, row, mixed=False, path=None),
    )


ROWS = [Row(1, b"a", b"A"), Row(1, b"b", b""), Row(2, b"c", b"C"), Row(3, b"d", b"D")]


def test_collect() -> None:
    assert page(ROWS)[0] == [b"A", b"C", b"D"]
    items, response = page(ROWS, limit=1)
    assert (items, response.total) == ([b"A"], 1)
    assert PageKey.decode(response.next_key) == PageKey(b"\x02\x03", b"\x02", b"c")
    items, response = page(ROWS, limit=1, count_total=True)
    assert (items, response.total, bool(response.next_key)) == ([b"A"], 3, True)
    items, response = page(ROWS, limit=3)
    assert response.next_key == b""
    assert page(ROWS, offset=1, limit=2)[0] == [b"C", b"D"]


def test_a_huge_limit_is_cut() -> None:
    rows = [Row(1, b"k%d" % n, b"v") for n in range(state_pages.LIMIT_MAX + 1)]
    items, response = page(rows, limit=2**63)
    assert len(items) == state_pages.LIMIT_MAX
    assert response.next_key


def test_bounds() -> None:
    assert state_pages.bounds(b"tp", b"t", None, False) == (b"tp", b"tq")
    assert state_pages.bounds(b"tp", b"t", b"pk", False) == (b"tpk", b"tq")
    assert state_pages.bounds(b"tp", b"t", b"pk", True) == (b"tp", b"tpk\x00")
    with pytest.raises(InvalidArgument, match="another search"):
        state_pages.bounds(b"tp", b"t", b"xk", False)


def test_authority() -> None:
    profile = Profile()
    ctx: Any = SimpleNamespace(bech32=profile.bech32, authority=profile.authority)
    authority.require_authority(ctx, profile.bech32.text(profile.authority))
    with pytest.raises(ChainError) as caught:
        authority.require_authority(ctx, profile.bech32.text(b"\x01" * 20))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)
    with pytest.raises(InvalidAddress):
        authority.check_authority(ctx, "x")
