"""Transactions that make accounts whose coins become free with time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.coins import checked_coins
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.auth import vesting
from supercloud.chain.x.auth.keeper import SECOND
from supercloud.chain.x.auth.types import Account
from supercloud.pb.cosmos.vesting.v1beta1 import tx_pb2 as pb
from supercloud.pb.cosmos.vesting.v1beta1 import vesting_pb2
from supercloud.types.errors import InvalidAddress, InvalidRequest, Unauthorized, invariant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.auth.expected_keepers import BankKeeper
    from supercloud.chain.x.auth.keeper import Keeper
    from supercloud.types.coin import Coin


def register(router: Router, keeper: Keeper, bank: BankKeeper) -> None:
    """Route the messages."""
    by_giver = signer_field("from_address")
    router.message(
        pb.MsgCreateVestingAccount,
        lambda ctx, msg: create_vesting_account(ctx, keeper, bank, msg),
        signers=by_giver,
    )
    router.message(
        pb.MsgCreatePermanentLockedAccount,
        lambda ctx, msg: create_permanent_locked_account(ctx, keeper, bank, msg),
        signers=by_giver,
    )
    router.message(
        pb.MsgCreatePeriodicVestingAccount,
        lambda ctx, msg: create_periodic_vesting_account(ctx, keeper, bank, msg),
        signers=by_giver,
    )


def create_vesting_account(
    ctx: Context, keeper: Keeper, bank: BankKeeper, msg: pb.MsgCreateVestingAccount
) -> pb.MsgCreateVestingAccountResponse:
    """Give coins that become free evenly from now to a time, or all at that time."""
    src, dst = _addresses(ctx, msg)
    coins = checked_coins(msg.amount)
    now = ctx.time // SECOND
    if msg.end_time <= 0 or (not msg.delayed and msg.end_time <= now):
        raise InvalidRequest("invalid end time")
    bank.require_send_enabled(ctx, coins)
    _require_free(ctx, keeper, bank, dst)
    schedule = vesting_pb2.BaseVestingAccount(original_vesting=msg.amount, end_time=msg.end_time)
    if msg.delayed:
        record: Message = vesting_pb2.DelayedVestingAccount(base_vesting_account=schedule)
    else:
        record = vesting_pb2.ContinuousVestingAccount(base_vesting_account=schedule, start_time=now)
    _make(ctx, keeper, dst, record)
    bank.send(ctx, src, dst, coins)
    return pb.MsgCreateVestingAccountResponse()


def create_permanent_locked_account(
    ctx: Context, keeper: Keeper, bank: BankKeeper, msg: pb.MsgCreatePermanentLockedAccount
) -> pb.MsgCreatePermanentLockedAccountResponse:
    """Give coins that can be staked and nothing else, for ever."""
    src, dst = _addresses(ctx, msg)
    coins = checked_coins(msg.amount)
    bank.require_send_enabled(ctx, coins)
    _require_free(ctx, keeper, bank, dst)
    schedule = vesting_pb2.BaseVestingAccount(original_vesting=msg.amount)
    _make(ctx, keeper, dst, vesting_pb2.PermanentLockedAccount(base_vesting_account=schedule))
    bank.send(ctx, src, dst, coins)
    return pb.MsgCreatePermanentLockedAccountResponse()


def create_periodic_vesting_account(
    ctx: Context, keeper: Keeper, bank: BankKeeper, msg: pb.MsgCreatePeriodicVestingAccount
) -> pb.MsgCreatePeriodicVestingAccountResponse:
    """Give coins that become free in parts, each at the end of its period."""
    src, dst = _addresses(ctx, msg)
    if msg.start_time < 1:
        raise InvalidRequest(f"invalid start time of {msg.start_time}, length must be greater than 0")
    coins, end = _checked_periods(msg.vesting_periods, msg.start_time)
    _require_free(ctx, keeper, bank, dst)
    bank.require_send_enabled(ctx, coins)
    record = vesting_pb2.PeriodicVestingAccount(
        base_vesting_account=vesting_pb2.BaseVestingAccount(
            original_vesting=[coin.to_pb() for coin in coins], end_time=end
        ),
        start_time=msg.start_time,
        vesting_periods=msg.vesting_periods,
    )
    _make(ctx, keeper, dst, record)
    bank.send(ctx, src, dst, coins)
    return pb.MsgCreatePeriodicVestingAccountResponse()


def _checked_periods(periods: Sequence[vesting_pb2.Period], start: int) -> tuple[list[Coin], int]:
    if not periods:
        raise InvalidRequest("no vesting periods")
    for number, period in enumerate(periods):
        if period.length < 1:
            raise InvalidRequest(
                f"invalid period length of {period.length} in period {number}, length must be greater than 0"
            )
        checked_coins(period.amount)
    summed = vesting.sum_of(periods, start)
    if isinstance(summed, str):
        raise InvalidRequest(summed)
    return summed


def _addresses(
    ctx: Context,
    msg: pb.MsgCreateVestingAccount | pb.MsgCreatePermanentLockedAccount | pb.MsgCreatePeriodicVestingAccount,
) -> tuple[bytes, bytes]:
    found = []
    for text, side in ((msg.from_address, "from"), (msg.to_address, "to")):
        try:
            found.append(ctx.bech32.parse(text))
        except ValueError as error:
            raise InvalidAddress(f"invalid '{side}' address: {error}") from error
    return found[0], found[1]


def _require_free(ctx: Context, keeper: Keeper, bank: BankKeeper, address: bytes) -> None:
    text = ctx.bech32.text(address)
    if bank.is_blocked(address):
        raise Unauthorized(f"{text} is not allowed to receive funds")
    if keeper.exists(ctx, address):
        raise InvalidRequest(f"account {text} already exists")


def _make(ctx: Context, keeper: Keeper, address: bytes, record: Message) -> None:
    vesting.schedule_of(record).base_account.CopyFrom(keeper.new_base(ctx, address))
    wrong = vesting.what_is_wrong(record)
    invariant(wrong is None, f"an account that vests: {wrong}")
    keeper.insert(ctx, Account(address, vesting.PREFIX + record.DESCRIPTOR.name, record))
