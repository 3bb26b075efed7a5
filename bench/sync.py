"""How long a node takes to join a network, by all blocks and from a snapshot, and to come back after a stop.

A network of one validator with many accounts makes blocks of bank transfers; another node joins it twice, on the same
machine. Restart is that of the validator: from its start to its first answered query and to its next block.

Usage: bench/sync.py [--accounts 100000] [--txs 6000] [--block-time 0.35]     (1 million accounts: --accounts 1000000)
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import figures
import load
import wallet
from local import ROOT

PORT, JOINED = 27600, 27700
SNAPSHOT_EVERY = 50
PATIENCE_S = 900.0
COINS = 10_000_000
COMMAND = str(ROOT / "bin" / "supercloud")


def ask(url: str, method: str, **params: Any) -> Any:
    """One call of a node's RPC; OSError while it does not answer."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["result"]


def height(url: str) -> int:
    """A node's last block; 0 while it does not answer."""
    try:
        return int(ask(url, "status")["sync_info"]["latest_block_height"])
    except OSError:
        return 0


def until(met: Callable[[], Any], what: str) -> float:
    """Seconds until something is so."""
    begun = time.perf_counter()
    while not met():
        if time.perf_counter() - begun > PATIENCE_S:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.02)
    return time.perf_counter() - begun


def fill(path: Path, accounts: int) -> None:
    """Add accounts with coins to a genesis document."""
    from supercloud.chain.baseapp.context import Profile

    bech32 = Profile().bech32
    document = json.loads(path.read_text())
    state = document["app_state"]
    known = len(state["auth"]["accounts"])
    for number in range(known, accounts):
        address = bech32.text(b"bench" + number.to_bytes(15, "big"))
        state["auth"]["accounts"].append(
            {
                "@type": "/cosmos.auth.v1beta1.BaseAccount",
                "address": address,
                "pub_key": None,
                "account_number": str(number),
                "sequence": "0",
            }
        )
        coins = [{"denom": "uakt", "amount": str(COINS)}]
        state["bank"]["balances"].append({"address": address, "coins": coins})
    path.write_text(json.dumps(document))


@contextmanager
def running(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A node as a process; its log lies beside its home."""
    with home.with_suffix(".log").open("ab") as log:
        words = [COMMAND, "node", "start", "--home", str(home)]
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def found(folder: Path, given: argparse.Namespace) -> tuple[dict[str, Any], Path]:
    """The network of one: what `network new` printed, and the validator's home."""
    from supercloud.node.config import load as read_config
    from supercloud.node.config import render

    words = ["--validators", "1", "--block-time", str(given.block_time), "--port-base", str(PORT)]
    made = subprocess.run(
        [COMMAND, "network", "new", "bench-1", "--home", str(folder / "net"), *words, "--json"],
        check=True,
        capture_output=True,
    )
    home = folder / "net" / "node0"
    settings = home / "config" / "config.toml"
    config = read_config(settings, {})
    config.state.snapshot_interval = SNAPSHOT_EVERY
    settings.write_text(render(config))
    fill(home / "config" / "genesis.json", given.accounts)
    return json.loads(made.stdout), home


class Joined(NamedTuple):
    """A node that joined, and where it lies."""

    seconds: float
    """From its start until it was where the network was then."""
    blocks_s: float
    """Blocks a second once the first was executed."""
    home: Path


def join(folder: Path, name: str, made: dict[str, Any], home: Path, **sync: Any) -> Joined:
    """Let a new node catch up."""
    target = folder / name
    peer = made["nodes"][0]
    words = ["--genesis", str(home / "config" / "genesis.json"), "--port-base", str(JOINED)]
    words += ["--peers", f"{peer['node_id']}@{peer['p2p']}"]
    for option, value in sync.items():
        words += [f"--{option.replace('_', '-')}", str(value)]
    subprocess.run(
        [COMMAND, "node", "join", "--home", str(target), *words], check=True, stdout=subprocess.DEVNULL
    )
    top = height(f"http://{peer['rpc']}")
    url, seen = f"http://127.0.0.1:{JOINED}", []
    with running(target):

        def there() -> bool:
            at = height(url)
            if at:
                seen.append((time.perf_counter(), at))
            return at >= top

        seconds = until(there, f"{name} at {top}")
    (begun, low), (ended, high) = seen[0], seen[-1]
    return Joined(seconds, (high - low) / max(ended - begun, 0.02), target)


def transfers(url: str, made: dict[str, Any], txs: int) -> None:
    """Make blocks with that many transfers."""
    words = next(each["mnemonic"] for each in made["accounts"] if each["name"] == "tenant")
    purse = wallet.Wallet(url, "akash", 2500)
    accounts = purse.accounts(txs, "s")
    purse.fund(words, purse.read(accounts))
    purse.read(accounts)
    load.measure(url, "send", list(purse.sends(accounts)), 8, [])


def size(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(folder: Path, given: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Everything once; rows of the table."""
    made, home = found(folder, given)
    url = f"http://{made['nodes'][0]['rpc']}"
    with running(home):
        first = until(lambda: height(url) > 0, "the first block")
        transfers(url, made, given.txs)
        until(lambda: height(url) % SNAPSHOT_EVERY == 5, "a snapshot")
        top = height(url)
        carried = [int(ask(url, "header", height=str(at))["header"]["height"]) for at in (1, top)]
        whole = join(folder, "blocks", made, home)
        trusted = top - top % SNAPSHOT_EVERY - SNAPSHOT_EVERY + 1
        hash_ = ask(url, "commit", height=str(max(trusted, 1)))["signed_header"]["commit"]["block_id"]["hash"]
        quick = join(
            folder,
            "state",
            made,
            home,
            state_sync=f"{url},{url}",
            trust_height=max(trusted, 1),
            trust_hash=hash_,
        )
        snapshots = sorted((home / "data" / "snapshots").iterdir(), key=lambda path: path.stat().st_mtime)
        bytes_ = size(snapshots[-1]) if snapshots[-1].is_dir() else snapshots[-1].stat().st_size
    begun = time.perf_counter()
    with running(home):
        until(lambda: height(url) > 0, "the first answer")
        answered = time.perf_counter() - begun
        stood = height(url)
        until(lambda: height(url) > stood, "the next block")
        next_s = time.perf_counter() - begun
    blocks = carried[1] - carried[0] + 1
    return [
        ("genesis to the first block", f"{first:.1f} s", f"{given.accounts:,} accounts"),
        ("chain", f"{blocks} blocks", f"{given.txs:,} transfers beside those that fund"),
        (
            "joined by all blocks",
            f"{whole.seconds:.1f} s",
            f"{whole.blocks_s:.0f} blocks/s once begun",
        ),
        (
            "joined from a snapshot",
            f"{quick.seconds:.1f} s",
            f"{bytes_ / 2**20:.1f} MiB; home {size(quick.home) >> 20} MiB",
        ),
        ("restart: first answer", f"{answered:.1f} s", "aim 5 s with 1,000,000 accounts"),
        ("restart: next block", f"{next_s:.1f} s", "aim 15 s with 1,000,000 accounts"),
    ]


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--txs", type=int, default=6000)
    parser.add_argument("--block-time", type=float, default=0.35)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="supercloud-bench-"))
    try:
        rows = measure(folder, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"# Joining and restarting\n\n{figures.machine()}\n\n")
    sys.stdout.write(figures.table(("what", "figure", ""), rows) + "\n")


if __name__ == "__main__":
    main()
