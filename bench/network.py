"""Networks of validators under load through one node's RPC: what they carry, and what that costs us and CometBFT.

Usage: bench/network.py [--validators 1,4] [--kind send|deployment|both] [--txs 4000] [--block-time 1]

Each network is made and run by `supercloud network` on this machine; bench/load.py's client sends transactions of many
accounts, each of its own. CPU time is that of one node, the mean of all, ours and CometBFT's apart, for each committed
transaction: a network of four executes everything four times. The Go node's figures are of one validator.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import figures
import load
import wallet
from local import ROOT

STOP_S = 60
PORT = 27400


@contextmanager
def network(validators: int, block_time: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[bytes]]]:
    """A network that makes blocks: what `network up --json` printed, and its process."""
    home = Path(tempfile.mkdtemp(prefix="supercloud-bench-"))
    command = [str(ROOT / "bin" / "supercloud"), "network"]
    options = ["--validators", str(validators), "--block-time", block_time, "--port-base", str(PORT)]
    subprocess.run(
        [*command, "new", "bench", "--home", str(home / "net"), *options, "--json"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    process = subprocess.Popen(
        [*command, "up", "--home", str(home / "net"), "--json"], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the network did not start")
        yield json.loads(line), process
    finally:
        process.terminate()
        process.wait(STOP_S)
        shutil.rmtree(home, ignore_errors=True)


def split(pid: int) -> tuple[list[int], list[int]]:
    """Processes of a network: ours, CometBFT's."""
    ours, theirs = [], []
    for each in figures.tree(pid):
        try:
            words = (figures.PROC / str(each) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        (theirs if words[0].endswith(b"cometbft") else ours).append(each)
    return ours, theirs


def run(validators: int, given: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    """One network under load; a row of the table for each kind of transaction."""
    with network(validators, given.block_time) as (ready, process):
        url = ready["rpc"][0]
        words = next(each["mnemonic"] for each in ready["accounts"] if each["name"] == "tenant")
        purse = wallet.Wallet(url, "akash", 2500)
        accounts = purse.accounts(given.txs, "n")
        purse.fund(words, purse.read(accounts))
        purse.read(accounts)
        ours, theirs = split(process.pid)
        for kind in ("send", "deployment") if given.kind == "both" else (given.kind,):
            raws = list(purse.sends(accounts) if kind == "send" else purse.deployments(accounts, 1))
            before = figures.usage(theirs)
            outcome = load.measure(url, kind, raws, given.connections, ours)
            yield row(validators, outcome, figures.usage(theirs).cpu_s - before.cpu_s)


def row(validators: int, outcome: load.Outcome, comet_s: float) -> tuple[Any, ...]:
    """What a network of so many did, and how that stands to the Go node."""
    go_rate, go_cpu = figures.GO_NODE[outcome.kind]
    share = max(outcome.committed, 1) * validators
    our_ms = (outcome.cpu_ms or 0) / validators
    comet_ms = 1000 * comet_s / share
    return (
        validators,
        outcome.kind,
        f"{outcome.committed:,}",
        outcome.failed,
        outcome.refused,
        f"{outcome.tx_s:,.0f}",
        f"{our_ms:.2f}",
        f"{comet_ms:.2f}",
        f"{outcome.p50_s:.2f} / {outcome.p99_s:.2f}",
        outcome.blocks,
        f"{outcome.tx_s / go_rate:.2f} x",
        f"{go_cpu / (our_ms + comet_ms):.2f} x",
    )


def main() -> None:
    """Measure each size, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--validators", default="1,4", help="sizes of networks, separated by commas")
    parser.add_argument("--kind", choices=("send", "deployment", "both"), default="both")
    parser.add_argument("--txs", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--block-time", default="1")
    given = parser.parse_args()
    rows = [each for size in given.validators.split(",") for each in run(int(size), given)]
    columns = (
        "validators",
        "kind",
        "committed",
        "failed",
        "refused",
        "tx/s",
        "our CPU ms/tx",
        "CometBFT CPU ms/tx",
        "p50 / p99 to commit, s",
        "blocks",
        "tx/s to Go",
        "CPU to Go",
    )
    sys.stdout.write(f"# Networks under load\n\n{figures.machine()}\n\n{figures.table(columns, rows)}\n")


if __name__ == "__main__":
    main()
