"""Vouching for attributes: keeper, messages and genesis. (audit's expected_keepers is empty.)"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.audit import genesis, keys, types
from supercloud.pb.akash.audit.v1.audit_pb2 import AuditedAttributesStore
from supercloud.pb.akash.audit.v1.msg_pb2 import MsgDeleteProviderAttributes, MsgSignProviderAttributes


def sign(world: Any, owner: bytes, auditor: bytes, **values: str) -> MsgSignProviderAttributes:
    message = MsgSignProviderAttributes(owner=world.text(owner), auditor=world.text(auditor))
    for key, value in values.items():
        message.attributes.add(key=key, value=value)
    return message


def unsign(world: Any, owner: bytes, auditor: bytes, *names: str) -> MsgDeleteProviderAttributes:
    return MsgDeleteProviderAttributes(owner=world.text(owner), auditor=world.text(auditor), keys=names)


def said(world: Any, owner: bytes, auditor: bytes) -> dict[str, str] | None:
    record = world.k.audit.record(world.ctx(), owner, auditor)
    return None if record is None else {each.key: each.value for each in record.attributes}


def test_signing_merges_by_key(world: Any) -> None:
    events = world.send(sign(world, world.bob, world.carol, tier="1", region="eu"))
    assert events[0].type == "akash.audit.v1.EventTrustedAuditorCreated"
    assert dict(events[0].attributes) == {
        "auditor": f'"{world.text(world.carol)}"',
        "owner": f'"{world.text(world.bob)}"',
    }
    world.send(sign(world, world.bob, world.carol, region="us", abc="x"))
    found = said(world, world.bob, world.carol)
    assert found == {"abc": "x", "region": "us", "tier": "1"}
    assert list(found) == sorted(found)
    assert world.violations() == []


def test_deleting(world: Any) -> None:
    assert world.refused(unsign(world, world.bob, world.carol)) == ("audit", 1)
    world.send(sign(world, world.bob, world.carol, a="1", b="2", c="3"))
    assert world.refused(unsign(world, world.bob, world.carol, "a", "z")) == ("audit", 3)
    assert world.refused(unsign(world, world.bob, world.carol, "a", "a")) == ("audit", 3)
    assert world.refused(unsign(world, world.bob, world.dave, "a")) == ("audit", 1)
    events = world.send(unsign(world, world.bob, world.carol, "a"))
    assert events[0].type == "akash.audit.v1.EventTrustedAuditorDeleted"
    assert said(world, world.bob, world.carol) == {"b": "2", "c": "3"}
    world.send(unsign(world, world.bob, world.carol, "c", "b"))
    assert said(world, world.bob, world.carol) is None
    world.send(sign(world, world.bob, world.carol, a="1", b="2"))
    world.send(unsign(world, world.bob, world.carol))
    assert said(world, world.bob, world.carol) is None


def test_stateless(world: Any) -> None:
    for field in ("owner", "auditor"):
        for message in (sign(world, world.bob, world.carol), unsign(world, world.bob, world.carol)):
            setattr(message, field, "x")
            assert world.refused(message) == ("sdk", 7)
    many = sign(world, world.bob, world.carol, **{f"k{n}": "" for n in range(1001)})
    assert world.refused(many) == ("sdk", 18)
    world.send(sign(world, world.bob, world.carol, **{f"k{n}": "" for n in range(1000)}))
    assert world.refused(sign(world, world.bob, world.carol, more="")) == ("sdk", 18)


@pytest.fixture
def full(world: Any) -> Any:
    """bob and erin vouched for by carol, bob by dave too."""
    world.send(sign(world, world.bob, world.carol, region="eu"))
    world.send(sign(world, world.bob, world.dave, region="us"))
    world.send(sign(world, world.erin, world.carol, region="asia"))
    return world


def test_genesis(full: Any) -> None:
    document = genesis.export(full.ctx(), full.k.audit)
    full.load({**full.export(), "audit": document})
    assert genesis.export(full.ctx(), full.k.audit) == document
    document["providers"].append(document["providers"][0])
    with pytest.raises(GenesisError, match="twice"):
        full.load({**full.export(), "audit": document})


def test_keys_and_invariants(full: Any) -> None:
    key = keys.record_key(b"\x01" * 20, b"\x02" * 32)
    assert key.hex() == "0114" + "01" * 20 + "20" + "02" * 32
    assert keys.parse_record(key[1:]) == (b"\x01" * 20, b"\x02" * 32)
    kv = full.ctx().kv(keys.STORE)
    stored = AuditedAttributesStore()
    stored.attributes.add(key="z")
    stored.attributes.add(key="a")
    kv.set(keys.record_key(full.bob, full.carol), stored.SerializeToString())
    assert len(full.k.audit.invariants(full.ctx())) == 1
    assert types.AttributeNotFound.grpc == 5
