"""What a large state costs: accounts by the million and leases by the hundred thousand on LMDB, in one process.

Usage: bench/state.py [--accounts 10000,100000,1000000] [--leases 1000,10000,100000] [--txs 1000] [--blocks 5] [--profile]

For each size: how long a genesis document takes until its first block is on disk, memory, disk, the time to open the
store again until the first query is answered and the next block made, and what random market transactions cost by phase
(create, bid, lease, close, deposit, withdraw, update; see market.py). Beside it the very same transactions on a state
with nothing but what they touch. Costs are medians of CPU time over the blocks.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import multiprocessing
import pstats
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import figures
import market
from chain import Clock, run

from supercloud.chain.app import Options, build_app
from supercloud.node import runtime
from supercloud.node.storage import trees
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.pb.cosmos.bank.v1beta1.query_pb2 import QueryBalanceRequest
from supercloud.pb.tendermint.abci import types_pb2 as abci

PHASES = ("check", "execute", "tree", "persist", "serialise")
LIMIT = 1.5
"""What a transaction may cost on a large state, in costs on an almost empty one."""


class Cost(NamedTuple):
    """One state measured. Times in seconds, costs in microseconds of CPU a transaction."""

    accounts: int
    leases: int
    genesis_s: float
    genesis_mib: int
    query_s: float
    block_s: float
    us: dict[str, float]
    made_s: float
    rss_mib: int
    disk_mib: int


def resident() -> int:
    """Resident MiB of this process now, without the pages of files it looks at."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) >> 10


def measure(plan: market.Plan, path: Path, alone: bool, profile: bool) -> Cost:
    """Build a state of a document, open it again, and run the plan's blocks on it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backend = LmdbBackend(folder)
        with runtime.loading():
            chain = market.Market(plan, path, backend, alone=alone)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        end(chain, folder)
        backend.close()
        query_s, block_s = reopen(chain, folder)
        spent: list[dict[str, float]] = []
        lasted: list[float] = []
        runtime.settle()
        profiler = cProfile.Profile()
        for number, steps in enumerate(plan.blocks):
            txs = chain.transactions(steps)
            clock = Clock()
            measured = number >= market.WARM_BLOCKS
            begun = time.perf_counter()
            if profile and measured:
                profiler.enable()
            if failed := run(chain, [txs], clock):
                raise SystemExit(f"{failed} transactions failed")
            profiler.disable()
            if measured:
                lasted.append(time.perf_counter() - begun - clock.spent["check"])
                clock.spent["execute"] = clock.spent.pop("finalize") - clock.spent["tree"]
                spent.append({phase: clock.spent[phase] / len(txs) * 1e6 for phase in PHASES})
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
        us = {phase: statistics.median(block[phase] for block in spent) for phase in PHASES}
        size = len(chain.names), chain.leases
        made_s, disk = statistics.median(lasted), figures.disk_bytes(folder) >> 20
        return Cost(*size, chain.founded_s, peak, query_s, block_s, us, made_s, resident(), disk)


def end(chain: market.Market, folder: Path) -> None:
    """What a node does before it ends."""
    kept = chain.app.store.kept_trees()
    assert kept is not None
    trees.save(folder / "trees", kept)


def reopen(chain: market.Market, folder: Path) -> tuple[float, float]:
    """A new application on the same disk; seconds to its first answer and to its next block."""
    chain.app = None  # type: ignore[assignment]
    gc.collect()
    begun = time.perf_counter()
    with runtime.loading():
        backend = LmdbBackend(folder)
        kept = trees.read(folder / "trees")
        chain.app = build_app(backend, chain.profile, Options(kept_trees=kept))
    asked = QueryBalanceRequest(address=next(iter(chain.names.values())), denom="uakt").SerializeToString()
    path = "/cosmos.bank.v1beta1.Query/Balance"
    answer = chain.app.query(abci.RequestQuery(path=path, data=asked))
    if answer.code:
        raise SystemExit(answer.log)
    query_s = time.perf_counter() - begun
    chain.finalize([])
    chain.app.commit()
    return query_s, time.perf_counter() - begun


def report(costs: list[Cost]) -> str:
    """Each state beside the one that holds only what the same transactions touch."""
    states, rows = [], []
    for large, small in zip(costs[::2], costs[1::2], strict=True):
        total, least = sum(large.us.values()), sum(small.us.values())
        states.append(
            (
                f"{large.accounts:,} / {large.leases:,}",
                f"{large.genesis_s:.1f}",
                large.genesis_mib,
                f"{large.query_s:.2f} / {large.block_s:.2f}",
                large.rss_mib,
                large.disk_mib,
                f"{large.made_s:.2f}",
            )
        )
        rows += [
            (
                f"{cost.accounts:,} / {cost.leases:,}",
                *(f"{cost.us[phase]:.0f}" for phase in PHASES),
                f"{sum(cost.us.values()):.0f}",
                f"{total / least:.2f} x, limit {LIMIT} x" if cost is large else "",
            )
            for cost in (large, small)
        ]
    first = (
        "accounts / leases",
        "genesis, s",
        "its peak, MiB",
        "start to query / block, s",
        "memory, MiB",
        "disk, MiB",
        "block, s",
    )
    second = ("accounts / leases", *(f"{phase}, us" for phase in PHASES), "us a transaction", "to alone")
    return f"{figures.table(first, states)}\n\n{figures.table(second, rows)}"


def main() -> None:
    """Parse, measure each state in a process of its own, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", default="10000,100000,1000000")
    parser.add_argument("--leases", default="1000,10000,100000", help="of the same states")
    parser.add_argument("--txs", type=int, default=1000, help="transactions a block")
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="also where the time of the blocks goes")
    given = parser.parse_args()
    costs = []
    # What a process freed it may not give back, so each document and each state has one of its own.
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool,
    ):
        path = Path(folder) / "app_state.json"
        for accounts, leases in zip(given.accounts.split(","), given.leases.split(","), strict=True):
            plan = market.plan(int(accounts), int(leases), given.txs, given.blocks)
            for alone in (False, True):
                pool.apply(market.write, (plan, alone, path))
                costs.append(pool.apply(measure, (plan, path, alone, given.profile)))
                print(costs[-1], file=sys.stderr, flush=True)
    print(
        f"# State of many accounts and leases, blocks of {given.txs} market transactions\n\n"
        f"{figures.machine()}\n\n{report(costs)}"
    )


if __name__ == "__main__":
    main()
