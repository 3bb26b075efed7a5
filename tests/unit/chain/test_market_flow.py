"""The market through the whole application: what signed transactions do to all modules and to genesis."""

from __future__ import annotations

import hashlib
from typing import Any

from supercloud.chain.app import violations
from supercloud.chain.x.escrow.grants import message_url
from supercloud.codec import registry
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCloseDeployment, MsgCreateDeployment
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2, leasemsg_pb2, query_pb2
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgGrant
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin, DecCoin
from supercloud.testing.ledger import Ledger


def deposit(source: int = 1) -> Deposit:
    return Deposit(amount=Coin(denom="uact", amount="5000000"), sources=[source])


def create(ledger: Ledger, dseq: int = 7, source: int = 1) -> MsgCreateDeployment:
    unit = Resources(id=1)
    unit.cpu.units.val, unit.memory.quantity.val, unit.gpu.units.val = b"100", b"134217728", b"0"
    unit.storage.add(name="default").quantity.val = b"134217728"
    spec = GroupSpec(name="web")
    spec.requirements.SetInParent()
    price = DecCoin(denom="uact", amount=str(1000 * 10**18))
    spec.resources.add(resource=unit, count=1, price=price)
    digest = hashlib.sha256(b"manifest").digest()
    message = MsgCreateDeployment(groups=[spec], hash=digest, deposit=deposit(source))
    message.id.owner, message.id.dseq = ledger.alice.text, dseq
    return message


def bid(ledger: Ledger, dseq: int = 7) -> bidmsg_pb2.MsgCreateBid:
    message = bidmsg_pb2.MsgCreateBid(deposit=deposit())
    message.id.owner, message.id.dseq, message.id.gseq, message.id.oseq = ledger.alice.text, dseq, 1, 1
    message.id.provider = ledger.bob.text
    message.price.denom, message.price.amount = "uact", str(500 * 10**18)
    return message


def lease(ledger: Ledger, dseq: int = 7) -> leasemsg_pb2.MsgCreateLease:
    return leasemsg_pb2.MsgCreateLease(bid_id=bid(ledger, dseq).id)


def provide(ledger: Ledger) -> None:
    register = MsgCreateProvider(owner=ledger.bob.text, host_uri="https://provider.example:8443")
    assert ledger.deliver(register, by=ledger.bob).code == 0


def leases(ledger: Ledger) -> list[Any]:
    answer = ledger.query("/akash.market.v1beta5.Query/Leases", query_pb2.QueryLeasesRequest())
    assert answer.code == 0, answer.log
    return list(query_pb2.QueryLeasesResponse.FromString(answer.value).leases)


def test_a_quote_becomes_a_lease_in_one_unordered_transaction_of_two_signers(ledger: Ledger) -> None:
    provide(ledger)
    messages = create(ledger), bid(ledger), lease(ledger)
    raw = ledger.sign(
        *messages,
        by=[ledger.alice, ledger.bob],
        unordered=True,
        timeout_ns=ledger.time + 60 * 10**9,
        gas=1_000_000,
    )
    assert ledger.check(raw).code == 0
    simulated = ledger.app.simulate(raw)
    result = ledger.block(raw).tx_results[0]
    assert (result.code, result.log) == (0, "")
    assert simulated.gas_used * 12 // 10 >= result.gas_used
    assert (ledger.account(ledger.alice).sequence, ledger.account(ledger.bob).sequence) == (0, 1)
    kinds = {event.type for event in result.events}
    assert {
        "akash.deployment.v1.EventDeploymentCreated",
        "akash.market.v1.EventOrderCreated",
        "akash.market.v1.EventBidCreated",
        "akash.market.v1.EventLeaseCreated",
    } <= kinds
    assert len(leases(ledger)) == 1
    assert violations(ledger.context(), ledger.app.keepers) == []


def test_a_withdrawal_is_priced_as_the_next_block_will_find_it(ledger: Ledger) -> None:
    """Nothing is owed in the block of the withdrawal before, and a block's price in the next one."""
    provide(ledger)
    for message, actor in (
        (create(ledger), ledger.alice),
        (bid(ledger), ledger.bob),
        (lease(ledger), ledger.alice),
    ):
        assert ledger.deliver(message, by=actor).code == 0
    withdraw = leasemsg_pb2.MsgWithdrawLease(id=leases(ledger)[0].lease.id)
    assert ledger.deliver(withdraw, by=ledger.bob).code == 0
    raw = ledger.sign(withdraw, by=ledger.bob)
    simulated = ledger.app.simulate(raw)
    result = ledger.block(raw).tx_results[0]
    assert (result.code, simulated.gas_used) == (0, result.gas_used)


def test_a_running_market_survives_export_and_import(ledger: Ledger) -> None:
    provide(ledger)
    assert ledger.deliver(create(ledger), by=ledger.alice).code == 0
    assert ledger.deliver(bid(ledger), by=ledger.bob).code == 0
    assert ledger.deliver(lease(ledger), by=ledger.alice).code == 0
    ledger.blocks(5)
    exported = ledger.app.export_state()
    again = Ledger(app_state=exported)
    state = again.app.export_state()
    assert state == exported
    assert violations(again.context(), again.app.keepers) == []


def test_the_end_pays_both_sides(ledger: Ledger) -> None:
    provide(ledger)
    before = ledger.balance(ledger.alice, "uact"), ledger.balance(ledger.bob, "uact")
    for message, actor in (
        (create(ledger), ledger.alice),
        (bid(ledger), ledger.bob),
        (lease(ledger), ledger.alice),
    ):
        assert ledger.deliver(message, by=actor).code == 0
    ledger.blocks(9)
    close = MsgCloseDeployment()
    close.id.owner, close.id.dseq = ledger.alice.text, 7
    result = ledger.deliver(close, by=ledger.alice)
    assert result.code == 0, result.log
    paid = before[0] - ledger.balance(ledger.alice, "uact")
    earned = ledger.balance(ledger.bob, "uact") - before[1]
    assert paid == 10 * 500
    assert 0 < earned <= paid
    assert violations(ledger.context(), ledger.app.keepers) == []


def test_a_deposit_may_come_out_of_a_grant(ledger: Ledger) -> None:
    authorization = DepositAuthorization(spend_limits=[Coin(denom="uact", amount="6000000")], scopes=[1])
    grant = MsgGrant(granter=ledger.carol.text, grantee=ledger.alice.text)
    grant.grant.authorization.CopyFrom(registry.pack(authorization))
    result = ledger.deliver(grant, by=ledger.carol)
    assert result.code == 0, result.log
    before = ledger.balance(ledger.carol, "uact")
    result = ledger.deliver(create(ledger, source=2), by=ledger.alice)
    assert result.code == 0, result.log
    assert ledger.balance(ledger.carol, "uact") == before - 5_000_000
    left = ledger.app.keepers.authz.authorization(
        ledger.context(), ledger.carol.address, ledger.alice.address, message_url(authorization)
    )
    assert left is not None
    assert left[0].spend_limits[0].amount == "1000000"  # type: ignore[attr-defined]
