"""Certificates as the ledger takes them, and as TLS does."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from supercloud.pb.akash.cert.v1.msg_pb2 import MsgCreateCertificate
from supercloud.sdk import certificate
from supercloud.testing.ledger import GENESIS_TIME, Ledger

NOW = datetime.datetime.fromtimestamp(GENESIS_TIME, datetime.UTC)
ADDRESS = "akash19rl4cm2hmr8afy4kldpxz3fka4jguq0a3mq6x0"


def parsed(made: certificate.Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate)


def test_who_and_how_long() -> None:
    made = certificate.make(ADDRESS, NOW)
    document = parsed(made)
    assert document.subject == document.issuer
    assert document.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == ADDRESS
    version = document.subject.get_attributes_for_oid(certificate.VERSION_OID)[0]
    assert version.value == "v0.0.1"
    assert made.expires == document.not_valid_after_utc == NOW + datetime.timedelta(days=365)
    assert document.not_valid_before_utc < NOW
    assert made.serial == document.serial_number == GENESIS_TIME * 10**9


def test_keys_and_signature() -> None:
    made = certificate.make(ADDRESS, NOW)
    key = serialization.load_pem_private_key(made.private_key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    assert made.public_key.startswith(b"-----BEGIN EC PUBLIC KEY-----\n")
    spki = serialization.load_pem_public_key(made.public_key.replace(b"EC PUBLIC", b"PUBLIC"))
    assert spki == key.public_key() == parsed(made).public_key()
    parsed(made).verify_directly_issued_by(parsed(made))


def test_a_clients_and_a_servers() -> None:
    client, server = (
        certificate.make(ADDRESS, NOW),
        certificate.make(ADDRESS, NOW, ["a.example", "127.0.0.1", "::1"]),
    )
    for made, serves in ((client, False), (server, True)):
        extensions = parsed(made).extensions
        usages = list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        assert (
            ExtendedKeyUsageOID.SERVER_AUTH in usages
        ) is serves and ExtendedKeyUsageOID.CLIENT_AUTH in usages
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.digital_signature is serves and not usage.key_cert_sign
        assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    names = parsed(server).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_the_ledger_takes_it() -> None:
    ledger = Ledger()
    made = certificate.make(ledger.alice.text, NOW)
    message = MsgCreateCertificate(owner=ledger.alice.text, cert=made.certificate, pubkey=made.public_key)
    assert ledger.deliver(message, by=ledger.alice).code == 0
    stranger = MsgCreateCertificate(owner=ledger.dave.text, cert=made.certificate, pubkey=made.public_key)
    assert ledger.deliver(stranger, by=ledger.dave).code != 0


def test_nothing_shows_the_private_key() -> None:
    made = certificate.make(ADDRESS, NOW)
    for text in (repr(made), str(made), f"{made}"):
        assert text == f"Certificate(serial={made.serial})"


def test_fingerprint() -> None:
    assert certificate.fingerprint(b"x") == hashlib.sha256(b"x").hexdigest().upper()


@pytest.mark.parametrize("moment", [NOW, NOW + datetime.timedelta(microseconds=1)])
def test_serials_tell_microseconds_apart(moment: datetime.datetime) -> None:
    assert certificate.make(ADDRESS, moment).serial % 10**9 == moment.microsecond * 1000
