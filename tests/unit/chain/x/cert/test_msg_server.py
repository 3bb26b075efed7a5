"""Certificates: what is accepted, keeper, messages, query_server, genesis; expected_keepers is empty."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from supercloud.chain.x.cert import genesis, keys, types
from supercloud.chain.x.cert.certificate import serial_of
from supercloud.pb.akash.cert.v1 import query_pb2
from supercloud.pb.akash.cert.v1.cert_pb2 import ID
from supercloud.pb.akash.cert.v1.msg_pb2 import MsgCreateCertificate, MsgRevokeCertificate
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import ChainError

SERVICE = "/akash.cert.v1.Query/Certificates"
KEY = ec.derive_private_key(0x1234567, ec.SECP256R1())
OTHER = ec.derive_private_key(0x7654321, ec.SECP384R1())
LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
UNDEFINED = ("undefined", 1)
EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
EMPTY = b"-----BEGIN %b-----\nAAAA\n-----END %b-----\n"


def public_pem(key: Any) -> bytes:
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.replace(b"BEGIN PUBLIC", b"BEGIN EC PUBLIC").replace(b"END PUBLIC", b"END EC PUBLIC")


def certificate_pem(name: str, serial: int, key: Any = KEY, names: int = 1) -> bytes:
    """A certificate long expired: the ledger does not look at that."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] * names)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .serial_number(serial)
        .public_key(key.public_key())
        .not_valid_before(LONG_AGO)
        .not_valid_after(LONG_AGO + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def create(world: Any, serial: int = 7, owner: bytes | None = None, key: Any = KEY) -> MsgCreateCertificate:
    text = world.text(owner or world.alice)
    return MsgCreateCertificate(owner=text, cert=certificate_pem(text, serial, key), pubkey=public_pem(key))


def revoke(world: Any, serial: object = 7, owner: bytes | None = None) -> MsgRevokeCertificate:
    return MsgRevokeCertificate(id=ID(owner=world.text(owner or world.alice), serial=str(serial)))


def test_life(world: Any) -> None:
    assert world.refused(revoke(world)) == ("cert", 1)
    assert world.send(create(world)) == []
    assert world.refused(create(world)) == ("cert", 3)
    world.send(create(world, 8), create(world, 7, world.bob, OTHER))
    world.send(revoke(world))
    assert world.refused(revoke(world)) == ("cert", 4)
    assert world.refused(create(world)) == ("cert", 3), "a serial is taken for good"
    assert world.k.cert.certificate(world.ctx(), world.alice, 7).state == types.REVOKED
    assert world.k.cert.certificate(world.ctx(), world.bob, 7).state == types.VALID
    assert world.violations() == []


def test_what_is_accepted(world: Any) -> None:
    alice = world.text(world.alice)
    good, pub = certificate_pem(alice, 2**158, OTHER), public_pem(OTHER)
    assert serial_of(world.bech32, world.alice, good, pub) == 2**158
    assert serial_of(world.bech32, world.alice, b"\n" + good + b"\n\n", pub.replace(b"\n", b"\r\n")) == 2**158


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda m: setattr(m, "owner", "alice"), ("sdk", 7)),
        (lambda m: setattr(m, "cert", b""), ("cert", 6)),
        (lambda m: setattr(m, "cert", m.cert * 2), ("cert", 6)),
        (lambda m: setattr(m, "cert", m.pubkey), ("cert", 6)),
        (lambda m: setattr(m, "cert", m.cert.replace(b"CERTIFICATE", b"CERT")), ("cert", 6)),
        (lambda m: setattr(m, "cert", m.cert + b"x" * 20_000), ("cert", 6)),
        (lambda m: setattr(m, "cert", m.cert + b"tail"), ("cert", 6)),
        (lambda m: setattr(m, "pubkey", b""), ("cert", 7)),
        (lambda m: setattr(m, "pubkey", m.pubkey.replace(b"EC ", b"")), ("cert", 7)),
        (
            lambda m: setattr(m, "pubkey", public_pem(EDWARDS)),
            UNDEFINED,
        ),
        (lambda m: setattr(m, "pubkey", public_pem(ec.derive_private_key(9, ec.SECP256K1()))), UNDEFINED),
        (lambda m: setattr(m, "pubkey", public_pem(ec.derive_private_key(9, ec.SECP256R1()))), UNDEFINED),
        (
            lambda m: setattr(m, "pubkey", EMPTY.replace(b"%b", b"EC PUBLIC KEY")),
            UNDEFINED,
        ),
        (
            lambda m: setattr(m, "cert", EMPTY.replace(b"%b", b"CERTIFICATE")),
            UNDEFINED,
        ),
    ],
)
def test_refusals(world: Any, spoil: Any, code: tuple[str, int]) -> None:
    message = create(world)
    spoil(message)
    assert world.refused(message) == code


