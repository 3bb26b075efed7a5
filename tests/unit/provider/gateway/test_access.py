"""Tokens at the door: which are genuine and well-formed, and what each kind of permission opens."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.sdk import jwt
from supercloud.testing.ledger import Actor

from .cast import DSEQ, Stage

LEASE = f"/lease/{DSEQ}/1/1"
NOW = int(time.time())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def signed(
    actor: Actor, claims: dict[str, Any], alg: str = "ES256K", header: dict[str, Any] | None = None
) -> str:
    """A token with exactly these claims."""

    def part(document: Any) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=").decode()

    content = part(header or {"alg": alg, "typ": "JWT"}) + "." + part(claims)
    data = content.encode()
    if alg == "ES256KADR36":
        data = jwt.adr36_document(claims["iss"], data)
    return content + "." + base64.urlsafe_b64encode(actor.key.sign(data)).rstrip(b"=").decode()


def claims(stage: Stage, **changes: Any) -> dict[str, Any]:
    """Good claims of alice with some changed; None takes one out."""
    good = {
        "iss": stage.ledger.alice.text,
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 600,
        "version": "v1",
        "leases": {"access": "full"},
    }
    # The tables were written down when the tests were collected, which may be many minutes ago.
    late = int(time.time()) - NOW
    return {
        name: _later(value, late) if name in ("iat", "nbf", "exp") else value
        for name, value in {**good, **changes}.items()
        if value is not None
    }


def _later(moment: Any, seconds: int) -> Any:
    if type(moment) in (int, float):
        return moment + seconds
    return str(int(moment) + seconds) if isinstance(moment, str) and moment.isdecimal() else moment


async def ask(stage: Stage, authorization: str | None, path: str = LEASE + "/status") -> tuple[int, str]:
    """Status and message of the answer."""
    headers = {} if authorization is None else {"Authorization": authorization}
    async with stage.client() as client, client.get(path, headers=headers) as answer:
        body = await answer.read()
        if answer.status == 200:
            return 200, ""
        if answer.content_type == "application/json":
            return answer.status, orjson.loads(body)["message"]
        return answer.status, body.decode().rstrip("\n")


UNAUTHORIZED = (401, "unauthorized access")
BAD_HEADER = (400, "invalid authorization header")
BAD_CLAIMS = (400, "JWT has invalid claims")
INVALID = (401, "JWT is invalid")
GRANTED = (200, "")


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, UNAUTHORIZED),
        ("", BAD_HEADER),
        ("Bearer", BAD_HEADER),
        ("Bearer ", BAD_HEADER),
        ("Basic YTpi", BAD_HEADER),
        ("token", BAD_HEADER),
        ("Bearer nonsense", INVALID),
        ("Bearer a.b", INVALID),
        ("Bearer a.b.c.d", INVALID),
        ("Bearer !!!.???.***", INVALID),
        ("Bearer " + "a" * 5000 + "." + "b" * 2000 + "." + "c" * 100, INVALID),
    ],
)
async def test_headers(stage: Stage, authorization: str | None, expected: tuple[int, str]) -> None:
    async with stage.gateway():
        assert await ask(stage, authorization) == expected


async def test_public_routes_refuse_bad_headers_too(stage: Stage) -> None:
    async with stage.gateway():
        assert await ask(stage, "Basic x", "/status") == BAD_HEADER
        assert await ask(stage, None, "/status") == GRANTED


PERMISSION = {"provider": "PROVIDER", "access": "full"}
DEPLOYMENT = {"dseq": DSEQ, "scope": ["status"], "services": ["web"]}


def granular(**changes: Any) -> dict[str, Any]:
    """Leases claims that open one service of one deployment, with changes to that entry."""
    entry = {name: value for name, value in {**DEPLOYMENT, **changes}.items() if value is not None}
    permission = {"provider": "PROVIDER", "access": "granular", "deployments": [entry]}
    return {"access": "granular", "permissions": [permission]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, GRANTED),
        ({"exp": NOW - 60}, BAD_CLAIMS),
        ({"exp": NOW - 2}, GRANTED),  # clocks differ a little
        ({"nbf": NOW + 60}, BAD_CLAIMS),
        ({"nbf": NOW + 2}, GRANTED),
        ({"iat": NOW + 3600}, GRANTED),
        ({"exp": NOW + 600.5}, GRANTED),
        ({"exp": str(NOW + 600)}, GRANTED),
        ({"exp": "soon"}, BAD_CLAIMS),
        ({"exp": True}, BAD_CLAIMS),
        ({"jti": "1", "whatever": [1]}, GRANTED),
        ({"iat": None}, BAD_CLAIMS),
        ({"nbf": None}, BAD_CLAIMS),
        ({"exp": None}, BAD_CLAIMS),
        ({"version": "v2"}, BAD_CLAIMS),
        ({"version": None}, BAD_CLAIMS),
        ({"leases": None}, BAD_CLAIMS),
        ({"iss": "alice"}, INVALID),
        ({"iss": None}, INVALID),
        ({"leases": {"access": "all"}}, BAD_CLAIMS),
        ({"leases": {"access": "full", "extra": 1}}, GRANTED),
        ({"leases": {"access": "full", "scope": ["status"]}}, BAD_CLAIMS),
        ({"leases": {"access": "full", "permissions": [PERMISSION]}}, BAD_CLAIMS),
        ({"leases": {"access": "scoped"}}, BAD_CLAIMS),
        ({"leases": {"access": "scoped", "scope": []}}, BAD_CLAIMS),
        ({"leases": {"access": "scoped", "scope": ["status"]}}, GRANTED),
        ({"leases": {"access": "scoped", "scope": ["status", "status"]}}, BAD_CLAIMS),
        ({"leases": {"access": "scoped", "scope": ["status", "root"]}}, BAD_CLAIMS),
        ({"leases": {"access": "scoped", "scope": ["logs"]}}, UNAUTHORIZED),
        ({"leases": {"access": "granular"}}, BAD_CLAIMS),
        ({"leases": {"access": "granular", "permissions": []}}, BAD_CLAIMS),
        ({"leases": {"access": "granular", "permissions": [PERMISSION]}}, GRANTED),
        ({"leases": {"access": "granular", "permissions": [PERMISSION, PERMISSION]}}, BAD_CLAIMS),
        ({"leases": {"access": "granular", "permissions": [{**PERMISSION, "provider": "bob"}]}}, INVALID),
        ({"leases": {"access": "granular", "permissions": [{**PERMISSION, "provider": [1]}]}}, INVALID),
        (
            {"leases": {"access": "granular", "permissions": [{**PERMISSION, "provider": "OTHER"}]}},
            UNAUTHORIZED,
        ),
        ({"leases": granular()}, GRANTED),
        ({"leases": granular(dseq=str(DSEQ))}, INVALID),
        ({"leases": granular(dseq=0)}, BAD_CLAIMS),
        ({"leases": granular(dseq=DSEQ + 1)}, UNAUTHORIZED),
        ({"leases": granular(gseq=1, oseq=1)}, GRANTED),
        ({"leases": granular(gseq=2)}, UNAUTHORIZED),
        ({"leases": granular(gseq=1, oseq=2)}, UNAUTHORIZED),
        ({"leases": granular(oseq=1)}, BAD_CLAIMS),
        ({"leases": granular(scope=["logs"])}, UNAUTHORIZED),
        ({"leases": granular(scope=[])}, BAD_CLAIMS),
        ({"leases": granular(services=None)}, BAD_CLAIMS),
        ({"leases": granular(services=[])}, BAD_CLAIMS),
        ({"leases": granular(services=["web", "web"])}, BAD_CLAIMS),
    ],
)
async def test_claims(stage: Stage, changes: dict[str, Any], expected: tuple[int, str]) -> None:
    text = orjson.dumps(claims(stage, **changes)).decode()
    text = text.replace("PROVIDER", stage.ledger.bob.text).replace("OTHER", stage.ledger.carol.text)
    async with stage.gateway():
        if "iss" not in orjson.loads(text):
            text = text.replace("{", '{"sub":"x",', 1)
        token = signed(stage.ledger.alice, orjson.loads(text))
        assert await ask(stage, f"Bearer {token}") == expected


async def test_signatures(stage: Stage) -> None:
    """Both algorithms open; another's key, a changed body, other algorithms and accounts without a key do not."""
    good, alice = claims(stage), stage.ledger.alice
    token = signed(alice, good)
    head, body, tail = token.split(".")
    raw = base64.urlsafe_b64decode(tail + "==")
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    table = {
        token: GRANTED,
        signed(alice, good, "ES256KADR36"): GRANTED,
        signed(stage.ledger.dave, good): INVALID,
        signed(alice, good, header={"alg": "HS256"}): INVALID,
        signed(alice, good, header={"alg": "none"}): INVALID,
        signed(alice, good, header={"alg": "ES256KADR36"}): INVALID,
        f"{head}.{signed(alice, claims(stage, jti='2')).split('.')[1]}.{tail}": INVALID,
        f"{head}.{body}.": INVALID,
        f"{head}.{body}.{base64.urlsafe_b64encode(high).rstrip(b'=').decode()}": INVALID,
        signed(
            stage.ledger.carol, claims(stage, iss=stage.ledger.carol.text)
        ): INVALID,  # has no key on record
    }
    async with stage.gateway():
        for text, expected in table.items():
            assert await ask(stage, f"Bearer {text}") == expected, text


