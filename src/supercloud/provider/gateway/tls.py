"""TLS of the gateway: a server context for asyncio on top of pyOpenSSL.

The standard library's TLS stack hands a client's certificate to the application only after judging it by rules that
the network's certificates can not meet (self-signed, without digitalSignature). Here OpenSSL checks that the client
holds the key and leaves the judgement to us, after the handshake. A refusal then has to be the TLS alert that the
network's clients expect; OpenSSL can not be asked for one, so the record is made here from the connection's traffic
secret (RFC 8446, sections 5.2, 6 and 7.3).
"""

from __future__ import annotations

import ssl
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from OpenSSL import SSL

CHUNK_BYTES: Final = 65536
_SECRET: Final = b"SERVER_TRAFFIC_SECRET_0"
_SUITES: Final[dict[str, tuple[Any, int, hashes.HashAlgorithm]]] = {
    "TLS_AES_128_GCM_SHA256": (AESGCM, 16, hashes.SHA256()),
    "TLS_AES_256_GCM_SHA384": (AESGCM, 32, hashes.SHA384()),
    "TLS_CHACHA20_POLY1305_SHA256": (ChaCha20Poly1305, 32, hashes.SHA256()),
}


class Alert(IntEnum):
    """Why a client's certificate is refused, as TLS says it."""

    BAD_CERTIFICATE = 42
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    INTERNAL_ERROR = 80


class Files(NamedTuple):
    """A certificate chain and its key, in PEM files."""

    certificate: Path
    key: Path


class ServerTls(ssl.SSLContext):
    """TLS 1.3 with optional client certificates of any make; give it to asyncio like any server context.

    `own` is what the provider published on the ledger. Clients that ask for `name` (SNI) are shown `public` instead,
    where there is one, and are not asked for a certificate.
    """

    def __new__(cls, *_: Any, **__: Any) -> ServerTls:
        """The base class wants its protocol here."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, own: Files, public: Files | None = None, name: str = "") -> None:
        self._own = _context(own)
        self._public = _context(public) if public else None
        self._name = name.lower().encode()
        self._early = b""
        self._own.set_verify(SSL.VERIFY_PEER, _accept)
        self._own.set_keylog_callback(_remember_secret)
        self._own.set_tlsext_servername_callback(self._by_name)

    def after(self, early: bytes) -> ServerTls:
        """The same context for a connection of which the first bytes were read before TLS began."""
        other = ServerTls.__new__(ServerTls)
        other._own, other._public, other._name, other._early = self._own, self._public, self._name, early
        return other

    def _by_name(self, connection: SSL.Connection) -> None:
        asked = connection.get_servername()
        if self._public is not None and asked is not None and asked.lower() == self._name:
            connection.set_context(self._public)
            connection.set_verify(SSL.VERIFY_NONE, _accept)

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> PeerTls:
        """What asyncio calls for each connection."""
        incoming.write(self._early)
        return PeerTls(SSL.Connection(self._own, None), incoming, outgoing)


class PeerTls(ssl.SSLObject):
    """One connection, with the methods of `ssl.SSLObject` that asyncio uses, and who is at the other end.

    `identity` is set by the gateway alone, once it found the client's certificate good: a bech32 address.
    """

    def __init__(self, connection: SSL.Connection, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self.identity: str | None = None
        self.serial = 0
        self.requests = 0
        self._connection = connection
        self._incoming = incoming
        self._outgoing = outgoing
        self._secret: bytes | None = None
        self._records = 0
        self._over = False
        self._undecrypted = False
        connection.set_app_data(self)
        connection.set_accept_state()

    def certificates(self) -> list[x509.Certificate]:
        """What the client presented: its own certificate first."""
        own = self._connection.get_peer_certificate()
        if own is None:
            return []
        others = self._connection.get_peer_cert_chain() or []
        return [certificate.to_cryptography() for certificate in (own, *others)]

    def accept(self) -> None:
        """The client is welcome: forget what a refusal would need."""
        self._secret = None

    def refuse(self, alert: Alert) -> bytes:
        """The record that tells the client why it is refused; nothing may be sent after it."""
        self._over = True
        secret, self._secret = self._secret, None
        suite = self._connection.get_cipher_name()
        if secret is None or suite is None:
            return b""
        return alert_record(suite, secret, self._records, alert)

    def keep_secret(self, secret: bytes) -> None:
        """Called during the handshake."""
        self._secret = secret

    # --- What asyncio calls

    def do_handshake(self) -> None:
        """Go on with the handshake. Raises ssl.SSLWantReadError until it is done."""
        problem = ""
        done = False
        try:
            self._feed()
            self._connection.do_handshake()
            done = True
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            problem = _text(error)
        # What follows the server's Finished already counts as records under the secret: session tickets.
        sent = self._drain()
        self._records = _count_records(sent) if done else 0
        if problem and not sent:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, problem)
        if not done:
            # After a failure, too: asyncio would drop the alert that tells the client, who then hangs up.
            raise ssl.SSLWantReadError

    def read(self, len: int = CHUNK_BYTES, buffer: Any = None) -> Any:
        """Decrypted bytes, or their number when they go into `buffer`; nothing at the end."""
        if self._over:
            raise ssl.SSLWantReadError
        try:
            self._feed()
            if buffer is None:
                return self._connection.recv(len)
            return self._connection.recv_into(buffer, len)
        except SSL.WantReadError:
            self._undecrypted = False
            raise ssl.SSLWantReadError from None
        except SSL.ZeroReturnError:
            self._undecrypted = False
            return b"" if buffer is None else 0
        except SSL.Error as error:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, _text(error)) from None
        finally:
            self._drain()

    def write(self, data: Any) -> int:
        """Encrypt; returns how many bytes were taken."""
        if self._over:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, "the connection was refused")
        try:
            return self._connection.send(data)
        except SSL.WantReadError:
            raise ssl.SSLWantReadError from None
        except SSL.Error as error:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, _text(error)) from None
        finally:
            self._drain()

    def unwrap(self) -> None:
        """Say good-bye; the other side's answer is not waited for."""
        if self._over:
            return
        self._over = True
        try:
            self._connection.shutdown()
        except SSL.Error:
            pass
        self._drain()

    def getpeercert(self, binary_form: bool = False) -> Any:
        """Nothing: what the client presented was not judged by a chain of authorities."""
        return None

    def cipher(self) -> tuple[str, str, int] | None:
        """Name, protocol and bits of what encrypts the connection."""
        name, bits = self._connection.get_cipher_name(), self._connection.get_cipher_bits()
        return (name, "TLSv1.3", bits or 0) if name else None

    def compression(self) -> str | None:
        """None, always."""
        return None

    def version(self) -> str | None:
        """The protocol."""
        return self._connection.get_protocol_version_name()

    def pending(self) -> int:
        """Bytes that wait, not 0 also while OpenSSL may hold whole records: uvloop reads no more when this is 0."""
        return self._connection.pending() or int(self._undecrypted)

    def _feed(self) -> None:
        data = self._incoming.read()
        self._undecrypted = self._undecrypted or bool(data)
        while data:
            data = data[self._connection.bio_write(data) :]

    def _drain(self) -> bytes:
        sent = []
        while True:
            try:
                sent.append(self._connection.bio_read(CHUNK_BYTES))
            except SSL.WantReadError:
                break
        data = b"".join(sent)
        if data:
            self._outgoing.write(data)
        return data


