"""What audit speaks of: refusals and stateless rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supercloud.types.errors import InvalidAddress, InvalidRequest, define

if TYPE_CHECKING:
    from supercloud.types.address import Bech32

CODESPACE: Final = "audit"
ATTRIBUTES_MAX: Final = 1000
"""A bound on attributes of one message and of one record; the network has none."""

NOT_FOUND, INVALID = 5, 3

ProviderNotFound = define(CODESPACE, 1, "invalid provider: address not found", NOT_FOUND)
InvalidAuditAddress = define(CODESPACE, 2, "invalid address", INVALID)
AttributeNotFound = define(CODESPACE, 3, "attribute not found", NOT_FOUND)


def check_pair(bech32: Bech32, owner: str, auditor: str, entries: int) -> None:
    """Both are addresses, and the message is of a reasonable size."""
    for role, text in (("owner", owner), ("auditor", auditor)):
        try:
            bech32.parse(text)
        except ValueError as error:
            raise InvalidAddress(f"invalid {role} address: {error}") from error
    if entries > ATTRIBUTES_MAX:
        raise InvalidRequest(f"{entries} attributes, at most {ATTRIBUTES_MAX}")
