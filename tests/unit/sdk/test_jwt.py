"""Tokens: signed by the account, current, in form, and worth no more than they say."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.crypto.secp256k1 import PrivateKey, verify
from supercloud.sdk import jwt
from supercloud.sdk.jwt import Access, ClaimsInvalid, TokenInvalid
from supercloud.types.address import Bech32

BECH32 = Bech32("akash")
ALICE, DAVE = (PrivateKey(hashlib.sha256(name).digest()) for name in (b"alice", b"dave"))
ISSUER = BECH32.text(ALICE.address)
PROVIDER, OTHER = BECH32.text(b"p" * 20), BECH32.text(b"o" * 20)
NOW = 1_800_000_000


def genuine(issuer: str, signed: bytes, signature: bytes) -> bool:
    """Whether the issuer's account signed; accounts here have one key each."""
    keys = {BECH32.text(key.address): key for key in (ALICE, DAVE)}
    return issuer in keys and verify(bytes(keys[issuer].public_key), signed, signature)


def encoded(value: Any) -> str:
    data = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims: Any, alg: str = "ES256K", signer: PrivateKey = ALICE) -> str:
    signed = encoded({"alg": alg, "typ": "JWT"}) + "." + encoded(claims)
    document = jwt.adr36_document(ISSUER, signed.encode()) if alg == "ES256KADR36" else signed.encode()
    return signed + "." + encoded(signer.sign(document))


def claims(**changes: Any) -> dict[str, Any]:
    usual = {
        "iss": ISSUER,
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 60,
        "version": "v1",
        "leases": {"access": "full"},
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def test_what_is_issued_is_accepted() -> None:
    made = jwt.issue(ALICE, ISSUER, NOW)
    found = jwt.verify(made, NOW, genuine)
    assert found == claims(exp=NOW + jwt.LIFETIME_S)
    header = orjson.loads(base64.urlsafe_b64decode(made.split(".")[0] + "=="))
    assert header == {"alg": "ES256K", "typ": "JWT"}
    assert "=" not in made


def test_a_wallets_token_is_accepted() -> None:
    assert jwt.verify(token(claims(), "ES256KADR36"), NOW, genuine) == claims()


def test_the_document_of_adr_36() -> None:
    """The form that browser wallets sign, byte for byte."""
    assert jwt.adr36_document("cosmos1x", b"hello") == (
        b'{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"",'
        b'"msgs":[{"type":"sign/MsgSignData","value":{"data":"aGVsbG8=","signer":"cosmos1x"}}],"sequence":"0"}'
    )


def test_another_key_another_issuer_another_claim() -> None:
    made = jwt.issue(ALICE, ISSUER, NOW)
    head, body, tail = made.split(".")
    forged = [
        jwt.issue(DAVE, ISSUER, NOW),
        f"{head}.{encoded(claims(iss=BECH32.text(DAVE.address)))}.{tail}",
        f"{head}.{encoded(claims(exp=NOW + 10**9))}.{tail}",
        f"{encoded({'alg': 'ES256KADR36', 'typ': 'JWT'})}.{body}.{tail}",
        f"{head}.{body}.{encoded(b'')}",
        f"{head}.{body}.{encoded(bytes(64))}",
    ]
    for each in forged:
        with pytest.raises(TokenInvalid, match="signature does not match"):
            jwt.verify(each, NOW, genuine)


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "", None, 5])
def test_algorithms_that_prove_nothing(alg: Any) -> None:
    with pytest.raises(TokenInvalid, match="is not accepted"):
        jwt.verify(token(claims(), alg), NOW, genuine)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "a.b.c",
        "ё.ё.ё",
        "x" * 9000,
        ".".join([encoded([])] * 3),
        f"{encoded({})}.{encoded({})}.",
        f"{encoded({'alg': 'ES256K'})}.{encoded({'iss': 5})}.",
    ],
)
def test_texts_that_are_no_token(text: str) -> None:
    with pytest.raises(TokenInvalid):
        jwt.parse(text)