def alert_record(suite: str, secret: bytes, sequence: int, alert: Alert) -> bytes:
    """A fatal alert as an encrypted TLS 1.3 record, number `sequence` under this traffic secret."""
    cipher, key_bytes, algorithm = _SUITES[suite]
    key = _expand(secret, b"key", key_bytes, algorithm)
    nonce = int.from_bytes(_expand(secret, b"iv", 12, algorithm), "big") ^ sequence
    inner = bytes([2, alert, 21])
    header = bytes([23, 3, 3]) + (len(inner) + 16).to_bytes(2, "big")
    sealed: bytes = cipher(key).encrypt(nonce.to_bytes(12, "big"), inner, header)
    return header + sealed


def _expand(secret: bytes, label: bytes, length: int, algorithm: hashes.HashAlgorithm) -> bytes:
    label = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0"
    return HKDFExpand(algorithm, length, info).derive(secret)


def _count_records(data: bytes) -> int:
    count = at = 0
    while at + 5 <= len(data):
        at += 5 + int.from_bytes(data[at + 3 : at + 5], "big")
        count += 1
    return count


def _context(files: Files) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    # A resumed session would not show the client's certificate afresh; clients rarely come back fast enough to gain.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET)
    context.set_session_id(b"supercloud")
    context.use_certificate_chain_file(str(files.certificate))
    context.use_privatekey_file(str(files.key))
    context.check_privatekey()
    return context


def _accept(*_: Any) -> bool:
    """OpenSSL's own opinion of a certificate does not count; that the client has its key, it checks anyway."""
    return True


def _remember_secret(connection: SSL.Connection, line: bytes) -> None:
    kind, _, secret = line.split(b" ")
    if kind == _SECRET:
        cast(PeerTls, connection.get_app_data()).keep_secret(bytes.fromhex(secret.decode()))


def _text(error: SSL.Error) -> str:
    reasons = error.args[0] if error.args else ()
    if isinstance(reasons, (list, tuple)) and reasons:
        return str(reasons[0][-1])
    return "connection closed"
