"""What a local supercloud costs while nobody uses it: memory, CPU, disk a day; and how fast the command line answers.

Usage: bench/idle.py [--seconds 60] [--block-time 1.0]
"""

from __future__ import annotations

import argparse
import subprocess
import time

import figures
import local

RSS_MIB_MAX = 350
CORE_SHARE_MAX = 0.05
HELP_S_MAX = 0.3
SETTLE_S = 10.0
HELPS = 7
DAY_S = 86400


def idle(block_time: float, seconds: float) -> list[tuple[str, str, str]]:
    """Figures of the whole process tree over a while."""
    with local.up("--block-time", str(block_time)) as net:
        time.sleep(SETTLE_S)
        before, disk = figures.usage(figures.tree(net.process.pid)), figures.disk_bytes(net.home)
        begun = time.monotonic()
        time.sleep(seconds)
        took_s = time.monotonic() - begun
        pids = figures.tree(net.process.pid)
        after, grown = figures.usage(pids), figures.disk_bytes(net.home) - disk
        parts = sorted(
            ((figures.usage([pid]).rss >> 20, figures.command_of(pid)) for pid in pids), reverse=True
        )
    share, rss = (after.cpu_s - before.cpu_s) / took_s, after.rss >> 20
    rows = [
        ("resident memory", f"{rss} MiB", f"{rss / RSS_MIB_MAX:.2f} of {RSS_MIB_MAX} MiB"),
        ("CPU", f"{share:.1%} of a core", f"{share / CORE_SHARE_MAX:.2f} of {CORE_SHARE_MAX:.0%}"),
        ("disk growth a day", f"{grown * DAY_S / took_s / 2**20:.0f} MiB", "before pruning"),
    ]
    return rows + [(f"  {command[-60:]}", f"{mib} MiB", "") for mib, command in parts if mib > 1]


def help_s() -> float:
    """Median seconds of `supercloud --help`."""
    taken = []
    for _ in range(HELPS):
        begun = time.monotonic()
        subprocess.run([str(local.ROOT / "bin" / "supercloud"), "--help"], check=True, capture_output=True)
        taken.append(time.monotonic() - begun)
    return figures.percentile(taken, 0.5)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--block-time", type=float, default=1.0)
    options = parser.parse_args()
    rows = idle(options.block_time, options.seconds)
    took = help_s()
    rows.append(("supercloud --help", f"{took:.2f} s", f"{took / HELP_S_MAX:.2f} of {HELP_S_MAX} s"))
    print(figures.machine())
    print(figures.table(("what", "measured", "ratio"), rows))


if __name__ == "__main__":
    main()
