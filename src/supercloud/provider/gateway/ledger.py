"""What the gateway asks the ledger about a client: the key of an account, the state of a certificate.

Answers are remembered for a minute, so a revocation or a change counts within that time; "there is none" is forgotten
sooner, because a tenant's first transaction is often seconds old.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from supercloud.crypto.secp256k1 import verify
from supercloud.pb.akash.cert.v1 import cert_pb2
from supercloud.pb.akash.cert.v1 import query_pb2 as cert_query
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth_query
from supercloud.pb.cosmos.crypto.secp256k1 import keys_pb2
from supercloud.sdk.errors import QueryError
from supercloud.types.address import Bech32

KNOWN_S: Final = 60.0
UNKNOWN_S: Final = 3.0
ENTRIES_MAX: Final = 10_000

Value = TypeVar("Value")


class Reader(Protocol):
    """The part of `sdk.Client` that is needed here."""

    bech32: Bech32

    async def query(self, path: str, request: Any, answer: type[Any], height: int = 0) -> Any:
        """A query. Raises QueryError, TemporaryError."""


class OnLedger(NamedTuple):
    """A certificate that was published: its DER, and whether it is revoked."""

    der: bytes
    revoked: bool


class Ledger:
    """Keys and certificates of clients."""

    def __init__(self, reader: Reader, clock: Callable[[], float] = time.monotonic) -> None:
        self.bech32 = reader.bech32
        self._reader = reader
        self._keys: _Memory[bytes] = _Memory(clock)
        self._certificates: _Memory[OnLedger] = _Memory(clock)

    async def signed_by(self, address: str, signed: bytes, signature: bytes) -> bool:
        """Whether this account's key made this signature. Raises SdkError when the ledger can not be asked."""
        key = await self._keys.get(address, lambda: self._key(address))
        return key is not None and verify(key, signed, signature)

    async def certificate(self, owner: str, serial: int) -> OnLedger | None:
        """A published certificate; None when there is none. Raises SdkError when the ledger can not be asked."""
        return await self._certificates.get(f"{owner}/{serial}", lambda: self._certificate(owner, serial))

    async def _key(self, address: str) -> bytes | None:
        request = auth_query.QueryAccountRequest(address=address)
        try:
            answer = await self._reader.query(
                "/cosmos.auth.v1beta1.Query/Account", request, auth_query.QueryAccountResponse
            )
        except QueryError:
            return None
        if not answer.account.type_url.endswith(".BaseAccount"):
            return None
        account = auth_pb2.BaseAccount.FromString(answer.account.value)
        if not account.pub_key.type_url.endswith("secp256k1.PubKey"):
            return None
        return keys_pb2.PubKey.FromString(account.pub_key.value).key or None

    async def _certificate(self, owner: str, serial: int) -> OnLedger | None:
        request = cert_query.QueryCertificatesRequest()
        request.filter.owner, request.filter.serial = owner, str(serial)
        try:
            answer = await self._reader.query(
                "/akash.cert.v1.Query/Certificates", request, cert_query.QueryCertificatesResponse
            )
        except QueryError:
            return None
        for item in answer.certificates:
            found = x509.load_pem_x509_certificate(item.certificate.cert)
            return OnLedger(found.public_bytes(Encoding.DER), item.certificate.state != cert_pb2.valid)
        return None


class _Memory(Generic[Value]):
    """Answers by name, for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, Value | None]] = {}

    async def get(self, name: str, ask: Callable[[], Awaitable[Value | None]]) -> Value | None:
        known = self._known.get(name)
        if known is not None and known[0] > self._clock():
            return known[1]
        found = await ask()
        if len(self._known) >= ENTRIES_MAX:
            self._known.clear()
        self._known[name] = (self._clock() + (UNKNOWN_S if found is None else KNOWN_S), found)
        return found
