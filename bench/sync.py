"""How long a node takes to join a network, by all blocks and from a snapshot, and to come back after a stop or a kill.

A network of one validator under CometBFT begins with many accounts; its blocks hold 100 transfers each. Another node
joins it twice, on the same machine. Restart is that of the validator: from its start to its first answered query, a
balance, and to its next block, after it ended in order and after it and CometBFT were killed under load.

Usage: bench/sync.py [--accounts 100000] [--txs 6000] [--block-time 0.35] [--founded FOLDER] [--parts blocks,...]

--founded: where the network lies as it was founded, for a later run; it is put there unless it is there already.
--parts: which of blocks (join by them), restarts, snapshot (join from one).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
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
PATIENCE_S = 1800.0
COINS = 10_000_000
BLOCK_TXS = 100
SNAPSHOT_IN = 12
"""Blocks until a snapshot is made."""
LIMITS_S = {"answer": 5.0, "block": 15.0}
SEED = "sync"
COMMAND = str(ROOT / "bin" / "supercloud")
Row = tuple[str, str, str]


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


def balance(url: str, address: str) -> bool:
    """Whether a node tells a balance."""
    from supercloud.pb.cosmos.bank.v1beta1.query_pb2 import QueryBalanceRequest

    data = QueryBalanceRequest(address=address, denom="uakt").SerializeToString().hex()
    try:
        found = ask(url, "abci_query", path="/cosmos.bank.v1beta1.Query/Balance", data=data)
    except OSError:
        return False
    return bool(found["response"]["value"])


def until(met: Callable[[], Any], what: str) -> float:
    """Seconds until something is so."""
    begun = time.perf_counter()
    while not met():
        if time.perf_counter() - begun > PATIENCE_S:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.02)
    return time.perf_counter() - begun


def say(text: str) -> None:
    """Progress, to standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# --- The network


def fill(path: Path, accounts: int, txs: int) -> None:
    """Add accounts with coins to a genesis document, the first ones with keys, and bound its blocks."""
    from supercloud.chain.baseapp.context import Profile

    bech32 = Profile().bech32
    document = json.loads(path.read_text())
    document["consensus_params"]["block"]["max_gas"] = str(BLOCK_TXS * wallet.GAS["send"])
    state = document["app_state"]
    known = len(state["auth"]["accounts"])
    owned = [key.address for key in wallet.keys(txs, SEED)]
    for number in range(known, max(accounts, known + txs)):
        at = number - known
        address = bech32.text(owned[at] if at < txs else b"bench" + number.to_bytes(15, "big"))
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
        process.wait(120)


def status_mib(pid: int, name: str) -> int:
    """A field of what the kernel tells of a process's memory."""
    text = (figures.PROC / str(pid) / "status").read_text()
    return int(text.partition(f"{name}:")[2].split()[0]) >> 10


class Network(NamedTuple):
    """The network of one."""

    made: dict[str, Any]
    """What `network new` printed."""
    home: Path
    """The validator's."""

    @property
    def url(self) -> str:
        """Its RPC."""
        return f"http://{self.made['nodes'][0]['rpc']}"

    def set(self, change: Callable[[Any], None]) -> None:
        """Change the validator's settings."""
        from supercloud.node.config import load as read_config
        from supercloud.node.config import render

        settings = self.home / "config" / "config.toml"
        config = read_config(settings, {})
        change(config)
        settings.write_text(render(config))


def new(folder: Path, given: argparse.Namespace) -> Network:
    """The network before its first start."""
    words = ["--validators", "1", "--block-time", str(given.block_time), "--port-base", str(PORT)]
    made = subprocess.run(
        [COMMAND, "network", "new", "bench-1", "--home", str(folder / "net"), *words, "--json"],
        check=True,
        capture_output=True,
    )
    (folder / "made.json").write_bytes(made.stdout)
    network = Network(json.loads(made.stdout), folder / "net" / "node0")
    fill(network.home / "config" / "genesis.json", given.accounts, given.txs)
    return network


def found(folder: Path, given: argparse.Namespace) -> tuple[Network, list[Row]]:
    """The network after its first blocks, stopped."""
    network = new(folder, given)
    say("founding")
    with running(network.home) as process:
        seconds = until(lambda: height(network.url) > 1, "the first blocks")
        cpu = figures.usage([process.pid]).cpu_s
        peak, later = status_mib(process.pid, "VmHWM"), status_mib(process.pid, "RssAnon")
    row = f"{cpu:.0f} s of CPU, at most {peak:,} MiB, {later:,} MiB afterwards"
    return network, [("genesis to the first block", f"{seconds:.1f} s", row)]


