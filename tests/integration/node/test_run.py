"""A voted upgrade of a node that a runner runs: it saves, switches and goes on without anybody.

Both programs are this node; the second one knows the upgrade, whose migration changes a parameter.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from chain_client import PATIENCE_S, Rpc, free_port, settings
from click.testing import CliRunner
from governed import make_governed_home
from test_upgrade import comet_is_absent

from supercloud.cli.main import root
from supercloud.node.runner import MISSING
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32, module_address

pytestmark = pytest.mark.node

AHEAD = 40
"""Blocks from a proposal to its upgrade: more than its vote takes."""
GAS_MAX = 7_777_777

FIRST = """\
import pathlib, sys
from supercloud.node.server import run
sys.exit(run(pathlib.Path(sys.argv[-1])))
"""
SECOND = f"""\
import os, pathlib, sys
if sys.argv[1:] == ["pre-upgrade"]:
    pathlib.Path(os.environ["DAEMON_HOME"], "asked").touch()
    sys.exit(0)
from supercloud.chain import upgrades
from supercloud.chain.upgrades.upgrade import Upgrade

def migrate(ctx, keepers, versions):
    params = keepers.consensus.params(ctx)
    changed = type(params)()
    changed.CopyFrom(params)
    changed.block.max_gas = {GAS_MAX}
    keepers.consensus.set_params(ctx, changed)

upgrades.UPGRADES = (Upgrade("v2", migrate),)
{FIRST}"""


class Operator:
    """Who has a home, a runner for it, and all votes."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.node = folder / "node"
        config = settings(0.15)
        config.engine.kind = kind
        config.rpc.listen = f"127.0.0.1:{free_port()}"
        config.grpc.listen = config.rest.listen = ""
        config.p2p.listen = f"127.0.0.1:{free_port()}"
        make_governed_home(self.node, Keyring(folder / "keyring", Backend.TEST), config)
        self.url = f"http://{config.rpc.listen}"
        (folder / "local.json").write_bytes(orjson.dumps({"rpc": self.url}))
        self.saved = folder / "saved-v2.tar"

    def run(self, *words: str) -> Any:
        """A command's JSON."""
        variables = {"SUPERCLOUD_HOME": str(self.folder)}
        done = CliRunner().invoke(root, [*words, "--json"], env=variables, prog_name="supercloud")
        assert done.exit_code == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def put(self, name: str, text: str) -> None:
        """Put a program in place: the network's first, or that of the upgrade."""
        script = self.folder / f"{name}-program"
        script.write_text(f"#!{sys.executable}\n{text}")
        script.chmod(0o755)
        of = () if name == "first" else ("--upgrade", name)
        self.run("node", "add-program", str(script), *of, "--home", str(self.node))

    def start(self) -> subprocess.Popen[bytes]:
        """Start the runner."""
        program, saved = f"{sys.executable} -m supercloud", f"{self.folder}/saved-$UPGRADE_NAME.tar"
        backup = f'{program} node backup --home "$DAEMON_HOME" --output {saved}'
        command = [
            sys.executable,
            "-m",
            "supercloud",
            "node",
            "run",
            "--home",
            str(self.node),
            "--backup",
            backup,
        ]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    @property
    def log(self) -> Path:
        """What the runner and its programs wrote."""
        return self.folder / "log"

    def propose(self, height: int) -> int:
        """A proposal of the upgrade and a vote for it; returns its number."""
        plan = {
            "@type": "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade",
            "authority": Bech32("akash").text(module_address("gov")),
            "plan": {"name": "v2", "height": str(height), "info": "ask the maintainers"},
        }
        deposit = json.dumps([{"denom": "uakt", "amount": "50000000"}])
        words = (
            "title=Upgrade",
            "summary=To v2",
            "metadata=x",
            f"initial_deposit={deposit}",
            "expedited=true",
        )
        by = ("--from", "operator")
        self.run("tx", "gov", "submit-proposal", f"messages={json.dumps([plan])}", *words, *by)
        number = max(int(each["id"]) for each in self.run("query", "gov", "proposals")["proposals"])
        self.run("tx", "gov", "vote", f"proposal_id={number}", "option=VOTE_OPTION_YES", *by)
        return number


