"""Whether and at what price to answer an open order. Pure: the same inputs give the same answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from supercloud.provider.bidengine.pricing import PriceSheet, UnknownDenom
from supercloud.provider.inventory import Inventory, Reservation, need_of
from supercloud.types.attributes import subset
from supercloud.types.placement import listed, undeclared, vouched
from supercloud.types.resources import group_price

VOLUMES_MAX = 4


class Reason(StrEnum):
    """Why an order is declined; the log and the status page show it."""

    OWN_ORDER = "it is the provider's own order"
    ATTRIBUTES = "it asks for attributes that are not ours"
    FILTER = "it lacks the attributes we bid for"
    AUDITOR = "it asks for an auditor's signature that we do not have"
    VOLUMES = "it has too many volumes in a unit"
    CAPABILITY = "it asks for storage or GPUs that we do not declare"
    ADDRESS = "it asks for IP addresses of its own, which we do not lease out"
    RECLAMATION = "it asks for a reclamation window that we do not offer"
    CAPACITY = "there is no room"
    DENOM = "we have no price in its denomination"
    PRICE = "our price is above its maximum"


class Decline(NamedTuple):
    """No bid, and why."""

    reason: Reason
    detail: str = ""


class Bid(NamedTuple):
    """A bid to make: price per block in 10^-18 of the denom's unit."""

    denom: str
    price_raw: int
    reservation: Reservation
    reclamation_window_s: int


class Profile(NamedTuple):
    """The provider as the ledger knows it, and what it is picky about."""

    address: str
    attributes: Sequence[Any]
    audited: Mapping[str, Sequence[Any]]
    required: Mapping[str, str]
    reclamation_window_s: int
    cpu_percent: int


def decide(
    order: Any, inventory: Inventory, me: Profile, prices: PriceSheet, block_ns: int
) -> tuple[Inventory, Bid] | Decline:
    """Answer one open order (akash.market Order message)."""
    units = order.spec.resources
    refusal = _unsuitable(order, me)
    if refusal is not None:
        return refusal
    denom = units[0].price.denom
    try:
        price = prices.per_block(units, denom, block_ns)
    except UnknownDenom as error:
        return Decline(Reason.DENOM, str(error))
    limit = group_price(units).amount.raw
    if price > limit:
        return Decline(Reason.PRICE, f"{price} > {limit} (10^-18 {denom} a block)")
    need = need_of(units, me.cpu_percent)
    if need.leased_ips:
        return Decline(Reason.ADDRESS, f"{need.leased_ips} asked for")
    made = inventory.reserve(_text(order.id), need)
    if made is None:
        return Decline(Reason.CAPACITY, inventory.lacking(need))
    changed, reservation = made
    return changed, Bid(denom, price, reservation, me.reclamation_window_s)


def _unsuitable(order: Any, me: Profile) -> Decline | None:
    """What speaks against an order whatever room there is."""
    requirements = order.spec.requirements
    if order.id.owner == me.address:
        return Decline(Reason.OWN_ORDER)
    if not subset(requirements.attributes, me.attributes):
        return Decline(Reason.ATTRIBUTES, listed(requirements.attributes))
    asked = {attribute.key: attribute.value for attribute in requirements.attributes}
    if any(asked.get(key) != value for key, value in me.required.items()):
        return Decline(
            Reason.FILTER, ", ".join(f"{key}={value}" for key, value in sorted(me.required.items()))
        )
    if not vouched(requirements, me.audited):
        named = (*requirements.signed_by.all_of, *requirements.signed_by.any_of)
        return Decline(Reason.AUDITOR, ", ".join(named))
    if any(len(unit.resource.storage) > VOLUMES_MAX for unit in order.spec.resources):
        return Decline(Reason.VOLUMES, f"at most {VOLUMES_MAX} are possible")
    for unit in order.spec.resources:
        if absent := undeclared(unit.resource, me.attributes):
            return Decline(Reason.CAPABILITY, absent)
    if order.HasField("reclamation") and order.reclamation.min_window.seconds > me.reclamation_window_s:
        asked_s = order.reclamation.min_window.seconds
        return Decline(Reason.RECLAMATION, f"{asked_s} s asked for, {me.reclamation_window_s} s offered")
    return None


def _text(id_: Any) -> str:
    return f"{id_.owner}/{id_.dseq}/{id_.gseq}/{id_.oseq}"
