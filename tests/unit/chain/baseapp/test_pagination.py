"""Pages: every combination of offset, key, limit, order and total reads the same records."""

from __future__ import annotations

import pytest

from supercloud.chain.baseapp import pagination
from supercloud.chain.baseapp.pagination import LIMIT_DEFAULT, LIMIT_MAX, paginate
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.testing.ledger import Ledger
from supercloud.types.errors import InvalidArgument

PREFIX = b"\x77page/"


@pytest.fixture
def kv(ledger: Ledger):
    kv = ledger.context().kv("base")
    kv.set(b"\x77", b"before")
    kv.set(b"\x77pagf", b"after")
    for number in range(10):
        kv.set(PREFIX + bytes((number,)), b"%d" % number)
    return kv


def read(kv, **options: object) -> tuple[list[int], bytes, int]:
    items, page = paginate(kv, PREFIX, PageRequest(**options), lambda key, value: int(value))
    return items, page.next_key, page.total


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (list(range(10)), b"", 10)),
        ({"limit": 4}, ([0, 1, 2, 3], b"\x04", 0)),
        ({"limit": 10}, (list(range(10)), b"", 0)),
        ({"limit": 4, "offset": 3}, ([3, 4, 5, 6], b"\x07", 0)),
        ({"limit": 4, "offset": 8}, ([8, 9], b"", 0)),
        ({"limit": 4, "offset": 99}, ([], b"", 0)),
        ({"limit": 4, "count_total": True}, ([0, 1, 2, 3], b"\x04", 10)),
        ({"limit": 4, "key": b"\x04"}, ([4, 5, 6, 7], b"\x08", 0)),
        ({"limit": 4, "key": b"\x04", "count_total": True}, ([4, 5, 6, 7], b"\x08", 0)),
        ({"limit": 4, "key": b"\x08"}, ([8, 9], b"", 0)),
        ({"limit": 4, "reverse": True}, ([9, 8, 7, 6], b"\x05", 0)),
        ({"limit": 4, "reverse": True, "key": b"\x05"}, ([5, 4, 3, 2], b"\x01", 0)),
        ({"limit": 4, "reverse": True, "key": b"\x01"}, ([1, 0], b"", 0)),
        ({"limit": 4, "reverse": True, "offset": 8}, ([1, 0], b"", 0)),
    ],
)
def test_pages(kv, options: dict[str, object], expected: tuple[list[int], bytes, int]) -> None:
    assert read(kv, **options) == expected


def test_a_filter_counts_only_what_it_lets_through(kv) -> None:
    items, page = paginate(
        kv,
        PREFIX,
        PageRequest(limit=2, offset=1, count_total=True),
        lambda key, value: int(value) if int(value) % 2 else None,
    )
    assert (items, page.next_key, page.total) == ([3, 5], b"\x07", 5)


def test_large_states_are_counted_for_those_who_ask(kv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "LIMIT_DEFAULT", 3)
    monkeypatch.setattr(pagination, "COUNTED_UNASKED_MAX", 9)
    assert read(kv) == ([0, 1, 2], b"\x03", 0)
    assert read(kv, count_total=True) == ([0, 1, 2], b"\x03", 10)
    monkeypatch.setattr(pagination, "COUNTED_UNASKED_MAX", 10)
    assert read(kv) == ([0, 1, 2], b"\x03", 10)


def test_following_next_keys_reads_everything_once(kv) -> None:
    for reverse in (False, True):
        seen: list[int] = []
        key = b""
        while True:
            items, key, _ = read(kv, limit=3, key=key, reverse=reverse)
            seen += items
            if not key:
                break
        assert seen == sorted(range(10), reverse=reverse)


def test_offset_and_key_exclude_one_another(kv) -> None:
    with pytest.raises(InvalidArgument, match="either offset or key is expected, got both"):
        read(kv, offset=1, key=b"\x01")


def test_pages_are_bounded(kv) -> None:
    for number in range(LIMIT_DEFAULT + 5):
        kv.set(PREFIX + b"z%05d" % number, b"1")
    assert len(read(kv)[0]) == LIMIT_DEFAULT
    assert LIMIT_MAX == 10_000
    assert len(read(kv, limit=2**63)[0]) == 10 + LIMIT_DEFAULT + 5
