"""Names as visitors see them: through a real Caddy, over updates, migrations and the proxy's own death."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import aiohttp
import orjson
import pytest

from supercloud.provider.hostname.names import generated
from supercloud.provider.hostname.proxy import Proxy
from supercloud.sdk import market
from supercloud.sdk.gateway import GatewayError, LeasePath
from supercloud.testing import ports

from .world import Tenant, World, until, workload

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed"),
]


async def visit(world: World, name: str) -> tuple[int, str]:
    """What a browser gets that asks for this name."""
    port = world.settings["ingress_port"]
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/", headers={"Host": name}) as answer,
        ):
            return answer.status, await answer.text()
    except aiohttp.ClientError:
        return 0, ""


async def shows(world: World, name: str, text: str) -> None:
    async def met() -> bool:
        return await visit(world, name) == (200, text)

    await until(met, f"{name} to show {text}")


async def migrate(tenant: Tenant, provider: str, dseq: int, *names: str, what: str = "hostname") -> list[str]:
    body = {f"{what}s_to_migrate": names, "destination_dseq": dseq, "destination_gseq": 1}
    async with tenant.gateway(provider) as gateway:
        answer = await gateway._request("POST", f"/{what}/migrate", orjson.dumps(body))
    moved: list[str] = orjson.loads(answer)["transferred"]
    return moved


async def test_a_service_answers_under_its_names(world: World) -> None:
    await world.start_provider()
    alice = world.tenant()
    lease = await alice.run(workload("one", "a.example", "b.example"))
    own = generated(str(lease), "web", "ingress.localhost")
    for name in (own, "a.example", "b.example"):
        await shows(world, name, "NAME=one")
    assert (await visit(world, "c.example"))[0] == 404
    async with alice.gateway(lease.provider) as gateway:
        status = await gateway.lease_status(LeasePath(lease.order.dseq))
        port = world.settings["ingress_port"]
        assert status["services"]["web"]["uris"] == [f"{n}:{port}" for n in (own, "a.example", "b.example")]
        # An update that drops a name takes it back.
        changed = workload("two", "b.example")
        await market.update_deployment(alice.sender, changed, lease.order.dseq)
        await market.send_manifest(gateway, lease.order.dseq, changed)
    await shows(world, "b.example", "NAME=two")
    assert (await visit(world, "a.example"))[0] == 404
    await market.close_deployment(alice.sender, lease.order.dseq)

    async def gone() -> bool:
        return (await visit(world, "b.example"))[0] == 404

    await until(gone, "the name to be free")


async def test_names_migrate_between_deployments(world: World) -> None:
    await world.start_provider()
    alice, dave = world.tenant(), world.tenant("dave")
    first = await alice.run(workload("first", "shared.example"))
    second = await alice.run(workload("second", "shared.example"))
    theirs = await dave.run(workload("theirs", "dave.example"))
    await shows(world, "shared.example", "NAME=first")
    provider = first.provider
    assert await migrate(alice, provider, second.order.dseq, "shared.example") == ["shared.example"]
    await shows(world, "shared.example", "NAME=second")

    refusals = {
        (alice, 1, "shared.example"): "400: destination deployment does not exist",
        (
            alice,
            second.order.dseq,
            "x.example",
        ): '400: the hostname "x.example" is not used by this deployment',
        (dave, second.order.dseq, "shared.example"): "400: destination deployment does not exist",
        (dave, theirs.order.dseq, "shared.example"): '400: the hostname "shared.example" is not used',
    }
    for (tenant, dseq, name), text in refusals.items():
        with pytest.raises(GatewayError, match=text):
            await migrate(tenant, provider, dseq, name)
    with pytest.raises(GatewayError, match='400: the endpoint "ip" is not used by this deployment'):
        await migrate(alice, provider, second.order.dseq, "ip", what="endpoint")

    # It stays moved over a restart, though both manifests name it.
    await world.stop_provider()
    await world.start_provider()
    await shows(world, "shared.example", "NAME=second")


async def test_names_of_another_tenant_do_not_migrate(world: World) -> None:
    await world.start_provider()
    alice, dave = world.tenant(), world.tenant("dave")
    mine = await alice.run(workload("mine", "a.example"))
    theirs = await dave.run(workload("theirs", "d.example"))
    await market.close_deployment(alice.sender, mine.order.dseq)
    await until(lambda: world.provider and len(world.provider._state.hostnames()) == 1, "the name to be free")
    # Dave's manifest names what alice takes meanwhile: it is hers then.
    changed = workload("theirs", "d.example", "a.example")
    await market.update_deployment(dave.sender, changed, theirs.order.dseq)
    await alice.run(workload("again", "a.example"))
    async with dave.gateway(theirs.provider) as gateway:
        with pytest.raises(GatewayError, match="500: hostname not allowed"):
            await market.send_manifest(gateway, theirs.order.dseq, changed)
    await shows(world, "a.example", "NAME=again")


async def test_the_proxy_comes_back(world: World) -> None:
    provider = await world.start_provider()
    alice = world.tenant()
    await alice.run(workload("one", "a.example"))
    await shows(world, "a.example", "NAME=one")
    process = provider._proxy._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    await shows(world, "a.example", "NAME=one")


async def test_a_proxy_that_ended_is_noticed_at_once(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path, "127.0.0.1", ports.row(1))
    waiting = asyncio.ensure_future(proxy.gone())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    await proxy.start()
    try:
        assert proxy._process is not None
        first = proxy._process.pid
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            await proxy.gone()
        await proxy.apply([])
        assert proxy._runs and proxy._process.pid != first
    finally:
        await proxy.stop()


async def test_the_provider_s_own_names_are_not_given_out(world: World) -> None:
    await world.start_provider(blocked_hostnames=[".forbidden.example"])
    alice = world.tenant()
    victim = await alice.run(workload())
    name = generated(str(victim), "web", "ingress.localhost")
    thief = world.tenant("dave")
    for wanted in (name, "x.forbidden.example"):
        file = workload("thief", wanted)
        lease = await thief.lease(file)
        async with thief.gateway(lease.provider) as gateway:
            with pytest.raises(GatewayError, match="500: hostname not allowed"):
                await market.send_manifest(gateway, lease.order.dseq, file)
    await shows(world, name, "NAME=one")
