"""Validators far from one another: 200 ms each way between every two of them, and one packet of twenty is lost.

Needs root, network namespaces and TUN devices; skipped, with that reason, elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import aiohttp
import pytest
from cluster import Cluster, height, reach, same_everywhere
from distance import Distant, open_device
from test_partition import ALL, _no_namespaces

DELAY_S = 0.2
LOSS = 0.05


def _too_near() -> str:
    if reason := _no_namespaces():
        return reason
    try:
        os.close(open_device(f"sd{os.getpid() % 100000}t"))
    except OSError as error:
        return f"this machine lets nobody make TUN devices: {error}"
    return ""


pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(_too_near()), reason=_too_near())]


def _round_trip_s(spaces: Distant) -> float:
    """Of a connection from the first to the second."""
    program = (
        "import socket, sys, time\n"
        "begun = time.monotonic()\n"
        "try: socket.create_connection((sys.argv[1], 9), 20)\n"
        "except ConnectionRefusedError: print(time.monotonic() - begun)\n"
    )
    words = ["ip", "netns", "exec", spaces.names[0], "python3", "-c", program, spaces.hosts[1]]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("blocks", [3, pytest.param(60, marks=pytest.mark.slow)])
async def test_far_validators_decide_and_never_fork(tmp_path: Path, blocks: int) -> None:
    spaces = Distant(4, DELAY_S, LOSS)
    cluster = Cluster(tmp_path / "net", 4, hosts=spaces.hosts)
    for name in ALL:
        own = cluster.member(name).endpoints
        cluster.configure(name, "rpc", listen=own.rpc)
        cluster.configure(name, "p2p", listen=own.p2p)
    try:
        assert _round_trip_s(spaces) >= 2 * DELAY_S
        for number, name in enumerate(ALL):
            cluster.start(name, prefix=["ip", "netns", "exec", spaces.names[number]])
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, name) for name in ALL]
            await reach(rpcs, 2)
            begun, first = time.monotonic(), await height(rpcs[0])
            sent = await cluster.transfers(rpcs[0], 5)
            # Heard of by gossip, put into a block by whoever's turn it is.
            committed = int((await rpcs[3].committed(sent[-1]))["height"])
            await reach(rpcs, max(committed, first + blocks), within_s=blocks * 10 + 60)
            print(f"{(time.monotonic() - begun) / (await height(rpcs[0]) - first):.2f} s a block")
            # One is gone: the others are as far from one another as before.
            cluster.kill("node2")
            rest = [rpcs[0], rpcs[1], rpcs[3]]
            top = await height(rpcs[0]) + blocks
            await reach(rest, top, within_s=blocks * 15 + 60)
            for each in range(first, top):
                await same_everywhere(rest, each)
    finally:
        cluster.stop()
        spaces.close()
