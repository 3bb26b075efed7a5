"""Kinds of allowances: what each refuses, how each is used up, when each ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from google.protobuf.any_pb2 import Any

from supercloud.chain.baseapp.coins import coins_or_none, coins_to_pb, pb_coins_text, subtract_coins
from supercloud.chain.baseapp.timestamps import checked_duration_ns, checked_ns, to_ns, to_timestamp
from supercloud.pb.cosmos.feegrant.v1beta1 import feegrant_pb2 as pb
from supercloud.types.coin import Coin, coins_from_pb
from supercloud.types.errors import InvalidCoins, InvalidRequest, define

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.base.v1beta1 import coin_pb2

NAME = "feegrant"

FeeLimitExceeded = define(NAME, 2, "fee limit exceeded")
FeeLimitExpired = define(NAME, 3, "fee allowance expired")
InvalidDuration = define(NAME, 4, "invalid duration")
NoAllowance = define(NAME, 5, "no allowance")
NoMessages = define(NAME, 6, "allowed messages are empty")
MessageNotAllowed = define(NAME, 7, "message not allowed")

GAS_PER_MESSAGE = 10
ALLOWED_MESSAGES_MAX = 256
NESTING_MAX = 3
"""A filter may hold a filter; deeper than this is refused."""
PRUNED_BY_MESSAGE_MAX = 75
PRUNED_BY_BLOCK_MAX = 200

Allowance = pb.BasicAllowance | pb.PeriodicAllowance | pb.AllowedMsgAllowance

_KINDS: dict[str, type[Allowance]] = {
    "/" + kind.DESCRIPTOR.full_name: kind
    for kind in (pb.BasicAllowance, pb.PeriodicAllowance, pb.AllowedMsgAllowance)
}


def unpack(packed: Any) -> Allowance:
    """The allowance in an Any."""
    kind = _KINDS.get(packed.type_url)
    if kind is None:
        raise NoAllowance("failed to get allowance")
    return kind.FromString(packed.value)


def pack(allowance: Allowance) -> Any:
    """The Any of an allowance."""
    return Any(
        type_url="/" + allowance.DESCRIPTOR.full_name, value=allowance.SerializeToString(deterministic=True)
    )


def validate(allowance: Allowance, depth: int = 1) -> None:
    """Refuse an allowance that makes no sense."""
    if isinstance(allowance, pb.AllowedMsgAllowance):
        if not allowance.HasField("allowance"):
            raise NoAllowance("allowance should not be empty")
        if not allowance.allowed_messages:
            raise NoMessages("allowed messages shouldn't be empty")
        if len(allowance.allowed_messages) > ALLOWED_MESSAGES_MAX or depth == NESTING_MAX:
            raise InvalidRequest("the allowance names too many messages or is nested too deeply")
        validate(unpack(allowance.allowance), depth + 1)
    elif isinstance(allowance, pb.PeriodicAllowance):
        _validate_basic(allowance.basic)
        _validate_period(allowance)
    else:
        _validate_basic(allowance)


def _validate_basic(allowance: pb.BasicAllowance) -> None:
    if allowance.spend_limit:
        _require_positive(allowance.spend_limit, "send amount is invalid")
    if allowance.HasField("expiration") and checked_ns(allowance.expiration) < 0:
        raise InvalidDuration("expiration time cannot be negative")


def _validate_period(allowance: pb.PeriodicAllowance) -> None:
    _require_positive(allowance.period_spend_limit, "spend amount is invalid")
    if allowance.period_can_spend and coins_or_none(allowance.period_can_spend) is None:
        raise InvalidCoins(f"can spend amount is invalid: {pb_coins_text(allowance.period_can_spend)}")
    total = {coin.denom: coin.amount for coin in allowance.basic.spend_limit}
    if total and any(coin.denom not in total for coin in allowance.period_spend_limit):
        raise InvalidCoins("period spend limit has different currency than basic spend limit")
    checked_ns(allowance.period_reset)
    if checked_duration_ns(allowance.period) < 0:
        raise InvalidDuration("negative clock step")


def _require_positive(coins: Sequence[coin_pb2.Coin] | Iterable[coin_pb2.Coin], words: str) -> None:
    given = list(coins)
    if given and coins_or_none(given) is None:
        raise InvalidCoins(f"{words}: {pb_coins_text(given)}")
    if not given:
        raise InvalidCoins("spend limit must be positive")


def expires_at(allowance: Allowance) -> int | None:
    """When an allowance ends (ns), or None."""
    while isinstance(allowance, pb.AllowedMsgAllowance):
        allowance = unpack(allowance.allowance)
    basic = allowance.basic if isinstance(allowance, pb.PeriodicAllowance) else allowance
    return to_ns(basic.expiration) if basic.HasField("expiration") else None


def accept(ctx: Context, allowance: Allowance, fee: Sequence[Coin], message_urls: Sequence[str]) -> bool:
    """Use the allowance for a fee: it is changed in place. True when nothing is left of it."""
    if isinstance(allowance, pb.AllowedMsgAllowance):
        ctx.gas.consume(GAS_PER_MESSAGE * (len(allowance.allowed_messages) + len(message_urls)), "check msg")
        allowed = frozenset(allowance.allowed_messages)
        if any(url not in allowed for url in message_urls):
            raise MessageNotAllowed("message does not exist in allowed messages")
        inner = unpack(allowance.allowance)
        used_up = accept(ctx, inner, fee, message_urls)
        allowance.allowance.CopyFrom(pack(inner))
        return used_up
    if isinstance(allowance, pb.PeriodicAllowance):
        return _accept_periodic(ctx.time, allowance, fee)
    return _accept_basic(ctx.time, allowance, fee)


def _accept_basic(now: int, allowance: pb.BasicAllowance, fee: Sequence[Coin]) -> bool:
    if allowance.HasField("expiration") and to_ns(allowance.expiration) < now:
        raise FeeLimitExpired("basic allowance")
    if not allowance.spend_limit:
        return False
    left = subtract_coins(coins_from_pb(allowance.spend_limit), fee)
    if left is None:
        raise FeeLimitExceeded("basic allowance")
    _replace(allowance.spend_limit, left)
    return not left


def _accept_periodic(now: int, allowance: pb.PeriodicAllowance, fee: Sequence[Coin]) -> bool:
    basic = allowance.basic
    if basic.HasField("expiration") and now > to_ns(basic.expiration):
        raise FeeLimitExpired("absolute limit")
    _reset_period(now, allowance)
    left = subtract_coins(coins_from_pb(allowance.period_can_spend), fee)
    if left is None:
        raise FeeLimitExceeded("period limit")
    _replace(allowance.period_can_spend, left)
    if not basic.spend_limit:
        return False
    total_left = subtract_coins(coins_from_pb(basic.spend_limit), fee)
    if total_left is None:
        raise FeeLimitExceeded("absolute limit")
    _replace(basic.spend_limit, total_left)
    return not total_left


def _reset_period(now: int, allowance: pb.PeriodicAllowance) -> None:
    """Begin a new period when its time has come, with the smaller of the period's and the whole limit.

    Periods follow one another without gaps; after a pause longer than a period they start again from now.
    """
    reset = to_ns(allowance.period_reset)
    if now < reset:
        return
    whole = coins_from_pb(allowance.basic.spend_limit)
    period = coins_from_pb(allowance.period_spend_limit)
    _replace(
        allowance.period_can_spend,
        whole if whole and subtract_coins(whole, period) is None else period,
    )
    length = checked_duration_ns(allowance.period)
    reset += length
    allowance.period_reset.CopyFrom(to_timestamp(now + length if now > reset else reset))


def _replace(field: object, coins: Sequence[Coin]) -> None:
    del field[:]  # type: ignore[attr-defined]
    field.extend(coins_to_pb(coins))  # type: ignore[attr-defined]
