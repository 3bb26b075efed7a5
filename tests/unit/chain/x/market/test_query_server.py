"""Lists and pages: every filter, path and boundary."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.state_pages import PageKey
from supercloud.pb.akash.market.v1beta5 import query_pb2
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.supercloud.market.v1 import query_pb2 as expiry_pb2
from supercloud.types.errors import ChainError
from supercloud.types.ids import BidID

SERVICE = "/akash.market.v1beta5.Query/"


@pytest.fixture
def full(world: Any) -> Any:
    """Five deployments of alice, one of dave; bob bids on all, erin on two; 1-3 are leased, 1 is closed."""
    world.with_providers(world.bob, world.erin)
    for dseq in range(1, 6):
        world.send(world.create_deployment(dseq))
        world.send(world.create_bid(world.bid_id(dseq)))
    for dseq in (1, 2):
        world.send(world.create_bid(world.bid_id(dseq, provider=world.erin)))
    foreign = world.create_deployment(9)
    foreign.id.owner = world.text(world.dave)
    world.send(foreign)
    world.send(world.create_bid(BidID(world.dave, 9, 1, 1, world.bob)))
    for dseq in (1, 2, 3):
        world.send(world.create_lease(world.bid_id(dseq)))
    world.send(world.close_deployment(1))
    assert world.violations() == []
    return world


def ask(world: Any, kind: str, filters: dict[str, Any] | None = None, **page: Any) -> Any:
    request = getattr(query_pb2, f"Query{kind}Request")(pagination=PageRequest(**page))
    for name, value in (filters or {}).items():
        setattr(request.filters, name, value)
    return world.query(SERVICE + kind, request)


def dseqs(answer: Any) -> list[int]:
    for name in ("orders", "bids", "leases"):
        if hasattr(answer, name):
            return [getattr(each, name[:-1], each).id.dseq for each in getattr(answer, name)]
    raise AssertionError(answer)


def test_state_by_state(full: Any) -> None:
    answer = ask(full, "Orders")
    assert sorted(dseqs(answer)[:3]) == [4, 5, 9]
    assert dseqs(answer)[3:] == [2, 3, 1]
    assert answer.pagination.total == 6
    assert sorted(dseqs(ask(full, "Orders", reverse=True))[:1]) == [1]


@pytest.mark.parametrize(
    ("kind", "filters", "expected"),
    [
        ("Orders", {"owner": "alice"}, [1, 2, 3, 4, 5]),
        ("Orders", {"owner": "alice", "state": "open"}, [4, 5]),
        ("Orders", {"owner": "alice", "dseq": 3}, [3]),
        ("Orders", {"owner": "alice", "dseq": 3, "gseq": 1, "oseq": 2}, []),
        ("Orders", {"dseq": 9}, [9]),
        ("Orders", {"state": "closed"}, [1]),
        ("Bids", {"owner": "alice", "dseq": 1}, [1, 1]),
        ("Bids", {"owner": "alice", "provider": "erin"}, [1, 2]),
        ("Bids", {"provider": "erin"}, [1, 2]),
        ("Bids", {"provider": "erin", "state": "lost"}, [1, 2]),
        ("Bids", {"state": "active"}, [2, 3]),
        ("Bids", {"owner": "dave"}, [9]),
        ("Bids", {"owner": "carol"}, []),
        ("Leases", {"owner": "alice"}, [1, 2, 3]),
        ("Leases", {"provider": "bob", "state": "active"}, [2, 3]),
        ("Leases", {"provider": "bob"}, [2, 3, 1]),
        ("Leases", {"state": "closed"}, [1]),
        ("Leases", {"state": "reclaiming"}, []),
    ],
)
def test_filters(full: Any, kind: str, filters: dict[str, Any], expected: list[int]) -> None:
    for role in ("owner", "provider"):
        if role in filters:
            filters = {**filters, role: full.text(getattr(full, filters[role]))}
    assert dseqs(ask(full, kind, filters)) == expected
    assert dseqs(ask(full, kind, filters, count_total=True)) == expected


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("Orders", {}),
        ("Orders", {"owner": "alice"}),
        ("Bids", {}),
        ("Bids", {"owner": "alice"}),
        ("Bids", {"provider": "bob"}),
        ("Leases", {"provider": "bob"}),
        ("Leases", {}),
    ],
)
def test_pages_join_to_the_whole(
    full: Any, kind: str, filters: dict[str, str], limit: int, reverse: bool
) -> None:
    named = {role: full.text(getattr(full, name)) for role, name in filters.items()}
    whole = dseqs(ask(full, kind, named, reverse=reverse))
    pages: list[int] = []
    key = b""
    for _ in range(20):
        answer = ask(full, kind, named, limit=limit, key=key, reverse=reverse)
        assert len(dseqs(answer)) <= limit
        pages += dseqs(answer)
        key = answer.pagination.next_key
        if not key:
            break
    assert pages == whole


def test_a_page_that_ends_where_a_state_ends_leads_on(full: Any) -> None:
    """support#431"""
    answer = ask(full, "Orders", limit=3)
    assert sorted(dseqs(answer)) == [4, 5, 9]
    key = PageKey.decode(answer.pagination.next_key)
    assert (key.states, key.prefix, key.path) == (b"\x02\x03", b"\x02", None)
    assert answer.pagination.total == 3


