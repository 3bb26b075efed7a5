"""The only reader and writer of the `feeauction` store, and of the account that holds the lot and the best bid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.feeauction import keys, types
from supercloud.pb.supercloud.feeauction.v1.auction_pb2 import Params, Result, Round
from supercloud.pb.supercloud.feeauction.v1.event_pb2 import (
    EventBid,
    EventRoundStarted,
    EventSold,
    EventUnsold,
)
from supercloud.types.address import module_address
from supercloud.types.coin import Coin, coins_from_pb, sorted_coins

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feeauction.expected_keepers import BankKeeper, DistributionKeeper, TakeKeeper


class Keeper:
    """The round that runs, and what became of the last one."""

    def __init__(self, bank: BankKeeper, take: TakeKeeper, distribution: DistributionKeeper) -> None:
        self._bank = bank
        self._take = take
        self._distribution = distribution
        self._params = Record(keys.STORE, keys.PARAMS, Params)

    def params(self, ctx: Context) -> Params:
        """Current parameters; those of a new network where none were ever set. Shared, not to be changed."""
        if ctx.kv(keys.STORE).get(keys.PARAMS) is None:
            return types.default_params()
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force; a round that runs keeps its end."""
        types.check_params(params)
        self._params.write(ctx, params)

    def round(self, ctx: Context) -> Round | None:
        """The round that runs."""
        value = ctx.kv(keys.STORE).get(keys.ROUND)
        return None if value is None else Round.FromString(value)

    def set_round(self, ctx: Context, running: Round) -> None:
        """Write it."""
        ctx.kv(keys.STORE).set(keys.ROUND, running.SerializeToString(deterministic=True))

    def last_result(self, ctx: Context) -> Result | None:
        """What became of the last lot sold."""
        value = ctx.kv(keys.STORE).get(keys.RESULT)
        return None if value is None else Result.FromString(value)

    def set_last_result(self, ctx: Context, result: Result) -> None:
        """Write it."""
        ctx.kv(keys.STORE).set(keys.RESULT, result.SerializeToString(deterministic=True))

    def rounds(self, ctx: Context) -> int:
        """The last number that a round had."""
        return int(ctx.kv(keys.STORE).get(keys.ROUNDS) or 0)

    def set_rounds(self, ctx: Context, number: int) -> None:
        """Write it."""
        ctx.kv(keys.STORE).set(keys.ROUNDS, b"%d" % number)

    # --- Bids

    def bid(self, ctx: Context, bidder: bytes, number: int, amount: int) -> None:
        """Take a bid into custody and give the one that it beats back."""
        running = self.round(ctx)
        if running is None or running.number != number:
            raise types.NoRound(f"round {number}")
        if self._bank.is_blocked(bidder):
            raise types.InvalidBid("a module can not bid")
        params, best = self.params(ctx), int(running.bid or "0")
        least = types.least_bid(params, best)
        if amount < least:
            raise types.BidTooLow(f"{amount}{ctx.profile.native_denom}, at least {least}")
        native = ctx.profile.native_denom
        self._bank.send_to_module(ctx, bidder, types.NAME, [Coin(native, amount)])
        if best:
            beaten = ctx.bech32.parse(running.bidder)
            self._bank.send_from_module(ctx, types.NAME, beaten, [Coin(native, best)])
        running.bidder, running.bid = ctx.bech32.text(bidder), str(amount)
        running.end_height = max(running.end_height, ctx.height + params.extension_blocks)
        self.set_round(ctx, running)
        told = EventBid(
            round=number, bidder=running.bidder, amount=running.bid, end_height=running.end_height
        )
        ctx.emit_typed(told)

    # --- Rounds

    def work(self, ctx: Context) -> None:
        """End the round that is over; begin the next one when there is something to sell."""
        running = self.round(ctx)
        unsold: list[Coin] = []
        if running is not None:
            if ctx.height < running.end_height:
                return
            ctx.kv(keys.STORE).delete(keys.ROUND)
            if running.bidder:
                self._sell(ctx, running)
            else:
                unsold = coins_from_pb(running.lot)
                ctx.emit_typed(EventUnsold(round=running.number))
        self._begin(ctx, unsold)

    def _begin(self, ctx: Context, unsold: list[Coin]) -> None:
        blocks = self.params(ctx).round_blocks
        if not blocks:
            # Auctions are off: what nobody wanted goes back to where it was collected.
            if unsold:
                self._bank.send_between_modules(ctx, types.NAME, types.TAKE, unsold)
            return
        native, room = ctx.profile.native_denom, types.LOT_DENOMS_MAX - len(unsold)
        known = [coin.denom for coin in unsold]
        foreign = [coin for coin in self._take.held(ctx) if coin.denom != native]
        more = [coin for coin in foreign if coin.denom in known]
        more += [coin for coin in foreign if coin.denom not in known][: max(room, 0)]
        if more:
            self._bank.send_between_modules(ctx, types.TAKE, types.NAME, sorted_coins(more))
        lot = sorted_coins([*unsold, *more])
        if not lot:
            return
        number = self.rounds(ctx) + 1
        self.set_rounds(ctx, number)
        begun = Round(
            number=number, end_height=ctx.height + blocks, lot=[coin.to_pb() for coin in lot], bid="0"
        )
        self.set_round(ctx, begun)
        ctx.emit_typed(EventRoundStarted(round=begun))

    def _sell(self, ctx: Context, sold: Round) -> None:
        native, paid = ctx.profile.native_denom, int(sold.bid)
        parts = types.split(self.params(ctx), paid)
        if parts.burned:
            self._bank.burn(ctx, types.NAME, [Coin(native, parts.burned)])
        if parts.community:
            coins = [Coin(native, parts.community)]
            self._distribution.fund_community_pool(ctx, coins, module_address(types.NAME))
        if parts.stakers:
            coins = [Coin(native, parts.stakers)]
            self._bank.send_between_modules(ctx, types.NAME, types.FEE_COLLECTOR, coins)
        lot = coins_from_pb(sold.lot)
        self._bank.send_from_module(ctx, types.NAME, ctx.bech32.parse(sold.bidder), lot)
        result = Result(
            number=sold.number,
            height=ctx.height,
            lot=sold.lot,
            winner=sold.bidder,
            paid=str(paid),
            burned=str(parts.burned),
            community=str(parts.community),
            stakers=str(parts.stakers),
        )
        self.set_last_result(ctx, result)
        ctx.emit_typed(EventSold(result=result))

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: the account holds the lot and the best bid; parameters would be accepted."""
        broken = []
        try:
            types.check_params(self.params(ctx))
        except types.InvalidParam as error:
            broken.append(f"feeauction: {error}")
        running = self.round(ctx)
        if running is None:
            return broken
        owed = sorted_coins(
            [*coins_from_pb(running.lot), Coin(ctx.profile.native_denom, int(running.bid or "0"))]
        )
        for denom, amount in owed:
            held = self._bank.balance(ctx, module_address(types.NAME), denom)
            if held < amount:
                broken.append(f"feeauction: holds {held}{denom} and owes {amount}")
        if running.number != self.rounds(ctx) or bool(running.bidder) != (int(running.bid or "0") > 0):
            broken.append(f"feeauction: round {running.number} does not fit together")
        return broken