async def _height(rpc: Rpc) -> int:
    return int((await rpc.call("status"))["sync_info"]["latest_block_height"])


async def _passed(operator: Operator, rpc: Rpc) -> int:
    """Propose, again while the machine is too slow for the height; returns the height that was decided."""
    for ahead in (AHEAD, 4 * AHEAD, 16 * AHEAD):
        height = await _height(rpc) + ahead
        number = await asyncio.to_thread(operator.propose, height)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                words = ("query", "gov", "proposal", f"proposal_id={number}")
                status = (await asyncio.to_thread(operator.run, *words))["proposal"]["status"]
                if status == "PROPOSAL_STATUS_PASSED":
                    return height
                if status == "PROPOSAL_STATUS_FAILED":
                    break
                await asyncio.sleep(0.2)
    raise AssertionError("no vote ended before its height")


async def _reached(rpc: Rpc, height: int) -> None:
    async with asyncio.timeout(2 * PATIENCE_S):
        while True:
            try:
                if await _height(rpc) >= height:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("embedded", marks=pytest.mark.slow),
        pytest.param(
            "cometbft", marks=pytest.mark.skipif(comet_is_absent(), reason="scripts/cometbft builds it")
        ),
    ],
)
async def test_a_node_goes_on_over_an_upgrade_by_itself(tmp_path: Path, kind: str) -> None:
    operator = Operator(tmp_path, kind)
    operator.put("first", FIRST)
    runner = operator.start()
    try:
        async with aiohttp.ClientSession() as session:
            rpc = Rpc(session, operator.url)
            await rpc.answering()
            height = await _passed(operator, rpc)
            await asyncio.to_thread(operator.put, "v2", SECOND)
            before = (await rpc.call("header", height="2"))["header"]
            await _reached(rpc, height + 2)
            assert runner.poll() is None
            assert (await rpc.call("header", height="2"))["header"] == before
            params = await rpc.call("consensus_params", height=str(height + 1))
            assert params["consensus_params"]["block"]["max_gas"] == str(GAS_MAX)
            applied = await asyncio.to_thread(operator.run, "query", "upgrade", "applied-plan", "name=v2")
            assert applied["height"] == str(height)
        tree = operator.node / "cosmovisor"
        assert os.readlink(tree / "current") == "upgrades/v2"
        assert json.loads((tree / "current" / "upgrade-info.json").read_text())["height"] == height
        assert (operator.node / "asked").exists() and operator.saved.stat().st_size > 0
        runner.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(runner.wait, 30) == 0
    except BaseException:
        sys.stderr.write(operator.log.read_text()[-5000:])
        raise
    finally:
        runner.kill()
        runner.wait()


async def test_without_its_program_the_runner_ends_and_says_what_to_do(tmp_path: Path) -> None:
    operator = Operator(tmp_path, "embedded")
    document = operator.node / "config" / "genesis.json"
    genesis = orjson.loads(document.read_bytes())
    genesis["app_state"]["upgrade"] = {"plan": {"name": "v2", "height": "4", "info": "ask the maintainers"}}
    document.write_bytes(orjson.dumps(genesis))
    operator.put("first", FIRST)
    for _ in range(2):
        assert await asyncio.to_thread(operator.start().wait, PATIENCE_S) == MISSING
    lines = [json.loads(line) for line in operator.log.read_text().splitlines()]
    (first, again) = [
        line["text"] for line in lines if line["from"] == "node.runner" and line["level"] == "critical"
    ]
    assert first == again and f"add-program /path/to/supercloud --upgrade v2 --home {operator.node}" in first
    operator.put("v2", SECOND)
    runner = operator.start()
    try:
        async with aiohttp.ClientSession() as session:
            await _reached(Rpc(session, operator.url), 6)
        assert operator.saved.exists()
        runner.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(runner.wait, 30) == 0
    finally:
        runner.kill()
        runner.wait()
