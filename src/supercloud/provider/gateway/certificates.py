"""Whether a client's certificate is good: by its own form, by the clock, and by what the ledger has."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from supercloud.provider.gateway.ledger import Ledger
from supercloud.provider.gateway.tls import Alert
from supercloud.sdk.errors import SdkError
from supercloud.types.address import Bech32


class CertificateRefused(Exception):
    """A client that is not let in: the alert it gets, and the reason for our log."""

    def __init__(self, alert: Alert, reason: str) -> None:
        super().__init__(reason)
        self.alert = alert


async def owner_of(
    chain: Sequence[x509.Certificate], ledger: Ledger, now: datetime.datetime
) -> tuple[str, int]:
    """Address and serial number of the tenant who presented these certificates. Raises CertificateRefused."""
    if len(chain) != 1:
        raise _bad(f"{len(chain)} certificates instead of one")
    certificate = chain[0]
    with warnings.catch_warnings():
        # Odd serial numbers are warned of by the library; only equality with the ledger's matters here.
        warnings.simplefilter("ignore")
        owner, serial = check_form(certificate, ledger.bech32, now), certificate.serial_number
    await check_ledger(owner, serial, certificate, ledger)
    return owner, serial


def check_form(certificate: x509.Certificate, bech32: Bech32, now: datetime.datetime) -> str:
    """The checks that need no ledger; returns the address. Raises CertificateRefused."""
    try:
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        same = certificate.subject == certificate.issuer
        key = certificate.public_key()
        usages = _usages(certificate)
        if isinstance(key, ec.EllipticCurvePublicKey):
            certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion) as error:
        raise _bad(f"malformed: {type(error).__name__}") from error
    if not same:
        raise _bad("not self-signed")
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise _bad("its key is not ECDSA")
    if len(names) != 1 or not isinstance(names[0].value, str):
        raise _bad("it names nobody")
    owner = names[0].value
    try:
        bech32.parse(owner)
    except ValueError as error:
        raise _bad("its name is not an address") from error
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usages:
        raise _bad("it is not made for clients")
    if now > certificate.not_valid_after_utc:
        raise CertificateRefused(Alert.CERTIFICATE_EXPIRED, "expired")
    if now < certificate.not_valid_before_utc:
        raise _bad("not valid yet")
    return owner


async def check_ledger(owner: str, serial: int, certificate: x509.Certificate | None, ledger: Ledger) -> None:
    """Whether the ledger has this certificate, not revoked. Raises CertificateRefused."""
    try:
        found = await ledger.certificate(owner, serial)
    except SdkError as error:
        raise CertificateRefused(Alert.INTERNAL_ERROR, f"the ledger can not be asked: {error}") from error
    if found is None:
        raise _bad("the ledger does not have it")
    if found.revoked:
        raise CertificateRefused(Alert.CERTIFICATE_REVOKED, "revoked")
    if certificate is not None and found.der != certificate.public_bytes(Encoding.DER):
        raise _bad("the ledger has another one under this number")


def _usages(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def _bad(reason: str) -> CertificateRefused:
    return CertificateRefused(Alert.BAD_CERTIFICATE, reason)
