"""`supercloud up` as a process: ready in one line, found by other commands, ended in order, resumed."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from supercloud.cli import up
from supercloud.cli.main import root
from supercloud.sdk.errors import QueryError

pytestmark = pytest.mark.node


@contextmanager
def started(home: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """The process and the line it says when it is ready."""
    command = [sys.executable, "-m", "supercloud", "up", "--home", str(home), "--json", "--no-provider"]
    process = subprocess.Popen(
        [*command, "--block-time", "0.1", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def call(home: Path, *words: str) -> Any:
    done = CliRunner().invoke(root, [*words, "--json"], env={"SUPERCLOUD_HOME": str(home)})
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_from_start_to_end_and_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home) as (process, ready):
        assert ready["chain_id"] == "supercloud-local" and ready["gateway"] is None
        status = call(home, "status")
        assert status["node_info"]["network"] == "supercloud-local"
        tenant = ready["accounts"][0]
        assert call(home, "balance")["address"] == tenant["address"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None and process.stderr.read() == ""
    height = int(status["sync_info"]["latest_block_height"])
    with started(home) as (process, again):
        assert again["accounts"] == ready["accounts"] and again["rpc"] == ready["rpc"]
        assert int(call(home, "status")["sync_info"]["latest_block_height"]) > height
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_one_home_runs_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home) as (_, ready):
        port = ready["rpc"].rpartition(":")[2]
        settings = (home / "provider" / "provider.toml").read_text()
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "supercloud",
                "up",
                "--home",
                str(home),
                "--no-provider",
                "--port-base",
                str(int(port) + 100),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (home / "provider" / "provider.toml").read_text() == settings, "nothing of what runs changes"
        assert (
            second.returncode == 1
            and second.stderr.startswith("Error: ")
            and "Traceback" not in second.stderr
        )


def test_a_range_of_ports_that_is_free(tmp_path: Path) -> None:
    base = up._free_base(tmp_path)
    assert all(up._is_free(base + offset) for offset in range(up.local.PORTS))
    with socket.create_server(("127.0.0.1", base + 1)):
        assert up._free_base(tmp_path) != base
    (tmp_path / "local.json").write_text('{"port_base": 31234}')
    assert up._free_base(tmp_path) == 31234, "a home keeps its ports"


def test_no_ports_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "_is_free", lambda port: False)
    with pytest.raises(click.ClickException, match="no free range of ports"):
        up._free_base(tmp_path)


async def test_a_provider_is_ready_when_the_ledger_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that takes connections alone is not enough."""
    asked: list[str] = []

    class Known:
        """A ledger that learns of the provider at the third question."""

        async def __aenter__(self) -> Known:
            return self

        async def __aexit__(self, *error: object) -> None:
            pass

        @classmethod
        async def connect(cls, url: str) -> Known:
            return cls()

    async def record(client: Known, address: str) -> None:
        asked.append(address)
        if len(asked) < 3:
            raise QueryError("/p", 22, "sdk", "not found")

    monkeypatch.setattr(up, "Client", Known)
    monkeypatch.setattr(up.market, "provider_record", record)
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        ports = up.local.Ports.of(1)._replace(gateway=server.sockets[0].getsockname()[1])
        accounts = [{"name": name, "address": f"akash1{name}"} for name in up.local.KEYS]
        place = up.local.Local(tmp_path, "c", 1.0, ports, accounts)
        await asyncio.wait_for(up._wait_registered(place), 30)
    assert asked == ["akash1provider"] * 3
