"""Grants to stake for somebody else: with which validators, and up to which amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.pb.cosmos.staking.v1beta1 import authz_pb2 as pb
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2
from supercloud.types.coin import is_denom, parse_amount
from supercloud.types.errors import InsufficientFunds, InvalidCoins, InvalidRequest, Unauthorized, define

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context

UnknownAuthorizationType = define("authz", 4, "unknown authorization type")
NegativeMaxTokens = define("authz", 8, "max tokens should be positive")

GAS_PER_VALIDATOR = 10
VALIDATORS_MAX = 1000

_MESSAGES = {
    pb.AUTHORIZATION_TYPE_DELEGATE: "MsgDelegate",
    pb.AUTHORIZATION_TYPE_UNDELEGATE: "MsgUndelegate",
    pb.AUTHORIZATION_TYPE_REDELEGATE: "MsgBeginRedelegate",
    pb.AUTHORIZATION_TYPE_CANCEL_UNBONDING_DELEGATION: "MsgCancelUnbondingDelegation",
}


def message_url(grant: pb.StakeAuthorization) -> str:
    """The message type that the grant covers."""
    name = _MESSAGES.get(grant.authorization_type)
    if name is None:
        raise UnknownAuthorizationType(f"cannot normalize authz type {grant.authorization_type}")
    return "/cosmos.staking.v1beta1." + name


def check_authorization(grant: pb.StakeAuthorization) -> None:
    """Stateless rules of a grant."""
    message_url(grant)
    if grant.HasField("max_tokens"):
        try:
            amount = parse_amount(grant.max_tokens.amount)
        except ValueError as error:
            raise InvalidCoins(str(error)) from error
        if amount < 0:
            raise NegativeMaxTokens(f"negative coin amount: {amount}{grant.max_tokens.denom}")
        if not is_denom(grant.max_tokens.denom):
            raise InvalidCoins(f"invalid denom: {grant.max_tokens.denom}")
    if len(grant.allow_list.address) + len(grant.deny_list.address) > VALIDATORS_MAX:
        raise InvalidRequest(f"more than {VALIDATORS_MAX} validators in a list")


def accept(
    ctx: Context, grant: pb.StakeAuthorization, message: Message
) -> tuple[pb.StakeAuthorization | None, bool]:
    """Whether the grant covers a message: what is left of it, and whether it is used up. Raises a refusal."""
    if isinstance(message, tx_pb2.MsgBeginRedelegate):
        name, coin = message.validator_dst_address, message.amount
    elif isinstance(message, tx_pb2.MsgDelegate | tx_pb2.MsgUndelegate | tx_pb2.MsgCancelUnbondingDelegation):
        name, coin = message.validator_address, message.amount
    else:
        raise InvalidRequest("unknown msg type")
    allowed, denied = list(grant.allow_list.address), list(grant.deny_list.address)
    ctx.gas.consume(GAS_PER_VALIDATOR * (len(allowed) + len(denied)), "stake authorization")
    if name in denied or (allowed and name not in allowed):
        raise Unauthorized(f"cannot delegate/undelegate to {name} validator")
    if not grant.HasField("max_tokens"):
        return grant, False
    left = _left(grant.max_tokens, coin)
    if not left:
        return None, True
    updated = pb.StakeAuthorization()
    updated.CopyFrom(grant)
    updated.max_tokens.amount = str(left)
    return updated, False


def _left(limit: CoinPb, coin: CoinPb) -> int:
    try:
        amount = parse_amount(coin.amount)
    except ValueError as error:
        raise InvalidCoins(str(error)) from error
    if coin.denom != limit.denom:
        raise InvalidCoins(f"invalid coin denoms: {limit.denom}, {coin.denom}")
    left = parse_amount(limit.amount) - amount
    if amount < 0 or left < 0:
        raise InsufficientFunds(f"requested {amount}{coin.denom}, granted {limit.amount}{limit.denom}")
    return left
