"""A node and a provider in a thread of their own, and the command line as people and programs call it.

The provider's machine is the mock's: its containers answer, speak and end as real ones do.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from click.testing import CliRunner
from world import RICHES, until

from supercloud import sdl
from supercloud.cli.main import root
from supercloud.node.config import Config as NodeConfig
from supercloud.node.home import init_home
from supercloud.node.server import Node
from supercloud.provider.config import Config
from supercloud.provider.drivers.mock import MockDriver
from supercloud.provider.service import Provider
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.sdk.tx import TxSender
from supercloud.testing import ports
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin

SDL = """
version: "2.0"
services:
  web:
    image: example/web:1
    command: [sh, -c]
    args: ["echo hello; sleep 1000"]
    expose:
      - port: 8080
        as: 80
        to: [{global: true}]
      - port: 5432
        to: [{global: true}]
profiles:
  compute:
    web:
      resources: {cpu: {units: 100m}, memory: {size: 64Mi}, storage: {size: 64Mi}}
  placement:
    west:
      pricing: {web: {denom: uakt, amount: 1000}}
deployment:
  web: {west: {profile: web, count: 1}}
"""


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its JSON."""
        assert self.code == 0, self.err
        return json.loads(self.out)


class Town:
    """The home of a tenant, its network, a provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.machine = MockDriver()
        self.keys = Keyring(self.home / "keyring", Backend.TEST)
        self.addresses = {
            name: Bech32("akash").text(self.keys.create(name).address)
            for name in ("tenant", "provider", "auditor", "savings")
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._task: asyncio.Task[None] | None = None
        self.act(self._start())

    def act(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something where the node lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        config = NodeConfig()
        config.engine.block_interval_s = 0.1
        for door in (config.rpc, config.grpc, config.rest):
            door.listen = "127.0.0.1:0"
        funds = {
            self.keys.address(name): [Coin("uakt", RICHES), Coin("uact", RICHES)] for name in self.addresses
        }
        init_home(self.folder / "node", "supercloud-test", funds=funds, config=config)
        self.node = Node(self.folder / "node", config)
        await self.node.start()
        self.client = await Client.connect(self.node.rpc_url)
        (self.home / "local.json").write_bytes(orjson.dumps({"rpc": self.node.rpc_url}))
        gateway, grpc, ingress = ports.free(3)
        self.settings = Config(
            node=self.node.rpc_url,
            host="localhost",
            gateway_port=gateway,
            gateway_grpc_port=grpc,
            ingress_port=ingress,
            sweep_interval_s=2,
            attributes={"region": "west"},
        )
        self.provider = Provider(
            self.folder / "provider", self.settings, self.keys.key("provider").private, self.machine
        )
        self._task = asyncio.create_task(self.provider.run())
        await until(self.provider.ready.is_set, "the provider")

    def stop(self) -> None:
        """End everything."""
        self.act(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.client.close()
        await self.node.stop()

    def run(self, *words: Any, stdin: str = "", **environment: str | None) -> Done:
        """A command with this home; its stdin is no terminal."""
        variables = {"SUPERCLOUD_HOME": str(self.home), "COLUMNS": "200", **environment}
        done = CliRunner().invoke(
            root, [str(word) for word in words], input=stdin, env=variables, prog_name="supercloud"
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def file(self, text: str = SDL) -> Path:
        """An SDL file."""
        path = self.folder / "deploy.yaml"
        path.write_text(text)
        return path

    def order(self, text: str = SDL) -> int:
        """An order on the ledger, and nothing more; returns its dseq."""
        sender = TxSender(self.client, self.keys.key("tenant").signer)
        found: int = self.act(market.create_deployment(sender, sdl.load(text), Coin("uakt", 5_000_000)))
        return found

    def deploy(self, *words: Any, text: str = SDL) -> Any:
        """A workload that runs; returns what `deploy --json` says."""
        return self.run("deploy", self.file(text), "--json", "--pick", "cheapest", *words).document
