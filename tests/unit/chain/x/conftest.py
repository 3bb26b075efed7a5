"""A ledger in memory with the market's modules wired as the application wires them, and a fixed cast.

alice is the tenant, bob and erin are providers, carol audits, dave is a stranger. Messages go through their
stateless checks and handlers, all or nothing, as in a transaction.
"""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from google.protobuf.message import Message

from supercloud.chain.app import (
    GENESIS_ORDER,
    default_genesis,
    make_keepers,
    make_modules,
    register_routes,
    violations,
)
from supercloud.chain.baseapp.context import BlockInfo, Context, Mode, Profile
from supercloud.chain.baseapp.router import Router
from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.store.branch import Branch
from supercloud.chain.store.gas import GasMeter
from supercloud.chain.x.market import abci as market_abci
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1.deployment_pb2 import DeploymentReclamation
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2, leasemsg_pb2
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as WireCoin
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin as WireDecCoin
from supercloud.pb.tendermint.types.params_pb2 import ConsensusParams
from supercloud.types.address import module_address
from supercloud.types.dec import Dec
from supercloud.types.ids import BidID, DeploymentID, GroupID, OrderID

BLOCK_NS = 6_000_000_000
GENESIS_NS = 1_800_000_000 * 1_000_000_000
CAST = ("alice", "bob", "carol", "dave", "erin", "frank", "grace")
PURSE = 10_000_000_000


