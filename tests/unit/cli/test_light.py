"""`supercloud light`: trust given once and remembered, witnesses that disagree, proofs told to people and programs."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "sdk"))

from light_chain import CHAIN, LightChain, keys

from supercloud.cli import light as module
from supercloud.types.address import Bech32

FOUR = keys(1, 2, 3, 4)
ALICE = b"\7" * 20
TEXT = Bech32("akash").text(ALICE)


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> LightChain:
    made = LightChain()
    begun = time.time_ns() - 100 * 10**9
    for height in range(1, 7):
        balance = ("bank", b"\x02\x14" + ALICE + b"uakt", b"2500000")
        other = ("escrow", b"\x11\x01/deployment/somebody/9", b"x")
        made.add(FOUR, FOUR, writes=[balance, other], time_ns=begun + height * 10**9)

    async def query(path: str, request: Any, answer: Any) -> Any:
        assert path == "/cosmos.base.node.v1beta1.Service/Config"
        return answer(minimum_gas_price="0.0025uakt")

    @contextlib.asynccontextmanager
    async def connected(settings: Any) -> Any:
        yield SimpleNamespace(rpc=made, chain_id=CHAIN, bech32=Bech32("akash"), query=query)

    monkeypatch.setattr(module.session, "connected", connected)
    return made


def call(*words: str | Path) -> Any:
    return CliRunner().invoke(module.light, [str(word) for word in words])


def test_trust_is_given_once(chain: LightChain, tmp_path: Path) -> None:
    first = call("header", "--home", tmp_path)
    assert first.exit_code == 1 and "no trusted block" in first.output
    trust = f"1:{chain.hashes[1].hex()}"
    done = call("--trust", trust, "header", "--home", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["hash"] == chain.hashes[6].hex().upper()
    again = call("balance", TEXT, "--home", tmp_path)
    assert again.exit_code == 0 and "has 2.5 AKT: proven at height 5" in again.stdout
    assert json.loads((tmp_path / "light.json").read_text())[CHAIN]["height"] == 6
    assert "no such account" in call("escrow", "9", "--owner", TEXT, "--home", tmp_path).output


def test_wrong_trust_is_refused(chain: LightChain, tmp_path: Path) -> None:
    for trust, reason in (
        ("1", "HEIGHT:HASH"),
        ("1:zz", "HEIGHT:HASH"),
        ("1:" + "ab" * 32, "not the trusted"),
    ):
        done = call("--trust", trust, "header", "--home", tmp_path)
        assert done.exit_code != 0 and reason in done.output
    assert not (tmp_path / "light.json").exists()


def test_a_witness_with_another_block_is_named(
    chain: LightChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = LightChain()
    for _ in range(6):
        fork.add(FOUR, FOUR)

    @contextlib.asynccontextmanager
    async def other(url: str) -> Any:
        yield fork

    monkeypatch.setattr(module, "RpcClient", other)
    trust = f"1:{chain.hashes[1].hex()}"
    done = call("--trust", trust, "--witness", "http://w", "header", "--home", tmp_path)
    assert done.exit_code == 1 and "http://w has another block at height 6" in done.output
    assert not (tmp_path / "light.json").exists()


@pytest.mark.parametrize(
    "words", [("balance", "x"), ("escrow", "9", "--owner", "x"), ("lease", "9", "x", "--owner", TEXT)]
)
def test_what_is_no_address_is_told(chain: LightChain, tmp_path: Path, words: tuple[str, ...]) -> None:
    trust = f"1:{chain.hashes[1].hex()}"
    done = call("--trust", trust, *words, "--home", tmp_path)
    assert done.exit_code == 1 and "neither a key of yours" in done.output
