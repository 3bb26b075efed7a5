"""What provider speaks of: refusals and the stateless rules of a provider's record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from supercloud.types import attributes
from supercloud.types.errors import InvalidAddress, define

if TYPE_CHECKING:
    from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute
    from supercloud.pb.akash.provider.v1beta4.provider_pb2 import Info
    from supercloud.types.address import Bech32

CODESPACE: Final = "provider"
URI_BYTES_MAX: Final = 2048
TEXT_BYTES_MAX: Final = 1024
ATTRIBUTES_MAX: Final = 1000

NOT_FOUND, EXISTS, INVALID, STATE, INTERNAL = 5, 6, 3, 9, 13
"""gRPC statuses of refusals."""

InvalidProviderURI = define(CODESPACE, 1, "invalid provider: invalid host uri", INVALID)
NotAbsProviderURI = define(CODESPACE, 2, "invalid provider: not absolute host uri", INVALID)
ProviderNotFound = define(CODESPACE, 3, "invalid provider: address not found", NOT_FOUND)
ProviderExists = define(CODESPACE, 4, "invalid provider: already exists", EXISTS)
InvalidProviderAddress = define(CODESPACE, 5, "invalid address", INVALID)
InvalidAttributes = define(CODESPACE, 6, "attribute specification error", INVALID)
IncompatibleAttributes = define(CODESPACE, 7, "attributes cannot be changed", STATE)
InvalidInfoWebsite = define(CODESPACE, 8, "invalid provider: invalid info website", INVALID)
Internal = define(CODESPACE, 9, "internal error", INTERNAL)
ProviderInUse = define(CODESPACE, 11, "provider has active leases or open bids", STATE)
"""Ours: the network cannot delete providers at all and answers 10."""

_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST: Final = re.compile(r"(?:\[[0-9a-fA-F:.%]+\]|[^\s\[\]<>\"#?/@:\\^`{|}]+)(?::[0-9]*)?")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")


def check_record(
    bech32: Bech32, owner: str, host_uri: str, declared: Sequence[Attribute], info: Info
) -> None:
    """The rules of a record, in the network's order: the host first."""
    check_host_uri(host_uri)
    check_owner(bech32, owner)
    if len(declared) > ATTRIBUTES_MAX:
        raise InvalidAttributes(f"{len(declared)} attributes, at most {ATTRIBUTES_MAX}")
    attributes.check_strict(declared)
    if info.website and not _is_uri(info.website):
        raise InvalidInfoWebsite(info.website[:80])
    if len(info.email.encode()) > TEXT_BYTES_MAX:
        raise InvalidInfoWebsite(f"email longer than {TEXT_BYTES_MAX} bytes")


def check_owner(bech32: Bech32, owner: str) -> None:
    """The owner is an address."""
    try:
        bech32.parse(owner)
    except ValueError as error:
        raise InvalidAddress(f"invalid provider address: {error}") from error


def check_host_uri(uri: str) -> None:
    """An absolute https URI of a host and nothing behind it."""
    if not _is_uri(uri):
        raise InvalidProviderURI(uri[:80])
    scheme = _SCHEME.match(uri)
    if scheme is None:
        raise NotAbsProviderURI(f'validating "{uri}" for absolute URI')
    if scheme[1].lower() != "https":
        raise InvalidProviderURI(f'scheme in "{uri}" should be https')
    rest = uri[scheme.end() :].partition("#")[0].partition("?")[0]
    if not rest.startswith("//"):
        raise InvalidProviderURI(f'validating "{uri}" for valid host')
    authority, slash, _ = rest[2:].partition("/")
    host = authority.rpartition("@")[2]
    if not host or _HOST.fullmatch(host) is None:
        raise InvalidProviderURI(f'validating "{uri}" for valid host')
    if slash:
        raise InvalidProviderURI(f'path in "{uri}" should be empty')


def _is_uri(text: str) -> bool:
    """Whether a text can be read as a URI reference: printable, sensible escapes, and no colon in a leading
    segment
    that is no scheme."""
    if not text or len(text.encode()) > URI_BYTES_MAX or _CONTROL.search(text):
        return False
    if text.startswith(":") or re.search(r"%(?![0-9a-fA-F]{2})", text):
        return False
    first = re.split(r"[/?#]", text, maxsplit=1)[0]
    return ":" not in first or _SCHEME.match(text) is not None