def test_total(full: Any) -> None:
    assert ask(full, "Bids", limit=2, count_total=True).pagination.total == 8
    assert ask(full, "Bids", limit=2).pagination.total == 2
    answer = ask(full, "Bids", {"state": "open"}, limit=1, offset=2, count_total=True)
    assert (len(answer.bids), answer.pagination.total) == (1, 3)


def test_page_key_paths(full: Any) -> None:
    alice, bob = full.text(full.alice), full.text(full.bob)
    for kind, filters, path in (
        ("Orders", {"owner": alice}, 1),
        ("Bids", {}, 0),
        ("Bids", {"provider": bob}, 1),
        ("Leases", {"owner": alice}, 2),
    ):
        key = PageKey.decode(ask(full, kind, filters, limit=1).pagination.next_key)
        assert key.path == path


@pytest.mark.parametrize(
    ("filters", "page", "text"),
    [
        ({"state": "sold"}, {}, "invalid state value"),
        ({}, {"offset": 1}, "if offset is set, filter.state must be provided"),
        ({"owner": "akash1x"}, {}, "invalid owner address"),
        ({}, {"key": b"12345678"}, "invalid checksum"),
        ({}, {"key": b"1"}, "invalid key length"),
        ({}, {"key": PageKey(b"\x09", b"\x09", b"x").encode()}, "unknown state"),
        ({}, {"key": PageKey(b"\x01", b"\x01", b"x", 2).encode()}, "wrong primary key"),
    ],
)
def test_bad_requests(full: Any, filters: dict[str, Any], page: dict[str, Any], text: str) -> None:
    with pytest.raises(ChainError, match=text) as caught:
        ask(full, "Bids", filters, **page)
    assert caught.value.grpc == 3


def test_single_things(full: Any) -> None:
    lease = full.query(
        SERVICE + "Lease", query_pb2.QueryLeaseRequest(id=full.bid_id(2).to_lease_pb(full.bech32))
    )
    assert lease.lease.price.amount == "1000000000000000000"
    assert lease.escrow_payment.id.xid == f"1/1/{full.text(full.bob)}"
    assert lease.escrow_payment.id.aid.xid == f"{full.text(full.alice)}/2"
    bid = full.query(SERVICE + "Bid", query_pb2.QueryBidRequest(id=full.bid_id(4).to_pb(full.bech32)))
    assert bid.escrow_account.state.funds[0].amount == "500000" + "0" * 18
    order = full.bid_id(4).order
    found = full.query(SERVICE + "Order", query_pb2.QueryOrderRequest(id=order.to_pb(full.bech32)))
    assert found.order.spec.name == "g1"
    for kind, request, code in (
        ("Order", query_pb2.QueryOrderRequest(id=order._replace(oseq=7).to_pb(full.bech32)), 15),
        ("Bid", query_pb2.QueryBidRequest(id=full.bid_id(7).to_pb(full.bech32)), 18),
        ("Lease", query_pb2.QueryLeaseRequest(id=full.bid_id(7).to_lease_pb(full.bech32)), 20),
    ):
        with pytest.raises(ChainError) as caught:
            full.query(SERVICE + kind, request)
        assert (caught.value.codespace, caught.value.code, caught.value.grpc) == ("market", code, 5)


def test_parameters(world: Any) -> None:
    assert world.query(SERVICE + "Params", query_pb2.QueryParamsRequest()).params.order_max_bids == 20
    answer = world.query("/supercloud.market.v1.Query/Params", expiry_pb2.QueryParamsRequest())
    assert answer.params.order_max_age_blocks == 0
