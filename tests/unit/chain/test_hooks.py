"""Reactions of hooks.py in the whole application: signed transactions, blocks, commits."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from supercloud.chain.app import violations
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCloseDeployment, MsgCreateDeployment
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCreateBid
from supercloud.pb.akash.market.v1beta5.leasemsg_pb2 import MsgCreateLease, MsgWithdrawLease
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin, DecCoin
from supercloud.testing.ledger import Ledger
from supercloud.types.dec import ONE
from supercloud.types.ids import BidID, DeploymentID, GroupID

DEPOSIT = Deposit(amount=Coin(denom="uact", amount="500000"), sources=[1])


def create_deployment(ledger: Ledger) -> MsgCreateDeployment:
    message = MsgCreateDeployment(hash=hashlib.sha256(b"m").digest(), deposit=DEPOSIT)
    message.id.owner, message.id.dseq = ledger.alice.text, 1
    spec = message.groups.add(name="web")
    unit = spec.resources.add(count=1, price=DecCoin(denom="uact", amount=str(60_000 * ONE)))
    unit.resource.id = 1
    unit.resource.cpu.units.val = b"100"
    unit.resource.memory.quantity.val = str(1 << 27).encode()
    unit.resource.gpu.units.val = b"0"
    unit.resource.storage.add(name="default").quantity.val = str(1 << 27).encode()
    return message


def lease_id(ledger: Ledger) -> BidID:
    return BidID(ledger.alice.address, 1, 1, 1, ledger.bob.address)


def offer_first(ledger: Ledger, price: int = 1) -> list[Any]:
    """Deployment, bid and lease: a chosen quote."""
    id = lease_id(ledger).to_pb(ledger.profile.bech32)
    bid = MsgCreateBid(id=id, price=DecCoin(denom="uact", amount=str(price * ONE)), deposit=DEPOSIT)
    return [create_deployment(ledger), bid, MsgCreateLease(bid_id=id)]


@pytest.fixture
def market(ledger: Ledger) -> Ledger:
    message = MsgCreateProvider(owner=ledger.bob.text, host_uri="https://bob.example:8443")
    assert ledger.deliver(message, by=ledger.bob).code == 0
    return ledger


@pytest.mark.parametrize("unordered", [False, True])
def test_a_lease_in_one_transaction_of_two_signers(market: Ledger, unordered: bool) -> None:
    options: dict[str, Any] = {"unordered": True, "timeout_ns": market.time + 60 * 10**9} if unordered else {}
    result = market.deliver(*offer_first(market), by=[market.alice, market.bob], **options)
    assert result.code == 0, result.log
    kinds = [event.type for event in result.events if event.type.startswith("akash")]
    assert kinds == [
        "akash.deployment.v1.EventDeploymentCreated",
        "akash.market.v1.EventOrderCreated",
        "akash.market.v1.EventBidCreated",
        "akash.market.v1.EventLeaseCreated",
    ]
    keepers = market.app.keepers
    assert keepers.market.lease(market.context(), lease_id(market)).state == 1
    assert violations(market.context(), keepers) == []
    lease = lease_id(market).to_lease_pb(market.profile.bech32)
    before = market.balance(market.bob, "uact")
    assert market.deliver(MsgWithdrawLease(id=lease), by=market.bob).code == 0
    assert market.balance(market.bob, "uact") == before + 1


def test_all_or_nothing(market: Ledger) -> None:
    """The bid is too dear, so nothing of the deployment remains either."""
    before = market.balance(market.alice, "uact")
    result = market.deliver(*offer_first(market, 60_001), by=[market.alice, market.bob])
    assert (result.codespace, result.code) == ("market", 22)
    assert "message index: 1" in result.log
    assert market.balance(market.alice, "uact") == before
    assert violations(market.context(), market.app.keepers) == []


def test_running_dry_ends_everything(market: Ledger) -> None:
    assert market.deliver(*offer_first(market, 60_000), by=[market.alice, market.bob]).code == 0
    market.blocks(9)
    lease = lease_id(market).to_lease_pb(market.profile.bech32)
    result = market.deliver(MsgWithdrawLease(id=lease), by=market.bob)
    assert result.code == 0
    ctx, keepers = market.context(), market.app.keepers
    assert keepers.market.lease(ctx, lease_id(market)).reason == 20000
    assert keepers.deployment.deployment(ctx, DeploymentID(market.alice.address, 1)).state == 2
    assert keepers.deployment.group(ctx, GroupID(market.alice.address, 1, 1)).state == 3
    assert violations(ctx, keepers) == []
    closed = MsgCloseDeployment(id=DeploymentID(market.alice.address, 1).to_pb(market.profile.bech32))
    result = market.deliver(closed, by=market.alice)
    assert (result.codespace, result.code) == ("deployment", 5)


def test_open_deployments_come_back_from_disk(market: Ledger) -> None:
    assert market.deliver(*offer_first(market), by=[market.alice, market.bob]).code == 0
    market.restart()
    assert violations(market.context(), market.app.keepers) == []
    market.blocks(2)
    id = DeploymentID(market.alice.address, 1).to_pb(market.profile.bech32)
    before = market.balance(market.bob, "uact")
    assert market.deliver(MsgCloseDeployment(id=id), by=market.alice).code == 0
    assert market.balance(market.bob, "uact") == before + 500_000 + 3


def test_a_refund_that_the_bank_refuses_stops_nobody(market: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from supercloud.types.errors import InsufficientFunds

    message = MsgCreateProvider(owner=market.dave.text, host_uri="https://dave.example:8443")
    assert market.deliver(message, by=market.dave).code == 0
    deployment, bid, choice = offer_first(market)
    loser = MsgCreateBid()
    loser.CopyFrom(bid)
    loser.id.provider = market.dave.text
    signers = [market.alice, market.bob, market.dave]
    assert market.deliver(deployment, bid, loser, by=signers).code == 0
    bank = market.app.keepers.bank
    real = bank.send_from_module

    def refuse_dave(ctx: Any, module: str, target: bytes, coins: Any) -> None:
        if target == market.dave.address:
            raise InsufficientFunds
        real(ctx, module, target, coins)

    monkeypatch.setattr(bank, "send_from_module", refuse_dave)
    assert market.deliver(choice, by=market.alice).code == 0
    ctx, keepers = market.context(), market.app.keepers
    lost = lease_id(market)._replace(provider=market.dave.address)
    assert keepers.market.bid(ctx, lost).state == 3
    assert keepers.escrow.account(ctx, lost).state.name == "OPEN"
    assert violations(ctx, keepers) == [
        f"bid {lost.text(market.profile.bech32)}: live is False, its account says otherwise"
    ]
