"""The way from a file to a URL and back with the commands a person would type, on real containers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from supercloud import sdl
from supercloud.cli import session
from supercloud.sdk import market
from supercloud.types.coin import Coin

from .cloud import PATIENCE_S, Cloud

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"

pytestmark = [pytest.mark.podman, pytest.mark.node, pytest.mark.xdist_group("machine")]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    subprocess.run([EXAMPLES / "hello" / "build"], check=True, capture_output=True)
    cloud = Cloud(tmp_path_factory.mktemp("hand") / "home")
    yield cloud
    assert cloud.stop() == 0
    cloud.leave_nothing()


def get(url: str) -> tuple[int, str]:
    """A page by its name, asked of this machine whatever the resolver knows of .localhost."""
    parts = urlsplit(url)
    request = urllib.request.Request(f"http://127.0.0.1:{parts.port}/", headers={"Host": parts.netloc})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.read().decode()


def until(what: Callable[[], Any], text: str) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < end, text
        time.sleep(0.1)
    return found


def test_from_a_file_to_a_url_and_back(cloud: Cloud, tmp_path: Path) -> None:
    before = {
        item["denom"]: int(item["amount"]) for item in cloud.run("balance", "--json").document["balances"]
    }
    done = cloud.deploy(EXAMPLES / "hello" / "deploy.yaml").document
    dseq = str(done["dseq"])
    assert done["lease"] == f"{cloud.addresses['tenant']}/{dseq}/1/1/{done['provider']}"
    assert done["provider"] == cloud.addresses["provider"] and done["price"]["denom"] == "uakt"
    (url,) = done["uris"]
    status, page = get(url)
    assert status == 200 and f"<dd>{dseq}</dd>" in page and cloud.addresses["tenant"] in page

    (row,) = cloud.run("ps", "--json").document
    assert (str(row["dseq"]), row["state"], row["leases"]) == (dseq, "active", "active")
    assert cloud.run("url", dseq).out.strip() == url
    assert "hello: request" in cloud.run("logs", dseq).out
    assert "Started" in cloud.run("events", dseq).out
    shown = cloud.run("status", dseq, "--json").document
    assert shown["leases"][0]["services"]["web"]["available"] == 1

    funds = int(float(row["funds"][0]["amount"]))
    assert cloud.run("deposit", dseq, "1000000uakt").code == 0
    (row,) = cloud.run("ps", "--json").document
    assert int(float(row["funds"][0]["amount"])) >= funds + 1_000_000 - 1000

    changed = tmp_path / "deploy.yaml"
    text = (EXAMPLES / "hello" / "deploy.yaml").read_text()
    changed.write_text(text.replace("    expose:", "    env:\n      - WORD=two\n    expose:", 1))
    assert cloud.run("update", dseq, str(changed)).code == 0
    until(lambda: get_or_none(url), "the URL to answer after the update")

    closed = cloud.run("close", dseq, "--json").document
    assert closed["refunded"][0]["denom"] == "uakt" and closed["blocks"] > 0
    paid = sum(item["amount"] for item in closed["paid"])
    assert paid + sum(item["amount"] for item in closed["refunded"]) == 6_000_000
    after = {
        item["denom"]: int(item["amount"]) for item in cloud.run("balance", "--json").document["balances"]
    }
    assert before["uakt"] - after["uakt"] >= paid  # and the fees of the transactions
    assert cloud.run("ps", "--json").document == []
    until(lambda: get_or_none(url) is None, "the container to be gone")


def get_or_none(url: str) -> tuple[int, str] | None:
    """The page; None while nothing answers with 200."""
    try:
        return get(url)
    except OSError:
        return None


def test_offers_are_looked_at_and_taken_by_hand(cloud: Cloud) -> None:
    """An order is posted, `bids` shows who answered, `lease` takes one."""
    file = EXAMPLES / "hello" / "deploy.yaml"
    missing = cloud.run("deploy", str(file), "--json")
    assert missing.code == 2 and "--pick" in missing.err
    nobody = cloud.run("deploy", str(file), "--json", "--bid", cloud.addresses["auditor"])
    assert nobody.code == 1 and "is no provider of" in nobody.err

    async def post() -> None:
        async with session.signing(cloud.settings()) as tenant:
            document = sdl.load(file.read_bytes())
            await market.create_deployment(tenant.sender, document, Coin("uakt", 5_000_000))

    asyncio.run(post())
    (row,) = cloud.run("ps", "--json").document
    dseq = str(row["dseq"])
    until(lambda: cloud.run("bids", dseq, "--json").document, "a bid")
    (offer,) = cloud.run("bids", dseq, "--json").document
    assert offer["provider"] == cloud.addresses["provider"]
    assert cloud.run("lease", dseq, offer["provider"], "--sdl", str(file)).code == 0
    url = until(lambda: cloud.run("url", dseq).out.strip(), "a URL")
    until(lambda: get_or_none(url), "the URL to answer")
    assert cloud.run("close", dseq).code == 0


def test_a_forwarded_port_and_a_volume(cloud: Cloud) -> None:
    done = cloud.deploy(EXAMPLES / "tcp-port" / "deploy.yaml").document
    ((name, address),) = done["ports"].items()
    assert name == "web:9000/tcp"
    host, _, port = address.rpartition(":")
    assert host == "localhost"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        assert answer.status == 200
    assert cloud.run("close", str(done["dseq"])).code == 0
    kept = cloud.deploy(EXAMPLES / "persistent" / "deploy.yaml").document
    assert get(kept["uris"][0])[0] == 200
    assert cloud.run("close", str(kept["dseq"])).code == 0


def test_rendering_says_what_is_sent(cloud: Cloud) -> None:
    document = cloud.run("sdl", "render", str(EXAMPLES / "two-services" / "deploy.yaml"), "--json").document
    assert sorted(document) == ["groups", "manifest", "version"] and len(document["version"]) == 64
    assert [service["name"] for service in document["manifest"][0]["services"]] == ["api", "web"]
    assert json.dumps(document["groups"])
