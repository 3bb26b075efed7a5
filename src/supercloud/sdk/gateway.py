"""A provider's gateway as its tenants see it: manifest, status, logs, events, shell over HTTPS and WebSocket.

The server is trusted when its certificate is one that the provider published on the ledger and did not revoke
(compared by fingerprint), or, failing that, when an ordinary certificate authority vouches for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, NamedTuple

import aiohttp
import orjson

from supercloud.pb.akash.cert.v1 import query_pb2 as cert_query
from supercloud.pb.akash.provider.v1beta4 import query_pb2 as provider_query
from supercloud.sdk import jwt
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, TemporaryError
from supercloud.sdk.http import from_json, read_all, reason_of, web_url

NOTHING_RUNS: Final = 4000
"""How a provider closes a stream when no replica of what was asked for is there."""
STDOUT, STDERR, RESULT, FAILURE, STDIN, RESIZE = 100, 101, 102, 103, 104, 105
REQUEST_TIMEOUT_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024


class LeasePath(NamedTuple):
    """The part of a lease id that stands in a gateway's paths; owner and provider follow from the token."""

    dseq: int
    gseq: int = 1
    oseq: int = 1

    def __str__(self) -> str:
        return f"{self.dseq}/{self.gseq}/{self.oseq}"


class GatewayError(PermanentError):
    """The provider refused: HTTP status and its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"provider answered {status}: {text or 'no reason given'}")
        self.status = status
        self.text = text


class ShellFrame(NamedTuple):
    """One frame of a shell session: kind is STDOUT, STDERR, RESULT or FAILURE."""

    kind: int
    data: bytes


class Gateway:
    """One provider's gateway, spoken to as the holder of `signer`. Raises PermanentError for a URL without TLS."""

    def __init__(self, url: str, trust: Trust, signer: jwt.JwtSigner | None, owner: str) -> None:
        # The address comes from the provider's record: over plain HTTP anybody on the way could take the token.
        self.url = web_url(url, ("https",))
        self._trust = trust
        self._signer = signer
        self._owner = owner
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    async def of(cls, client: Client, provider: str, signer: Any = None) -> Gateway:
        """The gateway of a registered provider (bech32); `signer` is the tenant's key."""
        answer = await client.query(
            "/akash.provider.v1beta4.Query/Provider",
            provider_query.QueryProviderRequest(owner=provider),
            provider_query.QueryProviderResponse,
        )
        owner = client.bech32.text(signer.address) if signer else ""
        return cls(answer.provider.host_uri, await Trust.of(client, provider), signer, owner)

    async def __aenter__(self) -> Gateway:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def status(self) -> dict[str, Any]:
        """Public status of the provider."""
        return await self._object("/status")

    async def round_trip_s(self) -> float:
        """Seconds one request takes on an open connection."""
        await self._json("GET", "/version")
        begun = time.monotonic()
        await self._json("GET", "/version")
        return time.monotonic() - begun

    async def send_manifest(self, dseq: int, manifest: bytes) -> None:
        """Hand over the manifest; the provider compares its hash with the ledger. Raises GatewayError."""
        await self._request("PUT", f"/deployment/{dseq}/manifest", manifest)

    async def manifest(self, lease: LeasePath) -> Any:
        """The manifest that the provider runs."""
        return await self._json("GET", f"/lease/{lease}/manifest")

    async def lease_status(self, lease: LeasePath) -> dict[str, Any]:
        """Services with URIs and replica counts, and forwarded ports."""
        return await self._object(f"/lease/{lease}/status")

    async def service_status(self, lease: LeasePath, service: str) -> dict[str, Any]:
        """One service of `lease_status`."""
        return await self._object(f"/lease/{lease}/service/{service}/status")

    async def logs(
        self, lease: LeasePath, services: str = "", follow: bool = False, tail: int = -1
    ) -> AsyncIterator[dict[str, str]]:
        """Lines as `{"name": replica, "message": line}`; `services` is a comma-separated list, empty for all."""
        query = {"follow": "true" if follow else "false", "tail": str(tail)}
        if services:
            query["service"] = services
        async for item in self._stream(f"/lease/{lease}/logs", query):
            yield item

    async def events(
        self, lease: LeasePath, services: str = "", follow: bool = False
    ) -> AsyncIterator[dict[str, Any]]:
        """What happened to the containers of a lease."""
        query = {"follow": "true" if follow else "false"}
        if services:
            query["service"] = services
        async for item in self._stream(f"/lease/{lease}/kubeevents", query):
            yield item

    async def shell(
        self,
        lease: LeasePath,
        service: str,
        command: list[str],
        tty: bool = False,
        stdin: bool = False,
        replica: int = 0,
    ) -> Shell:
        """Run a command in a running replica."""
        query = {"service": service, "podIndex": str(replica), "tty": str(int(tty)), "stdin": str(int(stdin))}
        query |= {f"cmd{at}": word for at, word in enumerate(command)}
        socket = await self._connect(f"/lease/{lease}/shell", query)
        return Shell(socket)

    async def _stream(self, path: str, query: dict[str, str]) -> AsyncIterator[Any]:
        socket = await self._connect(path, query)
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                yield from_json(message.data, "the provider")
            if socket.close_code in _CLOSE_REASONS:
                raise GatewayError(socket.close_code, _CLOSE_REASONS[socket.close_code])
        finally:
            await socket.close()

    async def _connect(self, path: str, query: dict[str, str]) -> aiohttp.ClientWebSocketResponse:
        async def attempt(ssl: aiohttp.Fingerprint | bool) -> aiohttp.ClientWebSocketResponse:
            return await self._http().ws_connect(
                self.url + path, params=query, headers=self._headers(), ssl=ssl, max_msg_size=ANSWER_BYTES_MAX
            )

        try:
            socket: aiohttp.ClientWebSocketResponse = await self._trust.attempt(attempt)
        except aiohttp.WSServerHandshakeError as error:
            raise GatewayError(error.status, error.message) from error
        return socket

    async def _json(self, method: str, path: str) -> Any:
        return from_json(await self._request(method, path, None) or b"null", "the provider")

    async def _object(self, path: str) -> dict[str, Any]:
        answer = await self._json("GET", path)
        if not isinstance(answer, dict):
            raise PermanentError(f"the provider answered {path} with something that is no object")
        return answer

    async def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        async def attempt(ssl: aiohttp.Fingerprint | bool) -> bytes:
            # A redirect could lead the token to somebody else.
            request = self._http().request(
                method, self.url + path, data=body, headers=self._headers(), ssl=ssl, allow_redirects=False
            )
            async with request as response:
                answer = await read_all(response, ANSWER_BYTES_MAX)
                if 300 <= response.status < 400:
                    raise GatewayError(response.status, "it sends us elsewhere, which is not followed")
                if response.status >= 400:
                    raise GatewayError(response.status, _error_text(answer))
                return answer

        answered: bytes = await self._trust.attempt(attempt)
        return answered

    def _headers(self) -> dict[str, str]:
        if self._signer is None:
            return {}
        return {"Authorization": "Bearer " + jwt.issue(self._signer, self._owner, int(time.time()))}

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S, sock_connect=5.0)
            )
        return self._session


