"""Whether a provider may bid on an order: attributes, audits, capabilities and the offer itself. Pure.

Prices are not judged here, and neither are cpu, memory and endpoints: providers leave those orders alone
themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from supercloud.chain.x.market.types import CapabilitiesMismatch
from supercloud.types.attributes import glob_match, subset
from supercloud.types.resources import value_of

if TYPE_CHECKING:
    from supercloud.pb.akash.audit.v1.audit_pb2 import AuditedProvider
    from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute, PlacementRequirements
    from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
    from supercloud.pb.akash.market.v1beta5.order_pb2 import Order
    from supercloud.pb.akash.market.v1beta5.resourcesoffer_pb2 import ResourceOffer

_STORAGE: Final = "capabilities/storage/"
_GPU: Final = "capabilities/gpu"


class _Capability(NamedTuple):
    """An attribute under the shorter key by which resources ask for it."""

    key: str
    value: str


def needs_audit(requirements: PlacementRequirements) -> bool:
    """Whether auditors' records decide, and not what the provider says itself."""
    signed_by = requirements.signed_by
    return bool(signed_by.all_of or signed_by.any_of)


def attributes_match(
    requirements: PlacementRequirements, own: Sequence[Attribute], audited: Sequence[AuditedProvider]
) -> bool:
    """Whether a provider has the attributes that a tenant requires.

    Once a tenant names auditors, only their records count: each of `all_of`, and at least one of `any_of`.
    """
    wanted = requirements.attributes
    if not needs_audit(requirements):
        return subset(wanted, own)
    vouched = {record.auditor: record.attributes for record in audited}
    signed_by = requirements.signed_by
    if not all(name in vouched and subset(wanted, vouched[name]) for name in signed_by.all_of):
        return False
    if not signed_by.any_of:
        return True
    return any(name in vouched and subset(wanted, vouched[name]) for name in signed_by.any_of)


def capabilities_match(spec: GroupSpec, own: Sequence[Attribute]) -> bool:
    """Whether a provider declares the classes of storage and the models of gpu that a group asks for."""
    storage = _storage_classes(own)
    gpus = _gpu_models(own)
    for unit in spec.resources:
        resource = unit.resource
        for volume in resource.storage:
            if volume.attributes and not any(
                _covers(volume.attributes, offered) for offered in storage.values()
            ):
                return False
        gpu = resource.gpu
        asked = gpu.attributes if value_of(gpu.units) else ()
        # One of the models is enough: several are alternatives.
        if asked and not any(_covers([wanted], gpus) for wanted in asked):
            return False
    return True


def _covers(wanted: Sequence[Attribute], offered: Sequence[_Capability]) -> bool:
    return all(
        any(want.value == have.value and glob_match(want.key, have.key) for have in offered)
        for want in wanted
    )


def _storage_classes(own: Sequence[Attribute]) -> dict[str, list[_Capability]]:
    """Attributes `capabilities/storage/<n>/<key>` in groups by n."""
    classes: dict[str, list[_Capability]] = {}
    for attribute in own:
        if attribute.key.startswith(_STORAGE):
            words = attribute.key.split("/")
            if len(words) == 4:
                classes.setdefault(words[2], []).append(_Capability(words[3], attribute.value))
    return classes


def _gpu_models(own: Sequence[Attribute]) -> list[_Capability]:
    """Attributes whose key begins with `capabilities/gpu`, without their first two words."""
    return [
        _Capability(attribute.key.removeprefix(_GPU + "/"), attribute.value)
        for attribute in own
        if attribute.key.startswith(_GPU)
    ]


def check_offer(order: Order, offers: Sequence[ResourceOffer]) -> None:
    """An offer names units of the order, each once and with its count.

    It need not name all, and may be empty.
    """
    counts = {unit.resource.id: unit.count for unit in order.spec.resources}
    for offer in offers:
        unit = offer.resources.id
        if counts.pop(unit, None) != offer.count:
            raise CapabilitiesMismatch(f"the offer for resource {unit} does not fit the order")