@pytest.mark.parametrize(
    ("changes", "now", "words"),
    [
        ({}, NOW + 60 + jwt.LEEWAY_S, None),
        ({}, NOW + 61 + jwt.LEEWAY_S, "expired"),
        ({}, NOW - jwt.LEEWAY_S, None),
        ({}, NOW - 1 - jwt.LEEWAY_S, "not valid yet"),
        ({"exp": f"{NOW + 60}.5"}, NOW, None),
        ({"nbf": float(NOW)}, NOW, None),
        ({"exp": None}, NOW, "exp is missing"),
        ({"iat": None}, NOW, "iat is missing"),
        ({"nbf": True}, NOW, "nbf is missing"),
        ({"exp": "soon"}, NOW, "exp is missing"),
        ({"exp": "٣"}, NOW, "exp is missing"),
        ({"version": "v2"}, NOW, "version must be v1"),
        ({"leases": None}, NOW, "leases is missing"),
        ({"leases": []}, NOW, "leases is missing"),
        ({"leases": {}}, NOW, "access must be one of"),
        ({"leases": {"access": "all"}}, NOW, "access must be one of"),
        ({"leases": {"access": "full", "scope": ["logs"]}}, NOW, "takes no scope"),
        ({"leases": {"access": "full", "permissions": [{}]}}, NOW, "takes no permissions"),
        ({"leases": {"access": "scoped"}}, NOW, "scope must be a list"),
        ({"leases": {"access": "scoped", "scope": ["logs", "logs"]}}, NOW, "different names"),
        ({"leases": {"access": "scoped", "scope": ["sudo"]}}, NOW, "unknown scope 'sudo'"),
        ({"leases": {"access": "scoped", "scope": [["logs"]]}}, NOW, "unknown scope"),
        ({"leases": {"access": "granular"}}, NOW, "permissions must be a list"),
    ],
)
def test_claims(changes: dict[str, Any], now: int, words: str | None) -> None:
    made = token(claims(**changes))
    if words is None:
        jwt.verify(made, now, genuine)
        return
    with pytest.raises(ClaimsInvalid, match=words):
        jwt.verify(made, now, genuine)


def granular(*permissions: Any) -> dict[str, Any]:
    return claims(leases={"access": "granular", "permissions": list(permissions)})


def deployment(**changes: Any) -> dict[str, Any]:
    return {"dseq": 5, "scope": ["logs"], "services": ["web"], **changes}


@pytest.mark.parametrize(
    ("permissions", "words"),
    [
        ([{}], "needs its provider"),
        ([{"provider": PROVIDER, "access": "full"}] * 2, "named twice"),
        ([{"provider": PROVIDER, "access": "granular"}], "deployments must be a list"),
        ([{"provider": PROVIDER, "access": "full", "deployments": [1]}], "takes no deployments"),
        (
            [{"provider": PROVIDER, "access": "granular", "deployments": [deployment(dseq=0)]}],
            "dseq must be positive",
        ),
        (
            [{"provider": PROVIDER, "access": "granular", "deployments": [deployment(dseq="5")]}],
            "must be numbers",
        ),
        (
            [{"provider": PROVIDER, "access": "granular", "deployments": [deployment(dseq=True)]}],
            "must be numbers",
        ),
        (
            [{"provider": PROVIDER, "access": "granular", "deployments": [deployment(oseq=1)]}],
            "oseq needs gseq",
        ),
        (
            [{"provider": PROVIDER, "access": "granular", "deployments": [deployment(services=[])]}],
            "services must be",
        ),
        (
            [{"provider": PROVIDER, "access": "granular", "deployments": [deployment(scope=[])]}],
            "scope must be",
        ),
    ],
)
def test_trees_of_rights_out_of_form(permissions: list[Any], words: str) -> None:
    with pytest.raises((ClaimsInvalid, TokenInvalid), match=words):
        jwt.check_claims(granular(*permissions), NOW)


def access(leases: dict[str, Any]) -> Access:
    made = claims(leases=leases)
    jwt.check_claims(made, NOW)
    return Access(made, PROVIDER)


def test_full_access_and_scopes() -> None:
    assert access({"access": "full"}).allows("shell", 1, 2, 3, "web")
    scoped = access({"access": "scoped", "scope": ["logs"]})
    assert scoped.allows("logs", 9) and scoped.allows(None, 9) and not scoped.allows("shell", 9)


def test_permissions_of_a_provider_are_for_that_provider() -> None:
    for inner in ({"access": "full"}, {"access": "scoped", "scope": ["shell"]}):
        leases = {"access": "granular", "permissions": [{"provider": OTHER, **inner}]}
        assert not access(leases).allows("shell", 1)
        leases["permissions"] = [{"provider": PROVIDER, **inner}]
        assert access(leases).allows("shell", 1)
        assert access(leases).allows("logs", 1) is (inner["access"] == "full")


def test_permissions_of_a_lease_are_for_that_lease() -> None:
    entry = deployment(gseq=1, oseq=2)
    permission = {"provider": PROVIDER, "access": "granular", "deployments": [entry]}
    one = access({"access": "granular", "permissions": [permission]})
    assert one.allows("logs", 5, 1, 2, "web") and one.allows("logs", 5)
    for dseq, gseq, oseq, service in ((6, 1, 2, "web"), (5, 2, 2, "web"), (5, 1, 1, "web"), (5, 1, 2, "db")):
        assert not one.allows("logs", dseq, gseq, oseq, service)
    assert not one.allows("shell", 5, 1, 2, "web")


@given(
    st.text(max_size=200)
    | st.binary(max_size=100).map(lambda data: f"{encoded(data)}.{encoded(data)}.{encoded(data)}")
)
def test_any_text_is_refused_in_the_right_words(text: str) -> None:
    with pytest.raises(TokenInvalid):
        jwt.parse(text)


def test_a_token_in_a_log_is_a_short_name() -> None:
    made = jwt.issue(ALICE, ISSUER, NOW)
    assert len(jwt.key_id(made)) == 12 and jwt.key_id(made) not in made
