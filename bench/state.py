"""What a large state costs: accounts by the million on LMDB, in one process as bench/chain.py.

Usage: bench/state.py [--accounts 10000,100000,1000000] [--txs 1000] [--blocks 3]

For each size: memory, disk, the time to open the store again until the first query is answered and the next block made, and
the cost of sends among random accounts, by phase and beside the first size.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import random
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import figures
from chain import Chain, Clock, run, sends

from supercloud.chain.app import build_app
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.pb.cosmos.bank.v1beta1.query_pb2 import QueryBalanceRequest
from supercloud.pb.tendermint.abci import types_pb2 as abci


class Cost(NamedTuple):
    """One size measured. Times in seconds, costs in microseconds of CPU a transaction."""

    accounts: int
    genesis_s: float
    query_s: float
    block_s: float
    us: dict[str, float]
    rss_mib: int
    disk_mib: int


def resident() -> int:
    """Resident MiB of this process now."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) >> 10


def measure(accounts: int, txs: int, blocks: int) -> Cost:
    """Build a state, open it again, and send among random accounts of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backend = LmdbBackend(folder)
        begun = time.perf_counter()
        chain = Chain(accounts, txs, backend)
        genesis_s = time.perf_counter() - begun
        backend.close()
        query_s, block_s = reopen(chain, folder)
        made = sends(chain, txs, blocks, random.Random(1))
        gc.collect()
        gc.freeze()
        gc.disable()
        clock = Clock()
        if failed := run(chain, made, clock):
            raise SystemExit(f"{failed} transactions failed")
        gc.enable()
        count = txs * blocks
        spent = dict(clock.spent)
        spent["execute"] = spent.pop("finalize") - spent["tree"]
        us = {phase: seconds / count * 1e6 for phase, seconds in spent.items()}
        return Cost(accounts, genesis_s, query_s, block_s, us, resident(), figures.disk_bytes(folder) >> 20)


def reopen(chain: Chain, folder: Path) -> tuple[float, float]:
    """A new application on the same disk; seconds to its first answer and to its next block."""
    chain.app = None  # type: ignore[assignment]
    gc.collect()
    begun = time.perf_counter()
    chain.app = build_app(LmdbBackend(folder), chain.profile)
    asked = QueryBalanceRequest(address=chain.texts[0], denom="uakt").SerializeToString()
    path = "/cosmos.bank.v1beta1.Query/Balance"
    answer = chain.app.query(abci.RequestQuery(path=path, data=asked))
    if answer.code:
        raise SystemExit(answer.log)
    query_s = time.perf_counter() - begun
    chain.finalize([])
    chain.app.commit()
    return query_s, time.perf_counter() - begun


def report(costs: list[Cost]) -> str:
    """The growth table."""
    phases = ("check", "execute", "tree", "persist", "serialise")
    least = sum(costs[0].us.values())
    rows = []
    for cost in costs:
        total = sum(cost.us.values())
        rows.append(
            (
                f"{cost.accounts:,}",
                f"{cost.genesis_s:.1f}",
                f"{cost.query_s:.2f} / {cost.block_s:.2f}",
                *(f"{cost.us[phase]:.0f}" for phase in phases),
                f"{total:.0f}",
                f"{total / least:.2f} x",
                cost.rss_mib,
                cost.disk_mib,
            )
        )
    columns = (
        "accounts",
        "genesis, s",
        "start to query / block, s",
        *(f"{phase}, us" for phase in phases),
        "us a send",
        "to the first",
        "RSS MiB",
        "disk MiB",
    )
    return figures.table(columns, rows)


def main() -> None:
    """Parse, measure each size in a process of its own, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", default="10000,100000,1000000")
    parser.add_argument("--txs", type=int, default=1000, help="transactions a block")
    parser.add_argument("--blocks", type=int, default=3)
    given = parser.parse_args()
    sizes = [(int(count), given.txs, given.blocks) for count in given.accounts.split(",")]
    # What a process freed it may not give back, so each size has one of its own.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        costs = pool.starmap(measure, sizes, chunksize=1)
    print(
        f"# State of many accounts, sends in blocks of {given.txs}\n\n{figures.machine()}\n\n{report(costs)}"
    )


if __name__ == "__main__":
    main()