async def test_a_first_transaction_makes_the_key_known_at_once(stage: Stage) -> None:
    carol = stage.ledger.carol
    token = signed(carol, claims(stage, iss=carol.text))
    async with stage.gateway():
        assert await ask(stage, f"Bearer {token}") == INVALID
        stage.publish(carol)
        stage.clock += 4
        assert (await ask(stage, f"Bearer {token}"))[0] == 404  # known now, but the lease is not carol's


async def test_when_the_ledger_can_not_be_asked(stage: Stage) -> None:
    async with stage.gateway():
        stage.reader.down = True
        expected = (500, "unknown error while processing JWT")
        assert await ask(stage, f"Bearer {stage.token()}") == expected


SCOPES = {
    "/manifest": "get-manifest",
    "/status": "status",
    "/logs": "logs",
    "/kubeevents": "events",
    "/shell?cmd0=sh&tty=0&stdin=0&podIndex=0&service=web": "shell",
}


@pytest.mark.parametrize("path", SCOPES)
@pytest.mark.parametrize("scope", jwt.SCOPES)
async def test_each_route_wants_its_scope(stage: Stage, path: str, scope: str) -> None:
    token = stage.token(leases={"access": "scoped", "scope": [scope]})
    async with stage.gateway():
        status, _ = await ask(stage, f"Bearer {token}", LEASE + path)
        # A plain GET of a WebSocket route that is allowed is refused for not being an upgrade.
        allowed = 200 if path in ("/manifest", "/status") else 400
        assert status == (allowed if scope == SCOPES[path] else 401)


async def test_tokens_for_some_services_show_no_others(stage: Stage) -> None:
    leases = granular(scope=["status", "logs", "events", "shell"])
    leases["permissions"][0]["provider"] = stage.ledger.bob.text
    token = stage.token(leases=leases)
    async with stage.gateway(), stage.client(token=token) as client:
        async with client.get(LEASE + "/status") as answer:
            document = await answer.json()
            assert (set(document["services"]), set(document["forwarded_ports"])) == ({"web"}, {"web"})
        for service, status in (("web", 200), ("db", 401)):
            async with client.get(f"{LEASE}/service/{service}/status") as answer:
                assert answer.status == status
        async with client.ws_connect(LEASE + "/logs") as socket:
            await socket.receive()
            assert stage.agent.asked["services"] == ("web",)
        for path in ("/logs?service=web,db", "/kubeevents?service=db"):
            async with client.get(LEASE + path) as answer:
                assert answer.status == 401
        async with client.get(LEASE + "/shell?cmd0=sh&tty=0&stdin=0&podIndex=0&service=db") as answer:
            assert answer.status == 401
