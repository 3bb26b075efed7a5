"""A node meets a planned upgrade: it stops with the reason and a file, and another program goes on in the same home."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from chain_client import ALICE, CHAIN, RUN, free_port, settings

from supercloud.chain import upgrades
from supercloud.chain.upgrades.upgrade import Upgrade
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE, CometError, find_program
from supercloud.node.home import init_home
from supercloud.node.server import Node, NodeFailed
from supercloud.types.coin import Coin

pytestmark = pytest.mark.node

HEIGHT = 4


def comet_is_absent() -> bool:
    built = Path(__file__).resolve().parents[3] / ".tools" / "bin" / "cometbft"
    if built.exists():
        os.environ.setdefault(PROGRAM_VARIABLE, str(built))
    try:
        return not find_program()
    except CometError:
        return True


ENGINES = [
    "embedded",
    pytest.param(
        "cometbft", marks=pytest.mark.skipif(comet_is_absent(), reason="CometBFT: scripts/cometbft builds it")
    ),
]


def make_planned_home(folder: Path, kind: str = "embedded") -> Path:
    config = settings(0.05)
    config.engine.kind = kind
    config.p2p.listen = f"127.0.0.1:{free_port()}"
    plan = {"name": "v2", "height": str(HEIGHT), "info": "ask the maintainers"}
    patch = {"app_state": {"upgrade": {"plan": plan}}}
    init_home(folder, CHAIN, funds={ALICE.address: [Coin("uakt", 10**15)]}, patch=patch, config=config)
    return folder


@pytest.mark.parametrize("kind", ENGINES)
async def test_the_next_program_goes_on_where_this_one_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    home = make_planned_home(tmp_path / "home", kind)
    for _ in range(2):
        node = Node(home)
        await node.start()
        async with asyncio.timeout(20):
            with pytest.raises(NodeFailed, match='UPGRADE "v2" NEEDED at height: 4: ask the maintainers'):
                await node.wait()
        assert node.engine.state.height == HEIGHT - 1
        await node.stop()
    info = json.loads((home / "data" / "upgrade-info.json").read_text())
    assert (info["name"], info["height"], info["info"]) == ("v2", HEIGHT, "ask the maintainers")

    migrated: list[int] = []
    next_program = Upgrade("v2", lambda ctx, keepers, versions: migrated.append(ctx.height))
    monkeypatch.setattr(upgrades, "UPGRADES", (next_program,))
    node = Node(home)
    await node.start()
    async with asyncio.timeout(20):
        while node.engine.state.height < HEIGHT + 2:  # noqa: ASYNC110 - the node has no such event to wait for
            await asyncio.sleep(0.02)
    assert migrated == [HEIGHT]
    assert node.app.keepers.upgrade.applied_height(node.app.query_context(), "v2") == HEIGHT
    await node.stop()


def test_the_process_ends_with_the_reason(tmp_path: Path) -> None:
    home = make_planned_home(tmp_path / "home")
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(home)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert 'UPGRADE \\"v2\\" NEEDED at height: 4' in ended.stderr
    assert (home / "data" / "upgrade-info.json").exists()
