"""One node for all foreign clients, and how their scripts are run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import ledger as ledgers
from ledger import Ledger

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / ".tools" / "clients"
SCRIPT_S_MAX = 120
PREPARE = "scripts/clients installs it"

Outcomes = dict[str, Any]
Drive = Callable[..., Outcomes]


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A running node with funded accounts. Tests that share it are in one xdist group, so there is one."""
    with ledgers.running(tmp_path_factory.mktemp("ledger")) as running:
        yield running


def outcomes_of(command: list[str], ledger: Ledger, folder: Path) -> Outcomes:
    """Run a client's script; the values of its steps. Every step that failed is in the message."""
    environment = {
        **os.environ,
        "SUPERCLOUD_LEDGER": json.dumps(ledger.description()),
        "NODE_NO_WARNINGS": "1",
    }
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SCRIPT_S_MAX
    )
    try:
        outcomes = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr[-4000:]}") from None
    failed = [f"{name}: {outcome['error']}" for name, outcome in outcomes.items() if not outcome["ok"]]
    assert not failed, "\n".join(failed)
    return {name: outcome["value"] for name, outcome in outcomes.items()}


@pytest.fixture(scope="session")
def node_script(ledger: Ledger) -> Drive:
    """Run a script of tests/conformance/npm or akashjs."""

    def drive(name: str, folder: str = "npm") -> Outcomes:
        need_npm(folder)
        return outcomes_of(["node", name], ledger, HERE / folder)

    return drive


def need_npm(folder: str) -> None:
    """Skip where there is no node or where the packages are not the pinned ones."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    stamp = HERE / folder / "node_modules" / ".stamp"
    if not stamp.exists() or stamp.read_bytes() != (HERE / folder / "package-lock.json").read_bytes():
        pytest.skip(f"the packages of tests/conformance/{folder} are missing: {PREPARE}")


@pytest.fixture(scope="session")
def python_script(ledger: Ledger) -> Drive:
    """Run a script of tests/conformance/python in the environment of one client."""

    def drive(name: str, client: str, *arguments: str) -> Outcomes:
        python = TOOLS / client / "bin" / "python"
        if not (TOOLS / client / ".stamp").exists():
            pytest.skip(f"{client} is missing: {PREPARE}")
        return outcomes_of([str(python), "-W", "ignore", name, *arguments], ledger, HERE / "python")

    return drive


@pytest.fixture(scope="session")
def grpcurl(ledger: Ledger) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run grpcurl against the node."""
    program = TOOLS / "grpcurl"
    if not program.exists():
        pytest.skip(f"grpcurl is missing: {PREPARE}")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        at = next(
            (at for at, text in enumerate(arguments) if text in ("list", "describe")), len(arguments) - 1
        )
        command = [str(program), "-plaintext", *arguments[:at], ledger.grpc, *arguments[at:]]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    return run