def test_names_and_serials(world: Any) -> None:
    message = create(world)
    message.cert = certificate_pem(world.text(world.bob), 7)
    assert world.refused(message) == UNDEFINED
    message.cert = certificate_pem("alice", 7)
    assert world.refused(message) == UNDEFINED
    for serial in ("", "x", "1 ", "0x7", "1" * 101, "1.0"):
        assert world.refused(revoke(world, serial)) == ("cert", 5)
    assert world.refused(revoke(world, "-7")) == ("cert", 1)


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes((size,)) if size < 128 else bytes((0x82, size >> 8, size & 255))
    return bytes((tag,)) + length + content


@pytest.mark.parametrize(("size", "code"), [(40, None), (41, ("cert", 9))])
def test_a_serial_has_at_most_forty_bytes(world: Any, size: int, code: Any) -> None:
    """Written by hand: the library makes none above twenty, and reads them."""
    message = create(world, 7)
    made = x509.load_pem_x509_certificate(message.cert)
    body = made.tbs_certificate_bytes
    start = body.index(b"\xa0\x03\x02\x01\x02\x02\x01\x07")
    changed = der(0x30, body[start : start + 5] + der(2, b"\x7f" * size) + body[start + 8 :])
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    signature = KEY.sign(changed, ec.ECDSA(hashes.SHA256()))
    whole = der(0x30, changed + algorithm + der(3, b"\x00" + signature))
    text = base64.encodebytes(whole)
    message.cert = b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"
    if code is None:
        world.send(message)
        world.send(revoke(world, int.from_bytes(b"\x7f" * size, "big")))
    else:
        assert world.refused(message) == code


def ask(world: Any, owner: str = "", serial: str = "", state: str = "", **page: Any) -> Any:
    request = query_pb2.QueryCertificatesRequest(pagination=PageRequest(**page))
    request.filter.owner, request.filter.serial, request.filter.state = owner, serial, state
    return world.query(SERVICE, request)


def serials(answer: Any) -> list[int]:
    return [int(each.serial) for each in answer.certificates]


@pytest.fixture
def full(world: Any) -> Any:
    for serial in (1, 2, 300, 4):
        world.send(create(world, serial))
    world.send(create(world, 2, world.bob), revoke(world, 2))
    return world


def test_filters(full: Any) -> None:
    alice, bob = full.text(full.alice), full.text(full.bob)
    assert serials(ask(full, alice)) == [1, 4, 300, 2]
    assert serials(ask(full, alice, state="valid")) == [1, 4, 300]
    assert serials(ask(full, alice, state="revoked")) == [2]
    assert serials(ask(full, alice, "300")) == [300]
    assert serials(ask(full, bob, "300")) == []
    assert sorted(serials(ask(full, serial="2"))) == [2, 2]
    assert len(serials(ask(full))) == 5
    for given, codespace in (
        ({"owner": "x"}, "undefined"),
        ({"serial": "x"}, "cert"),
        ({"state": "x"}, "undefined"),
    ):
        with pytest.raises(ChainError) as caught:
            ask(full, **given)
        assert (caught.value.codespace, caught.value.grpc) == (codespace, 3)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("owner", ["", "alice"])
def test_pages_join_to_the_whole(full: Any, owner: str, limit: int, reverse: bool) -> None:
    owner = full.text(full.alice) if owner else ""
    whole = serials(ask(full, owner, reverse=reverse))
    pages: list[int] = []
    key = b""
    while True:
        answer = ask(full, owner, limit=limit, key=key, reverse=reverse)
        pages += serials(answer)
        key = answer.pagination.next_key
        if not key:
            break
    assert pages == whole


def test_genesis(full: Any) -> None:
    document = genesis.export(full.ctx(), full.k.cert)
    rest = full.export()
    full.load({**rest, "cert": document})
    assert genesis.export(full.ctx(), full.k.cert) == document
    assert full.violations() == []
    document["certificates"].append(document["certificates"][0])
    with pytest.raises(types.CertificateExists):
        full.load({**rest, "cert": document})
    document["certificates"] = [{**document["certificates"][0], "owner": full.text(full.dave)}]
    with pytest.raises(ChainError, match="common name"):
        full.load({**rest, "cert": document})


@pytest.mark.parametrize("serial", [0, 1, 255, 256, 2**319])
def test_keys(serial: int) -> None:
    assert keys.parse_primary(keys.primary(b"\x01" * 20, serial)) == (b"\x01" * 20, serial)
    with pytest.raises(ValueError):
        keys.parse_primary(keys.primary(b"\x01" * 20, serial) + b"x")


def test_key_bytes_and_invariants(full: Any) -> None:
    assert keys.certificate_key(1, b"\x01" * 20, 258).hex() == "110114" + "01" * 20 + "020102"
    kv = full.ctx().kv(keys.STORE)
    value = kv.get(keys.certificate_key(1, full.alice, 1))
    kv.set(keys.certificate_key(2, full.alice, 99), value)
    assert len(full.k.cert.invariants(full.ctx())) == 2
