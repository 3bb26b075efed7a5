"""Deposit grants: what a DepositAuthorization lets a grantee put into escrow out of the granter's balance.

The network keeps every such grant under the message type MsgAccountDeposit, whichever message spends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.escrow.types import (
    DEPOSIT_TYPE_URL,
    SCOPE_NAMES,
    InvalidAuthzScope,
    UnauthorizedDepositScope,
)
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCreateDeployment
from supercloud.pb.akash.escrow.id.v1 import id_pb2
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCreateBid
from supercloud.types.coin import Coin, is_denom
from supercloud.types.errors import InsufficientFunds, InvalidCoins, InvalidType, Unauthorized

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context

LIMITS_MAX = 64


def message_url(authorization: DepositAuthorization) -> str:
    """The message type under which authz keeps the grant."""
    return DEPOSIT_TYPE_URL


def check_authorization(grant: DepositAuthorization) -> None:
    """Stateless rules of a deposit grant."""
    scopes = list(grant.scopes)
    if not scopes:
        raise InvalidAuthzScope("empty scope")
    for position, scope in enumerate(scopes):
        if scope not in (1, 2):
            raise InvalidAuthzScope(f"unknown scope {scope}")
        if scope in scopes[:position]:
            raise InvalidAuthzScope(f"duplicate scope {scope}")
    deprecated = grant.spend_limit
    if deprecated.amount and not _digits(deprecated.amount):
        raise InvalidCoins("spend limit is not valid")
    if int(deprecated.amount or "0"):
        raise InvalidCoins("spend limit is deprecated and must be zero")
    denoms = [limit.denom for limit in grant.spend_limits]
    if denoms != sorted(dict.fromkeys(denoms)):
        raise InvalidCoins("spend limits are not sorted or repeat a denom")
    for limit in grant.spend_limits:
        if not (is_denom(limit.denom) and _digits(limit.amount) and int(limit.amount)):
            raise InvalidCoins("spend limits are not valid")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 78


def limits_of(grant: DepositAuthorization) -> dict[str, int]:
    """What a grant still allows per denom; an old grant's single limit counts in."""
    limits = {limit.denom: int(limit.amount) for limit in grant.spend_limits}
    if grant.spend_limit.amount and int(grant.spend_limit.amount):
        denom = grant.spend_limit.denom
        limits[denom] = limits.get(denom, 0) + int(grant.spend_limit.amount)
    return limits


def with_limits(
    grant: DepositAuthorization, limits: dict[str, int], native_denom: str
) -> DepositAuthorization:
    """The same grant with other limits. The deprecated single limit is written as zero, never left out."""
    changed = DepositAuthorization(scopes=grant.scopes)
    changed.spend_limit.denom = native_denom
    changed.spend_limit.amount = "0"
    for denom in sorted(limits):
        if limits[denom]:
            changed.spend_limits.add(denom=denom, amount=str(limits[denom]))
    return changed


def accept(ctx: Context, grant: DepositAuthorization, message: Message) -> tuple[Message | None, bool]:
    """Whether a grant covers a message in full: what is left of the grant, and whether nothing is."""
    scope, coin = _deposit_of(message)
    if scope not in grant.scopes:
        raise UnauthorizedDepositScope
    limits = limits_of(grant)
    if coin.denom not in limits:
        raise Unauthorized(f"the grant has no limit for {coin.denom}")
    if limits[coin.denom] < coin.amount:
        raise InsufficientFunds(f"the grant's limit is {limits[coin.denom]}{coin.denom}")
    limits[coin.denom] -= coin.amount
    if not any(limits.values()):
        return None, True
    return with_limits(grant, limits, ctx.profile.native_denom), False


def _deposit_of(message: Message) -> tuple[int, Coin]:
    if isinstance(message, MsgAccountDeposit):
        if message.id.scope >= len(SCOPE_NAMES):
            raise UnauthorizedDepositScope
        return message.id.scope, Coin.from_pb(message.deposit.amount)
    if isinstance(message, MsgCreateDeployment):
        return id_pb2.deployment, Coin.from_pb(message.deposit.amount)
    if isinstance(message, MsgCreateBid):
        return id_pb2.bid, Coin.from_pb(message.deposit.amount)
    raise InvalidType(f"{message.DESCRIPTOR.full_name} is unsupported authorization msg for deposit")
