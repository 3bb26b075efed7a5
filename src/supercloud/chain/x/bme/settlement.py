"""What becomes of queued requests: executed at the price of the moment, tried again, or given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.bme import conversion, keys, types
from supercloud.chain.x.bme.keeper import record_id
from supercloud.pb.akash.bme.v1.events_pb2 import EventLedgerRecordCanceled, EventLedgerRecordExecuted
from supercloud.pb.akash.bme.v1.types_pb2 import CoinPrice, LedgerCanceledRecord, LedgerRecord
from supercloud.types.coin import AMOUNT_MAX, Coin
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bme.conversion import Rate, Yield
    from supercloud.chain.x.bme.keeper import Keeper
    from supercloud.chain.x.bme.keys import Record
    from supercloud.pb.akash.bme.v1.params_pb2 import Params
    from supercloud.pb.akash.bme.v1.types_pb2 import LedgerPendingRecord
    from supercloud.types.dec import Dec


def settle(ctx: Context, keeper: Keeper) -> None:
    """Execute the burns and mints that are due; both together handle a bounded number of requests."""
    params = keeper.params(ctx)
    native, credit = ctx.profile.native_denom, types.CREDIT_DENOM
    left = params.max_endblocker_records
    if keeper.due(ctx, keys.BURN_DUE) <= ctx.height:
        keeper.set_due(ctx, keys.BURN_DUE, ctx.height + params.min_epoch_blocks)
        left -= _work_off(ctx, keeper, (credit, native), left)
    status, changed = keeper.update_status(ctx)
    if status.status > types.WARNING:
        return
    if changed and status.previous_status >= types.HALT_CR:
        # Minting has just become possible again: it begins after a full wait.
        keeper.set_due(ctx, keys.MINT_DUE, ctx.height + status.epoch_height_diff)
    elif keeper.due(ctx, keys.MINT_DUE) <= ctx.height:
        keeper.set_due(ctx, keys.MINT_DUE, ctx.height + status.epoch_height_diff)
        if _work_off(ctx, keeper, (native, credit), left):
            keeper.update_status(ctx)


def _work_off(ctx: Context, keeper: Keeper, route: tuple[str, str], limit: int) -> int:
    queue = keeper.queue(ctx, *route, limit)
    for place, pending in queue:
        _handle(ctx, keeper, place, pending)
    return len(queue)


def _handle(ctx: Context, keeper: Keeper, place: Record, pending: LedgerPendingRecord) -> None:
    params = keeper.params(ctx)
    try:
        with ctx.attempt():
            _execute(ctx, keeper, params, place, pending)
    except ChainError as error:
        reason = types.FATAL.get(type(error))
        pending.attempts += 1
        if reason is not None:
            cancel(ctx, keeper, place, pending, reason)
        elif pending.attempts >= params.max_pending_attempts:
            cancel(ctx, keeper, place, pending, LedgerCanceledRecord.max_attempts)
        else:
            keeper.save_pending(ctx, place, pending)


def cancel(ctx: Context, keeper: Keeper, place: Record, pending: LedgerPendingRecord, reason: int) -> None:
    """Give everything back and remember why."""
    ended = LedgerCanceledRecord(
        owner=pending.owner,
        to=pending.to,
        coins_to_burn=pending.coins_to_burn,
        denom_to_mint=pending.denom_to_mint,
    )
    ended.cancel_reason = reason  # type: ignore[assignment]
    keeper.finish(ctx, place, ended)
    coin = Coin.from_pb(pending.coins_to_burn)
    keeper.bank.send_from_module(ctx, types.NAME, ctx.bech32.parse(pending.owner), [coin])
    event = EventLedgerRecordCanceled(
        id=record_id(ctx, place),
        owner=ended.owner,
        to=ended.to,
        coins_to_burn=ended.coins_to_burn,
        denom_to_mint=ended.denom_to_mint,
    )
    event.cancel_reason = reason  # type: ignore[assignment]
    ctx.emit_typed(event)


def _execute(
    ctx: Context, keeper: Keeper, params: Params, place: Record, pending: LedgerPendingRecord
) -> None:
    given = int(pending.coins_to_burn.amount)
    if not given:
        raise types.InvalidAmount("zero burn amount")
    rate = keeper.rate(ctx, place.denom, place.to_denom)
    minting = place.denom == ctx.profile.native_denom
    if not minting and given > keeper.bank.supply(ctx, place.denom):
        raise types.InsufficientVaultFunds(f"{given}{place.denom} is more than there is")
    spread_bps = params.mint_spread_bps if minting else params.settle_spread_bps
    got = conversion.convert(given, rate, spread_bps)
    least = types.min_mint(params, place.to_denom)
    if got.amount < least:
        raise types.MinimumMint(f"{got.amount}{place.to_denom} is less than {least}")
    if keeper.bank.supply(ctx, place.to_denom) + got.amount > AMOUNT_MAX:
        raise types.MintFailed(f"{got.amount}{place.to_denom} is more than can be counted")
    ended = LedgerRecord(
        burned_from=pending.owner, minted_to=pending.to, burner=types.NAME, minter=types.NAME
    )
    ended.spread.CopyFrom(Coin(place.to_denom, got.spread).to_pb())
    (_mint_credit if minting else _burn_credit)(ctx, keeper, Coin(place.denom, given), got, rate, ended)
    keeper.finish(ctx, place, ended)
    paid = Coin(place.to_denom, got.amount - got.spread)
    if paid.amount:
        keeper.bank.send_from_module(ctx, types.NAME, ctx.bech32.parse(pending.to), [paid])
    event = EventLedgerRecordExecuted(id=record_id(ctx, place))
    for field, value in ended.ListFields():
        if field.message_type is None:
            setattr(event, field.name, value)
        else:
            getattr(event, field.name).CopyFrom(value)
    ctx.emit_typed(event)


def _mint_credit(
    ctx: Context, keeper: Keeper, given: Coin, got: Yield, rate: Rate, ended: LedgerRecord
) -> None:
    """Make credit. The native tokens stay in the vault and may be paid out again without making any."""
    made = Coin(types.CREDIT_DENOM, got.amount)
    keeper.bank.mint(ctx, types.NAME, [made])
    keeper.add_amount(ctx, keys.MINTED, made.denom, made.amount)
    keeper.add_amount(ctx, keys.REMINT_CREDITS, given.denom, given.amount)
    ended.minted.CopyFrom(_priced(made, rate.got))
    ended.remint_credit_accrued.CopyFrom(_priced(given, rate.given))


def _burn_credit(
    ctx: Context, keeper: Keeper, given: Coin, got: Yield, rate: Rate, ended: LedgerRecord
) -> None:
    """Destroy credit. Native tokens come from what mints locked; only what that lacks is made."""
    native = ctx.profile.native_denom
    reused = min(keeper.amount(ctx, keys.REMINT_CREDITS, native), got.amount)
    made = Coin(native, got.amount - reused)
    keeper.bank.burn(ctx, types.NAME, [given])
    keeper.add_amount(ctx, keys.BURNED, given.denom, given.amount)
    ended.burned.CopyFrom(_priced(given, rate.given))
    if made.amount:
        keeper.bank.mint(ctx, types.NAME, [made])
        keeper.add_amount(ctx, keys.MINTED, native, made.amount)
        ended.minted.CopyFrom(_priced(made, rate.got))
    if reused:
        keeper.add_amount(ctx, keys.REMINT_CREDITS, native, -reused)
        ended.remint_credit_issued.CopyFrom(_priced(Coin(native, reused), rate.got))


def _priced(coin: Coin, price: Dec) -> CoinPrice:
    return CoinPrice(coin=coin.to_pb(), price=price.to_wire())