class World:
    """One running ledger."""

    def __init__(self) -> None:
        self.profile = Profile()
        self.bech32 = self.profile.bech32
        self.router = Router()
        self.k = make_keepers(self.router)
        register_routes(self.router, self.k)
        self.height = 1
        self.time = GENESIS_NS
        for name in CAST:
            setattr(self, name, hashlib.sha256(name.encode()).digest()[:20])
        purse = dict.fromkeys(("uact", "uakt", "uusdc"), PURSE)
        document = default_genesis(self.profile, {getattr(self, name): purse for name in CAST})
        # Rates of the take have tests of their own; elsewhere providers get all they earn.
        document["take"]["params"]["default_take_rate"] = 0
        self.load(document)

    def load(self, document: dict[str, Any]) -> None:
        """Begin with the state of a genesis document."""
        self.branch = Branch(MemoryBackend())
        ctx, modules = self.ctx(Mode.GENESIS), make_modules(self.k)
        for name in GENESIS_ORDER:
            if name in document:
                modules[name].init(ctx, copy.deepcopy(document[name]))

    def export(self) -> dict[str, Any]:
        """The genesis document of the current state."""
        ctx, modules = self.ctx(Mode.QUERY), make_modules(self.k)
        return {name: modules[name].export(ctx) for name in GENESIS_ORDER if name != "consensus"}

    def ctx(self, mode: Mode = Mode.DELIVER) -> Context:
        """A context of the current block."""
        block = BlockInfo("test-1", self.height, self.time, b"", ConsensusParams())
        return Context(block, self.branch, GasMeter(), mode, self.profile)

    def blocks(self, count: int = 1) -> list[Any]:
        """Let blocks pass; the work at a block's end is done once, in the last."""
        self.height += count
        self.time += count * BLOCK_NS
        ctx = self.ctx(Mode.BLOCK)
        market_abci.end_block(ctx, self.k.market_keepers)
        return ctx.events

    def send(self, *messages: Message) -> list[Any]:
        """Execute messages as one transaction; returns its events."""
        ctx = self.ctx()
        with ctx.attempt():
            for message in messages:
                self.router.invoke(ctx, message)
        return ctx.events

    def refused(self, *messages: Message) -> tuple[str, int]:
        """Codespace and code with which a transaction is refused; it leaves nothing behind."""
        from supercloud.types.errors import ChainError

        before = self.branch.mark()
        with pytest.raises(ChainError) as caught:
            self.send(*messages)
        assert self.branch.mark() == before
        return caught.value.codespace, caught.value.code

    def query(self, path: str, request: Message) -> Any:
        """Answer a query; `path` is `/package.Service/Method`."""
        return self.router.query_handlers[path].handler(self.ctx(Mode.QUERY), request)

    def text(self, address: bytes) -> str:
        """Bech32 text."""
        return self.bech32.text(address)

    def balance(self, address: bytes, denom: str = "uact") -> int:
        """What an account holds."""
        return self.k.bank.balance(self.ctx(), address, denom)

    def pool(self, denom: str = "uact", module: str = "escrow") -> int:
        """What a module holds."""
        return self.balance(module_address(module), denom)

    def violations(self) -> list[str]:
        """Everything that must hold and does not."""
        return violations(self.ctx(Mode.QUERY), self.k)

    # Messages.

    def deployment(self, dseq: int = 1, owner: bytes | None = None) -> DeploymentID:
        """A deployment's id; alice's unless said otherwise."""
        return DeploymentID(owner or self.alice, dseq)

    def bid_id(self, dseq: int = 1, gseq: int = 1, oseq: int = 1, provider: bytes | None = None) -> BidID:
        """A bid's id; alice's order and bob's bid unless said otherwise."""
        return BidID(self.alice, dseq, gseq, oseq, provider or self.bob)

    def create_deployment(
        self,
        dseq: int = 1,
        *,
        amount: int = 500_000,
        denom: str = "uact",
        groups: int = 1,
        price: str = "1000",
        window_s: int | None = None,
        sources: tuple[int, ...] = (1,),
        specs: list[GroupSpec] | None = None,
    ) -> deploymentmsg_pb2.MsgCreateDeployment:
        """A deployment of one or more equal groups."""
        msg = deploymentmsg_pb2.MsgCreateDeployment(
            id=self.deployment(dseq).to_pb(self.bech32),
            groups=specs or [group_spec(f"g{n}", price, denom) for n in range(1, groups + 1)],
            hash=hashlib.sha256(b"manifest").digest(),
            deposit=deposit(amount, denom, sources),
        )
        if window_s is not None:
            msg.reclamation.CopyFrom(DeploymentReclamation())
            msg.reclamation.min_window.FromSeconds(window_s)
        return msg

    def create_bid(
        self,
        bid: BidID | None = None,
        *,
        price: str = "1",
        denom: str = "uact",
        amount: int = 500_000,
        deposit_denom: str | None = None,
        window_s: int | None = None,
        sources: tuple[int, ...] = (1,),
    ) -> bidmsg_pb2.MsgCreateBid:
        """A bid; one unit a block unless said otherwise."""
        msg = bidmsg_pb2.MsgCreateBid(
            id=(bid or self.bid_id()).to_pb(self.bech32),
            price=WireDecCoin(denom=denom, amount=Dec.from_text(price).to_wire()),
            deposit=deposit(amount, deposit_denom or denom, sources),
        )
        if window_s is not None:
            msg.reclamation_window.FromSeconds(window_s)
        return msg

    def create_lease(self, bid: BidID | None = None) -> leasemsg_pb2.MsgCreateLease:
        """The tenant's choice."""
        return leasemsg_pb2.MsgCreateLease(bid_id=(bid or self.bid_id()).to_pb(self.bech32))

    def close_deployment(self, dseq: int = 1) -> deploymentmsg_pb2.MsgCloseDeployment:
        """The tenant's end of everything."""
        return deploymentmsg_pb2.MsgCloseDeployment(id=self.deployment(dseq).to_pb(self.bech32))

    def close_lease(self, lease: BidID | None = None) -> leasemsg_pb2.MsgCloseLease:
        """The tenant's end of a lease."""
        return leasemsg_pb2.MsgCloseLease(id=(lease or self.bid_id()).to_lease_pb(self.bech32))

    def close_bid(self, bid: BidID | None = None, reason: int = 10002) -> bidmsg_pb2.MsgCloseBid:
        """The provider's end."""
        return bidmsg_pb2.MsgCloseBid(id=(bid or self.bid_id()).to_pb(self.bech32), reason=reason)

    def withdraw(self, lease: BidID | None = None) -> leasemsg_pb2.MsgWithdrawLease:
        """The provider's pay."""
        return leasemsg_pb2.MsgWithdrawLease(id=(lease or self.bid_id()).to_lease_pb(self.bech32))

    def create_provider(self, owner: bytes, **attributes: str) -> MsgCreateProvider:
        """A provider's registration; dots in keys are written as two underscores, slashes as one."""
        msg = MsgCreateProvider(owner=self.text(owner), host_uri="https://provider.example:8443")
        for key, value in attributes.items():
            msg.attributes.add(key=key.replace("_", "/"), value=value)
        return msg

    # Situations.

    def with_providers(self, *owners: bytes) -> World:
        """Providers registered; bob unless said otherwise."""
        for owner in owners or (self.bob,):
            self.send(self.create_provider(owner))
        return self

    def with_lease(self, *, price: str = "1", amount: int = 500_000, **more: Any) -> World:
        """Alice's deployment 1 leased to bob."""
        if self.k.provider.provider(self.ctx(), self.bob) is None:
            self.with_providers()
        self.send(self.create_deployment(amount=amount, **more))
        self.send(self.create_bid(price=price, denom=more.get("denom", "uact")))
        self.send(self.create_lease())
        return self

    # States.

    def deployment_state(self, dseq: int = 1) -> str:
        """Name of a deployment's state."""
        found = self.k.deployment.deployment(self.ctx(), self.deployment(dseq))
        return type(found).State.Name(found.state)

    def group_state(self, gseq: int = 1, dseq: int = 1) -> str:
        """Name of a group's state."""
        found = self.k.deployment.group(self.ctx(), GroupID(self.alice, dseq, gseq))
        return type(found).State.Name(found.state)

    def order_state(self, oseq: int = 1, gseq: int = 1, dseq: int = 1) -> str | None:
        """Name of an order's state."""
        found = self.k.market.order(self.ctx(), OrderID(self.alice, dseq, gseq, oseq))
        return None if found is None else type(found).State.Name(found.state)

    def bid_state(self, bid: BidID | None = None) -> str:
        """Name of a bid's state."""
        found = self.k.market.bid(self.ctx(), bid or self.bid_id())
        return type(found).State.Name(found.state)

    def lease_state(self, lease: BidID | None = None) -> tuple[str, int]:
        """Name of a lease's state and the reason of its end."""
        found = self.k.market.lease(self.ctx(), lease or self.bid_id())
        return type(found).State.Name(found.state), found.reason

    def account_state(self, account: Any = None) -> str:
        """Name of an escrow account's state."""
        return self.k.escrow.account(self.ctx(), account or self.deployment()).state.name

    def payment(self, lease: BidID | None = None) -> Any:
        """A lease's payment."""
        return self.k.escrow.payment(self.ctx(), lease or self.bid_id())


