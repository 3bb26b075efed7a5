"""What must go wrong well: through the command line of a whole local supercloud, with real containers.

Each ends in a named error with exit code 1, or in a recovery. Revoked certificates are refused in
tests/unit/provider/gateway/test_tls.py, kill -9 of the node in tests/integration/node.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from supercloud import sdl
from supercloud.cli import session
from supercloud.sdk import jwt, market
from supercloud.sdk.errors import SdkError, TxFailed
from supercloud.sdk.gateway import Gateway, GatewayError, LeasePath
from supercloud.types.coin import Coin

from .cloud import Cloud, Done

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "examples" / "hello" / "deploy.yaml").read_text()
FORWARDED = (ROOT / "examples" / "tcp-port" / "deploy.yaml").read_text()
PATIENCE_S = 60.0

pytestmark = [pytest.mark.podman, pytest.mark.node, pytest.mark.xdist_group("machine")]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    subprocess.run([ROOT / "examples" / "hello" / "build"], check=True, capture_output=True)
    cloud = Cloud(tmp_path_factory.mktemp("bad") / "home")
    assert cloud.run("keys", "add", "stranger").code == 0
    yield cloud
    cloud.stop()
    cloud.leave_nothing()


@pytest.fixture(scope="module")
def running(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A deployment that is well."""
    file = tmp_path_factory.mktemp("good") / "deploy.yaml"
    file.write_text(SAMPLE)
    done = cloud.deploy(file)
    return int(done.document["dseq"])


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "deploy.yaml"
        file.write_text(text)
        return file

    return write


Written = Callable[[str], Path]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "units: 100m",
            "units: lots",
            ["deploy.yaml:18: profiles.compute.web.resources.cpu.units", "'lots'"],
        ),
        ("denom: uakt", "denom: uxyz", ["no minimum deposit for denom uxyz"]),
    ],
    ids=["wrong sdl", "unknown denom"],
)
def test_files_that_are_refused(cloud: Cloud, written: Written, old: str, new: str, words: list[str]) -> None:
    done = cloud.deploy(written(SAMPLE.replace(old, new)))
    assert (done.code, done.out) == (1, "")
    for word in words:
        assert word in done.err


def test_insufficient_funds(cloud: Cloud, written: Written) -> None:
    done = cloud.deploy(written(SAMPLE), "--deposit", "9000000000000000uakt")
    assert (done.code, done.out) == (1, "") and "insufficient balance" in done.err
    amount = json.dumps([{"denom": "uakt", "amount": "9000000000000000"}])
    done = cloud.run("tx", "bank", "send", f"to_address={cloud.addresses['auditor']}", f"amount={amount}")
    assert done.code == 1 and "insufficient funds" in done.err


def test_an_account_that_does_not_exist(cloud: Cloud, written: Written) -> None:
    done = cloud.deploy(written(SAMPLE), "--from", "stranger")
    assert done.code == 1 and "stranger" not in done.out
    assert "not found" in done.err or "does not exist" in done.err


