"""Random transactions of a small cast: whatever happens, what must hold holds, and no coin comes or goes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from supercloud.chain.x.escrow import types as escrow_types
from supercloud.chain.x.market import types
from supercloud.pb.akash.deployment.v1beta4.groupmsg_pb2 import MsgCloseGroup, MsgPauseGroup, MsgStartGroup
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.akash.market.v1beta5.leasemsg_pb2 import MsgLeaseStartReclaim
from supercloud.types.errors import ChainError
from supercloud.types.ids import GroupID

STEPS = 300


class Walk:
    """Makes one random message after the other."""

    def __init__(self, world: Any, build: Any, seed: int) -> None:
        self.world, self.build, self.rng = world, build, random.Random(seed)
        self.providers = [world.bob, world.erin, world.frank]
        self.accepted: dict[str, int] = {}
        self.dseq = 1

    def bid(self) -> Any:
        """Mostly one that exists or that an order waits for."""
        rng, world = self.rng, self.world
        ctx, market = world.ctx(), world.k.market
        kind = rng.randrange(4)
        records = list(
            market.leases(ctx) if kind == 0 else market.bids(ctx) if kind == 1 else market.orders(ctx)
        )
        if not records:
            return world.bid_id(self.dseq, rng.randint(1, 2), 1, rng.choice(self.providers))
        id = rng.choice(records[:6]).id
        provider = world.bech32.parse(id.provider) if kind < 2 else rng.choice(self.providers)
        return world.bid_id(id.dseq, id.gseq, id.oseq, provider)

    def message(self) -> Any:
        world, rng, bid = self.world, self.rng, self.bid()
        window = rng.choice([None, None, 7200])
        price = rng.choice(["0.3", "1", "77.7", "900"])
        group = GroupID(world.alice, bid.dseq, bid.gseq).to_pb(world.bech32)
        makers: list[Callable[[], Any]] = [
            lambda: self.deployment(window),
            lambda: world.create_bid(bid, price=price, window_s=window),
            lambda: world.create_bid(bid, price=price, window_s=7200),
            lambda: world.create_lease(bid),
            lambda: world.create_lease(bid),
            lambda: world.withdraw(bid),
            lambda: world.close_lease(bid),
            lambda: world.close_bid(bid, reason=10000),
            lambda: MsgLeaseStartReclaim(id=bid.to_lease_pb(world.bech32), reason=10001),
            lambda: rng.choice([MsgPauseGroup, MsgStartGroup, MsgStartGroup])(id=group),
            lambda: self.deposit(bid.dseq),
            lambda: MsgCloseGroup(id=group) if rng.random() < 0.2 else world.withdraw(bid),
            lambda: world.close_deployment(bid.dseq) if rng.random() < 0.1 else world.withdraw(bid),
        ]
        return rng.choice(makers)()

    def deployment(self, window: int | None) -> Any:
        self.dseq += 1
        amount = self.rng.choice([500_000, 600_000, 5_000_000])
        return self.world.create_deployment(self.dseq, groups=2, window_s=window, amount=amount)

    def deposit(self, dseq: int) -> MsgAccountDeposit:
        world, rng = self.world, self.rng
        return MsgAccountDeposit(
            signer=world.text(rng.choice([world.alice, world.dave])),
            id=escrow_types.account_to_pb(world.deployment(dseq), world.bech32),
            deposit=self.build.deposit(rng.choice([1, 1000, 200_000]), rng.choice(["uact", "uakt"])),
        )

    def step(self) -> None:
        message = self.message()
        try:
            self.world.send(message)
            name = type(message).__name__
            self.accepted[name] = self.accepted.get(name, 0) + 1
        except ChainError:
            pass
        if self.rng.random() < 0.4:
            self.world.blocks(self.rng.choice([1, 1, 3, 50, 400]))


@pytest.mark.parametrize("seed", range(4))
def test_random_walk(world: Any, build: Any, seed: int) -> None:
    params = types.default_expiry()
    if seed % 2:
        params.order_max_age_blocks, params.bid_max_age_blocks, params.max_expiries_per_block = 900, 500, 3
    world.k.market.set_expiry(world.ctx(), params)
    rates = world.k.take.params(world.ctx())
    rates.denom_take_rates[1].rate = 7
    world.k.take.set_params(world.ctx(), rates)
    world.with_providers(world.bob, world.erin, world.frank)
    supply = {coin.denom: coin.amount for coin in world.k.bank.supplies(world.ctx())}
    walk = Walk(world, build, seed)
    for number in range(STEPS):
        walk.step()
        if number % 10 == 0:
            assert world.violations() == []
    assert world.violations() == []
    assert {coin.denom: coin.amount for coin in world.k.bank.supplies(world.ctx())} == supply
    assert len(walk.accepted) >= 9, walk.accepted
    text = world.export()
    world.load(text)
    assert world.export() == text
