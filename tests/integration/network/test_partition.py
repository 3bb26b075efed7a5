"""Cut networks: nodes in network namespaces on one bridge, with routes between them that can be taken away.

Needs root and the right to make namespaces; skipped, with that reason, elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from cluster import Cluster, height, reach, same_everywhere, standstill
from comet import absent

ALL = ("node0", "node1", "node2", "node3")
NAME = f"sc{os.getpid() % 100000}"
SUBNET = f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"


def _ip(*words: str, check: bool = True) -> bool:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if check and done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.returncode == 0


def _no_namespaces() -> str:
    if absent():
        return absent()
    if os.geteuid() or shutil.which("ip") is None:
        return "cutting a network needs root and the program ip"
    works = _ip("link", "add", f"{NAME}t", "type", "bridge", check=False)
    _ip("link", "del", f"{NAME}t", check=False)
    if not works or not _ip("netns", "add", f"{NAME}t", check=False):
        return "this machine lets nobody make network namespaces"
    _ip("netns", "del", f"{NAME}t")
    return ""


pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(_no_namespaces()), reason=_no_namespaces())]


class Namespaces:
    """One namespace a node; `cut` and `heal` the ways between two groups."""

    def __init__(self, count: int) -> None:
        self.hosts = [f"{SUBNET}.{number + 1}" for number in range(count)]
        self.names = [f"{NAME}n{number}" for number in range(count)]
        _ip("link", "add", NAME, "type", "bridge")
        _ip("addr", "add", f"{SUBNET}.254/24", "dev", NAME)
        _ip("link", "set", NAME, "up")
        for number, (name, host) in enumerate(zip(self.names, self.hosts, strict=True)):
            outer, inner = f"{NAME}o{number}", f"{NAME}i{number}"
            _ip("netns", "add", name)
            _ip("link", "add", outer, "type", "veth", "peer", "name", inner)
            _ip("link", "set", outer, "master", NAME, "up")
            _ip("link", "set", inner, "netns", name)
            _ip("-n", name, "addr", "add", f"{host}/24", "dev", inner)
            _ip("-n", name, "link", "set", inner, "up")
            _ip("-n", name, "link", "set", "lo", "up")

    def _ways(self, verb: str, one: list[int], other: list[int]) -> None:
        for here, there in [(a, b) for a in one for b in other] + [(b, a) for a in one for b in other]:
            _ip("-n", self.names[here], "route", verb, "blackhole", f"{self.hosts[there]}/32")

    @contextmanager
    def cut(self, one: list[int], other: list[int]) -> Iterator[None]:
        """Nothing passes between the groups inside."""
        self._ways("add", one, other)
        try:
            yield
        finally:
            self._ways("del", one, other)

    def close(self) -> None:
        """Remove everything; a veth goes with the namespace of its peer."""
        for name in self.names:
            _ip("netns", "del", name, check=False)
        _ip("link", "del", NAME, check=False)


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.slow)])
async def test_a_cut_network_waits_or_goes_on_and_never_forks(tmp_path: Path, rounds: int) -> None:
    spaces = Namespaces(4)
    cluster = Cluster(tmp_path / "net", 4, hosts=spaces.hosts)
    for number, name in enumerate(ALL):
        own = cluster.member(name).endpoints
        cluster.configure(name, "rpc", listen=own.rpc)
        cluster.configure(name, "p2p", listen=own.p2p)
        cluster.start(name, prefix=["ip", "netns", "exec", spaces.names[number]])
    try:
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, name) for name in ALL]
            await reach(rpcs, 2)
            for _ in range(rounds):
                await _halves(spaces, cluster, rpcs)
                await _one_alone(spaces, rpcs)
    finally:
        cluster.stop()
        spaces.close()


async def _halves(spaces: Namespaces, cluster: Cluster, rpcs: list) -> None:  # type: ignore[type-arg]
    with spaces.cut([0, 1], [2, 3]):
        before = await standstill(rpcs, 1.5)
        sent = await cluster.transfers(rpcs[0], 2)
        await asyncio.sleep(3.0)
        assert [await height(rpc) for rpc in rpcs] == before, "half of the power decided"
    await reach(rpcs, max(before) + 2)
    committed = int((await rpcs[3].committed(sent[-1]))["height"])
    await reach(rpcs, committed + 1)
    for each in range(min(before), committed + 1):
        await same_everywhere(rpcs, each)


async def _one_alone(spaces: Namespaces, rpcs: list) -> None:  # type: ignore[type-arg]
    with spaces.cut([3], [0, 1, 2]):
        await asyncio.sleep(1.0)
        alone, others = await height(rpcs[3]), await height(rpcs[0])
        await reach(rpcs[:3], others + 4)
        assert await height(rpcs[3]) <= alone + 1
    await reach(rpcs, others + 6)
    for each in range(alone, others + 6):
        await same_everywhere(rpcs, each)
