"""Parameters, prices and bounds."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.market import types
from supercloud.pb.akash.market.v1beta5.order_pb2 import Order
from supercloud.pb.akash.market.v1beta5.resourcesoffer_pb2 import ResourceOffer
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin as WireDecCoin
from supercloud.types.dec import ONE
from supercloud.types.errors import ChainError


def test_defaults_are_valid() -> None:
    types.check_params(types.default_params())
    types.check_expiry(types.default_expiry())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: setattr(p, "order_max_bids", 0),
        lambda p: setattr(p, "order_max_bids", 501),
        lambda p: p.min_reclamation_window.FromSeconds(-1),
        lambda p: p.max_reclamation_window.FromSeconds(3600),
        lambda p: p.bid_min_deposits.add(denom="uakt", amount="1"),
        lambda p: p.bid_min_deposits.add(denom="u", amount="1"),
        lambda p: p.bid_min_deposits.add(denom="uxyz", amount="-1"),
        lambda p: p.ClearField("bid_min_deposit"),
    ],
)
def test_bad_params(spoil: Any) -> None:
    params = types.default_params()
    spoil(params)
    with pytest.raises(types.InvalidParam):
        types.check_params(params)


@pytest.mark.parametrize(
    ("order", "bid", "limit", "good"),
    [
        (0, 0, 0, True),
        (5, 0, 1, True),
        (5, 0, 0, False),
        (0, 5, 0, False),
        (10**10, 0, 1, False),
        (1, 1, 1001, False),
    ],
)
def test_expiry_params(order: int, bid: int, limit: int, good: bool) -> None:
    params = types.ExpiryParams(
        order_max_age_blocks=order, bid_max_age_blocks=bid, max_expiries_per_block=limit
    )
    if good:
        types.check_expiry(params)
    else:
        with pytest.raises(types.InvalidParam):
            types.check_expiry(params)


def test_order_price_is_the_whole_groups(build: Any) -> None:
    spec = build.group_spec(price="1.5", count=3)
    spec.resources.add().CopyFrom(spec.resources[0])
    assert types.order_price(Order(spec=spec)).amount.raw == 9 * ONE


@pytest.mark.parametrize(
    ("denom", "amount", "good"),
    [
        ("uact", "5", True),
        ("uact", "", True),
        ("", "5", False),
        ("uact", "-1", False),
        ("uact", "1.5", False),
    ],
)
def test_price_of(denom: str, amount: str, good: bool) -> None:
    wire = WireDecCoin(denom=denom, amount=amount)
    if good:
        assert types.price_of(wire).amount.raw == int(amount or 0)
    else:
        with pytest.raises(types.BidInvalidPrice):
            types.price_of(wire)


def test_offers_are_bounded() -> None:
    with pytest.raises(types.CapabilitiesMismatch):
        types.check_offer_size([ResourceOffer()] * 101)
    long = ResourceOffer()
    for _ in range(101):
        long.prices.storage.add()
    with pytest.raises(types.CapabilitiesMismatch):
        types.check_offer_size([long])


@pytest.mark.parametrize(
    ("error", "code", "grpc"),
    [
        (types.OrderNotFound, 15, 5),
        (types.BidExists, 21, 6),
        (types.BidNotOpen, 12, 9),
        (types.InvalidDeposit, 28, 3),
        (types.LeaseNotReclamable, 35, 9),
        (types.ReclamationWindowTooShort, 41, 3),
        (types.Internal, 3, 13),
    ],
)
def test_codes(error: type[ChainError], code: int, grpc: int) -> None:
    assert (error.codespace, error.code, error.grpc) == ("market", code, grpc)


def test_every_state_has_its_transitions() -> None:
    for states, transitions in (
        (types.ORDER_STATES, types.ORDER_TRANSITIONS),
        (types.BID_STATES, types.BID_TRANSITIONS),
        (types.LEASE_STATES, types.LEASE_TRANSITIONS),
    ):
        assert sorted(states.values()) == sorted(transitions)
