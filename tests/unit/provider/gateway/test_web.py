"""Every plain route: answers, bodies, and what is refused how. Forms of answers come from `answers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.drivers.base import TemporaryError
from supercloud.provider.manifest.service import ManifestRefused
from supercloud.sdk.errors import TemporaryError as NodeDown

from .cast import DSEQ, Stage

LEASE = f"/lease/{DSEQ}/1/1"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/version", {"akash": {"version": "1"}, "kube": {}}),
        ("/status", {"cluster": {"leases": 1}, "address": "ADDRESS"}),
        ("/address", {"address": "ADDRESS"}),
    ],
)
async def test_open_to_everyone(stage: Stage, path: str, document: dict[str, Any]) -> None:
    async with stage.gateway(), stage.client() as client, client.get(path) as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        found = await answer.json()
        assert {**found, **({"address": "ADDRESS"} if "address" in found else {})} == document


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/deployment/{DSEQ}/manifest"),
        ("PUT", "/deployment/x/manifest"),
        ("GET", LEASE + "/manifest"),
        ("GET", LEASE + "/status"),
        ("GET", LEASE + "/service/web/status"),
        ("GET", LEASE + "/logs"),
        ("GET", LEASE + "/kubeevents"),
        ("GET", LEASE + "/shell"),
        ("POST", "/hostname/migrate"),
        ("POST", "/endpoint/migrate"),
    ],
)
async def test_strangers_get_nothing(stage: Stage, method: str, path: str) -> None:
    async with stage.gateway(), stage.client() as client, client.request(method, path) as answer:
        assert answer.status == 401
        assert await answer.json() == {"message": "unauthorized access"}


async def ask(stage: Stage, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    async with stage.client(token=stage.token()) as client, client.request(method, path, data=body) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/validate", 404),  # once a route of the network's, served no more
        ("POST", LEASE + "/attestation/quote", 404),
        ("POST", "/status", 405),
        ("GET", "/lease/x/1/1/status", 400),
        ("GET", f"/lease/{DSEQ}/-1/1/status", 400),
        ("GET", f"/lease/{DSEQ}/1/4294967296/status", 400),
        ("GET", "/lease/18446744073709551616/1/1/status", 400),
        ("GET", "/lease/18446744073709551615/1/1/status", 404),
        ("GET", f"/lease/{DSEQ}/1/²/status", 400),
        ("PUT", "/deployment/abc/manifest", 400),
        ("GET", f"/lease/{DSEQ + 1}/1/1/manifest", 404),
    ],
)
async def test_paths(stage: Stage, method: str, path: str, status: int) -> None:
    async with stage.gateway():
        found, text = await ask(stage, method, path)
        assert found == status
        assert not text.startswith("{")


async def test_a_manifest_is_handed_over_as_it_came(stage: Stage) -> None:
    async with stage.gateway():
        assert await ask(stage, "PUT", f"/deployment/{DSEQ}/manifest", b"[1]") == (200, "")
        assert stage.agent.received == [(stage.ledger.alice.text, DSEQ, b"[1]")]
        for status, text in ((404, "no lease for deployment"), (422, "manifest version validation failed")):
            stage.agent.refusal = ManifestRefused(status, text)
            answer = await ask(stage, "PUT", f"/deployment/{DSEQ}/manifest", b"[1]")
            assert answer == (status, text + "\n")


async def test_without_a_manifest(stage: Stage) -> None:
    stage.agent.has_manifest = False
    async with stage.gateway():
        assert await ask(stage, "GET", LEASE + "/status") == (404, "")
        assert await ask(stage, "GET", LEASE + "/manifest") == (404, "lease not found\n")
        answer = await ask(stage, "GET", LEASE + "/service/web/status")
        assert answer == (404, "kube: no manifest for lease\n")


async def test_one_service(stage: Stage) -> None:
    async with stage.gateway(), stage.client(token=stage.token()) as client:
        async with client.get(LEASE + "/service/web/status") as answer:
            assert (await answer.json())["name"] == "web"
        assert await ask(stage, "GET", LEASE + "/service/x/status") == (404, "kube: no service for lease\n")
        other = f"/lease/{DSEQ}/1/2/service/web/status"
        assert await ask(stage, "GET", other) == (404, "kube: lease not found\n")


@pytest.mark.parametrize(
    ("problem", "status", "text"),
    [
        (TemporaryError("engine does not answer"), 503, "engine does not answer\n"),
        (NodeDown("node does not answer"), 500, "node does not answer\n"),
        (KeyError("secret"), 500, "internal error\n"),
    ],
)
async def test_problems_inside(stage: Stage, problem: Exception, status: int, text: str) -> None:
    stage.agent.problem = problem
    async with stage.gateway():
        assert await ask(stage, "GET", LEASE + "/status") == (status, text)


GOOD = b'{"hostnames_to_migrate":["a.com"],"destination_dseq":1234,"destination_gseq":1}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (GOOD, 200),
        (b"", 422),
        (b"[]", 422),
        (b"{", 422),
        (b"{}", 422),
        (GOOD.replace(b'["a.com"]', b'"a.com"'), 422),
        (GOOD.replace(b'["a.com"]', b"[1]"), 422),
        (GOOD.replace(b"1234", b'"1234"'), 422),
        (GOOD.replace(b"1234", b"-1"), 422),
        (GOOD.replace(b"1234", b"true"), 422),
        (GOOD.replace(b'["a.com"]', b"[]"), 400),
        (GOOD.replace(b"1234", b"99"), 400),
    ],
)
async def test_hostnames_move(stage: Stage, body: bytes, status: int) -> None:
    async with stage.gateway():
        found, text = await ask(stage, "POST", "/hostname/migrate", body)
    assert found == status
    assert status != 200 or text == '{"transferred":["a.com"]}'


async def test_migrations_want_their_scope(stage: Stage) -> None:
    table = {"hostname-migrate": (200, 401), "ip-migrate": (401, 400), "status": (401, 401)}
    async with stage.gateway():
        for scope, expected in table.items():
            token = stage.token(leases={"access": "scoped", "scope": [scope]})
            async with stage.client(token=token) as client:
                found = []
                for what in ("hostname", "endpoint"):
                    body = GOOD.replace(b"hostnames", what.encode() + b"s")
                    async with client.post(f"/{what}/migrate", data=body) as answer:
                        found.append(answer.status)
            assert tuple(found) == expected


async def test_addresses_are_not_leased_out_here(stage: Stage) -> None:
    body = GOOD.replace(b"hostnames", b"endpoints")
    async with stage.gateway():
        answer = await ask(stage, "POST", "/endpoint/migrate", body)
        assert answer == (400, 'the endpoint "a.com" is not used by this deployment\n')
        assert (await ask(stage, "POST", "/endpoint/migrate", GOOD))[0] == 422


async def test_heads_are_bounded(stage: Stage) -> None:
    async with (
        stage.gateway(),
        stage.client() as client,
        client.get("/status", headers={"X": "a" * 20_000}) as answer,
    ):
        assert answer.status == 400
