"""Self-signed certificates of tenants and providers, as they are published on the ledger (AEP: x/cert).

ECDSA P-256; subject and issuer are the account's address; the serial is the time of making. Both PEM texts travel in
MsgCreateCertificate; the public key's block is labelled `EC PUBLIC KEY` though its content is SPKI.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from collections.abc import Sequence
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

VERSION_OID: Final = ObjectIdentifier("2.23.133.2.6")
LIFETIME: Final = datetime.timedelta(days=365)


class Certificate(NamedTuple):
    """PEM texts of one certificate. `private_key` never leaves the machine."""

    certificate: bytes
    public_key: bytes
    private_key: bytes

    @property
    def serial(self) -> int:
        """The serial number, by which the ledger knows it."""
        return x509.load_pem_x509_certificate(self.certificate).serial_number

    @property
    def expires(self) -> datetime.datetime:
        """End of validity (UTC)."""
        return x509.load_pem_x509_certificate(self.certificate).not_valid_after_utc

    def __repr__(self) -> str:
        return f"Certificate(serial={self.serial})"


def make(address: str, now: datetime.datetime, hosts: Sequence[str] = ()) -> Certificate:
    """A new key and certificate of `address` (bech32); `hosts` makes it a server's as well."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, address), x509.NameAttribute(VERSION_OID, "v0.0.1")]
    )
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(now.timestamp() * 1_000_000) * 1000)
        .not_valid_before(now - datetime.timedelta(seconds=30))
        .not_valid_after(now + LIFETIME)
        .add_extension(_key_usage(serves=bool(hosts)), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if hosts:
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
        )
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    spki = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        spki.replace(b"PUBLIC KEY", b"EC PUBLIC KEY"),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, upper-case hex."""
    return hashlib.sha256(der).hexdigest().upper()


def _key_usage(serves: bool) -> x509.KeyUsage:
    """The network's certificates lack digitalSignature, which TLS 1.3 with ECDSA is; strict TLS stacks (gRPC's) refuse
    to serve with such a one, so a server's has it."""
    return x509.KeyUsage(
        digital_signature=serves,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
