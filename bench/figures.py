"""What every benchmark prints and reads: percentiles, tables, the machine, CPU time and memory of processes."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")

GO_NODE = {
    # ../shared measurements of the Go node on this kind of machine: two shared cores, one validator, 20,000 accounts,
    # 8 connections, broadcast_tx_sync, five-second blocks (its defaults, its best figures).
    "send": (556, 2.65),
    "deployment": (283, 4.43),
}
"""Committed transactions a second and CPU milliseconds a transaction of the Go node."""


class Usage(NamedTuple):
    """CPU seconds and resident bytes of a process with its children."""

    cpu_s: float
    rss: int


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted values do not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def machine() -> str:
    """One line about where this runs: processor, cores allowed, memory, kernel, load."""
    model = platform.machine()
    for line in (PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    kernel = platform.release().partition("-")[0]
    version = platform.python_version()
    return (
        f"{model}, {cores} of {os.cpu_count()} cores, {memory} GiB, Linux {kernel}, "
        f"Python {version}, load {load:.1f}"
    )


def pin(cores: int) -> None:
    """Keep this process, and what it starts from now on, on the first `cores` cores; 0 leaves it as it is."""
    if cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table with aligned columns, so that it reads in a terminal and in a document."""
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[number]) for row in cells) for number in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, pending = [], [pid]
    while pending:
        found.append(pending.pop())
        pending += children.get(found[-1], [])
    return found


def usage(pids: Iterable[int]) -> Usage:
    """What these processes used up to now and hold now."""
    cpu, rss = 0.0, 0
    for pid in pids:
        fields = _stat(pid)
        if fields:
            cpu += (int(fields[11]) + int(fields[12])) * TICK_S
            rss += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return Usage(cpu, rss)


def command_of(pid: int) -> str:
    """The command line of a process."""
    try:
        return (
            (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        )
    except OSError:
        return ""


def listener(port: int) -> int | None:
    """The process that listens on a local TCP port, where the kernel lets us see it."""
    inodes = set()
    for name in ("tcp", "tcp6"):
        for line in (PROC / "net" / name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                if any(os.readlink(entry) in inodes for entry in (folder / "fd").iterdir()):
                    return int(folder.name)
            except OSError:
                continue
    return None


def disk_bytes(folder: Path) -> int:
    """What a folder takes on disk: blocks, not lengths, since files of databases have holes.

    Write-ahead logs are left out: they grow to a few MiB, are emptied and grow again.
    """
    command = ["du", "-s", "--block-size=1", "--exclude=*-wal", str(folder)]
    output = subprocess.run(command, capture_output=True, text=True)
    return int(output.stdout.split()[0])


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when the process is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
