"""Transactions about rewards and the community pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.coins import coins_or_none, coins_to_pb, pb_coins_text
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.distribution.dec_coins import DecCoins
from supercloud.chain.x.distribution.types import check_deprecated
from supercloud.pb.cosmos.distribution.v1beta1 import tx_pb2 as pb
from supercloud.types.address import operator_account
from supercloud.types.errors import InvalidAddress, InvalidCoins, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.distribution.keeper import Keeper
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
    from supercloud.types.coin import Coin


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_delegator, by_depositor = signer_field("delegator_address"), signer_field("depositor")
    by_authority = signer_field("authority")
    router.message(
        pb.MsgSetWithdrawAddress,
        lambda ctx, msg: set_withdraw_address(ctx, keeper, msg),
        signers=by_delegator,
    )
    router.message(
        pb.MsgWithdrawDelegatorReward,
        lambda ctx, msg: withdraw_delegator_reward(ctx, keeper, msg),
        signers=by_delegator,
    )
    router.message(
        pb.MsgWithdrawValidatorCommission,
        lambda ctx, msg: withdraw_validator_commission(ctx, keeper, msg),
        signers=lambda msg: (operator_account(msg.validator_address),),
    )
    router.message(
        pb.MsgFundCommunityPool, lambda ctx, msg: fund_community_pool(ctx, keeper, msg), signers=by_depositor
    )
    router.message(
        pb.MsgDepositValidatorRewardsPool,
        lambda ctx, msg: deposit_validator_rewards_pool(ctx, keeper, msg),
        signers=by_depositor,
    )
    router.message(
        pb.MsgCommunityPoolSpend,
        lambda ctx, msg: community_pool_spend(ctx, keeper, msg),
        signers=by_authority,
    )
    router.message(pb.MsgUpdateParams, lambda ctx, msg: update_params(ctx, keeper, msg), signers=by_authority)


def set_withdraw_address(
    ctx: Context, keeper: Keeper, msg: pb.MsgSetWithdrawAddress
) -> pb.MsgSetWithdrawAddressResponse:
    """Let the signer's rewards go to another account."""
    delegator = _account(ctx, msg.delegator_address, "delegator")
    keeper.set_withdraw_address(ctx, delegator, _account(ctx, msg.withdraw_address, "withdraw"))
    return pb.MsgSetWithdrawAddressResponse()


def withdraw_delegator_reward(
    ctx: Context, keeper: Keeper, msg: pb.MsgWithdrawDelegatorReward
) -> pb.MsgWithdrawDelegatorRewardResponse:
    """Pay the signer what staking with a validator has earned."""
    operator = _operator(ctx, msg.validator_address)
    delegator = _account(ctx, msg.delegator_address, "delegator")
    paid = keeper.withdraw_rewards(ctx, delegator, operator)
    return pb.MsgWithdrawDelegatorRewardResponse(amount=coins_to_pb(paid))


def withdraw_validator_commission(
    ctx: Context, keeper: Keeper, msg: pb.MsgWithdrawValidatorCommission
) -> pb.MsgWithdrawValidatorCommissionResponse:
    """Pay the signer, a validator, its commission."""
    paid = keeper.withdraw_commission(ctx, _operator(ctx, msg.validator_address))
    return pb.MsgWithdrawValidatorCommissionResponse(amount=coins_to_pb(paid))


def fund_community_pool(
    ctx: Context, keeper: Keeper, msg: pb.MsgFundCommunityPool
) -> pb.MsgFundCommunityPoolResponse:
    """Give coins of the signer to the community."""
    depositor = _account(ctx, msg.depositor, "depositor")
    keeper.fund_community_pool(ctx, _coins(msg.amount), depositor)
    return pb.MsgFundCommunityPoolResponse()


def deposit_validator_rewards_pool(
    ctx: Context, keeper: Keeper, msg: pb.MsgDepositValidatorRewardsPool
) -> pb.MsgDepositValidatorRewardsPoolResponse:
    """Give coins of the signer to a validator and its delegators, as if they were fees."""
    depositor = _account(ctx, msg.depositor, "depositor")
    coins = _coins(msg.amount)
    operator = _operator(ctx, msg.validator_address)
    validator = keeper.staking.require_validator(ctx, operator)
    keeper.bank.send_to_module(ctx, depositor, "distribution", coins)
    keeper.allocate_to(ctx, validator, DecCoins.of(coins))
    return pb.MsgDepositValidatorRewardsPoolResponse()


def community_pool_spend(
    ctx: Context, keeper: Keeper, msg: pb.MsgCommunityPoolSpend
) -> pb.MsgCommunityPoolSpendResponse:
    """Pay out of the community pool; only the network's authority may."""
    check_authority(ctx, msg.authority)
    require_authority(ctx, msg.authority)
    coins = _coins(msg.amount)
    recipient = _account(ctx, msg.recipient, "recipient")
    if keeper.bank.is_blocked(recipient):
        raise Unauthorized(f"{msg.recipient} is not allowed to receive external funds")
    keeper.spend_community_pool(ctx, coins, recipient)
    return pb.MsgCommunityPoolSpendResponse()


def update_params(ctx: Context, keeper: Keeper, msg: pb.MsgUpdateParams) -> pb.MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    check_authority(ctx, msg.authority)
    require_authority(ctx, msg.authority)
    check_deprecated(msg.params)
    keeper.set_params(ctx, msg.params)
    return pb.MsgUpdateParamsResponse()


def _coins(given: Sequence[CoinPb]) -> list[Coin]:
    if not given:
        raise InvalidCoins("amount cannot be nil")
    coins = coins_or_none(given)
    if coins is None:
        raise InvalidCoins(pb_coins_text(given))
    return coins


def _account(ctx: Context, text: str, what: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {what} address: {error}") from error


def _operator(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse_valoper(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid validator address: {error}") from error
