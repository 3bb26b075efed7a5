"""Registering providers, and letting them go."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.provider import expected_keepers, genesis, keys, types
from supercloud.pb.akash.provider.v1beta4 import query_pb2
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgDeleteProvider, MsgUpdateProvider
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import ChainError

SERVICE = "/akash.provider.v1beta4.Query/"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("foo.yaml", 2),
        ("localhost", 2),
        ("localhost/foo", 2),
        ("localhost:80", 1),
        ("localhost:80/foo", 1),
        ("127.0.0.1", 2),
        ("127.0.0.1/foo", 2),
        ("127.0.0.1:80", 1),
        ("127.0.0.1:80/foo", 1),
        ("file:///foo.yaml", 1),
        ("https://localhost", None),
        ("HTTPS://localhost", None),
        ("http://localhost/foo", 1),
        ("https://localhost:80", None),
        ("http://localhost:3001/", 1),
        ("https://localhost:80/foo", 1),
        ("https://localhost:80/", 1),
        ("https://[::1]:8443", None),
        ("https://provider.example:8443?x=1", None),
        ("https://", 1),
        ("https:localhost", 1),
        ("https://a b", 1),
        ("https://host\n", 1),
        ("https://%zz", 1),
        ("https://" + "x" * 2050, 1),
        ("", 1),
    ],
)
def test_host_uri(world: Any, uri: str, code: int | None) -> None:
    message = world.create_provider(world.bob)
    message.host_uri = uri
    if code is None:
        world.send(message)
    else:
        assert world.refused(message) == ("provider", code)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([("region", "eu"), ("region", "us")], ("akash", 1)),
        ([("9region", "eu")], ("akash", 2)),
        ([("region*", "eu")], ("akash", 2)),
        ([("r", "eu")], ("akash", 2)),
        ([("region", "")], None),
        ([(f"key{n}", "") for n in range(1001)], ("provider", 6)),
    ],
)
def test_attributes(world: Any, attributes: list[tuple[str, str]], code: tuple[str, int] | None) -> None:
    message = world.create_provider(world.bob)
    for key, value in attributes:
        message.attributes.add(key=key, value=value)
    if code is None:
        world.send(message)
    else:
        assert world.refused(message) == code


def test_contact(world: Any) -> None:
    message = world.create_provider(world.bob)
    message.info.website = "not a uri"
    assert world.refused(message) == ("provider", 8)
    message.info.website = "https://bob.example/about"
    message.info.email = "x" * 1025
    assert world.refused(message) == ("provider", 8)
    message.info.email = "bob@bob.example"
    message.owner = "bob"
    assert world.refused(message) == ("sdk", 7)
    message.host_uri = "x"
    assert world.refused(message) == ("provider", 2), "the host is judged first"


def test_life(world: Any) -> None:
    create = world.create_provider(world.bob, region="eu")
    update = MsgUpdateProvider(owner=create.owner, host_uri="https://new.example")
    delete = MsgDeleteProvider(owner=create.owner)
    assert world.refused(update) == ("provider", 3)
    assert world.refused(delete) == ("provider", 3)
    types_of = [event.type.rpartition(".")[2] for event in world.send(create)]
    assert types_of == ["EventProviderCreated"]
    assert world.refused(create) == ("provider", 4)
    assert [event.type.rpartition(".")[2] for event in world.send(update)] == ["EventProviderUpdated"]
    stored = world.k.provider.provider(world.ctx(), world.bob)
    assert (stored.host_uri, len(stored.attributes)) == ("https://new.example", 0)
    assert [event.type.rpartition(".")[2] for event in world.send(delete)] == ["EventProviderDeleted"]
    assert world.k.provider.provider(world.ctx(), world.bob) is None


def test_who_serves_somebody_stays(world: Any) -> None:
    delete = MsgDeleteProvider(owner=world.text(world.bob))
    world.with_providers()
    world.send(world.create_deployment(), world.create_bid())
    assert world.refused(delete) == ("provider", 11)
    world.send(world.create_lease())
    assert world.refused(delete) == ("provider", 11)
    world.send(world.close_deployment(), delete)


def test_queries(world: Any) -> None:
    for owner in (world.bob, world.erin, world.frank):
        world.send(world.create_provider(owner))
    first = world.query(
        SERVICE + "Providers", query_pb2.QueryProvidersRequest(pagination=PageRequest(limit=2))
    )
    page = PageRequest(key=first.pagination.next_key)
    rest = world.query(SERVICE + "Providers", query_pb2.QueryProvidersRequest(pagination=page))
    owners = [each.owner for each in (*first.providers, *rest.providers)]
    assert sorted(owners) == sorted(map(world.text, (world.bob, world.erin, world.frank)))
    assert len(first.providers) == 2
    one = world.query(SERVICE + "Provider", query_pb2.QueryProviderRequest(owner=world.text(world.bob)))
    assert one.provider.host_uri == "https://provider.example:8443"
    for owner, codes in ((world.text(world.dave), ("provider", 3, 5)), ("x", ("undefined", 1, 3))):
        with pytest.raises(ChainError) as caught:
            world.query(SERVICE + "Provider", query_pb2.QueryProviderRequest(owner=owner))
        assert (caught.value.codespace, caught.value.code, caught.value.grpc) == codes


def test_keys_and_invariants(world: Any) -> None:
    world.send(world.create_provider(world.bob))
    assert keys.provider_key(b"\x07" * 20).hex() == "0114" + "07" * 20
    kv = world.ctx().kv(keys.STORE)
    assert world.k.provider.invariants(world.ctx()) == []
    kv.set(keys.provider_key(world.dave), kv.get(keys.provider_key(world.bob)))
    assert len(world.k.provider.invariants(world.ctx())) == 1


def test_genesis(world: Any) -> None:
    world.send(world.create_provider(world.bob, region="eu"), world.create_provider(world.erin))
    document = genesis.export(world.ctx(), world.k.provider)
    rest = world.export()
    world.load({**rest, "provider": document})
    assert genesis.export(world.ctx(), world.k.provider) == document
    document["providers"].append(document["providers"][0])
    with pytest.raises(types.ProviderExists):
        world.load({**rest, "provider": document})
    document["providers"] = [{**document["providers"][0], "host_uri": "http://x"}]
    with pytest.raises(types.InvalidProviderURI):
        world.load({**rest, "provider": document})


def test_neighbours_are_as_expected(world: Any, build: Any) -> None:
    """The keeper's, msg_server's and query_server's neighbours."""
    assert build.missing(expected_keepers.MarketKeeper, world.k.market) == []
