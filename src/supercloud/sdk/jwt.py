"""Tokens that a tenant shows to a provider (AEP-64): signed with the account's own key.

Two algorithms: ES256K signs SHA-256 of `header.payload`; ES256KADR36 signs the amino document of ADR-36 around it,
which is what browser wallets can do. Signatures are 64 bytes r||s, low s, base64url without padding.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from typing import Any, Final, Protocol

import orjson

SCOPES: Final = (
    "send-manifest",
    "get-manifest",
    "logs",
    "shell",
    "events",
    "status",
    "restart",
    "hostname-migrate",
    "ip-migrate",
    "attestation",
)
TOKEN_CHARS_MAX: Final = 8192
LIFETIME_S: Final = 15 * 60
TIME_TEXT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)
# Clocks differ a little; tolerated in both directions.
LEEWAY_S: Final = 5


class JwtSigner(Protocol):
    """The key of the account that issues the token."""

    def sign(self, message: bytes) -> bytes:
        """64-byte r||s over SHA-256 of `message`."""


class TokenInvalid(Exception):
    """Not a token of the issuer: malformed, another algorithm, bad signature."""


class ClaimsInvalid(Exception):
    """A genuine token whose claims are out of date or out of form."""


def issue(
    signer: JwtSigner,
    issuer: str,
    now_s: int,
    leases: dict[str, Any] | None = None,
    lifetime_s: int = LIFETIME_S,
) -> str:
    """A token of `issuer` (bech32), valid from `now_s`; `leases` defaults to full access."""
    claims = {
        "iss": issuer,
        "iat": now_s,
        "nbf": now_s,
        "exp": now_s + lifetime_s,
        "version": "v1",
        "leases": leases or {"access": "full"},
    }
    header = _encode(orjson.dumps({"alg": "ES256K", "typ": "JWT"}))
    signed = header + "." + _encode(orjson.dumps(claims, option=orjson.OPT_SORT_KEYS))
    return signed + "." + _encode(signer.sign(signed.encode()))


def parse(token: str) -> tuple[dict[str, Any], bytes, bytes]:
    """Claims, the bytes that were signed, and the signature. Nothing is verified yet. Raises TokenInvalid."""
    if len(token) > TOKEN_CHARS_MAX or token.count(".") != 2:
        raise TokenInvalid("a token has three parts")
    head, body, tail = token.split(".")
    try:
        header, claims, signature = orjson.loads(_decode(head)), orjson.loads(_decode(body)), _decode(tail)
    except (ValueError, binascii.Error) as error:
        raise TokenInvalid("token is not base64url JSON") from error
    if not isinstance(header, dict) or not isinstance(claims, dict) or not isinstance(claims.get("iss"), str):
        raise TokenInvalid("token has no issuer")
    signed = f"{head}.{body}".encode()
    match header.get("alg"):
        case "ES256K":
            return claims, signed, signature
        case "ES256KADR36":
            return claims, adr36_document(claims["iss"], signed), signature
    raise TokenInvalid(f"algorithm {header.get('alg')!r} is not accepted")


def adr36_document(signer: str, data: bytes) -> bytes:
    """The amino JSON that a wallet signs for arbitrary data (ADR-36)."""
    message = {
        "type": "sign/MsgSignData",
        "value": {"data": base64.b64encode(data).decode(), "signer": signer},
    }
    document = {
        "account_number": "0",
        "chain_id": "",
        "fee": {"amount": [], "gas": "0"},
        "memo": "",
        "msgs": [message],
        "sequence": "0",
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def verify(token: str, now_s: int, verifier: Callable[[str, bytes, bytes], bool]) -> dict[str, Any]:
    """Claims of a genuine, current, well-formed token.

    `verifier(issuer, signed, signature)` checks with the issuer's on-chain key. Raises TokenInvalid, ClaimsInvalid.
    """
    claims, signed, signature = parse(token)
    if not verifier(claims["iss"], signed, signature):
        raise TokenInvalid("signature does not match the issuer's key")
    check_claims(claims, now_s)
    return claims


def check_claims(claims: dict[str, Any], now_s: int) -> None:
    """Times, version and the tree of access rights. Raises ClaimsInvalid, TokenInvalid."""
    _, not_before, expires = (_time(claims, name) for name in ("iat", "nbf", "exp"))
    if now_s > expires + LEEWAY_S:
        raise ClaimsInvalid("token is expired")
    if now_s < not_before - LEEWAY_S:
        raise ClaimsInvalid("token is not valid yet")
    if claims.get("version") != "v1":
        raise ClaimsInvalid("version must be v1")
    leases = claims.get("leases")
    if not isinstance(leases, dict):
        raise ClaimsInvalid("leases is missing")
    _check_access(leases, ("full", "scoped", "granular"))
    if leases["access"] == "granular":
        permissions = _list(leases, "permissions")
        for entry in permissions:
            _check_permission(entry)
        if len({entry["provider"] for entry in permissions}) != len(permissions):
            raise ClaimsInvalid("a provider is named twice")


def _time(claims: dict[str, Any], name: str) -> float:
    """A moment in Unix seconds; fractions and numbers written as text are accepted, as the network does."""
    value = claims.get(name)
    if isinstance(value, str) and TIME_TEXT.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ClaimsInvalid(f"{name} is missing")
    return value


def _check_permission(entry: dict[str, Any]) -> None:
    if not isinstance(entry.get("provider"), str):
        raise TokenInvalid("a permission needs its provider")
    _check_access(entry, ("full", "scoped", "granular"), inner="deployments")
    if entry["access"] != "granular":
        return
    for deployment in _list(entry, "deployments"):
        if any(type(deployment.get(name, 0)) is not int for name in ("dseq", "gseq", "oseq")):
            # A value of the wrong type makes no token at all; a wrong value, bad claims.
            raise TokenInvalid("dseq, gseq and oseq must be numbers")
        if deployment.get("dseq", 0) <= 0:
            raise ClaimsInvalid("dseq must be positive")
        if deployment.get("oseq") and not deployment.get("gseq"):
            raise ClaimsInvalid("oseq needs gseq")
        _check_scope(deployment)
        services = deployment.get("services")
        if not isinstance(services, list) or not services or len(set(map(str, services))) != len(services):
            raise ClaimsInvalid("services must be a list of different names")


def _check_access(entry: dict[str, Any], allowed: tuple[str, ...], inner: str = "permissions") -> None:
    access = entry.get("access")
    if access not in allowed:
        raise ClaimsInvalid(f"access must be one of {', '.join(allowed)}")
    if access == "scoped":
        _check_scope(entry)
    elif entry.get("scope"):
        raise ClaimsInvalid(f"{access} access takes no scope")
    if access != "granular" and entry.get(inner):
        raise ClaimsInvalid(f"{access} access takes no {inner}")


def _check_scope(entry: dict[str, Any]) -> None:
    scope = entry.get("scope")
    if not isinstance(scope, list) or not scope or len(set(map(str, scope))) != len(scope):
        raise ClaimsInvalid("scope must be a list of different names")
    unknown = [name for name in scope if name not in SCOPES]
    if unknown:
        raise ClaimsInvalid(f"unknown scope {unknown[0]!r}")


def _list(entry: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = entry.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        raise ClaimsInvalid(f"{name} must be a list")
    return found


class Access:
    """What one set of genuine claims may do at one provider."""

    def __init__(self, claims: dict[str, Any], provider: str) -> None:
        self.issuer: str = claims["iss"]
        self._leases: dict[str, Any] = claims["leases"]
        self._provider = provider

    def allows(
        self, scope: str | None, dseq: int, gseq: int = 0, oseq: int = 0, service: str | None = None
    ) -> bool:
        """Whether `scope` (None: any) on that lease of the issuer is granted; 0 leaves a part open."""
        match self._leases["access"]:
            case "full":
                return True
            case "scoped":
                return scope is None or scope in self._leases["scope"]
        for entry in self._leases["permissions"]:
            if entry["provider"] != self._provider:
                continue
            match entry["access"]:
                case "full":
                    return True
                case "scoped":
                    return scope is None or scope in entry["scope"]
            return any(
                _deployment_allows(d, scope, (dseq, gseq, oseq), service) for d in entry["deployments"]
            )
        return False


def _deployment_allows(
    entry: dict[str, Any], scope: str | None, lease: tuple[int, int, int], service: str | None
) -> bool:
    dseq, gseq, oseq = lease
    if entry["dseq"] != dseq:
        return False
    if gseq and entry.get("gseq") and entry["gseq"] != gseq:
        return False
    if oseq and entry.get("oseq") and entry["oseq"] != oseq:
        return False
    if service is not None and service not in entry["services"]:
        return False
    return scope is None or scope in entry["scope"]


def key_id(token: str) -> str:
    """A name for a token that is safe to log."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
