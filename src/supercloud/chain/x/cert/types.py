"""What cert speaks of: states, refusals, ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supercloud.pb.akash.cert.v1 import cert_pb2
from supercloud.types.errors import InvalidAddress, define

if TYPE_CHECKING:
    from supercloud.pb.akash.cert.v1.cert_pb2 import ID
    from supercloud.types.address import Bech32

CODESPACE: Final = "cert"
SERIAL_BYTES_MAX: Final = 40
SERIAL_TEXT: Final = re.compile(r"[+-]?[0-9]{1,100}", re.ASCII)

VALID: Final = cert_pb2.valid
REVOKED: Final = cert_pb2.revoked
STATES: Final = {"valid": VALID, "revoked": REVOKED}
"""States in the order in which lists walk them."""

NOT_FOUND, EXISTS, INVALID, STATE = 5, 6, 3, 9
"""gRPC statuses of refusals."""

CertificateNotFound = define(CODESPACE, 1, "certificate not found", NOT_FOUND)
InvalidCertAddress = define(CODESPACE, 2, "invalid address", INVALID)
CertificateExists = define(CODESPACE, 3, "certificate exists", EXISTS)
AlreadyRevoked = define(CODESPACE, 4, "certificate already revoked", STATE)
InvalidSerialNumber = define(CODESPACE, 5, "invalid serial number", INVALID)
InvalidCertificateValue = define(CODESPACE, 6, "invalid certificate value", INVALID)
InvalidPubkeyValue = define(CODESPACE, 7, "invalid pubkey value", INVALID)
InvalidState = define(CODESPACE, 8, "invalid state", INVALID)
InvalidKeySize = define(CODESPACE, 9, "invalid key size", INVALID)


def check_owner(bech32: Bech32, owner: str) -> None:
    """The owner is an address."""
    try:
        bech32.parse(owner)
    except ValueError as error:
        raise InvalidAddress(f"invalid owner address: {error}") from error


def check_id(bech32: Bech32, wire: ID) -> None:
    """Stateless rules of a certificate's id."""
    check_owner(bech32, wire.owner)
    parse_serial(wire.serial)


def parse_serial(text: str) -> int:
    """A serial number in decimal text."""
    if SERIAL_TEXT.fullmatch(text) is None:
        raise InvalidSerialNumber
    return int(text)
