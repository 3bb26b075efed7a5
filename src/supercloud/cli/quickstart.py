"""`scripts/quickstart`: the whole way once, told as it happens.

Starts a local supercloud as a child, builds the sample image, deploys it with the ordinary commands' code, shows the
offers, which one was chosen and why, the lease and the URL. `--once` then checks the URL, closes and prints the cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import aiohttp
import click
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult

from supercloud.children import end
from supercloud.cli import deploy, session
from supercloud.cli.deployment import close_and_count, cost_text
from supercloud.cli.output import console, raise_as_click
from supercloud.sdk import market
from supercloud.sdk.errors import SdkError
from supercloud.sdk.gateway import Gateway
from supercloud.types.coin import Coin

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "examples" / "hello"
START_TIMEOUT_S = 120.0
URL_TIMEOUT_S = 30.0
REMOVAL_S = 15.0
STOP_S = 30.0


@click.command()
@click.option("--once", is_flag=True, help="Check the URL, close the deployment, print what it cost, exit.")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the local supercloud.")
def main(once: bool, home: Path | None) -> None:
    """Start a local supercloud and deploy the sample."""
    where = home or Path(
        os.environ.get("SUPERCLOUD_QUICKSTART_HOME") or Path.home() / ".supercloud" / "quickstart"
    )
    try:
        asyncio.run(_run(once, where))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        raise_as_click(error)


async def _run(once: bool, home: Path) -> None:
    out = console()
    out.print("[bold]1[/] Building the sample image (from scratch, no registry) ...")
    await _build_sample()
    out.print("[bold]2[/] Starting a local supercloud: ledger, provider on this machine, funded keys ...")
    child, ready = await _start(home)
    try:
        out.print(f"  ledger {ready['chain_id']} at {ready['rpc']}, provider gateway at {ready['gateway']}")
        settings = session.Settings(home, ready["rpc"], "tenant", "test", session.DEFAULT_GAS_PRICE)
        async with session.signing(settings) as tenant:
            await _close_leftovers(tenant, out)
            out.print(f"[bold]3[/] Deploying {SAMPLE.relative_to(ROOT)}/deploy.yaml as {tenant.owner}")
            done = await _deploy(tenant)
            for lease in [deploy.summary(done)["lease"]]:
                out.print(f"  lease {lease}")
            if once:
                await _check_and_close(tenant, done, out)
                return
        await _until_interrupted(child, done, settings, out)
    finally:
        await end(child, STOP_S)


async def _build_sample() -> None:
    process = await asyncio.create_subprocess_exec(
        str(SAMPLE / "build"), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise click.ClickException(f"building the sample image failed:\n{output.decode(errors='replace')}")


async def _start(home: Path) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    """Start `supercloud up` and wait for the line that says it is ready."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "supercloud",
        "up",
        "--home",
        str(home),
        "--json",
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            line = await child.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        await end(child, STOP_S)
        raise click.ClickException(f"the local supercloud did not start; its logs are in {home}/logs")
    return child, orjson.loads(line)


async def _close_leftovers(tenant: session.Session, out: Any) -> None:
    """End what an earlier run that was killed left deployed."""
    for item in await market.deployments(tenant.client, tenant.owner, "active"):
        await market.close_deployment(tenant.sender, item.deployment.id.dseq)
        out.print(f"  closed deployment {item.deployment.id.dseq} of an earlier run")


async def _deploy(tenant: session.Session) -> deploy.Deployed:
    document = deploy.read_sdl(SAMPLE / "deploy.yaml")
    # The person at the keyboard asked for the sample to run; with one provider there is one offer to take.
    options = deploy.Options(bid=None, pick="cheapest", wait_s=60.0, as_json=False)
    return await deploy.run(tenant, document, Coin(document.denom, deploy.DEFAULT_DEPOSIT), options)


async def _check_and_close(tenant: session.Session, done: deploy.Deployed, out: Any) -> None:
    for address in deploy.uris(done):
        status, body = await _fetch(address)
        out.print(f"[bold]4[/] GET {address} -> {status}, {len(body)} bytes")
        if status != 200:
            raise click.ClickException(f"{address} answered {status}")
    cost = await close_and_count(tenant, done.dseq)
    await _until_removed(tenant, done)
    out.print(f"[bold]5[/] Closed. {cost_text(cost)}")


async def _until_removed(tenant: session.Session, done: deploy.Deployed) -> None:
    """Give the provider the time to see that the lease is closed; at its stop it ends what it has begun to remove."""
    with contextlib.suppress(TimeoutError, SdkError):
        async with asyncio.timeout(REMOVAL_S):
            for offer in done.chosen:
                async with await Gateway.of(tenant.client, offer.provider, tenant.key.signer) as gateway:
                    while (await gateway.status())["cluster"]["leases"]:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.1)


async def _fetch(address: str) -> tuple[int, bytes]:
    # Names under .localhost mean this machine (RFC 6761); not every resolver knows.
    connector = aiohttp.TCPConnector(resolver=_Loopback())
    timeout = aiohttp.ClientTimeout(total=URL_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout, connector=connector) as http,
        http.get(address) as response,
    ):
        return response.status, await response.read()


class _Loopback(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        """Loopback."""
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def _until_interrupted(
    child: asyncio.subprocess.Process, done: deploy.Deployed, settings: session.Settings, out: Any
) -> None:
    """Keep running until Ctrl-C, then close what was deployed."""
    out.print("Running. Ctrl-C closes the deployment and stops everything.")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    ended = asyncio.ensure_future(child.wait())
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if ended.done():
        raise click.ClickException("the local supercloud ended by itself; its logs say why")
    async with session.signing(settings) as tenant:
        cost = await close_and_count(tenant, done.dseq)
        await _until_removed(tenant, done)
    out.print(f"Closed deployment {done.dseq}. {cost_text(cost)}")


if __name__ == "__main__":
    main()
