"""Load through the RPC: pre-signed transactions of many accounts over 8 connections, until they are in blocks.

Usage: bench/load.py [--kind send|deployment|both] [--txs 20000] [--rounds 1]     starts its own local ledger
       bench/load.py --rpc URL --mnemonic WORDS ...                      any CometBFT RPC, accounts funded by that key

Client side only: it knows CometBFT's RPC and the messages, nothing of the node. Prints committed transactions a second
(from the first send to the moment the block of the last one is seen), the node's CPU time a transaction (where the node
runs on this machine), time to commit, and the ratio to the Go node's figures.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import sys
import time
from base64 import b64decode
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import figures
import local
import wallet
from wire import Connection, broadcast_body, pump

COMMIT_WAIT_S = 60.0
POLL_S = 0.025


class Outcome(NamedTuple):
    """What one round gave. `cpu_ms` is None when the node's process is not on this machine."""

    kind: str
    committed: int
    failed: int
    refused: int
    tx_s: float
    cpu_ms: float | None
    p50_s: float
    p99_s: float
    blocks: int
    rss_mib: int


class Watch:
    """Notes when each height was first seen, over a connection of its own."""

    def __init__(self, url: str) -> None:
        self.rpc = Connection(url)
        self.first = self.height = self._latest()
        self.seen: dict[int, float] = {}
        self.txs = 0
        self._next = 0.0

    def _latest(self) -> int:
        return int(self.rpc.call("status")["sync_info"]["latest_block_height"])

    def look(self) -> None:
        """Ask, if it is time."""
        if time.perf_counter() < self._next:
            return
        latest = self._latest()
        now = time.perf_counter()
        while self.height < latest:
            top = min(latest, self.height + 20)
            metas = self.rpc.call("blockchain", minHeight=str(self.height + 1), maxHeight=str(top))
            self.txs += sum(int(meta["num_txs"]) for meta in metas["block_metas"])
            self.seen.update((height, now) for height in range(self.height + 1, top + 1))
            self.height = top
        self._next = now + POLL_S

    def until(self, txs: int) -> None:
        """Wait until blocks since the start hold that many transactions, or nothing came for a minute."""
        deadline = time.perf_counter() + COMMIT_WAIT_S
        while self.txs < txs and time.perf_counter() < deadline:
            before = self.txs
            self.look()
            if self.txs > before:
                deadline = time.perf_counter() + COMMIT_WAIT_S
            time.sleep(POLL_S / 2)

    def results(self) -> dict[bytes, tuple[float, int]]:
        """When the block of each transaction was seen and its code, by hash; asked for after the clock stopped."""
        found = {}
        for height, moment in sorted(self.seen.items()):
            block = self.rpc.call("block", height=str(height))["block"]
            raws = block["data"].get("txs") or []
            if raws:
                answers = self.rpc.call("block_results", height=str(height))["txs_results"]
                for raw, answer in zip(raws, answers, strict=True):
                    found[hashlib.sha256(b64decode(raw)).digest()] = (moment, int(answer.get("code") or 0))
        return found


def measure(url: str, kind: str, raws: list[bytes], connections: int, pids: list[int]) -> Outcome:
    """Send everything and wait for its blocks."""
    bodies = [broadcast_body(raw) for raw in raws]
    sent: dict[int, float] = {}
    refused = rejected = 0

    def answered(number: int, answer: bytes, sent_at: float) -> bool:
        nonlocal refused, rejected
        if b'"code":0,' in answer and b'"error"' not in answer:
            sent[number] = sent_at
            return True
        if b"mempool is full" in answer:
            refused += 1
            return False
        rejected += 1
        if rejected <= 3:
            print(f"refused: {answer[:300].decode(errors='replace')}", file=sys.stderr)
        return True

    watch = Watch(url)
    gc.collect()
    gc.disable()
    before = figures.usage(pids)
    begun = time.perf_counter()
    pump(url, bodies, connections, answered, watch.look)
    watch.until(len(sent))
    after = figures.usage(pids)
    gc.enable()
    results = watch.results()
    waits, failed, last = [], rejected, begun
    for number, sent_at in sent.items():
        moment, code = results.get(hashlib.sha256(raws[number]).digest(), (0.0, 1))
        if code:
            failed += 1
        else:
            waits.append(moment - sent_at)
            last = max(last, moment)
    count = len(waits)
    return Outcome(
        kind,
        count,
        failed,
        refused,
        count / (last - begun) if count else 0.0,
        (after.cpu_s - before.cpu_s) / count * 1000 if count and pids else None,
        figures.percentile(waits, 0.5),
        figures.percentile(waits, 0.99),
        sum(1 for height in watch.seen if height),
        after.rss >> 20,
    )


