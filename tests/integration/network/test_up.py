"""A network from the command line alone: made, run, used, joined by a validator, stopped, resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from comet import absent

from supercloud.testing import ports

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]
SAMPLE = Path(__file__).resolve().parents[3] / "examples" / "hello" / "deploy.yaml"
PASSPHRASE = {"SUPERCLOUD_PASSPHRASE": "correct horse battery"}


def call(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_words(words), capture_output=True, text=True, env=os.environ | PASSPHRASE)


def run(*words: object) -> Any:
    """A command that prints JSON."""
    done = call(*words, "--json")
    assert done.returncode == 0, (words, done.stdout + done.stderr)
    return json.loads(done.stdout)


def begin(log: Path, *words: object) -> subprocess.Popen[str]:
    with log.open("ab") as errors:
        return subprocess.Popen(
            _words(words), stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | PASSPHRASE
        )


def _words(words: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "supercloud", *map(str, words)]


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(30)
    finally:
        process.kill()
        if process.stdout is not None:
            process.stdout.close()


def up(home: Path, log: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = begin(log, "network", "up", "--home", home, "--json")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, log.read_text()
    return process, json.loads(line)


def top(url: str) -> int:
    return int(run("node", "status", "--node", url)["sync_info"]["latest_block_height"])


def test_a_network_in_one_command_with_a_provider_and_a_tenant(tmp_path: Path) -> None:
    home, agent = tmp_path / "net", tmp_path / "provider"
    base = ports.row(20)
    names = ("--prefix", "cloud", "--denom", "ufoo", "--inflation", 5)
    options = ("--port-base", base, "--block-time", 0.5, "--validators", 2)
    made = run("network", "new", "cloud-1", "--home", home, *names, *options)
    process, told = up(home, tmp_path / "up.log")
    try:
        assert told["chain_id"] == "cloud-1" and len(told["rpc"]) == 2
        node = told["rpc"][1]
        assert {each["address"] for each in told["accounts"]} == {
            each["address"] for each in made["accounts"]
        }
        sdl = tmp_path / "deploy.yaml"
        sdl.write_text(SAMPLE.read_text().replace("uakt", "ufoo"))
        with_agent(agent, home, node, base, lambda: deploy_and_close(home, node, sdl))
        join_and_validate(tmp_path / "third", home, told, base + 15)
        before = top(node)
        again = call("network", "up", "--home", home, "--json")
        assert again.returncode == 1, "two at once"
    finally:
        assert end(process) == 0, (tmp_path / "up.log").read_text()
    process, told = up(home, tmp_path / "up.log")
    try:
        assert top(told["rpc"][0]) > before
        (deployment,) = run("ps", "--home", home, "--all")
        assert deployment["state"] == "closed"
    finally:
        assert end(process) == 0


def with_agent(agent: Path, home: Path, node: str, base: int, work: Any) -> None:
    """A provider whose containers exist in memory only, while `work` runs."""
    done = call("provider", "init", "--home", agent, "--host", "localhost", "--node", node)
    assert done.returncode == 0, done.stderr
    address = done.stdout.split()[-1]
    assert address.startswith("cloud1")
    coins = '[{"denom":"ufoo","amount":"900000000"}]'
    run("tx", "bank", "send", "--home", home, "--node", node, f"to_address={address}", f"amount={coins}")
    settings = (agent / "provider.toml").read_text()
    for name, value in (
        ("driver", '"mock"'),
        ("gateway_port", base + 12),
        ("gateway_grpc_port", base + 13),
        ("ingress_port", base + 14),
    ):
        lines = [
            f"{name} = {value}" if line.startswith(f"{name} =") else line for line in settings.splitlines()
        ]
        settings = "\n".join(lines)
    (agent / "provider.toml").write_text(settings)
    process = begin(agent / "log", "provider", "start", "--home", agent)
    try:
        deadline = time.monotonic() + 60
        while not run("providers", "--node", node):
            assert process.poll() is None and time.monotonic() < deadline, (agent / "log").read_text()
            time.sleep(0.3)
        work()
    finally:
        end(process)


def deploy_and_close(home: Path, node: str, sdl: Path) -> None:
    made = run("deploy", sdl, "--home", home, "--node", node, "--from", "tenant", "--pick", "first")
    assert call("close", made["dseq"], "--home", home, "--node", node).returncode == 0


def join_and_validate(folder: Path, home: Path, told: dict[str, Any], base: int) -> None:
    """A node of somebody else's follows the network and stakes with what the tenant has."""
    first, log = told["nodes"][0], folder.with_suffix(".log")
    place = ("--genesis", told["rpc"][0], "--peers", f"{first['node_id']}@{first['p2p']}")
    run("node", "join", *place, "--home", folder, "--port-base", base, "--block-time", 0.5)
    url = f"http://127.0.0.1:{base}"
    process = begin(log, "node", "start", "--home", folder)
    try:
        words = ("node", "create-validator", "5000000000ufoo", "--from", "tenant", "--moniker", "third")
        deadline = time.monotonic() + 60
        while (done := call(*words, "--home", home, "--node", url, "--json")).returncode:
            # Not there yet, or not level with the others.
            assert process.poll() is None and time.monotonic() < deadline, done.stderr + log.read_text()
            time.sleep(0.3)
        assert json.loads(done.stdout)["validator"].startswith("cloudvaloper1")
        while run("node", "status", "--node", url)["validator_info"]["voting_power"] != "5000":
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
    finally:
        end(process)
