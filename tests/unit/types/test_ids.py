"""Ids inside one another: their parents, their protobuf and text forms."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.types.address import Bech32
from supercloud.types.ids import BidID, DeploymentID, GroupID, LeaseID, OrderID

BECH32 = Bech32("akash")
OWNER, PROVIDER = (hashlib.sha256(name).digest()[:20] for name in (b"alice", b"bob"))
BID = BidID(OWNER, 7, 1, 2, PROVIDER)

ADDRESSES = st.binary(min_size=20, max_size=20) | st.binary(min_size=32, max_size=32)
BIDS = st.builds(
    BidID,
    ADDRESSES,
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    ADDRESSES,
)


def test_each_knows_what_it_belongs_to() -> None:
    assert BID.order == OrderID(OWNER, 7, 1, 2)
    assert BID.group == BID.order.group == GroupID(OWNER, 7, 1)
    assert BID.deployment == BID.order.deployment == BID.group.deployment == DeploymentID(OWNER, 7)
    assert LeaseID is BidID


def test_text() -> None:
    owner, provider = BECH32.text(OWNER), BECH32.text(PROVIDER)
    assert BID.deployment.text(BECH32) == f"{owner}/7"
    assert BID.group.text(BECH32) == f"{owner}/7/1"
    assert BID.order.text(BECH32) == f"{owner}/7/1/2"
    assert BID.text(BECH32) == f"{owner}/7/1/2/{provider}"


def test_the_wire_has_the_owner_first_and_no_bseq() -> None:
    wire = DeploymentID(OWNER, 7).to_pb(BECH32).SerializeToString()
    assert wire == b"\x0a\x2c" + BECH32.text(OWNER).encode() + b"\x10\x07"
    assert BID.to_pb(BECH32).bseq == BID.to_lease_pb(BECH32).bseq == 0
    assert BID.to_pb(BECH32).SerializeToString() == BID.to_lease_pb(BECH32).SerializeToString()


@given(BIDS)
def test_protobuf_both_ways(bid: BidID) -> None:
    for id_ in (bid.deployment, bid.group, bid.order, bid):
        kind: Any = type(id_)
        assert kind.from_pb(id_.to_pb(BECH32), BECH32) == id_
    assert LeaseID.from_pb(bid.to_lease_pb(BECH32), BECH32) == bid


@given(BIDS, BIDS)
def test_different_ids_have_different_text(one: BidID, other: BidID) -> None:
    assert (one.text(BECH32) == other.text(BECH32)) == (one == other)


@pytest.mark.parametrize("field", ["owner", "provider"])
@pytest.mark.parametrize(
    "text", ["", " ", "akash1", "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4", "x" * 200]
)
def test_bad_addresses_are_refused(field: str, text: str) -> None:
    message = BID.to_pb(BECH32)
    setattr(message, field, text)
    with pytest.raises(ValueError):
        BidID.from_pb(message, BECH32)


def test_bad_owners_are_refused_at_every_level() -> None:
    for id_ in (BID.deployment, BID.group, BID.order):
        message: Any = id_.to_pb(BECH32)
        message.owner = "nobody"
        with pytest.raises(ValueError):
            type(id_).from_pb(message, BECH32)
