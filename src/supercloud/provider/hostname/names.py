"""Who owns which name. Pure.

Every web service gets a name of its own, made of its lease; names that tenants ask for go to the first who asks, and a
tenant's own later deployment does not take them from an earlier one.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping

from supercloud.provider.event import LeaseRef


class NameTaken(Exception):
    """Another tenant's lease answers under this name."""


def generated(lease: str, service: str, domain: str) -> str:
    """The name a service always has: base32hex of a UUID of its lease and name, as the network's providers use."""
    made = uuid.uuid5(uuid.NAMESPACE_DNS, lease + service)
    return base64.b32hexencode(made.bytes).rstrip(b"=").decode().lower() + "." + domain


def blocked(name: str, blocklist: Iterable[str]) -> bool:
    """Whether a name is on the provider's list: exactly, or below an entry that begins with a dot."""
    return any(name == entry or (entry.startswith(".") and name.endswith(entry)) for entry in blocklist)


def granted(wanted: Iterable[str], lease: str, held: Mapping[str, str]) -> list[str]:
    """The names among `wanted` that `lease` may answer under. `held` maps names to leases.

    Raises NameTaken when another tenant has one; a name of the tenant's own other lease is left with that one.
    """
    owner = LeaseRef.parse(lease).order.owner
    result = []
    for name in wanted:
        holder = held.get(name)
        if holder in (None, lease):
            result.append(name)
        elif LeaseRef.parse(str(holder)).order.owner != owner:
            raise NameTaken(f"hostname not allowed: {name} is used by another tenant")
    return result
