"""A validator of a network is backed up while it runs, lost, and restored: nothing is signed twice, and it keeps up."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from cluster import Cluster, height, reach, same_everywhere
from comet import absent

from supercloud.node.backup.restoring import restore
from supercloud.node.backup.taking import KEYS, RECORD
from supercloud.node.config import StateSyncSettings

pytestmark = [
    pytest.mark.node,
    pytest.mark.xdist_group("backup"),
    pytest.mark.skipif(bool(absent()), reason=absent()),
]


async def supercloud(*words: str | Path) -> Any:
    """What `supercloud node` prints with --json."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "supercloud", "node", *map(str, words), "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return orjson.loads(out)


def settle_in(cluster: Cluster, name: str, home: Path) -> None:
    """From now on that node's home is another folder."""
    cluster.members = [each._replace(home=home) if each.name == name else each for each in cluster.members]


async def test_a_validator_is_lost_and_comes_back_elsewhere(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "net", 2)
    cluster.start()
    try:
        async with aiohttp.ClientSession() as session:
            one, two = (cluster.rpc(session, name) for name in ("node0", "node1"))
            await reach([one, two], 3)
            await cluster.transfers(one, 5)
            old = cluster.member("node1").home
            taken = await supercloud("backup", "--home", old, "--output", tmp_path / "b.tar")
            assert taken["held_ms"] > 0
            # The network goes on after the backup, so what was signed since is not in it.
            await cluster.transfers(one, 5)
            await reach([one, two], taken["last_block"] + 4)
            before = await same_everywhere([one, two], taken["height"])
            cluster.kill("node1")
            stood = await height(one)
            new = tmp_path / "elsewhere"
            assert len(restore(tmp_path / "b.tar", new).next) == 2
            for name in (*KEYS, RECORD):
                shutil.copy(old / name, new / name)
            settle_in(cluster, "node1", new)
            cluster.start("node1")
            # Half of the power is not enough: that blocks go on shows that the restored validator signs.
            await reach([one, two], stood + 4)
            assert await same_everywhere([one, two], taken["height"]) == before
            await same_everywhere([one, two], stood + 3)
            blocks = [await one.call("block", height=str(at)) for at in range(2, stood + 4)]
            assert not any(each["block"]["evidence"]["evidence"] for each in blocks)
            # The same backup makes a node that follows, with an identity of its own.
            member = cluster.join("node2", cluster.spare_base)
            config = (member.home / "config" / "config.toml").read_bytes()
            shutil.rmtree(member.home)
            assert restore(tmp_path / "b.tar", member.home, new_keys=True).next == []
            (member.home / "config" / "config.toml").write_bytes(config)
            cluster.start("node2")
            three = cluster.rpc(session, "node2")
            top = await height(one) + 2
            await reach([one, two, three], top + 1)
            await same_everywhere([one, two, three], top)
            assert await same_everywhere([one, three], taken["height"]) == before
            assert int((await three.call("status"))["sync_info"]["earliest_block_height"]) == 1
    finally:
        cluster.stop()


async def test_a_snapshot_goes_by_a_file_and_is_started_from(tmp_path: Path) -> None:
    """No node takes snapshots by itself here: what one is made to write, the other offers, and a third begins with."""
    cluster = Cluster(tmp_path / "net", 2)
    for name in ("node0", "node1"):
        cluster.configure(name, "state", snapshot_interval=0)
    cluster.start()
    try:
        async with aiohttp.ClientSession() as session:
            one, two = (cluster.rpc(session, name) for name in ("node0", "node1"))
            await reach([one, two], 4)
            await cluster.transfers(one, 5)
            out = await supercloud(
                "snapshots", "export", "--home", cluster.member("node0").home, "--output", tmp_path / "s.tar"
            )
            assert out["made"] is True
            # The block that proves the height is two later.
            await reach([one, two], out["height"] + 3)
            taken = await supercloud(
                "snapshots", "import", tmp_path / "s.tar", "--home", cluster.member("node1").home
            )
            assert (taken["hash"], taken["proven"]) == (out["hash"], True)
            trusted = (await one.call("block", height="3"))["block_id"]["hash"]
            syncing = StateSyncSettings([one.url, two.url], 3, trusted)
            cluster.join("node2", cluster.spare_base, state_sync=syncing)
            cluster.start("node2")
            three = cluster.rpc(session, "node2")
            top = await height(one) + 2
            await reach([one, two, three], top + 1)
            await same_everywhere([one, two, three], top)
            status = (await three.call("status"))["sync_info"]
            assert int(status["earliest_block_height"]) == out["height"] + 1
            assert await three.bobs() == await one.bobs() == 5
    finally:
        cluster.stop()
