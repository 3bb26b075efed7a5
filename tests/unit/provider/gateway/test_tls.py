"""TLS with the network's client certificates: who is let in, and what the others are told."""

from __future__ import annotations

import asyncio
import datetime
import io
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from supercloud.provider.gateway.listener import Limits
from supercloud.provider.gateway.tls import Alert, alert_record
from supercloud.sdk import certificate
from supercloud.sdk.certificate import Certificate

from .cast import DSEQ, Stage, eventually

STATUS = f"/lease/{DSEQ}/1/1/status"
NOW = datetime.datetime.now(datetime.UTC)
YEAR = datetime.timedelta(days=365)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def make(
    address: str,
    *,
    issuer: str = "",
    usages: tuple[Any, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH,),
    since: datetime.datetime = NOW - datetime.timedelta(hours=1),
    until: datetime.datetime = NOW + YEAR,
    key: Any = None,
) -> Certificate:
    """A certificate that may be wrong in one way."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or address)]))
        .public_key(key.public_key())
        .serial_number(1_700_000_000_000_000_000)
        .not_valid_before(since)
        .not_valid_after(until)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        signed.public_bytes(pem),
        public.replace(b"PUBLIC KEY", b"EC PUBLIC KEY"),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


async def refusal(stage: Stage, made: Certificate) -> str:
    """What the TLS library of a refused client says."""
    port = int(stage.url.rpartition(":")[2])
    with pytest.raises(ssl.SSLError) as caught:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=stage.client_tls(made))
        writer.write(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.read(1000)
        writer.close()
    return str(caught.value).upper().replace("_", " ")


async def test_a_published_certificate_opens_its_owner_s_lease(stage: Stage) -> None:
    made = stage.publish(stage.ledger.alice)
    async with stage.gateway(), stage.client(made) as client:
        for _ in range(2):
            async with client.get(STATUS) as answer:
                assert answer.status == 200
                assert set((await answer.json())["services"]) == {"web", "db"}
        async with client.get(STATUS, headers={"Authorization": f"Bearer {stage.token()}"}) as answer:
            assert answer.status == 400
            assert (await answer.json())["message"].startswith("auth: ambiguous authentication")


async def test_the_identity_is_the_certificate_s_not_the_path_s(stage: Stage) -> None:
    made = stage.publish(stage.ledger.dave)
    async with stage.gateway(), stage.client(made) as client, client.get(STATUS) as answer:
        assert answer.status == 404  # dave's own lease of that number, which does not exist


async def test_headers_do_not_make_an_identity(stage: Stage) -> None:
    pretended = {"X-Client-Cert": stage.ledger.alice.text, "X-Forwarded-User": stage.ledger.alice.text}
    async with (
        stage.gateway(),
        stage.client() as client,
        client.get(STATUS, headers=pretended) as answer,
    ):
        assert answer.status == 401


def wrong(stage: Stage) -> dict[str, tuple[Certificate, bool, str]]:
    """Certificates that must not get in: whether they are published first, and the alert."""
    alice, bad = stage.ledger.alice.text, "BAD CERTIFICATE"
    return {
        "never published": (make(alice), False, bad),
        "not an address": (make("alice"), False, bad),
        "other network's address": (make("cosmos1qufa3xzrf34qvwyejkhvnc4psf49fftakjzf90"), False, bad),
        "issued by another": (make(alice, issuer=stage.ledger.dave.text), True, bad),
        "made for servers": (make(alice, usages=(ExtendedKeyUsageOID.SERVER_AUTH,)), True, bad),
        "made for nothing": (make(alice, usages=()), True, bad),
        "expired": (make(alice, since=NOW - 2 * YEAR, until=NOW - YEAR), True, "CERTIFICATE EXPIRED"),
        "of tomorrow": (make(alice, since=NOW + datetime.timedelta(days=1)), True, bad),
        "rsa": (make(alice, key=rsa.generate_private_key(65537, 2048)), False, bad),
    }


@pytest.mark.parametrize(
    "name",
    [
        "never published",
        "not an address",
        "other network's address",
        "issued by another",
        "made for servers",
        "made for nothing",
        "expired",
        "of tomorrow",
        "rsa",
    ],
)
async def test_a_wrong_certificate_ends_in_an_alert(stage: Stage, name: str) -> None:
    made, published, alert = wrong(stage)[name]
    if published:
        stage.publish(stage.ledger.alice, made)
    async with stage.gateway():
        assert alert in await refusal(stage, made)


async def test_another_s_key_under_a_published_number(stage: Stage) -> None:
    stage.publish(stage.ledger.alice, make(stage.ledger.alice.text))
    async with stage.gateway():
        assert "BAD CERTIFICATE" in await refusal(stage, make(stage.ledger.alice.text))


async def test_a_revoked_certificate_is_refused_and_told_so(stage: Stage) -> None:
    made = stage.publish(stage.ledger.alice)
    stage.revoke(stage.ledger.alice, made)
    async with stage.gateway():
        assert "CERTIFICATE REVOKED" in await refusal(stage, made)


async def test_revocation_counts_for_open_connections_within_a_minute(stage: Stage) -> None:
    made = stage.publish(stage.ledger.alice)
    async with stage.gateway(), stage.client(made) as client:
        async with client.get(STATUS) as answer:
            assert answer.status == 200
        stage.revoke(stage.ledger.alice, made)
        asked = stage.reader.queries
        async with client.get(STATUS) as answer:
            assert (answer.status, stage.reader.queries) == (200, asked)
        stage.clock += 61
        async with client.get(STATUS) as answer:
            assert answer.status == 401
            assert answer.headers["Connection"] == "close"
        assert "CERTIFICATE REVOKED" in await refusal(stage, made)


async def test_without_an_answering_node_nobody_is_judged(stage: Stage) -> None:
    made = stage.publish(stage.ledger.alice)
    stage.reader.down = True
    async with stage.gateway():
        assert "INTERNAL ERROR" in await refusal(stage, made)
        stage.reader.down = False
        async with stage.client(made) as client, client.get(STATUS) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
)
def test_an_alert_is_a_sealed_record(suite: str) -> None:
    first, second = (alert_record(suite, bytes(48), number, Alert.BAD_CERTIFICATE) for number in (0, 1))
    assert first[:5] == b"\x17\x03\x03\x00\x13"
    assert len(first) == 24
    assert first != second


async def test_older_tls_is_refused(stage: Stage) -> None:
    async with stage.gateway():
        context = stage.client_tls()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
            await asyncio.open_connection("127.0.0.1", int(stage.url.rpartition(":")[2]), ssl=context)


async def test_the_name_asked_for_picks_the_certificate(stage: Stage) -> None:
    """Who asks for the public name sees the authority's certificate and is not asked for one of its own."""
    public = certificate.make("public", NOW, ["provider.example"])
    mine = stage.publish(stage.ledger.alice)
    async with stage.gateway(public=stage.files(public, "public")):
        port = int(stage.url.rpartition(":")[2])
        for name, subject in (
            ("provider.example", "public"),
            ("mtls.provider.example", stage.ledger.bob.text),
        ):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=stage.client_tls(mine), server_hostname=name
            )
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            assert names[0].value == subject
            writer.write(f"GET {STATUS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            line = await reader.readline()
            assert line.split()[1] == (b"401" if subject == "public" else b"200")
            writer.close()


async def test_a_large_answer_and_a_large_body_pass(stage: Stage) -> None:
    async with stage.gateway(), stage.client(token=stage.token()) as client:
        body = b"x" * (1024 * 1024)
        async with client.put(f"/deployment/{DSEQ}/manifest", data=io.BytesIO(body)) as answer:
            assert answer.status == 200
        assert stage.agent.received == [(stage.ledger.alice.text, DSEQ, body)]
        async with client.put(f"/deployment/{DSEQ}/manifest", data=io.BytesIO(body + b"x")) as answer:
            assert answer.status == 413


async def test_connections_are_bounded(stage: Stage) -> None:
    async with stage.gateway(limits=Limits(connections_per_client=2)) as gateway:
        port = int(stage.url.rpartition(":")[2])
        open_ = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await eventually(lambda: gateway._listener.open == 2)
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            async with stage.client() as client, client.get("/status"):
                pass
        for _, writer in open_:
            writer.close()
        await eventually(lambda: gateway._listener.open == 0)
        async with stage.client() as client, client.get("/status") as answer:
            assert answer.status == 200


async def test_silent_clients_are_hung_up_on(stage: Stage) -> None:
    async with stage.gateway(limits=Limits(handshake_s=0.2)):
        port = int(stage.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()
    # A busy machine's own handshake may take a while.
    async with stage.gateway(limits=Limits(first_request_s=0.3)):
        port = int(stage.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=stage.client_tls())
        writer.write(b"GET /status HTTP/1.1\r\nHost:")
        with pytest.raises((ConnectionError, AssertionError, ssl.SSLError)):
            assert await asyncio.wait_for(reader.read(), 30)
        writer.close()


async def test_a_client_that_left_is_not_asked_whether_it_is_silent(stage: Stage) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with stage.gateway(limits=Limits(first_request_s=1.0)):
        async with stage.client() as client, client.get("/status") as answer:
            assert answer.status == 200
        await asyncio.sleep(1.1)
    assert complaints == []


def test_under_uvloop_a_quick_client_loses_nothing(tmp_path: Path) -> None:
    """Its first bytes come before TLS begins, its request with the end of the handshake: both were lost once."""
    uvloop = pytest.importorskip("uvloop")

    async def ask(stage: Stage) -> bytes:
        port = int(stage.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=stage.client_tls())
        writer.write(b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.readline()
        writer.close()
        return answer

    async def many() -> set[bytes]:
        stage = Stage(tmp_path)
        async with stage.gateway(), asyncio.timeout(20):
            return {await ask(stage) for _ in range(60)}

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(many()) == {b"HTTP/1.1 200 OK\r\n"}