class Shell:
    """One running command: read `frames()`, write with `send` and `resize`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def frames(self) -> AsyncIterator[ShellFrame]:
        """Output until the command ends."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                break
            yield ShellFrame(message.data[0], bytes(message.data[1:]))

    async def send(self, data: bytes) -> None:
        """Bytes for the command's stdin."""
        await self._socket.send_bytes(bytes([STDIN]) + data)

    async def resize(self, columns: int, rows: int) -> None:
        """Tell the command's terminal its new size."""
        await self._socket.send_bytes(bytes([RESIZE]) + columns.to_bytes(2, "big") + rows.to_bytes(2, "big"))

    async def close(self) -> None:
        """End the session."""
        await self._socket.close()


class Trust:
    """Whose TLS certificates are believed: fingerprints of the provider's valid certificates on the ledger."""

    def __init__(self, fingerprints: list[bytes]) -> None:
        self._ways: list[aiohttp.Fingerprint | bool] = [
            aiohttp.Fingerprint(print_) for print_ in fingerprints
        ]
        self._ways.append(True)

    @classmethod
    async def of(cls, client: Client, provider: str) -> Trust:
        """Read the provider's valid certificates, newest first."""
        request = cert_query.QueryCertificatesRequest()
        request.filter.owner = provider
        request.filter.state = "valid"
        found = await client.pages(
            "/akash.cert.v1.Query/Certificates", request, cert_query.QueryCertificatesResponse, "certificates"
        )
        found.sort(key=lambda item: int(item.serial), reverse=True)
        return cls([hashlib.sha256(_der(item.certificate.cert)).digest() for item in found])

    @classmethod
    def anyone(cls) -> Trust:
        """Believe whoever answers: for the own machine's loopback alone."""
        trust = cls([])
        trust._ways = [False]
        return trust

    async def attempt(self, call: Callable[[aiohttp.Fingerprint | bool], Any]) -> Any:
        """Run `call(ssl)` with each way of trusting until one fits; the one that fitted is kept."""
        refused: Exception | None = None
        for way in list(self._ways):
            try:
                result = await call(way)
            except (aiohttp.ServerFingerprintMismatch, aiohttp.ClientConnectorCertificateError) as error:
                refused = error
                continue
            except aiohttp.WSServerHandshakeError:
                raise
            except (aiohttp.ClientError, TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
                raise TemporaryError(f"provider does not answer: {reason_of(error)}", 2.0) from error
            self._ways = [way]
            return result
        raise PermanentError(
            "the provider's TLS certificate is neither one it published on the ledger nor signed by a known authority"
        ) from refused


_CLOSE_REASONS = {
    NOTHING_RUNS: "no running replicas",
    4001: "lease not found",
    4002: "the provider's engine is unavailable",
}


def _der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))


def _error_text(body: bytes) -> str:
    text = body.decode(errors="replace").strip()
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return text
    return str(document["message"]) if isinstance(document, dict) and "message" in document else text
