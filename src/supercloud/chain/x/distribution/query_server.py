"""Queries about rewards and the community pool. None of them changes anything, not even a period."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.distribution import keys, periods, records
from supercloud.chain.x.distribution.dec_coins import NOTHING, DecCoins
from supercloud.pb.cosmos.distribution.v1beta1 import distribution_pb2
from supercloud.pb.cosmos.distribution.v1beta1 import query_pb2 as pb
from supercloud.types.coin import parse_amount
from supercloud.types.errors import InvalidArgument, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.distribution.keeper import Keeper
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.distribution.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._staking = keeper.staking

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    # --- Validators

    def validator_distribution_info(
        self, ctx: Context, request: pb.QueryValidatorDistributionInfoRequest
    ) -> pb.QueryValidatorDistributionInfoResponse:
        """A validator's commission and what its own stake has earned."""
        operator = self._known(ctx, request.validator_address)
        delegation = self._staking.require_delegation(ctx, operator, operator)
        return pb.QueryValidatorDistributionInfoResponse(
            operator_address=ctx.bech32.text(operator),
            self_bond_rewards=self._rewards(ctx, delegation).to_pb(),
            commission=records.commission(ctx, operator).to_pb(),
        )

    def validator_outstanding_rewards(
        self, ctx: Context, request: pb.QueryValidatorOutstandingRewardsRequest
    ) -> pb.QueryValidatorOutstandingRewardsResponse:
        """What a validator and its delegators have not been paid."""
        operator = self._known(ctx, request.validator_address)
        response = pb.QueryValidatorOutstandingRewardsResponse()
        response.rewards.rewards.extend(records.outstanding(ctx, operator).to_pb())
        response.rewards.SetInParent()
        return response

    def validator_commission(
        self, ctx: Context, request: pb.QueryValidatorCommissionRequest
    ) -> pb.QueryValidatorCommissionResponse:
        """A validator's commission that it has not been paid."""
        operator = self._known(ctx, request.validator_address)
        response = pb.QueryValidatorCommissionResponse()
        response.commission.commission.extend(records.commission(ctx, operator).to_pb())
        response.commission.SetInParent()
        return response

    def validator_slashes(
        self, ctx: Context, request: pb.QueryValidatorSlashesRequest
    ) -> pb.QueryValidatorSlashesResponse:
        """A validator's slashes. As on the network the bounds are compared with periods."""
        operator = _operator(ctx, request.validator_address)
        first, last = request.starting_height, request.ending_height
        if last < first:
            raise InvalidArgument(f"starting height greater than ending height ({first} > {last})")

        def read(key: bytes, value: bytes) -> distribution_pb2.ValidatorSlashEvent | None:
            event = distribution_pb2.ValidatorSlashEvent.FromString(value)
            return event if first <= event.validator_period <= last else None

        found, page = paginate(ctx.kv(keys.STORE), keys.slashes_prefix(operator), request.pagination, read)
        return pb.QueryValidatorSlashesResponse(slashes=found, pagination=page)

    # --- Delegators

    def delegation_rewards(
        self, ctx: Context, request: pb.QueryDelegationRewardsRequest
    ) -> pb.QueryDelegationRewardsResponse:
        """What a delegation has earned."""
        delegator = _delegator(ctx, request.delegator_address)
        operator = self._known(ctx, request.validator_address)
        delegation = self._staking.require_delegation(ctx, delegator, operator)
        return pb.QueryDelegationRewardsResponse(rewards=self._rewards(ctx, delegation).to_pb())

    def delegation_total_rewards(
        self, ctx: Context, request: pb.QueryDelegationTotalRewardsRequest
    ) -> pb.QueryDelegationTotalRewardsResponse:
        """What a delegator has earned, with each validator and in all."""
        response = pb.QueryDelegationTotalRewardsResponse()
        total = NOTHING
        for delegation in self._staking.delegations_of(ctx, _delegator(ctx, request.delegator_address)):
            earned = self._rewards(ctx, delegation)
            response.rewards.add(validator_address=delegation.validator_address, reward=earned.to_pb())
            total = total.add(earned)
        response.total.extend(total.to_pb())
        return response

    def delegator_validators(
        self, ctx: Context, request: pb.QueryDelegatorValidatorsRequest
    ) -> pb.QueryDelegatorValidatorsResponse:
        """The validators that a delegator stakes with."""
        delegator = _delegator(ctx, request.delegator_address)
        names = [each.validator_address for each in self._staking.delegations_of(ctx, delegator)]
        return pb.QueryDelegatorValidatorsResponse(validators=names)

    def delegator_withdraw_address(
        self, ctx: Context, request: pb.QueryDelegatorWithdrawAddressRequest
    ) -> pb.QueryDelegatorWithdrawAddressResponse:
        """Where a delegator's rewards go."""
        address = records.withdraw_address(ctx, _delegator(ctx, request.delegator_address))
        return pb.QueryDelegatorWithdrawAddressResponse(withdraw_address=ctx.bech32.text(address))

    def community_pool(
        self, ctx: Context, request: pb.QueryCommunityPoolRequest
    ) -> pb.QueryCommunityPoolResponse:
        """What belongs to the community."""
        return pb.QueryCommunityPoolResponse(pool=self._keeper.community_pool(ctx).to_pb())

    # --- Parts of answers

    def _known(self, ctx: Context, text: str) -> bytes:
        operator = _operator(ctx, text)
        self._staking.require_validator(ctx, operator)
        return operator

    def _rewards(self, ctx: Context, delegation: Delegation) -> DecCoins:
        operator = ctx.bech32.parse_valoper(delegation.validator_address)
        validator = self._staking.require_validator(ctx, operator)
        ending = periods.ratio_now(ctx, operator, parse_amount(validator.tokens))
        return periods.rewards(ctx, self._staking, validator, delegation, ending)


def _operator(ctx: Context, text: str) -> bytes:
    return _address(ctx.bech32.parse_valoper, text, "validator")


def _delegator(ctx: Context, text: str) -> bytes:
    return _address(ctx.bech32.parse, text, "delegator")


def _address(parse: Callable[[str], bytes], text: str, what: str) -> bytes:
    if not text:
        raise InvalidArgument(f"empty {what} address")
    try:
        return parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
