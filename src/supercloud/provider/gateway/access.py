"""Who asks, and what they may do: a client certificate or a token, never both."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any, Final

from aiohttp import web

from supercloud.provider.event import LeaseRef, OrderRef
from supercloud.provider.gateway.answers import Refused
from supercloud.provider.gateway.certificates import CertificateRefused, check_ledger
from supercloud.provider.gateway.ledger import Ledger
from supercloud.provider.gateway.tls import PeerTls
from supercloud.sdk import jwt
from supercloud.sdk.errors import SdkError

_access: ContextVar[jwt.Access | None] = ContextVar("access", default=None)
"""Of the request that the running task serves."""
_FULL: Final[dict[str, Any]] = {"access": "full"}
_SEQUENCES: Final = (("dseq", 2**64), ("gseq", 2**32), ("oseq", 2**32))


class Gatekeeper:
    """Finds out who made a request."""

    def __init__(self, ledger: Ledger, provider: str) -> None:
        self._ledger = ledger
        self._provider = provider

    async def identify(self, request: web.Request) -> None:
        """Learn the client's access, if it is anybody. Comes before everything else. Raises Refused."""
        _access.set(None)
        headers = request.headers.getall("Authorization", [])
        if request.transport is None:
            raise ConnectionResetError("the client is gone")
        peer: PeerTls = request.transport.get_extra_info("ssl_object")
        peer.requests += 1
        if peer.identity is not None:
            if headers:
                raise Refused(
                    400, "auth: ambiguous authentication. may not use mTLS and JWT at the same time"
                )
            _access.set(await self._by_certificate(peer.identity, peer.serial))
        elif headers:
            kind, _, token = headers[0].partition(" ")
            if len(headers) != 1 or kind.lower() != "bearer" or not token.strip():
                raise Refused(400, "invalid authorization header")
            _access.set(await self._by_token(token.strip()))

    async def _by_certificate(self, owner: str, serial: int) -> jwt.Access:
        """The certificate was good when the connection began; connections may last longer than it."""
        try:
            await check_ledger(owner, serial, None, self._ledger)
        except CertificateRefused as refused:
            raise Refused(401, "unauthorized access", close=True) from refused
        return jwt.Access({"iss": owner, "leases": _FULL}, self._provider)

    async def _by_token(self, token: str) -> jwt.Access:
        try:
            claims, signed, signature = jwt.parse(token)
            jwt.check_claims(claims, int(time.time()))
            self._check_providers(claims)
            if not await self._ledger.signed_by(claims["iss"], signed, signature):
                raise jwt.TokenInvalid("signature does not match the issuer's key")
        except jwt.TokenInvalid as error:
            raise Refused(401, "JWT is invalid") from error
        except jwt.ClaimsInvalid as error:
            raise Refused(400, "JWT has invalid claims") from error
        except SdkError as error:
            raise Refused(500, "unknown error while processing JWT") from error
        return jwt.Access(claims, self._provider)

    def _check_providers(self, claims: dict[str, Any]) -> None:
        if claims["leases"]["access"] != "granular":
            return
        for entry in claims["leases"]["permissions"]:
            try:
                self._ledger.bech32.parse(entry["provider"])
            except ValueError as error:
                raise jwt.TokenInvalid("a provider is no address") from error

    # --- What they may do

    def client(self) -> jwt.Access:
        """The client's access. Raises Refused for strangers."""
        access = _access.get()
        if access is None:
            raise Refused(401, "unauthorized access")
        return access

    def deployment(self, request: web.Request, scope: str) -> tuple[str, int]:
        """Owner and dseq of the path, for which the client has this scope. Raises Refused."""
        access = self.client()
        dseq = _sequence(request, "dseq", 2**64)
        if not access.allows(scope, dseq):
            raise Refused(401, "unauthorized access")
        return access.issuer, dseq

    def lease(self, request: web.Request, scope: str | None, service: str | None = None) -> LeaseRef:
        """The lease of the path, always the client's own, for which it has this scope. Raises Refused."""
        access = self.client()
        dseq, gseq, oseq = (_sequence(request, name, limit) for name, limit in _SEQUENCES)
        if not access.allows(scope, dseq, gseq, oseq, service):
            raise Refused(401, "unauthorized access")
        return LeaseRef(OrderRef(access.issuer, dseq, gseq, oseq), self._provider)

    def opens(self, scope: str, lease: LeaseRef, service: str) -> bool:
        """Whether the client may see this service of a lease. No service has the name "", so it stands for any."""
        order = lease.order
        return self.client().allows(scope, order.dseq, order.gseq, order.oseq, service)


def _sequence(request: web.Request, name: str, limit: int) -> int:
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < limit):
        raise Refused(400, f"{name} {text[:40]!r} is not a number below {limit}", json=False)
    return int(text)
