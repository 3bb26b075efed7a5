"""The state machine in memory behind the interfaces of `sdk.Client` and `sdk.BatchSender`, and a market on it."""

from __future__ import annotations

from typing import Any

from supercloud import sdl
from supercloud.pb.akash.base.attributes.v1 import attribute_pb2
from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.deployment.v1 import deployment_pb2
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2
from supercloud.pb.akash.market.v1beta5 import leasemsg_pb2
from supercloud.pb.akash.provider.v1beta4 import msg_pb2 as provider_msg
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.sdk.client import Client
from supercloud.sdk.errors import QueryError, TemporaryError, TxFailed
from supercloud.sdk.events import TypedEvent
from supercloud.sdk.tx import TxResult
from supercloud.testing.ledger import Actor, Ledger

SDL = """
version: "2.0"
services:
  web:
    image: example/web:1
    expose:
      - port: 80
        accept: [%s]
        to: [{global: true}]
profiles:
  compute:
    web:
      resources: {cpu: {units: 1}, memory: {size: 64Mi}, storage: {size: 64Mi}}
  placement:
    west:
      pricing: {web: {denom: uakt, amount: %d}}
deployment:
  web: {west: {profile: web, count: 1}}
"""


def workload(name: str = "a.example", price: int = 1000) -> sdl.Sdl:
    return sdl.load(SDL % (name, price))


class LedgerClient:
    """Reads of the ledger; `down` makes it a node that does not answer."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.bech32 = ledger.profile.bech32
        self.chain_id = "supercloud-test"
        self.down = False
        self.events: dict[int, list[TypedEvent]] = {}
        self.before_query: Any = None

    async def query(self, path: str, request: Any, answer: type[Any], height: int = 0) -> Any:
        if self.down:
            raise TemporaryError("node does not answer")
        if self.before_query is not None:
            await self.before_query(path)
        result = self.ledger.query(path, request, height)
        if result.code:
            raise QueryError(path, result.code, result.codespace, result.log)
        return answer.FromString(result.value)

    async def pages(self, path: str, request: Any, answer: type[Any], items: str) -> list[Any]:
        return await Client.pages(self, path, request, answer, items)  # type: ignore[arg-type]

    async def height(self) -> int:
        return self.ledger.next_height - 1

    async def block_interval_s(self, blocks: int = 20) -> float:
        return 5.0


class LedgerSender:
    """Sends as one actor; keeps what was sent. Stands for TxSender (`send`) and BatchSender (`submit`)."""

    def __init__(self, ledger: Ledger, actor: Actor) -> None:
        self.ledger = ledger
        self.actor = actor
        self.address_text = actor.text
        self.sent: list[Any] = []
        self.down = False

    async def submit(self, message: Any) -> TxResult:
        return await self.send([message])

    async def send(self, messages: list[Any], memo: str = "", gas: int | None = None) -> TxResult:
        if self.down:
            raise TemporaryError("node does not answer")
        self.sent += messages
        found = self.ledger.deliver(*messages, by=self.actor)
        result = TxResult(
            "", self.ledger.next_height - 1, found.code, found.codespace, found.log, 0, 0, [], [], b""
        )
        if found.code:
            raise TxFailed(result)
        return result


def register(ledger: Ledger, actor: Actor) -> None:
    """Make somebody a provider."""
    message = provider_msg.MsgCreateProvider(
        owner=actor.text,
        host_uri="https://localhost:8443",
        attributes=[attribute_pb2.Attribute(key="host", value="supercloud")],
    )
    assert ledger.deliver(message, by=actor).code == 0


def order(ledger: Ledger, tenant: Actor, dseq: int, file: sdl.Sdl | None = None) -> None:
    """A deployment, which is an open order."""
    file = file or workload()
    message = deploymentmsg_pb2.MsgCreateDeployment(
        id=deployment_pb2.DeploymentID(owner=tenant.text, dseq=dseq),
        groups=file.group_specs(),
        hash=file.version,
        deposit=deposit_pb2.Deposit(
            amount=coin_pb2.Coin(denom="uakt", amount="5000000"), sources=[deposit_pb2.balance]
        ),
    )
    result = ledger.deliver(message, by=tenant)
    assert result.code == 0, result.log


def accept(ledger: Ledger, tenant: Actor, provider: Actor, dseq: int) -> None:
    """The tenant chooses a bid."""
    message = leasemsg_pb2.MsgCreateLease()
    id_ = message.bid_id
    id_.owner, id_.dseq, id_.gseq, id_.oseq, id_.provider = tenant.text, dseq, 1, 1, provider.text
    result = ledger.deliver(message, by=tenant)
    assert result.code == 0, result.log


def close(ledger: Ledger, tenant: Actor, dseq: int) -> None:
    """The tenant ends a deployment."""
    id_ = deployment_pb2.DeploymentID(owner=tenant.text, dseq=dseq)
    assert ledger.deliver(deploymentmsg_pb2.MsgCloseDeployment(id=id_), by=tenant).code == 0
