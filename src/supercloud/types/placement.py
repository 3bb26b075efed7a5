"""What an order asks of a provider, against what a provider's record says: for those who bid and those who wonder why
nobody does. The ledger decides by its own rules (chain/x/market/matching.py) when a bid arrives. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from supercloud.types.attributes import any_of, subset

STORAGE: Final = "capabilities/storage/"
GPU: Final = "capabilities/gpu/"


def vouched(requirements: Any, audited: Mapping[str, Sequence[Any]]) -> bool:
    """Whether all named auditors, and one of the alternatives, vouch for what is asked.

    `requirements` is a PlacementRequirements, `audited` has signed attributes by auditor.
    """
    signed_by = requirements.signed_by

    def vouches(auditor: str) -> bool:
        return auditor in audited and subset(requirements.attributes, audited[auditor])

    if not all(vouches(auditor) for auditor in signed_by.all_of):
        return False
    return not signed_by.any_of or any(vouches(auditor) for auditor in signed_by.any_of)


def undeclared(resource: Any, attributes: Sequence[Any]) -> str:
    """What of a unit's storage classes and GPU models a provider does not declare, for people; empty when all is."""
    groups: dict[str, list[Any]] = {}
    graphics = []
    for attribute in attributes:
        parts = attribute.key.split("/")
        if attribute.key.startswith(STORAGE) and len(parts) == 4:
            groups.setdefault(parts[2], []).append(_renamed(attribute, parts[3]))
        if attribute.key.startswith(GPU):
            graphics.append(_renamed(attribute, attribute.key.removeprefix(GPU)))
    found = [
        f"storage {listed(volume.attributes)}"
        for volume in resource.storage
        if volume.attributes and not any(subset(volume.attributes, group) for group in groups.values())
    ]
    wanted = resource.gpu.attributes if int(resource.gpu.units.val or b"0") else ()
    if wanted and not any_of(wanted, graphics):
        found.append("gpu " + " or ".join(attribute.key for attribute in wanted))
    return ", ".join(found)


def listed(attributes: Sequence[Any]) -> str:
    """Attributes for people."""
    return ", ".join(f"{attribute.key}={attribute.value}" for attribute in attributes)


def _renamed(attribute: Any, key: str) -> Any:
    copy = type(attribute)()
    copy.key, copy.value = key, attribute.value
    return copy