# --- What is measured


class Joined(NamedTuple):
    """A node that joined, and where it lies."""

    seconds: float
    """From its start until it was where the network was then."""
    cpu_s: float
    """Processor time of the node and its CometBFT until then."""
    blocks_s: float
    """Blocks of 100 transfers a second."""
    home: Path


def join(folder: Path, name: str, network: Network, full: tuple[int, int], **sync: Any) -> Joined:
    """Let a new node catch up."""
    target = folder / name
    peer = network.made["nodes"][0]
    words = ["--genesis", str(network.home / "config" / "genesis.json"), "--port-base", str(JOINED)]
    words += ["--peers", f"{peer['node_id']}@{peer['p2p']}"]
    for option, value in sync.items():
        words += [f"--{option.replace('_', '-')}", str(value)]
    subprocess.run(
        [COMMAND, "node", "join", "--home", str(target), *words], check=True, stdout=subprocess.DEVNULL
    )
    top = height(network.url)
    url, seen = f"http://127.0.0.1:{JOINED}", []
    with running(target) as process:

        def there() -> bool:
            at = height(url)
            if full[0] <= at and not (seen and seen[-1][1] == at) and not (seen and seen[-1][1] >= full[1]):
                seen.append((time.perf_counter(), at))
            return at >= top

        seconds = until(there, f"{name} at {top}")
        cpu = figures.usage(figures.tree(process.pid)).cpu_s
    (begun, low), (ended, high) = seen[0], seen[-1]
    return Joined(seconds, cpu, (high - low) / max(ended - begun, 0.02), target)


def transfers(network: Network, first: int, count: int) -> tuple[int, int]:
    """Make blocks with that many transfers; returns the first and the last of them."""
    url = network.url
    purse = wallet.Wallet(url, "akash", 2500)
    accounts = purse.accounts(first + count, SEED)[first:]
    if unknown := purse.read(accounts):
        raise SystemExit(f"{len(unknown)} accounts are not known")
    before = height(url)
    outcome = load.measure(url, "send", list(purse.sends(accounts)), 8, [])
    if outcome.failed:
        raise SystemExit(f"{outcome.failed} transfers failed")
    metas: list[dict[str, Any]] = []
    for low in range(before + 1, height(url) + 1, 20):
        found_ = ask(url, "blockchain", minHeight=str(low), maxHeight=str(low + 19))
        metas += found_["block_metas"]
    full = [int(meta["header"]["height"]) for meta in metas if int(meta["num_txs"]) == BLOCK_TXS]
    return min(full), max(full)


class Moment(NamedTuple):
    """Since the start of a node: seconds, and processor time of it and its CometBFT."""

    seconds: float
    cpu_s: float


def restart(network: Network, address: str) -> dict[str, Moment]:
    """When a node that is started tells a balance, and when it has its next block. Afterwards it ends in order."""
    begun = time.perf_counter()
    with network.home.with_suffix(".log").open("ab") as log:
        words = [COMMAND, "node", "start", "--home", str(network.home)]
        process = subprocess.Popen(words, stdout=log, stderr=log)

    def now() -> Moment:
        return Moment(time.perf_counter() - begun, figures.usage(figures.tree(process.pid)).cpu_s)

    until(lambda: balance(network.url, address), "the first answer")
    answered = now()
    stood = height(network.url)
    until(lambda: height(network.url) > stood, "the next block")
    found = {"answer": answered, "block": now()}
    process.terminate()
    process.wait(120)
    return found


def kill(pid: int) -> None:
    """End a node and its CometBFT at once."""
    for each in figures.tree(pid):
        os.kill(each, signal.SIGKILL)


