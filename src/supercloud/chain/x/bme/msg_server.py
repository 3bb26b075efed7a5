"""The vault's messages, one ladder each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.bme import types
from supercloud.pb.akash.bme.v1 import msgs_pb2
from supercloud.pb.akash.bme.v1.types_pb2 import ledger_record_status_pending
from supercloud.types.address import Bech32
from supercloud.types.coin import AMOUNT_MAX, Coin, is_denom
from supercloud.types.errors import InvalidAddress, InvalidCoins

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bme.keeper import Keeper
    from supercloud.pb.cosmos.base.v1beta1 import coin_pb2

Conversion = msgs_pb2.MsgBurnMint | msgs_pb2.MsgMintACT | msgs_pb2.MsgBurnACT


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    owner, authority = signer_field("owner"), signer_field("authority")
    router.message(
        msgs_pb2.MsgBurnMint,
        lambda ctx, msg: burn_mint(ctx, keeper, msg),
        validate=check_burn_mint,
        signers=owner,
    )
    router.message(
        msgs_pb2.MsgMintACT,
        lambda ctx, msg: mint_act(ctx, keeper, msg),
        validate=check_conversion,
        signers=owner,
    )
    router.message(
        msgs_pb2.MsgBurnACT,
        lambda ctx, msg: burn_act(ctx, keeper, msg),
        validate=check_conversion,
        signers=owner,
    )
    router.message(
        msgs_pb2.MsgFundVault,
        lambda ctx, msg: fund_vault(ctx, keeper, msg),
        validate=check_fund_vault,
        signers=authority,
    )
    router.message(
        msgs_pb2.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        validate=check_update_params,
        signers=authority,
    )


# Stateless rules.


def check_conversion(ctx: Context, msg: Conversion) -> None:
    """Of a conversion: it is paid to whoever gives, and it gives something."""
    owner, to = (_address(ctx.bech32, role, text) for role, text in (("owner", msg.owner), ("to", msg.to)))
    if owner != to:
        raise types.Unauthorized("owner and recipient must be the same")
    if not _checked_coin(msg.coins_to_burn).amount:
        raise types.InvalidAmount("coins to burn must not be zero")


def check_burn_mint(ctx: Context, msg: msgs_pb2.MsgBurnMint) -> None:
    """Of a conversion that names what it wants."""
    check_conversion(ctx, msg)
    if not is_denom(msg.denom_to_mint):
        raise types.InvalidDenom(f"invalid denom {msg.denom_to_mint[:128]!r}")


def check_fund_vault(ctx: Context, msg: msgs_pb2.MsgFundVault) -> None:
    """Of a gift to the vault: native tokens, some."""
    try:
        ctx.bech32.parse(msg.authority)
    except ValueError as error:
        raise types.Unauthorized(f"invalid authority: {error}") from error
    _address(ctx.bech32, "source", msg.source)
    coin = _checked_coin(msg.amount)
    if not coin.amount:
        raise types.InvalidAmount("amount must be positive")
    if coin.denom != ctx.profile.native_denom:
        raise types.InvalidDenom(f"the vault is funded in {ctx.profile.native_denom}, not in {coin.denom}")


def check_update_params(ctx: Context, msg: msgs_pb2.MsgUpdateParams) -> None:
    """Of new parameters."""
    check_authority(ctx, msg.authority)
    types.check_params(msg.params)


def _address(bech32: Bech32, role: str, text: str) -> bytes:
    try:
        return bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {role} address: {error}") from error


def _checked_coin(wire: coin_pb2.Coin) -> Coin:
    digits = wire.amount
    good = digits.isascii() and digits.isdigit() and len(digits) <= types.AMOUNT_DIGITS_MAX
    if not good or int(digits) > AMOUNT_MAX or not is_denom(wire.denom):
        raise InvalidCoins(f"{digits[:100]}{wire.denom[:128]}")
    return Coin(wire.denom, int(digits))


# Handlers.


def burn_mint(ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgBurnMint) -> msgs_pb2.MsgBurnMintResponse:
    """Queue a conversion one way or the other."""
    owner, to = ctx.bech32.parse(msg.owner), ctx.bech32.parse(msg.to)
    place = keeper.request(ctx, owner, to, Coin.from_pb(msg.coins_to_burn), msg.denom_to_mint)
    return msgs_pb2.MsgBurnMintResponse(id=place, status=ledger_record_status_pending)


def mint_act(ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgMintACT) -> msgs_pb2.MsgMintACTResponse:
    """Queue a conversion into credit."""
    owner, to = ctx.bech32.parse(msg.owner), ctx.bech32.parse(msg.to)
    place = keeper.request(ctx, owner, to, Coin.from_pb(msg.coins_to_burn), types.CREDIT_DENOM)
    return msgs_pb2.MsgMintACTResponse(id=place, status=ledger_record_status_pending)


def burn_act(ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgBurnACT) -> msgs_pb2.MsgBurnACTResponse:
    """Queue a conversion of credit into native tokens."""
    owner, to = ctx.bech32.parse(msg.owner), ctx.bech32.parse(msg.to)
    place = keeper.request(ctx, owner, to, Coin.from_pb(msg.coins_to_burn), ctx.profile.native_denom)
    return msgs_pb2.MsgBurnACTResponse(id=place, status=ledger_record_status_pending)


def fund_vault(ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgFundVault) -> msgs_pb2.MsgFundVaultResponse:
    """Give native tokens of an account to the vault; only by vote."""
    require_authority(ctx, msg.authority)
    source = ctx.bech32.parse(msg.source)
    if not keeper.accounts.exists(ctx, source):
        raise types.InvalidAddress(f"account {msg.source} does not exist")
    if keeper.bank.is_blocked(source):
        raise types.InvalidAddress(f"source address {msg.source} must not be module account")
    keeper.fund(ctx, source, Coin.from_pb(msg.amount))
    return msgs_pb2.MsgFundVaultResponse()


def update_params(
    ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgUpdateParams
) -> msgs_pb2.MsgUpdateParamsResponse:
    """Replace the parameters."""
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return msgs_pb2.MsgUpdateParamsResponse()
