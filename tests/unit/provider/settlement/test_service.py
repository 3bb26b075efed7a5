"""Earnings against the real escrow: withdrawn when it is worth it, and accounts that ran dry are noticed."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.escrow.types.v1 import account_pb2
from supercloud.pb.akash.market.v1 import lease_pb2
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.provider.config import Config
from supercloud.provider.settlement.service import Settlement, earned, exhausted
from supercloud.sdk import market
from supercloud.testing.ledger import Ledger
from tests.unit.provider.ledger_client import LedgerClient, LedgerSender, accept, order, register, workload

PRICE = 1000


class Stage:
    """Bob serves alice at 1000 uakt a block; the deposit of 5,000,000 lasts 5000 blocks."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        register(self.ledger, self.ledger.bob)
        self.client: Any = LedgerClient(self.ledger)
        self.sender: Any = LedgerSender(self.ledger, self.ledger.bob)
        self.settlement = Settlement(self.client, self.sender, Config(withdraw_minimum=10_000))

    def lease(self, dseq: int) -> None:
        ledger = self.ledger
        order(ledger, ledger.alice, dseq)
        bid = bidmsg_pb2.MsgCreateBid(
            deposit=deposit_pb2.Deposit(
                amount=coin_pb2.Coin(denom="uakt", amount="500000"), sources=[deposit_pb2.balance]
            )
        )
        bid.id.owner, bid.id.dseq, bid.id.gseq, bid.id.oseq = ledger.alice.text, dseq, 1, 1
        bid.id.provider = ledger.bob.text
        bid.price.denom, bid.price.amount = "uakt", str(PRICE * 10**18)
        for unit in workload().group_specs()[0].resources:
            bid.resources_offer.add(count=unit.count).resources.CopyFrom(unit.resource)
        assert ledger.deliver(bid, by=ledger.bob).code == 0
        accept(ledger, ledger.alice, ledger.bob, dseq)

    async def leases(self, state: str = "active") -> list[Any]:
        return await market.leases(self.client, "", state=state, provider=self.ledger.bob.text)

    async def withdraw(self) -> int:
        return await self.settlement.withdraw(await self.leases(), await self.client.height())

    async def look(self) -> int:
        return await self.settlement.withdraw_exhausted(await self.leases(), await self.client.height())


async def test_small_earnings_wait() -> None:
    stage = Stage()
    stage.lease(1)
    stage.ledger.blocks(5)
    assert (await stage.withdraw(), stage.sender.sent) == (0, [])
    stage.ledger.blocks(10)
    before = stage.ledger.balance(stage.ledger.bob)
    assert await stage.withdraw() == 1
    # 15 blocks and the one that withdraws, less the fee of the transaction
    assert stage.ledger.balance(stage.ledger.bob) - before == 16 * PRICE - 5000
    assert await stage.withdraw() == 0
    (item,) = await stage.leases()
    assert earned(item, await stage.client.height()) < PRICE * 2


async def test_one_lease_that_fails_does_not_hold_up_the_others() -> None:
    stage = Stage()
    for dseq in (1, 2):
        stage.lease(dseq)
    stage.ledger.blocks(20)
    leases = await stage.leases()
    leases[0].lease.id.dseq = 99
    assert await stage.settlement.withdraw(leases, await stage.client.height()) == 1


async def test_a_deposit_that_is_used_up_ends_the_lease() -> None:
    """The ledger itself does not notice before somebody touches the account."""
    stage = Stage()
    stage.lease(1)
    stage.ledger.blocks(100)
    assert await stage.look() == 0
    stage.ledger.blocks(4_950)
    assert len(await stage.leases()) == 1
    assert await stage.look() == 1
    assert (len(await stage.leases()), len(await stage.leases("insufficient_funds"))) == (0, 1)


def account(settled_at: int, **funds: int) -> Any:
    made = account_pb2.Account()
    made.state.settled_at = settled_at
    for denom, amount in funds.items():
        made.state.funds.add(denom=denom, amount=str(amount * 10**18))
    return made


def lease(denom: str, price: int) -> Any:
    made = lease_pb2.Lease()
    made.price.denom, made.price.amount = denom, str(price * 10**18)
    return made


@pytest.mark.parametrize(
    ("held", "leases", "height", "over"),
    [
        (account(10, uakt=100), [], 1000, False),
        (account(10, uakt=100), [lease("uakt", 10)], 20, False),
        (account(10, uakt=100), [lease("uakt", 10)], 21, True),
        (account(10, uakt=100), [lease("uakt", 10), lease("uakt", 10)], 16, True),
        (account(10, uakt=100, uact=1), [lease("uakt", 1), lease("uact", 1)], 12, True),
        (account(10, uakt=100), [lease("uact", 1)], 10, False),
        (account(10), [lease("uakt", 1)], 11, True),
        (account(10, uakt=1), [lease("uakt", 1)], 5, False),
    ],
)
def test_when_an_account_is_empty(held: Any, leases: list[Any], height: int, over: bool) -> None:
    assert exhausted(held, leases, height) is over
