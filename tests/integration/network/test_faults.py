"""What goes wrong on one machine of a network: damaged files, no memory, a full disk, a wrong clock. The others go on.

One network serves all tests of this file; each leaves all four validators running.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from chain_client import Rpc
from click.testing import CliRunner
from cluster import Cluster, height, reach, same_everywhere
from comet import absent
from memory_group import MemoryGroup, NoGroups

from supercloud.cli.main import root
from supercloud.node.genesis import parse_time

pytestmark = [
    pytest.mark.node,
    pytest.mark.xdist_group("faults-of-one"),
    pytest.mark.skipif(bool(absent()), reason=absent()),
]
ALL = ("node0", "node1", "node2", "node3")
PAGE = 4096
SKEW_S = 30
START_BYTES = 40 << 20
"""Of memory that a node needs more than, to start."""
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("net"), 4)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def all_run(cluster: Cluster) -> None:
    """A test that failed in the middle leaves the others a whole network."""
    if gone := [name for name in ALL if name not in cluster.processes]:
        cluster.start(*gone)


@pytest.fixture
async def rpcs(cluster: Cluster) -> AsyncIterator[list[Rpc]]:
    async with aiohttp.ClientSession() as session:
        found = [cluster.rpc(session, name) for name in ALL]
        await reach(found, 3)
        yield found


async def _ends(cluster: Cluster, name: str, within_s: float = 60.0) -> int:
    """Wait until a node ends by itself; its status."""
    process = cluster.processes.pop(name)
    async with asyncio.timeout(within_s):
        while process.poll() is None:  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.05)
    return process.returncode


async def _caught_up(rpcs: list[Rpc]) -> None:
    """All nodes have one chain, with blocks decided after now."""
    top = max([await height(rpc) for rpc in rpcs]) + 2
    await reach(rpcs, top + 1)
    await same_everywhere(rpcs, top)


def _damage(path: Path, pages: str) -> None:
    size = path.stat().st_size
    at = {"first": 0, "last": (size // PAGE - 1) * PAGE}[pages]
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * PAGE * (2 if pages == "first" else 1))


@pytest.mark.parametrize(
    ("store", "pages"),
    [
        ("state", "first"),
        pytest.param("state", "last", marks=pytest.mark.slow),
        pytest.param("blocks", "first", marks=pytest.mark.slow),
        pytest.param("blocks", "last", marks=pytest.mark.slow),
    ],
)
async def test_a_damaged_home_is_told_and_copied_again(
    cluster: Cluster, rpcs: list[Rpc], store: str, pages: str
) -> None:
    home = cluster.member("node3").home
    sent = await cluster.transfers(rpcs[0], 3)
    await rpcs[3].committed(sent[-1])
    cluster.kill("node3")
    signed = (home / "data" / "priv_validator_state.json").read_bytes()
    said = len(cluster.log("node3"))
    _damage(home / "data" / store / "data.mdb", pages)
    # The last page of the file need not be one that is used: then nothing is wrong.
    verified = CliRunner().invoke(root, ["node", "verify", "--home", str(home)])
    assert verified.exit_code == 1 or pages == "last", verified.output
    cluster.start("node3")
    if verified.exit_code:
        assert "supercloud node reset" in verified.output
        assert await _ends(cluster, "node3") == 1
        assert "supercloud node reset" in cluster.log("node3")[said:]
    else:
        await _caught_up(rpcs)
        cluster.stop("node3")
    done = CliRunner().invoke(root, ["node", "reset", "--home", str(home)])
    assert done.exit_code == 0, done.output
    assert (home / "data" / "priv_validator_state.json").read_bytes() >= signed
    cluster.start("node3")
    await _caught_up(rpcs)


@pytest.mark.slow
async def test_a_node_killed_for_its_memory_comes_back(cluster: Cluster, rpcs: list[Rpc]) -> None:
    """All processes of one node at once, as the kernel ends a group that is over its memory."""
    group = _descendants(cluster.processes["node2"].pid)
    assert len(group) == 2, "the node and its engine"
    for pid in group:
        os.kill(pid, signal.SIGKILL)
    assert await _ends(cluster, "node2") == -signal.SIGKILL
    await reach([rpcs[0], rpcs[1], rpcs[3]], await height(rpcs[0]) + 2)
    cluster.start("node2")
    await _caught_up(rpcs)


@pytest.fixture
def bounded(cluster: Cluster) -> Iterator[MemoryGroup]:
    """A control group that node2 runs in, as yet without a limit."""
    try:
        group = MemoryGroup()
    except NoGroups as error:
        pytest.skip(f"no control group can be made here: {error}")
    cluster.stop("node2")
    cluster.start("node2", prefix=group.entering)
    try:
        yield group
    finally:
        group.lift()
        if "node2" in cluster.processes:
            cluster.stop("node2")
        group.close()


@pytest.mark.slow
async def test_the_kernel_ends_a_node_that_is_over_its_limit(
    cluster: Cluster, rpcs: list[Rpc], bounded: MemoryGroup
) -> None:
    """Whichever of the two processes it chooses; the other one does not stay behind."""
    await _caught_up(rpcs)
    sent = await cluster.transfers(rpcs[0], 3)
    assert bounded.squeeze() > 0
    burdens = [writer for _ in range(40) if (writer := await _burden(rpcs[2])) is not None]
    assert await _ends(cluster, "node2") != 0
    assert bounded.killed > 0
    others = [rpcs[0], rpcs[1], rpcs[3]]
    await reach(others, await height(rpcs[0]) + 2)
    sent += await cluster.transfers(rpcs[0], 3)
    for burden in burdens:
        burden.close()
    # Too little to start with: ended on the way, again and again.
    before = bounded.killed
    assert bounded.bound(START_BYTES)
    for _ in range(2):
        cluster.start("node2", prefix=bounded.entering)
        assert await _ends(cluster, "node2") != 0
    assert bounded.killed > before
    bounded.lift()
    cluster.start("node2", prefix=bounded.entering)
    await _caught_up(rpcs)
    for raw in sent:
        assert (await rpcs[2].committed(raw))["tx_result"]["code"] == 0


async def _burden(rpc: Rpc) -> asyncio.StreamWriter | None:
    """A large request that never ends: the node has to keep what has come. None once it is gone."""
    host, port = rpc.url.removeprefix("http://").split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return None
    writer.write(b"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 4000000\r\n\r\n" + b" " * 3_900_000)
    return writer


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [pid]
    for each in found:
        found.extend(child for child, parent in pairs if parent == each)
    return found


@pytest.fixture
def disk(cluster: Cluster) -> Iterator[Path]:
    """A small disk of its own below node1, which does not run."""
    home, folder = cluster.member("node1").home, cluster.folder / "disk"
    cluster.stop("node1")
    folder.mkdir()
    size = sum(path.stat().st_blocks * 512 for path in home.rglob("*")) + 24 * 2**20
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(words, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"mounting needs root: {mounted.stderr.decode().strip()}")
    _copy(home, folder)
    shutil.rmtree(home)
    home.symlink_to(folder)
    try:
        yield folder
    finally:
        if "node1" in cluster.processes:
            cluster.stop("node1")
        home.unlink()
        home.mkdir()
        # What it signed last has to come along.
        _copy(folder, home)
        subprocess.run(["umount", "-l", folder], check=True)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--sparse=always", f"{source}/.", str(target)], check=True)


@pytest.mark.slow
async def test_a_full_disk_ends_one_node_and_room_brings_it_back(
    cluster: Cluster, rpcs: list[Rpc], disk: Path
) -> None:
    said = len(cluster.log("node1"))
    cluster.start("node1")
    await _caught_up(rpcs)
    room = os.statvfs(disk)
    (disk / "ballast").write_bytes(b"\0" * max(room.f_bavail * room.f_frsize - 100_000, 0))
    assert await _ends(cluster, "node1", 120) != 0
    words = ("no space left on", "No space left on", "quota full?")
    assert any(text in cluster.log("node1")[said:] for text in words), cluster.log("node1")[said:]
    await reach([rpcs[0], rpcs[2], rpcs[3]], await height(rpcs[0]) + 2)
    (disk / "ballast").unlink()
    cluster.start("node1")
    await _caught_up(rpcs)


@pytest.fixture(scope="module")
def skewed() -> str:
    """A CometBFT whose clock can be moved."""
    built = subprocess.run([ROOT / "scripts" / "cometbft", "--skewed"], capture_output=True, text=True)
    if built.returncode:
        pytest.skip(f"no CometBFT with another clock: {built.stderr.strip()[-200:]}")
    return built.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("skew_s", [SKEW_S, -SKEW_S])
async def test_a_clock_that_is_wrong_moves_no_time(
    cluster: Cluster, rpcs: list[Rpc], skewed: str, skew_s: int
) -> None:
    """One validator's CometBFT dates everything half a minute off (scripts/cometbft --skewed)."""
    cluster.stop("node3")
    program = {"SUPERCLOUD_COMETBFT": skewed, "COMETBFT_SKEW_S": str(skew_s)}
    cluster.start("node3", prefix=["env", *(f"{name}={value}" for name, value in program.items())])
    await _caught_up(rpcs)
    first = await height(rpcs[0])
    await reach(rpcs, first + 12)
    headers = [(await rpcs[3].call("header", height=str(at)))["header"] for at in range(first, first + 12)]
    times = [parse_time(header["time"]) for header in headers]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[-1] - times[0] < (SKEW_S // 2) * 10**9, "time goes as it did"
    key = (await rpcs[3].call("status"))["validator_info"]["address"]
    voted = 0
    for at in range(first, first + 12):
        commit = (await rpcs[0].call("commit", height=str(at)))["signed_header"]["commit"]
        votes = [vote for vote in commit["signatures"] if vote["signature"]]
        dates = {vote["validator_address"]: parse_time(vote["timestamp"]) for vote in votes}
        own = dates.pop(key, None)
        voted += own is not None
        if own is not None and skew_s > 0:
            assert own - max(dates.values()) > 20 * 10**9, "its clock was right after all"
    assert voted, "it never took part"
    cluster.stop("node3")
    cluster.start("node3")
    await _caught_up(rpcs)
