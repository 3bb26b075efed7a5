"""A network of validators as processes of their own, to be killed, stopped and watched one by one."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from chain_client import ALICE, CHAIN, PATIENCE_S, RUN, WEALTH, Rpc, transfer

from supercloud.node import network
from supercloud.node.config import load, render
from supercloud.testing import ports
from supercloud.types.coin import Coin


class Cluster:
    """`validators` nodes in `folder`. Alice is wealthy; her account's number follows the validators'. `more` others
    have coins too."""

    def __init__(
        self,
        folder: Path,
        validators: int,
        interval_s: float = 0.3,
        more: Mapping[bytes, int] | None = None,
        **rules: Any,
    ) -> None:
        self.folder = folder
        self.alice = validators
        rich = {ALICE.address: WEALTH, **(more or {})}
        operators = [bytes([number + 1]) * 20 for number in range(validators)]
        plan = network.Plan(
            CHAIN,
            operators,
            port_base=ports.row((validators + 2) * network.PORTS_PER_NODE),
            block_interval_s=interval_s,
            funds={address: [Coin("uakt", amount)] for address, amount in rich.items()},
            **rules,
        )
        self.members = network.create(plan, folder)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def spare_base(self) -> int:
        """First of ports that are kept free for a node that joins."""
        return int(self.members[self.alice - 1].endpoints.rpc.rpartition(":")[2]) + network.PORTS_PER_NODE

    def member(self, name: str) -> network.Member:
        """A node by its name."""
        return next(member for member in self.members if member.name == name)

    def start(self, *names: str, prefix: Iterable[str] = (), script: Path | None = None) -> None:
        """Start nodes, all of them when none is named; with a script that one runs the node."""
        program = ["-c", RUN] if script is None else [str(script)]
        for name in names or [member.name for member in self.members]:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [*prefix, sys.executable, *program, str(self.member(name).home)], stdout=log, stderr=log
                )

    def kill(self, name: str) -> None:
        """kill -9 of a node; its engine dies with it."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes.pop(name).wait()

    def stop(self, *names: str) -> None:
        """End nodes in order; all of them when none is named."""
        chosen = [self.processes.pop(name) for name in names or list(self.processes)]
        for process in chosen:
            process.terminate()
        for process in chosen:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def configure(self, name: str, section: str, **values: Any) -> None:
        """Change settings of a node that does not run."""
        path = self.member(name).home / "config" / "config.toml"
        config = load(path, {})
        vars(getattr(config, section)).update(values)
        path.write_text(render(config))

    def rpc(self, session: aiohttp.ClientSession, name: str) -> Rpc:
        """A client of one node."""
        return Rpc(session, f"http://{self.member(name).endpoints.rpc}")

    def join(self, name: str, base: int, **more: Any) -> network.Member:
        """Make the home of one more node."""
        document = orjson.loads((self.folder / "genesis.json").read_bytes())
        peers = [f"{member.node_id}@{member.endpoints.p2p}" for member in self.members]
        joining = network.Joining(peers, moniker=name, port_base=base, **more)
        self.members = [each for each in self.members if each.endpoints.rpc != f"127.0.0.1:{base}"]
        member = network.join(self.folder / name, document, joining)
        self.members.append(member)
        return member

    def log(self, name: str) -> str:
        """What a node wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    async def transfers(self, rpc: Rpc, count: int) -> list[bytes]:
        """Send transfers of one from alice to bob; each was taken by the node's mempool."""
        # What still waits would be sent again under the same sequence.
        async with asyncio.timeout(PATIENCE_S):
            while int((await rpc.call("num_unconfirmed_txs"))["total"]):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        sequence = await rpc.sequence()
        sent = [transfer(1, sequence + offset, account_number=self.alice) for offset in range(count)]
        for raw in sent:
            answer = await rpc.send(raw)
            assert answer["code"] == 0, answer
        return sent


async def height(rpc: Rpc) -> int:
    """Height of a node's last block; 0 while it does not answer."""
    try:
        return int((await rpc.call("status"))["sync_info"]["latest_block_height"])
    except aiohttp.ClientError:
        return 0


async def standstill(rpcs: Sequence[Rpc], quiet_s: float = 2.5) -> list[int]:
    """Heights of nodes that decide nothing any more; a block that was on its way may come before that."""
    for _ in range(4):
        before = [await height(rpc) for rpc in rpcs]
        await asyncio.sleep(quiet_s)
        if [await height(rpc) for rpc in rpcs] == before:
            return before
    raise AssertionError("blocks go on")


async def reach(rpcs: Iterable[Rpc], wanted: int, within_s: float = 120.0) -> None:
    """Wait until all nodes have a height."""
    async with asyncio.timeout(within_s):
        for rpc in rpcs:
            while await height(rpc) < wanted:  # noqa: ASYNC110 - another process has no event to wait for
                await asyncio.sleep(0.05)


async def same_everywhere(rpcs: Iterable[Rpc], at: int) -> str:
    """The app hash that all nodes have after a height, which each has: in the header of the next one."""
    headers = [(await rpc.call("header", height=str(at)))["header"] for rpc in rpcs]
    assert len({orjson.dumps(header) for header in headers}) == 1, headers
    return str(headers[0]["app_hash"])