def deposit(amount: int, denom: str = "uact", sources: tuple[int, ...] = (1,)) -> Deposit:
    """A deposit from these sources; 1 is the balance, 2 a grant."""
    return Deposit(amount=WireCoin(denom=denom, amount=str(amount)), sources=sources)


def resources(cpu: int = 100, memory: int = 1 << 20, storage: int = 5 << 20, gpu: int = 0) -> Resources:
    """What one replica needs."""
    unit = Resources(id=1)
    unit.cpu.units.val = str(cpu).encode()
    unit.memory.quantity.val = str(memory).encode()
    unit.storage.add(name="default").quantity.val = str(storage).encode()
    unit.gpu.units.val = str(gpu).encode()
    return unit


def group_spec(name: str = "g1", price: str = "1000", denom: str = "uact", count: int = 1) -> GroupSpec:
    """A group of one resource unit."""
    spec = GroupSpec(name=name)
    spec.requirements.SetInParent()
    spec.resources.add(
        resource=resources(),
        count=count,
        price=WireDecCoin(denom=denom, amount=Dec.from_text(price).to_wire()),
    )
    return spec


@pytest.fixture
def world() -> World:
    """A fresh ledger."""
    return World()


def missing(protocol: type, keeper: object) -> list[str]:
    """Verbs of a protocol in expected_keepers that the wired keeper lacks."""
    verbs = [name for name in vars(protocol) if not name.startswith("_")]
    assert verbs
    return [name for name in verbs if not callable(getattr(keeper, name, None))]


@pytest.fixture
def build() -> Any:
    """Builders of parts of messages."""

    class Build:
        deposit = staticmethod(deposit)
        resources = staticmethod(resources)
        group_spec = staticmethod(group_spec)
        missing = staticmethod(missing)

    return Build
