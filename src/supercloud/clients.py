"""Who counts as one client wherever something is bounded by address.

An IPv4 address is one. In IPv6 whoever rents a machine is given 2^64 addresses or more (RFC 6177), so there it is the
network, the first 64 bits: otherwise one client could be as many as it likes. Networks that lead nowhere else (RFC 4193,
link local) are the operator's own, and each of their addresses is a client.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

_BITS: Final = 128
_HOST_BITS: Final = 64
_GLOBAL: Final = 0b001
"""How addresses begin that may come from anywhere: 2000::/3 (RFC 4291, section 2.4)."""


def client_at(address: str) -> str:
    """The client at an address; what is no address is one by itself."""
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    # Listeners for both kinds see IPv4 like this.
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if int(found) >> _BITS - 3 != _GLOBAL:
        return str(found)
    return f"{IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)}/{_HOST_BITS}"
