"""Certificates for the cast, the same in every run."""

from __future__ import annotations

import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.protobuf.message import Message

from supercloud.pb.akash.cert.v1.cert_pb2 import ID
from supercloud.pb.akash.cert.v1.msg_pb2 import MsgCreateCertificate, MsgRevokeCertificate
from supercloud.testing.simulation.cast import PROVIDERS, TENANTS, Cast

YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def certificates(cast: Cast) -> list[tuple[str, Message]]:
    """Who may say what: publish a certificate, and revoke it."""
    said: list[tuple[str, Message]] = []
    for serial, name in enumerate((*TENANTS[:2], *PROVIDERS[:2]), 1000):
        owner = cast.text(name)
        cert, public = _certificate(owner, serial)
        said.append((name, MsgCreateCertificate(owner=owner, cert=cert, pubkey=public)))
        said.append((name, MsgRevokeCertificate(id=ID(owner=owner, serial=str(serial)))))
    return said


def _certificate(owner: str, serial: int) -> tuple[bytes, bytes]:
    number = int.from_bytes(hashlib.sha256(owner.encode()).digest()) >> 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, owner)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), serial)
    builder = builder.not_valid_before(YEAR).not_valid_after(YEAR + datetime.timedelta(days=365))
    made = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    words = public.replace(b"BEGIN PUBLIC", b"BEGIN EC PUBLIC").replace(b"END PUBLIC", b"END EC PUBLIC")
    return made.public_bytes(serialization.Encoding.PEM), words
