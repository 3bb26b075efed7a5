"""`supercloud up`: the form others build on. One line of JSON, its options, a home that is resumed."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from supercloud.testing import ports

from .cloud import Cloud

ROOT = Path(__file__).resolve().parents[2]
STRANGER = "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63"

pytestmark = [pytest.mark.node]


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def amounts(cloud: Cloud, address: str) -> dict[str, str]:
    found = ask(f"{cloud.ready['rest']}/cosmos/bank/v1beta1/balances/{address}")
    return {item["denom"]: item["amount"] for item in found["balances"]}


def test_options_at_the_first_start_and_a_home_that_is_resumed(tmp_path: Path) -> None:
    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps({"app_state": {"take": {"params": {"default_take_rate": 7}}}}))
    base = ports.row(8)
    options = ("--no-provider", "--port-base", str(base), "--chain-id", "mine-1")
    first = ("--fund", f"{STRANGER}=1000uakt,500uusdc", "--genesis-override", str(patch))
    cloud = Cloud(tmp_path / "home", *options, *first)
    try:
        ready = cloud.ready
        assert sorted(ready) == sorted(
            ["chain_id", "rpc", "rest", "grpc", "gateway", "gateway_grpc", "console", "denom", "accounts"]
        )
        assert (ready["chain_id"], ready["denom"], ready["gateway"], ready["gateway_grpc"]) == (
            "mine-1", "uakt", None, None
        )  # fmt: skip
        taken = [int(ready[name].rpartition(":")[2]) for name in ("rpc", "grpc", "rest")]
        assert all(base <= port < base + 8 for port in taken)
        assert ready["rpc"].startswith("http://127.0.0.1:") and ready["grpc"].startswith("127.0.0.1:")
        tenant = next(item for item in ready["accounts"] if item["name"] == "tenant")
        assert len(tenant["mnemonic"].split()) in (12, 24)
        assert amounts(cloud, STRANGER) == {"uakt": "1000", "uusdc": "500"}
        taken = ask(f"{ready['rest']}/akash/take/v1/params")
        assert taken["params"]["default_take_rate"] in (7, "7")
        assert cloud.run("tx", "bank", "send", STRANGER, "5uakt", "--help").code == 0
        height = int(ask(f"{ready['rpc']}/status")["result"]["sync_info"]["latest_block_height"])
    finally:
        assert cloud.stop() == 0
    assert cloud.process.stdout is not None and cloud.process.stdout.read() == ""
    again = Cloud(tmp_path / "home", *options, "--fund", f"{STRANGER}=9uakt")
    try:
        assert again.ready["accounts"] == ready["accounts"] and again.ready["chain_id"] == "mine-1"
        assert amounts(again, STRANGER)["uakt"] == "1000"
        resumed = int(ask(f"{again.ready['rpc']}/status")["result"]["sync_info"]["latest_block_height"])
        assert resumed >= height
    finally:
        assert again.stop() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fund", "nobody=1uakt"), "nobody"),
        (("--fund", f"{STRANGER}=lots"), "lots"),
        (("--genesis-override", "{patch}"), "is not JSON"),
        (("--block-time", "0"), "--block-time"),
    ],
    ids=["address", "coins", "override", "cadence"],
)
def test_options_that_are_refused(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "patch.json").write_text("{not json")
    done = subprocess.run(
        [
            str(ROOT / "bin" / "supercloud"),
            "up",
            "--home",
            str(tmp_path / "home"),
            "--json",
            "--no-provider",
            *(word.replace("{patch}", str(tmp_path / "patch.json")) for word in words),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode in (1, 2) and done.stdout == "" and said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_two_commands_at_once_on_one_home(tmp_path: Path) -> None:
    """The second `up` is told that the home is in use, and changes nothing."""
    cloud = Cloud(tmp_path / "home", "--no-provider")
    try:
        done = cloud.run("up", "--home", str(cloud.home), "--json", "--no-provider")
        assert done.code == 1 and done.out == "" and "Traceback" not in done.err
        assert "in use by another process; stop that one first" in done.err
        assert os.path.exists(f"/proc/{cloud.process.pid}")
        assert ask(f"{cloud.ready['rpc']}/health")["result"] == {}
    finally:
        assert cloud.stop() == 0
