"""From an SDL file to the first HTTP 200, as a person at a shell sees it, beside a bare `podman run` of the same image.

Usage: bench/deploy.py [--runs 30] [--block-time 1.0] [--block-time 0.2 ...]

Each run is `bin/supercloud deploy FILE --json --pick cheapest` as a process of its own, its URL asked until it answers
200, then closed. What is not waiting for a block: the start of the command, everything after the lease's block, and
every block more than the two that order, bid and lease need. The bare container is started in between the runs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import figures
import local

IMAGE = "localhost/supercloud-hello:1"
PORT = 8080
SAMPLE = local.ROOT / "examples" / "hello"
COMMAND = str(local.ROOT / "bin" / "supercloud")
PATIENCE_S = 60.0
BLOCKS_NEEDED = 2
LIMITS_S = {1.0: (4.0, 6.0), 0.2: (2.0, None)}
BEYOND_BARE_S = 1.0


class Run(NamedTuple):
    """Seconds of one deployment: in all, and without waiting for blocks."""

    whole_s: float
    rest_s: float
    blocks: int


def wait_200(host: str, port: int, name: str) -> None:
    """Ask until 200 comes back."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": name})
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.005)
    raise SystemExit(f"{name} did not answer 200 within {PATIENCE_S:g} s")


def bare(net: local.Local) -> float:
    """Seconds from `podman run` to 200, with the settings that the agent's containers have."""
    settings = net.home / "provider" / "engine" / "containers.conf"
    environment = {**os.environ, **({"CONTAINERS_CONF": str(settings)} if settings.exists() else {})}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.monotonic()
    name = subprocess.run(
        ["podman", "run", "-d", "-p", f"127.0.0.1:{port}:{PORT}", IMAGE],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ).stdout.strip()
    wait_200("127.0.0.1", port, "localhost")
    seconds = time.monotonic() - begun
    subprocess.run(["podman", "rm", "-f", "-t", "0", name], check=True, capture_output=True, env=environment)
    return seconds


def ask(rpc: str, path: str) -> Any:
    """Result of a GET of the RPC."""
    with urllib.request.urlopen(f"{rpc}/{path}", timeout=10) as answer:
        return json.load(answer)["result"]


def decided(rpc: str, height: int) -> float:
    """Unix seconds at which a block was decided: CometBFT's headers carry the time of the votes for the block before."""
    text = ask(rpc, f"block?height={height + 1}")["block"]["header"]["time"]
    whole, _, part = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{part or 0}")


def deploy(net: local.Local, interval_s: float) -> Run:
    """One deployment from the command to 200, then closed."""
    home = ["--home", str(net.home)]
    begun, begun_unix = time.monotonic(), time.time()
    command = [COMMAND, "deploy", str(SAMPLE / "deploy.yaml"), "--json", "--pick", "cheapest", *home]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(process.communicate()[1])
    done = json.loads(line)
    url = urlsplit(done["uris"][0])
    wait_200("127.0.0.1", url.port or 80, url.netloc)
    whole_s, end_unix = time.monotonic() - begun, time.time()
    started_s = whole_s - done["seconds"] - (end_unix - begun_unix - whole_s)
    process.communicate()
    found = json.loads(subprocess.check_output([COMMAND, "status", str(done["dseq"]), "--json", *home]))
    ordered = int(found["deployment"]["deployment"]["created_at"])
    leased = ordered + BLOCKS_NEEDED
    for height in range(ordered, ordered + 50):
        events = json.dumps(ask(net.rpc, f"block_results?height={height}"))
        if "EventLeaseCreated" in events:
            leased = height
            break
    subprocess.run([COMMAND, "close", str(done["dseq"]), "--json", *home], check=True, capture_output=True)
    after_s = end_unix - decided(net.rpc, leased)
    extra_s = max(leased - ordered - BLOCKS_NEEDED, 0) * interval_s
    return Run(whole_s, max(started_s, 0.0) + after_s + extra_s, leased - ordered)


def series(interval_s: float, runs: int) -> list[tuple[str, str, str, str, str, str, str]]:
    """Runs at one cadence, as a row of the table."""
    done, bares = [], []
    with local.up("--block-time", str(interval_s)) as net:
        deploy(net, interval_s)  # the first one loads files that later ones find cached
        for number in range(runs):
            done.append(deploy(net, interval_s))
            bares.append(bare(net))
            print(f"  {interval_s:g} s blocks, run {number + 1}: {done[-1].whole_s:.2f} s", file=sys.stderr)
    whole, rest = [run.whole_s for run in done], [run.rest_s for run in done]
    p50, p95 = figures.percentile(whole, 0.5), figures.percentile(whole, 0.95)
    bare_s, rest_s = figures.percentile(bares, 0.5), figures.percentile(rest, 0.5)
    limit50, limit95 = LIMITS_S.get(interval_s, (None, None))
    return [
        (
            f"{interval_s:g} s",
            str(runs),
            f"{p50:.2f} s" + (f" (limit {limit50:g}: {p50 / limit50:.2f})" if limit50 else ""),
            f"{p95:.2f} s" + (f" (limit {limit95:g}: {p95 / limit95:.2f})" if limit95 else ""),
            f"{bare_s:.2f} s",
            f"{rest_s:.2f} s",
            f"{rest_s - bare_s:+.2f} s (limit {BEYOND_BARE_S:g})",
        )
    ]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--block-time", type=float, action="append")
    options = parser.parse_args()
    subprocess.run([str(SAMPLE / "build")], check=True, capture_output=True)
    rows = [row for s in options.block_time or [1.0, 0.2] for row in series(s, options.runs)]
    print(figures.machine())
    columns = ("blocks", "runs", "p50", "p95", "bare podman run", "not waiting for blocks", "beyond bare")
    print(figures.table(columns, rows))


if __name__ == "__main__":
    main()
