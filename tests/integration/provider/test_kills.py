"""kill -9 of the agent, again and again, while tenants order, lease, send manifests and close."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from supercloud.sdk import market
from supercloud.sdk.errors import SdkError
from supercloud.sdk.gateway import GatewayError

from .world import Tenant, World, until, workload

pytestmark = pytest.mark.node
AGENT = Path(__file__).with_name("agent_process.py")
KILLS = 8
PATIENCE_S = 60.0


class Killer:
    """Runs the agent as a process of its own and kills it at odd moments."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.engine = world.folder / "engine"
        self.kills = 0
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        settings = [f"{name}={value}" for name, value in self.world.settings.items()]
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(AGENT),
            str(self.world.folder / "provider"),
            self.world.node.rpc_url,
            str(self.engine),
            *settings,
            stderr=(self.world.folder / "agent.log").open("ab"),
        )

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def torment(self) -> None:
        """Kill after a while between nothing and what a start and some work take."""
        for _ in range(KILLS):
            await self.start()
            await asyncio.sleep(self.dice.uniform(0.3, 3.0))
            assert self.process is not None and self.process.returncode is None, "the agent ended by itself"
            await self.kill()
            self.kills += 1
        await self.start()

    def running(self) -> dict[str, str]:
        """Lease and version of what the engine runs."""
        return {file.stem.replace("!", "/"): file.read_text() for file in self.engine.glob("*.lease")}


async def deploy(tenant: Tenant, number: int) -> tuple[int, Any]:
    """Order, wait for a bid, lease, hand the manifest over: as patient as a person would be."""
    file = workload(f"w{tenant.address[-4:]}{number}")
    dseq = await tenant.order(file)
    found: list[market.Offer] = []

    async def offered() -> bool:
        found[:] = await market.offers(tenant.client, tenant.address, dseq)
        return bool(found)

    await until(offered, f"a bid on {dseq}", PATIENCE_S)
    await market.accept(tenant.sender, found)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with tenant.gateway(found[0].provider) as gateway:
                    await gateway.send_manifest(dseq, file.canonical_manifest)
                return dseq, file
            except GatewayError:
                raise
            except SdkError:
                await asyncio.sleep(0.2)


async def test_killed_anywhere_nothing_is_lost(world: World) -> None:
    killer = Killer(world, seed=7)
    killer.engine.mkdir()
    tormenting = asyncio.create_task(killer.torment())
    alice, dave = world.tenant(), world.tenant("dave")
    deployed: dict[Tenant, dict[int, Any]] = {alice: {}, dave: {}}
    closed: set[int] = set()
    try:
        number = 0
        # On a slow machine all kills may fall into one round; then a second one follows them.
        while not tormenting.done() or number < 2:
            number += 1
            for tenant, (dseq, file) in zip(
                deployed, await asyncio.gather(*(deploy(each, number) for each in deployed)), strict=True
            ):
                deployed[tenant][dseq] = file
            if number % 2 == 0:
                first = min(set(deployed[alice]) - closed)
                await market.close_deployment(alice.sender, first)
                closed.add(first)
        await tormenting
        expected = {
            f"{tenant.address}/{dseq}/1/1/": file.version.hex()
            for tenant, files in deployed.items()
            for dseq, file in files.items()
            if not (tenant is alice and dseq in closed)
        }

        def in_step() -> bool:
            return {lease.rpartition("/")[0] + "/": v for lease, v in killer.running().items()} == expected

        await until(in_step, f"the machine to be in step, {len(expected)} leases", PATIENCE_S)
        for tenant, files in deployed.items():
            for item in await market.leases(world.client, tenant.address):
                over = tenant is alice and item.lease.id.dseq in closed
                assert item.lease.state == (3 if over else 1), item.lease
                # Closed by their owner, never by the provider.
                assert item.lease.reason == (1 if over else 0)
            # One bid for each order, and each of them won.
            for dseq in files:
                bids = await market.bids(world.client, tenant.address, dseq, state="")
                assert len(bids) == 1
        assert killer.kills == KILLS
    finally:
        tormenting.cancel()
        await asyncio.gather(tormenting, return_exceptions=True)
        await killer.kill()
