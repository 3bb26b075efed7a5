"""Who vouches for whom: every record, one provider's, one auditor's, one of both."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.audit.v1 import query_pb2
from supercloud.pb.akash.audit.v1.msg_pb2 import MsgSignProviderAttributes
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import ChainError

SERVICE = "/akash.audit.v1.Query/"


def sign(world: Any, owner: bytes, auditor: bytes, region: str) -> None:
    message = MsgSignProviderAttributes(owner=world.text(owner), auditor=world.text(auditor))
    message.attributes.add(key="region", value=region)
    world.send(message)


@pytest.fixture
def full(world: Any) -> Any:
    """bob and erin vouched for by carol, bob by dave too."""
    sign(world, world.bob, world.carol, "eu")
    sign(world, world.bob, world.dave, "us")
    sign(world, world.erin, world.carol, "asia")
    return world


def told(world: Any, answer: Any) -> list[tuple[str, str, str]]:
    names = {world.text(getattr(world, name)): name for name in ("bob", "carol", "dave", "erin")}
    return sorted(
        (names[each.owner], names[each.auditor], each.attributes[0].value) for each in answer.providers
    )


def test_queries(full: Any) -> None:
    bob, carol, dave = map(full.text, (full.bob, full.carol, full.dave))
    rows = [("bob", "carol", "eu"), ("bob", "dave", "us"), ("erin", "carol", "asia")]
    every = full.query(SERVICE + "AllProvidersAttributes", query_pb2.QueryAllProvidersAttributesRequest())
    assert told(full, every) == rows
    of_bob = full.query(SERVICE + "ProviderAttributes", query_pb2.QueryProviderAttributesRequest(owner=bob))
    assert told(full, of_bob) == rows[:2]
    request = query_pb2.QueryAuditorAttributesRequest(auditor=carol)
    assert told(full, full.query(SERVICE + "AuditorAttributes", request)) == [rows[0], rows[2]]
    one = query_pb2.QueryProviderAuditorRequest(owner=bob, auditor=dave)
    assert told(full, full.query(SERVICE + "ProviderAuditorAttributes", one)) == [rows[1]]


def test_pages(full: Any) -> None:
    request = query_pb2.QueryAllProvidersAttributesRequest(pagination=PageRequest(limit=2, count_total=True))
    first = full.query(SERVICE + "AllProvidersAttributes", request)
    assert (len(first.providers), first.pagination.total) == (2, 3)
    request.pagination.CopyFrom(PageRequest(key=first.pagination.next_key))
    assert len(full.query(SERVICE + "AllProvidersAttributes", request).providers) == 1


def test_query_refusals(full: Any) -> None:
    bob, frank = full.text(full.bob), full.text(full.frank)
    for path, request, codes in (
        ("ProviderAttributes", query_pb2.QueryProviderAttributesRequest(owner=frank), ("audit", 1, 5)),
        ("ProviderAttributes", query_pb2.QueryProviderAttributesRequest(owner="x"), ("undefined", 1, 3)),
        (
            "ProviderAuditorAttributes",
            query_pb2.QueryProviderAuditorRequest(owner=bob, auditor=frank),
            ("audit", 1, 5),
        ),
    ):
        with pytest.raises(ChainError) as caught:
            full.query(SERVICE + path, request)
        assert (caught.value.codespace, caught.value.code, caught.value.grpc) == codes


def test_nothing_yet(world: Any) -> None:
    everything = query_pb2.QueryAllProvidersAttributesRequest()
    assert not world.query(SERVICE + "AllProvidersAttributes", everything).providers
    of_carol = query_pb2.QueryAuditorAttributesRequest(auditor=world.text(world.carol))
    assert not world.query(SERVICE + "AuditorAttributes", of_carol).providers
    with pytest.raises(ChainError):
        request = query_pb2.QueryProviderAttributesRequest(owner=world.text(world.bob))
        world.query(SERVICE + "ProviderAttributes", request)


def test_pages_of_one_provider_stay_with_it(full: Any) -> None:
    request = query_pb2.QueryProviderAttributesRequest(owner=full.text(full.bob))
    found, pages = [], 0
    request.pagination.limit = 1
    while True:
        page = full.query(SERVICE + "ProviderAttributes", request)
        found += told(full, page)
        pages += 1
        if not page.pagination.next_key:
            break
        request.pagination.CopyFrom(PageRequest(limit=1, key=page.pagination.next_key))
    assert (sorted(found), pages) == ([("bob", "carol", "eu"), ("bob", "dave", "us")], 2)


def test_an_address_that_is_the_beginning_of_another(world: Any) -> None:
    """20 bytes and 32 that begin with them are two accounts."""
    longer = world.bob + bytes(12)
    sign(world, world.bob, world.carol, "eu")
    sign(world, longer, world.carol, "us")
    for owner, region in ((world.bob, "eu"), (longer, "us")):
        request = query_pb2.QueryProviderAttributesRequest(owner=world.text(owner))
        (record,) = world.query(SERVICE + "ProviderAttributes", request).providers
        assert record.attributes[0].value == region


@pytest.mark.parametrize("field", ["owner", "auditor"])
def test_a_bad_address_is_named(full: Any, field: str) -> None:
    request = query_pb2.QueryProviderAuditorRequest(owner=full.text(full.bob), auditor=full.text(full.carol))
    setattr(request, field, "akash1x")
    with pytest.raises(ChainError, match=f"invalid {field} address"):
        full.query(SERVICE + "ProviderAuditorAttributes", request)