def size(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def by_blocks(folder: Path, network: Network, txs: int) -> list[Row]:
    """Fill blocks, let a node execute them all, end in order."""
    with running(network.home) as process:
        until(lambda: height(network.url) > 0, "a block")
        full = transfers(network, 0, txs)
        say(f"blocks {full[0]} to {full[1]} are full")
        memory = status_mib(process.pid, "RssAnon")
        whole = join(folder, "blocks", network, full)
    shutil.rmtree(whole.home)
    return [
        ("memory of the validator", f"{memory:,} MiB", ""),
        (
            "joined by all blocks",
            f"{whole.seconds:.1f} s",
            f"{whole.cpu_s:.0f} s of CPU; once begun {whole.blocks_s:.1f} blocks/s of {BLOCK_TXS} transfers",
        ),
    ]


def restarts(network: Network, first: int, txs: int) -> list[Row]:
    """Come back after an end in order, and after a kill under load."""
    address = wallet.Account(next(wallet.keys(1, SEED)), wallet.Bech32("akash")).text
    say("restart after an end in order")
    timed = {"an end in order": restart(network, address)}
    say("kill")
    with running(network.home) as process:
        until(lambda: height(network.url) > 0, "a block")
        transfers(network, first, txs)
        kill(process.pid)
    timed["kill -9 of node and engine"] = restart(network, address)
    rows: list[Row] = []
    for what, moments in timed.items():
        for name, moment in moments.items():
            limit = LIMITS_S[name]
            held = "held" if moment.seconds <= limit else "missed"
            note = f"{moment.cpu_s:.1f} s of CPU; limit {limit:.0f} s {held}"
            rows.append((f"start after {what}: {name}", f"{moment.seconds:.1f} s", note))
    return rows


def from_snapshot(folder: Path, network: Network) -> list[Row]:
    """Make a snapshot and let a node begin with it."""
    with running(network.home):
        until(lambda: height(network.url) > 0, "a block")
        due = height(network.url) + SNAPSHOT_IN
    network.set(lambda config: setattr(config.state, "snapshot_interval", due))
    place = network.home / "data" / "snapshots" / str(due)
    with running(network.home):
        until(lambda: height(network.url) >= due, "the height of a snapshot")
        took = until((place / "hashes").exists, "a snapshot")
    bytes_ = size(place)
    # No further one is made beside what is measured.
    network.set(lambda config: setattr(config.state, "snapshot_interval", 0))
    with running(network.home):
        until(lambda: height(network.url) >= due + 3, "blocks after a snapshot")
        say("joining from a snapshot")
        commit = ask(network.url, "commit", height=str(due - 5))["signed_header"]["commit"]
        quick = join(
            folder,
            "state",
            network,
            (due, due + 1),
            state_sync=f"{network.url},{network.url}",
            trust_height=due - 5,
            trust_hash=commit["block_id"]["hash"],
        )
    return [
        ("snapshot made", f"{took:.1f} s", f"{bytes_ / 2**20:.1f} MiB, beside blocks"),
        (
            "joined from a snapshot",
            f"{quick.seconds:.1f} s",
            f"{quick.cpu_s:.0f} s of CPU; {bytes_ / 2**20:.1f} MiB; home {size(quick.home) >> 20} MiB",
        ),
    ]


def measure(folder: Path, given: argparse.Namespace) -> list[Row]:
    """Everything once; rows of the table."""
    kept, rows = given.founded, []
    if kept is None or not (kept / "made.json").exists():
        at = kept or folder
        at.mkdir(parents=True, exist_ok=True)
        _, rows = found(at, given)
    if kept is not None:
        shutil.copytree(kept / "net", folder / "net", ignore=shutil.ignore_patterns("*.sock"))
        # What is measured does not wait for the copy to reach the disk.
        os.sync()
    made = json.loads(((kept or folder) / "made.json").read_text())
    network = Network(made, folder / "net" / "node0")
    # A mempool that is full loses some of what it has taken when several come at once.
    network.set(lambda config: setattr(config.mempool, "count", 2 * given.txs))
    half = given.txs // 2
    parts: dict[str, Callable[[], list[Row]]] = {
        "blocks": lambda: by_blocks(folder, network, half),
        "restarts": lambda: restarts(network, half, given.txs - half),
        "snapshot": lambda: from_snapshot(folder, network),
    }
    for name in given.parts.split(","):
        rows += parts[name]()
        say("\n" + figures.table(("what", "figure", ""), rows))
    return rows


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--txs", type=int, default=6000)
    parser.add_argument("--block-time", type=float, default=0.35)
    parser.add_argument("--founded", type=Path)
    parser.add_argument("--parts", default="blocks,restarts,snapshot")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="supercloud-bench-"))
    try:
        rows = measure(folder, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"# Joining and restarting, {given.accounts:,} accounts\n\n{figures.machine()}\n\n")
    sys.stdout.write(figures.table(("what", "figure", ""), rows) + "\n")


if __name__ == "__main__":
    main()
