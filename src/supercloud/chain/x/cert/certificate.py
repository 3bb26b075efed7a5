"""What makes a certificate acceptable. Pure: bytes in, serial number out, or a refusal.

The ledger looks at form, signature and name only. Validity periods and extensions are for those who use a
certificate.
"""

from __future__ import annotations

import binascii
import re
import warnings
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from supercloud.chain.x.cert.types import (
    SERIAL_BYTES_MAX,
    InvalidCertificateValue,
    InvalidKeySize,
    InvalidPubkeyValue,
)
from supercloud.types.errors import Undefined

if TYPE_CHECKING:
    from supercloud.types.address import Bech32

CERTIFICATE_BYTES_MAX: Final = 16_384
PUBKEY_BYTES_MAX: Final = 2_048

_BLOCK: Final = re.compile(
    rb"\s*-----BEGIN ([A-Z0-9 ]{1,64})-----\s([A-Za-z0-9+/=\s]*)-----END \1-----\s*", re.ASCII
)
_CURVES: Final = ("secp224r1", "secp256r1", "secp384r1", "secp521r1")
"""Curves that every implementation of the ledger reads."""


def serial_of(bech32: Bech32, owner: bytes, certificate: bytes, pubkey: bytes) -> int:
    """The serial number of an acceptable certificate of this owner, signed by this key."""
    key = _public_key(pubkey)
    der = _pem_block(certificate, b"CERTIFICATE", CERTIFICATE_BYTES_MAX)
    if der is None:
        raise InvalidCertificateValue
    try:
        with warnings.catch_warnings():
            # What the library only warns of (odd serial numbers) is judged below, the same in every version.
            warnings.simplefilter("ignore")
            parsed = x509.load_der_x509_certificate(der)
            serial = parsed.serial_number
            names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            body, signature = parsed.tbs_certificate_bytes, parsed.signature
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise Undefined(f"invalid certificate value: {type(error).__name__}") from error
    try:
        key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Undefined("invalid certificate value: signature does not match") from error
    name = names[-1].value if names else ""
    if not isinstance(name, str) or not _names(bech32, owner, name):
        raise Undefined("invalid certificate value: common name does not match owner")
    if serial < 0:
        raise Undefined("invalid certificate value: negative serial number")
    if serial.bit_length() > 8 * SERIAL_BYTES_MAX:
        raise InvalidKeySize
    return serial


def _public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    der = _pem_block(pem, b"EC PUBLIC KEY", PUBKEY_BYTES_MAX)
    if der is None:
        raise InvalidPubkeyValue
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Undefined(f"invalid pubkey value: {type(error).__name__}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise Undefined("invalid pubkey value: not a key of a known curve")
    return key


def _pem_block(pem: bytes, kind: bytes, size_max: int) -> bytes | None:
    """Contents of the one block, when it is the only one and of this kind."""
    if len(pem) > size_max:
        return None
    block = _BLOCK.fullmatch(pem)
    if block is None or block[1] != kind:
        return None
    try:
        return binascii.a2b_base64(b"".join(block[2].split()), strict_mode=True)
    except binascii.Error:
        return None


def _names(bech32: Bech32, owner: bytes, name: str) -> bool:
    try:
        return bech32.parse(name) == owner
    except ValueError:
        return False
