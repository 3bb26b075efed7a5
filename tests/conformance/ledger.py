"""A node of its own for foreign clients: started as a process, one bonded validator, funded accounts with known words."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mnemonic import Mnemonic

from supercloud.chain.baseapp.context import Profile
from supercloud.crypto import hd
from supercloud.node.config import Config
from supercloud.node.home import init_home
from supercloud.testing import ports
from supercloud.types.coin import Coin

CHAIN = "supercloud-conformance"
BLOCK_S = 0.15
COINS = {"uakt": 10**13, "uact": 10**13, "uusdc": 10**13}
STAKE = 10**12
VOTING = {"voting_period": "4s", "expedited_voting_period": "1s"}
PROFILE = Profile()
RUN = "import sys, pathlib; from supercloud.node.server import run; sys.exit(run(pathlib.Path(sys.argv[1])))"

SDL = Path(__file__).parents[2] / "examples" / "hello" / "deploy.yaml"

# One account per script, so that scripts never race for a sequence.
NAMES = (
    "founder",
    "oracle",
    "gov",
    "bank",
    "second",
    "stake",
    "grants",
    "multi",
    "socket",
    "tenant",
    "provider",
    "auditor",
    "webtenant",
    "cosmpygrpc",
    "cosmpyrest",
    "pyakash",
    "akashjs",
)


class Ledger(NamedTuple):
    """Where the node answers and who has coins on it."""

    rpc: str
    rest: str
    grpc: str
    validator: str
    accounts: dict[str, dict[str, str]]

    def description(self) -> dict[str, Any]:
        """What clients are told, as JSON."""
        return {**self._asdict(), "chainId": CHAIN, "sdl": SDL.read_text()}


def words(name: str) -> str:
    """The words of an account: the same in every run."""
    return str(Mnemonic("english").to_mnemonic(hashlib.sha256(name.encode()).digest()))


def make_home(folder: Path, ports: tuple[int, int, int]) -> str:
    """A home whose staking module knows the validator that makes the blocks; returns the operator's address."""
    config = Config()
    config.engine.block_interval_s = BLOCK_S
    config.rpc.cors_origins = config.rest.cors_origins = ["*"]
    for door, port in zip((config.rpc, config.rest, config.grpc), ports, strict=True):
        door.listen = f"127.0.0.1:{port}"
    operator = hd.derive(words("founder")).address
    inflation = {"inflation_min": "0.130000000000000000", "inflation_max": "0.200000000000000000"}
    mint = {"params": inflation, "minter": {"inflation": "0.130000000000000000"}}
    init_home(
        folder,
        CHAIN,
        config=config,
        funds={hd.derive(words(name)).address: [Coin(*coin) for coin in COINS.items()] for name in NAMES},
        patch={"app_state": {"mint": mint, "gov": {"params": VOTING}}},
        operator=operator,
        price_source=hd.derive(words("oracle")).address,
    )
    return PROFILE.bech32.valoper(operator)


@contextmanager
def running(folder: Path, given: tuple[int, int, int] | None = None) -> Iterator[Ledger]:
    """A node process, until the block ends."""
    three = given or (ports.row(1), ports.row(1), ports.row(1))
    validator = make_home(folder / "home", three)
    accounts = {}
    for name in NAMES:
        key = hd.derive(words(name))
        accounts[name] = {"address": PROFILE.bech32.text(key.address), "mnemonic": words(name)}
    rpc, rest, grpc = (f"127.0.0.1:{port}" for port in three)
    with (folder / "node.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", RUN, str(folder / "home")], stdout=log, stderr=log)
        try:
            wait_blocks(f"http://{rpc}", process, folder / "node.log")
            yield Ledger(f"http://{rpc}", f"http://{rest}", grpc, validator, accounts)
        finally:
            process.terminate()
            process.wait(20)


def wait_blocks(rpc: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the node has made two blocks, so that proofs and past heights exist."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise AssertionError(f"the node ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{rpc}/status", timeout=2) as answer:
                if int(json.load(answer)["result"]["sync_info"]["latest_block_height"]) >= 2:
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("the node made no blocks")