def prepare(given: argparse.Namespace, url: str, mnemonic: str) -> tuple[wallet.Wallet, list[wallet.Account]]:
    """Accounts that exist and hold coins."""
    purse = wallet.Wallet(url, given.prefix, given.gas_price)
    accounts = purse.accounts(given.txs, given.seed)
    missing = purse.read(accounts)
    if missing:
        purse.fund(mnemonic, missing)
        purse.read(missing)
    return purse, accounts


def report(outcomes: list[Outcome]) -> str:
    """The table, with the Go node's figures beside ours."""
    rows = []
    for outcome in outcomes:
        go_rate, go_cpu = figures.GO_NODE[outcome.kind]
        cpu = outcome.cpu_ms
        rows.append(
            (
                outcome.kind,
                f"{outcome.committed:,}",
                outcome.failed,
                f"{outcome.tx_s:,.0f}",
                "-" if cpu is None else f"{cpu:.2f}",
                f"{outcome.p50_s:.2f} / {outcome.p99_s:.2f}",
                outcome.blocks,
                outcome.rss_mib or "-",
                f"{go_rate} / {go_cpu}",
                f"{outcome.tx_s / go_rate:.2f} x",
                "-" if cpu is None else f"{go_cpu / cpu:.2f} x",
            )
        )
    columns = (
        "kind",
        "committed",
        "failed",
        "tx/s",
        "node CPU ms/tx",
        "p50 / p99 to commit, s",
        "blocks",
        "RSS MiB",
        "Go tx/s / CPU ms",
        "tx/s to Go",
        "CPU to Go",
    )
    return figures.table(columns, rows)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rpc", help="URL of a CometBFT RPC; without it a local ledger is started")
    parser.add_argument("--mnemonic", default="", help="words of the key that funds the accounts")
    parser.add_argument("--pid", type=int, help="the node's process, where its port does not tell")
    parser.add_argument("--kind", choices=("send", "deployment", "both"), default="both")
    parser.add_argument(
        "--txs", type=int, default=20_000, help="transactions a round, each of another account"
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument(
        "--block-time", default="1", help="seconds between blocks of the ledger that is started"
    )
    parser.add_argument(
        "--apart", action="store_true", help="give the doors of the ledger that is started their own process"
    )
    parser.add_argument("--cores", type=int, default=2, help="pin everything to this many cores; 0: all")
    parser.add_argument("--prefix", default="akash")
    parser.add_argument("--gas-price", type=int, default=2500, help="millionths of a uakt a unit of gas")
    parser.add_argument("--seed", default="a", help="other keys with another seed")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def run(given: argparse.Namespace, url: str, mnemonic: str, process: int | None) -> list[Outcome]:
    """All rounds against one node."""
    pids = figures.tree(process) if process else []
    purse, accounts = prepare(given, url, mnemonic)
    kinds = ("send", "deployment") if given.kind == "both" else (given.kind,)
    outcomes = []
    for _ in range(given.rounds):
        for kind in kinds:
            height = int(purse.rpc.call("status")["sync_info"]["latest_block_height"])
            made: Any = purse.sends(accounts) if kind == "send" else purse.deployments(accounts, height)
            outcomes.append(measure(url, kind, list(made), given.connections, pids))
    return outcomes


def main() -> None:
    """Parse, prepare, measure, print."""
    given = parse()
    figures.pin(given.cores)
    with ExitStack() as stack:
        url, mnemonic, process = given.rpc, given.mnemonic, given.pid
        if not url:
            settings = {"SUPERCLOUD_DOORS_APART": str(given.apart).lower()}
            ours = stack.enter_context(
                local.up("--no-provider", "--block-time", given.block_time, settings=settings)
            )
            url, mnemonic, process = ours.rpc, ours.tenant_mnemonic, ours.process.pid
        elif process is None:
            process = figures.listener(urlsplit(url).port or 26657)
        outcomes = run(given, url, mnemonic, process)
    if given.json:
        print(json.dumps([outcome._asdict() for outcome in outcomes]))
        return
    print(f"# Load through the RPC, {given.connections} connections\n\n{figures.machine()}\n")
    print(report(outcomes))


if __name__ == "__main__":
    main()
