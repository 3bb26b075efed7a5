"""Lists of accounts and payments by state and the beginning of their names."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.escrow.v1 import query_pb2
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import ChainError

SERVICE = "/akash.escrow.v1.Query/"


@pytest.fixture
def full(world: Any) -> Any:
    """Deployments 1, 12, 123 leased to bob; 123 closed, 1 overdrawn."""
    world.with_providers()
    for dseq, price in ((1, "1000"), (12, "1"), (123, "1")):
        bid = world.bid_id(dseq)
        world.send(world.create_deployment(dseq), world.create_bid(bid, price=price), world.create_lease(bid))
    world.blocks(501)
    world.send(world.withdraw(world.bid_id(1)), world.close_deployment(123))
    return world


def ask(world: Any, kind: str, state: str = "", xid: str = "", **page: Any) -> Any:
    request = getattr(query_pb2, f"Query{kind}Request")(state=state, xid=xid, pagination=PageRequest(**page))
    return world.query(SERVICE + kind, request)


def xids(answer: Any) -> list[str]:
    if hasattr(answer, "accounts"):
        return [each.id.xid.split("/", 1)[1] for each in answer.accounts if each.id.scope == 1]
    return [each.id.aid.xid.split("/", 1)[1] for each in answer.payments]


@pytest.mark.parametrize("kind", ["Accounts", "Payments"])
@pytest.mark.parametrize(
    ("state", "xid", "expected"),
    [
        ("", "", ["12", "123", "1"]),
        ("open", "", ["12"]),
        ("closed", "", ["123"]),
        ("overdrawn", "", ["1"]),
        ("", "deployment/{alice}/12", ["12", "123"]),
        ("", "deployment/{alice}/123", ["123"]),
        ("open", "deployment/{alice}/123", []),
        ("", "deployment/{bob}", []),
    ],
)
def test_filters(full: Any, kind: str, state: str, xid: str, expected: list[str]) -> None:
    xid = xid.replace("{alice}", full.text(full.alice)).replace("{bob}", full.text(full.bob))
    assert xids(ask(full, kind, state, xid)) == expected


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("xid", ["", "deployment/{alice}/12", "bid/"])
@pytest.mark.parametrize("kind", ["Accounts", "Payments"])
def test_pages_join_to_the_whole(full: Any, kind: str, xid: str, reverse: bool) -> None:
    xid = xid.replace("{alice}", full.text(full.alice))
    field = kind.lower()
    whole = list(getattr(ask(full, kind, "", xid, reverse=reverse), field))
    pages: list[Any] = []
    key = b""
    while True:
        # A page key remembers the search; what the request repeats does not matter.
        answer = ask(full, kind, "", "" if key else xid, limit=1, key=key, reverse=reverse)
        pages += list(getattr(answer, field))
        key = answer.pagination.next_key
        if not key:
            break
    assert pages == whole


def test_total(full: Any) -> None:
    assert ask(full, "Accounts", limit=1).pagination.total == 1
    assert ask(full, "Accounts", limit=1, count_total=True).pagination.total == 6


def test_bad_requests(full: Any) -> None:
    for given in ({"state": "lost"}, {"xid": "x" * 241}, {"offset": 1}, {"key": b"abcdefgh"}):
        with pytest.raises(ChainError) as caught:
            ask(full, "Accounts", **given)
        assert caught.value.grpc == 3
