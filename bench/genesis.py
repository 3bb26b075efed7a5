"""How long a large genesis document takes to load, and how much memory: the document of a network with many accounts.

Every tenth account vests. The document is made in a temporary folder by one process and read by another, which starts
a chain from it in memory (as `supercloud genesis validate` does).

Usage: bench/genesis.py [--accounts 100000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import figures

TIME = 1_760_000_000
VEST_EVERY = 10
COINS = 10_000_000


def make(path: Path, accounts: int) -> None:
    """Write a document with that many accounts and one founder."""
    from supercloud.chain.app import default_genesis
    from supercloud.chain.baseapp.context import Profile
    from supercloud.crypto import ed25519
    from supercloud.crypto.secp256k1 import PrivateKey
    from supercloud.node import founding, genesis
    from supercloud.types.coin import Coin

    founder = PrivateKey(b"\1" * 32)
    profile = Profile()
    addresses = [founder.address, *(number.to_bytes(20, "big") for number in range(1, accounts))]
    balances = {address: {profile.native_denom: COINS} for address in addresses}
    document = genesis.build("bench-1", TIME * 10**9, [], default_genesis(profile, balances))
    entries = document["app_state"]["auth"]["accounts"]
    for number in range(VEST_EVERY, accounts, VEST_EVERY):
        base = {name: value for name, value in entries[number].items() if name != "@type"}
        coins = [{"denom": profile.native_denom, "amount": str(COINS)}]
        vests = {"base_account": base, "original_vesting": coins, "end_time": str(TIME + 10**7)}
        entries[number] = {
            "@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount",
            "base_vesting_account": vests,
            "start_time": str(TIME),
        }
    keys = founding.ValidatorKeys(ed25519.PrivateKey(b"\2" * 32).public_key, "0" * 40)
    stake = Coin(profile.native_denom, COINS // 2)
    founding.collect(document, [founding.found(document, founder, keys, stake, founding.Terms("bench"))])
    path.write_text(json.dumps(document))


def load(path: Path) -> None:
    """Load it; print the seconds of both steps and the peak memory, as JSON."""
    from supercloud.node import founding, genesis

    begun = time.perf_counter()
    document = genesis.load(path)
    read = time.perf_counter()
    checked = founding.validate(document.document)
    done = time.perf_counter()
    status = Path("/proc/self/status").read_text()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps([read - begun, done - read, int(peak) << 10, checked.accounts]))


def main() -> None:
    """Make, load, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        load(given.load)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "genesis.json"
        make(path, given.accounts)
        size = path.stat().st_size
        words = [sys.executable, __file__, "--load", str(path)]
        answer = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    read_s, start_s, peak, accounts = json.loads(answer)
    print(figures.machine())
    rows = (
        ("accounts", f"{accounts:,}", f"{size / 2**20:.1f} MiB of JSON"),
        ("read and checked", f"{read_s:.2f} s", ""),
        ("chain started", f"{start_s:.2f} s", f"{start_s / accounts * 1e6:.0f} us an account"),
        ("peak memory", f"{peak >> 20} MiB", f"{peak / accounts / 1024:.1f} KiB an account"),
    )
    print(figures.table(("what", "figure", ""), rows))


if __name__ == "__main__":
    main()