def test_wrong_sequence(cloud: Cloud) -> None:
    """Commands at once with one key get in each other's way, and all arrive (code 32 is seen in tests/integration/node)."""
    amount = json.dumps([{"denom": "uakt", "amount": "1"}])
    words = ("tx", "bank", "send", f"to_address={cloud.addresses['auditor']}", f"amount={amount}", "--json")
    done: list[Done] = []
    threads = [threading.Thread(target=lambda: done.append(cloud.run(*words))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({item.document["hash"] for item in done}) == 3


def test_a_price_above_the_order_s_maximum(cloud: Cloud, written: Written) -> None:
    """The agent declines; whoever bids all the same is told."""
    file = written(SAMPLE.replace("amount: 1000", "amount: 0.000001"))
    done = cloud.deploy(file, "--wait", "2")
    assert done.code == 1 and "0 bid(s) for 1 group(s) within 2 s" in done.err
    assert "the price is below theirs" in done.err
    dseq = done.err.partition("deployment ")[2].split()[0]
    bid = {
        "id": {"owner": cloud.addresses["tenant"], "dseq": dseq, "gseq": 1, "oseq": 1},
        "price": {"denom": "uakt", "amount": "1.000000000000000000"},
        "deposit": {"amount": {"denom": "uakt", "amount": "5000000"}, "sources": ["balance"]},
    }
    done = cloud.run("tx", "market", "create-bid", json.dumps(bid), "--from", "provider")
    assert done.code == 1 and "is over the order's" in done.err and "bid price is invalid" in done.err
    assert cloud.run("close", dseq).code == 0


def test_a_manifest_that_does_not_match(cloud: Cloud, running: int, written: Written) -> None:
    other = sdl.load(SAMPLE.replace("size: 64Mi", "size: 65Mi").encode(), "other.yaml")

    async def send() -> None:
        async with session.signing(cloud.settings()) as tenant:
            provider = cloud.addresses["provider"]
            async with await Gateway.of(tenant.client, provider, tenant.key.signer) as gateway:
                await gateway.send_manifest(running, other.canonical_manifest)

    with pytest.raises(GatewayError, match="manifest version validation failed") as refused:
        asyncio.run(send())
    assert refused.value.status == 422


def test_a_stranger_asks_for_logs(cloud: Cloud, running: int) -> None:
    done = cloud.run("logs", str(running), "--from", "stranger")
    assert done.code == 1 and done.out == ""
    assert f"has no deployment {running} on" in done.err

    async def ask(key: str | None) -> None:
        async with session.signing(cloud.settings(key or "tenant")) as asker:
            signer = asker.key.signer if key else None
            async with await Gateway.of(asker.client, cloud.addresses["provider"], signer) as gateway:
                async for _ in gateway.logs(LeasePath(running)):
                    raise AssertionError("a line for a stranger")

    for key, status in ((None, 401), ("auditor", 404)):
        with pytest.raises(GatewayError) as refused:
            asyncio.run(ask(key))
        assert refused.value.status in (status, 4001, 401), refused.value


async def test_an_expired_token(cloud: Cloud, running: int) -> None:
    signer, owner = cloud.settings().signing_key().signer, cloud.addresses["tenant"]
    url = f"{cloud.ready['gateway']}/lease/{running}/1/1/status"
    async with aiohttp.ClientSession() as http:
        for age_s, status, text in ((0, 200, "services"), (3600, 400, "JWT has invalid claims")):
            token = jwt.issue(signer, owner, int(time.time()) - age_s)
            async with http.get(url, headers={"Authorization": f"Bearer {token}"}, ssl=False) as answer:
                assert (answer.status, text in await answer.text()) == (status, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            SAMPLE.replace("localhost/supercloud-hello:1", "localhost/never-built:1"),
            "image localhost/never-built:1 is not on this machine",
        ),
        (
            SAMPLE.replace("localhost/supercloud-hello:1", "127.0.0.1:9/nothing:1"),
            "127.0.0.1:9/nothing:1",
        ),
        (
            SAMPLE.replace("hello:1\n", 'hello:1\n    command: ["/no-such-program"]\n'),
            "/no-such-program",
        ),
    ],
    ids=["image not here", "registry not there", "program not there"],
)
def test_workloads_that_can_not_run(cloud: Cloud, written: Written, text: str, words: str) -> None:
    done = cloud.deploy(written(text))
    assert done.code == 1 and words in done.err, done.err
    dseq = done.err.partition("deployment ")[2].split()[0]
    assert f"`supercloud close {dseq}` ends it" in done.err
    closed = cloud.run("close", dseq, "--json").document
    assert closed["refunded"][0]["amount"] > 0


def test_ports_that_are_taken(cloud: Cloud, written: Written, tmp_path: Path) -> None:
    """A second `up` on the same ports says which; the provider gives a tenant another port."""
    base = cloud.ready["rpc"].rpartition(":")[2]
    done = cloud.run("up", "--home", str(tmp_path / "second"), "--json", "--port-base", base)
    assert done.code == 1 and f"cannot listen on 127.0.0.1:{base}" in done.err
    first = 20000 + int(base) % 10000
    taken = [socket.create_server(("0.0.0.0", port)) for port in range(first, first + 3) if is_free(port)]
    try:
        document = cloud.deploy(written(FORWARDED)).document
        port = int(next(iter(document["ports"].values())).rpartition(":")[2])
        assert port not in [each.getsockname()[1] for each in taken]
        assert cloud.run("close", str(document["dseq"])).code == 0
    finally:
        for each in taken:
            each.close()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("moment", ["after the bid", "after the lease", "while it starts"])
async def test_a_provider_that_is_killed_while_one_deploys(cloud: Cloud, moment: str) -> None:
    document = sdl.load(SAMPLE.encode(), "deploy.yaml")
    async with session.signing(cloud.settings()) as tenant:
        dseq = await market.create_deployment(tenant.sender, document, Coin("uakt", 5_000_000))
        while not (offers := await market.offers(tenant.client, tenant.owner, dseq)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        if moment == "after the bid":
            cloud.kill_provider()
        await market.accept(tenant.sender, offers)
        if moment == "after the lease":
            cloud.kill_provider()
        async with (
            asyncio.timeout(PATIENCE_S),
            await Gateway.of(tenant.client, cloud.addresses["provider"], tenant.key.signer) as gateway,
        ):
            await patiently(lambda: market.send_manifest(gateway, dseq, document))
            if moment == "while it starts":
                cloud.kill_provider()
            status = await patiently(lambda: market.wait_ready(gateway, LeasePath(dseq)))
        assert status["services"]["web"]["available"] == 1
        leases = await market.leases(tenant.client, tenant.owner, dseq, "active")
        assert len(leases) == 1
        assert len(await market.bids(tenant.client, tenant.owner, dseq, state="")) == 1
        await market.close_deployment(tenant.sender, dseq)


async def patiently(call: Callable[[], Any]) -> Any:
    """As a person would: again while nobody answers."""
    while True:
        try:
            return await call()
        except (GatewayError, TxFailed):
            raise
        except SdkError:
            await asyncio.sleep(0.2)
