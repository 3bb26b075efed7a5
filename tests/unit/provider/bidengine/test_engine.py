"""Decisions of the bid engine: the one case for a bid, then one for every reason against."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.bidengine.engine import Bid, Decline, Profile, Reason, decide
from supercloud.provider.bidengine.pricing import sheet_of
from supercloud.provider.config import Config
from supercloud.provider.inventory import Available, Inventory

spec = importlib.util.spec_from_file_location("orders", Path(__file__).parents[1] / "orders.py")
assert spec is not None and spec.loader is not None
orders = importlib.util.module_from_spec(spec)
spec.loader.exec_module(orders)

BLOCK_NS = 10**9
MACHINE = Inventory(Available(4000, 8 * 2**30, {"ephemeral": 2**36, "default": 2**36}, ()), {})
BOB = Profile("bob", [orders.Attribute(key="region", value="eu")], {}, {}, 0, 0)
PRICES = sheet_of(Config())


def answer(order: Any, me: Profile = BOB, machine: Inventory = MACHINE) -> Any:
    return decide(order, machine, me, PRICES, BLOCK_NS)


def test_a_fitting_order_gets_a_bid_and_a_promise() -> None:
    inventory, bid = answer(orders.order())
    assert isinstance(bid, Bid)
    assert bid.denom == "uakt"
    assert inventory.available.cpu == 3000
    assert 0 < bid.price_raw < 10**18


def test_the_same_order_is_promised_once() -> None:
    first, _ = answer(orders.order())
    second, _ = answer(orders.order(), machine=first)
    assert second.available == first.available


def with_attribute(key: str, value: str) -> Callable[[Any], None]:
    return lambda order: order.spec.requirements.attributes.add(key=key, value=value)


def with_auditor(kind: str) -> Callable[[Any], None]:
    return lambda order: getattr(order.spec.requirements.signed_by, kind).append("carol")


def with_volumes(order: Any) -> None:
    for name in "abcd":
        order.spec.resources[0].resource.storage.add(name=name).quantity.val = b"5242880"


def with_class(order: Any) -> None:
    volume = order.spec.resources[0].resource.storage[0]
    volume.attributes.add(key="class", value="beta3")
    volume.attributes.add(key="persistent", value="true")


def with_gpu(order: Any) -> None:
    gpu = order.spec.resources[0].resource.gpu
    gpu.units.val = b"1"
    gpu.attributes.add(key="vendor/nvidia/model/a100", value="true")


def with_window(order: Any) -> None:
    order.reclamation.min_window.seconds = 3600


def with_denom(order: Any) -> None:
    order.spec.resources[0].price.denom = "ushell"


def with_low_price(order: Any) -> None:
    order.spec.resources[0].price.amount = "1"


def with_owner(order: Any) -> None:
    order.id.owner = "bob"


def with_size(order: Any) -> None:
    order.spec.resources[0].resource.cpu.units.val = b"5000"


def with_address(order: Any) -> None:
    order.spec.resources[0].resource.endpoints.add(kind=2, sequence_number=1)


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        (with_owner, Reason.OWN_ORDER, ""),
        (with_attribute("region", "us"), Reason.ATTRIBUTES, "region=us"),
        (with_auditor("all_of"), Reason.AUDITOR, "carol"),
        (with_auditor("any_of"), Reason.AUDITOR, "carol"),
        (with_volumes, Reason.VOLUMES, "at most 4"),
        (with_class, Reason.CAPABILITY, "storage class=beta3, persistent=true"),
        (with_gpu, Reason.CAPABILITY, "gpu vendor/nvidia/model/a100"),
        (with_window, Reason.RECLAMATION, "3600 s asked for, 0 s offered"),
        (with_denom, Reason.DENOM, "ushell"),
        (with_low_price, Reason.PRICE, "a block"),
        (with_size, Reason.CAPACITY, "left"),
        (with_address, Reason.ADDRESS, "1 asked for"),
    ],
)
def test_reasons_to_decline(change: Callable[[Any], None], reason: Reason, detail: str) -> None:
    order = orders.order()
    change(order)
    declined = answer(order)
    assert isinstance(declined, Decline)
    assert declined.reason is reason
    assert detail in declined.detail


def test_an_auditor_who_signed_what_is_asked_is_enough() -> None:
    order = orders.order()
    with_attribute("region", "eu")(order)
    with_auditor("any_of")(order)
    vouched = BOB._replace(audited={"carol": [orders.Attribute(key="region", value="eu")]})
    assert not isinstance(answer(order, vouched), Decline)


def test_a_wildcard_key_matches_what_is_declared() -> None:
    order = orders.order()
    with_attribute("reg*", "eu")(order)
    assert not isinstance(answer(order), Decline)


def test_picky_providers_wait_for_their_attribute() -> None:
    declined = answer(orders.order(), BOB._replace(required={"tier": "gold"}))
    assert declined == Decline(Reason.FILTER, "tier=gold")


def test_storage_class_that_is_declared_fits() -> None:
    order = orders.order()
    with_class(order)
    declared = [
        orders.Attribute(key="capabilities/storage/1/class", value="beta3"),
        orders.Attribute(key="capabilities/storage/1/persistent", value="true"),
    ]
    machine = Inventory(MACHINE.total._replace(storage={**MACHINE.total.storage, "beta3": 2**36}), {})
    assert not isinstance(answer(order, BOB._replace(attributes=declared), machine), Decline)
