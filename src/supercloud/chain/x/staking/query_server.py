"""Queries about validators and delegations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.staking import admission, delegations, history, keys, shares, types
from supercloud.pb.cosmos.staking.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2
from supercloud.pb.supercloud.staking.v1 import query_pb2 as admission_pb2
from supercloud.types.dec import Dec
from supercloud.types.errors import InvalidArgument, QueryNotFound, Undefined, invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.staking.keeper import Keeper
    from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageResponse

_STATUSES = {
    name: number
    for name, number in staking_pb2.BondStatus.items()
    if number != staking_pb2.BOND_STATUS_UNSPECIFIED
}


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))
    router.query(admission_pb2.DESCRIPTOR.services_by_name["Query"], AdmissionQueryServer())


class QueryServer:
    """cosmos.staking.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    # --- Validators

    def validators(self, ctx: Context, request: pb.QueryValidatorsRequest) -> pb.QueryValidatorsResponse:
        """Validators, of one status if asked so."""
        status = _STATUSES.get(request.status)
        if request.status and status is None:
            raise InvalidArgument(f"invalid validator status {request.status}")

        def read(key: bytes, value: bytes) -> staking_pb2.Validator | None:
            validator = staking_pb2.Validator.FromString(value)
            return validator if status in (None, validator.status) else None

        found, page = paginate(ctx.kv(keys.STORE), keys.VALIDATOR_PREFIX, request.pagination, read)
        return pb.QueryValidatorsResponse(validators=found, pagination=page)

    def validator(self, ctx: Context, request: pb.QueryValidatorRequest) -> pb.QueryValidatorResponse:
        """One validator."""
        operator = _operator(ctx, request.validator_addr)
        validator = self._keeper.validator(ctx, operator)
        if validator is None:
            raise QueryNotFound(f"validator {request.validator_addr} not found")
        return pb.QueryValidatorResponse(validator=validator)

    def validator_delegations(
        self, ctx: Context, request: pb.QueryValidatorDelegationsRequest
    ) -> pb.QueryValidatorDelegationsResponse:
        """Who stakes with a validator."""
        operator = _operator(ctx, request.validator_addr)
        found, page = paginate(
            ctx.kv(keys.STORE),
            keys.delegators_prefix(operator),
            request.pagination,
            lambda key, value: delegations.read(ctx, key, operator),
        )
        return pb.QueryValidatorDelegationsResponse(
            delegation_responses=[self._worth(ctx, each) for each in found], pagination=page
        )

    def validator_unbonding_delegations(
        self, ctx: Context, request: pb.QueryValidatorUnbondingDelegationsRequest
    ) -> pb.QueryValidatorUnbondingDelegationsResponse:
        """What is leaving a validator."""
        operator = _operator(ctx, request.validator_addr)
        found, page = paginate(
            ctx.kv(keys.STORE),
            keys.unbondings_of_operator_prefix(operator),
            request.pagination,
            lambda key, value: delegations.read_unbonding(ctx, key[1:], operator),
        )
        return pb.QueryValidatorUnbondingDelegationsResponse(unbonding_responses=found, pagination=page)

    # --- Delegators

    def delegation(self, ctx: Context, request: pb.QueryDelegationRequest) -> pb.QueryDelegationResponse:
        """One delegation."""
        delegator, operator = self._pair(ctx, request)
        delegation = delegations.read(ctx, delegator, operator)
        if delegation is None:
            raise QueryNotFound(
                f"delegation with delegator {request.delegator_addr} not found "
                f"for validator {request.validator_addr}"
            )
        return pb.QueryDelegationResponse(delegation_response=self._worth(ctx, delegation))

    def unbonding_delegation(
        self, ctx: Context, request: pb.QueryUnbondingDelegationRequest
    ) -> pb.QueryUnbondingDelegationResponse:
        """What a delegator takes away from a validator."""
        delegator, operator = self._pair(ctx, request)
        unbonding = delegations.read_unbonding(ctx, delegator, operator)
        if unbonding is None:
            raise QueryNotFound(
                f"unbonding delegation with delegator {request.delegator_addr} not found "
                f"for validator {request.validator_addr}"
            )
        return pb.QueryUnbondingDelegationResponse(unbond=unbonding)

    def delegator_delegations(
        self, ctx: Context, request: pb.QueryDelegatorDelegationsRequest
    ) -> pb.QueryDelegatorDelegationsResponse:
        """Where a delegator stakes."""
        prefix = keys.delegations_prefix(_delegator(ctx, request.delegator_addr))
        found, page = paginate(ctx.kv(keys.STORE), prefix, request.pagination, _delegation)
        return pb.QueryDelegatorDelegationsResponse(
            delegation_responses=[self._worth(ctx, each) for each in found], pagination=page
        )

    def delegator_unbonding_delegations(
        self, ctx: Context, request: pb.QueryDelegatorUnbondingDelegationsRequest
    ) -> pb.QueryDelegatorUnbondingDelegationsResponse:
        """Everything that a delegator takes away."""
        found, page = paginate(
            ctx.kv(keys.STORE),
            keys.unbondings_prefix(_delegator(ctx, request.delegator_addr)),
            request.pagination,
            lambda key, value: staking_pb2.UnbondingDelegation.FromString(value),
        )
        return pb.QueryDelegatorUnbondingDelegationsResponse(unbonding_responses=found, pagination=page)

    def redelegations(
        self, ctx: Context, request: pb.QueryRedelegationsRequest
    ) -> pb.QueryRedelegationsResponse:
        """Moves of a delegator, away from a validator, or between two validators."""
        source, target = request.src_validator_addr, request.dst_validator_addr
        page: PageResponse | None = None
        if request.delegator_addr and source and target:
            found = [self._redelegation(ctx, request)]
        elif source and not request.delegator_addr and not target:
            found, page = self._redelegations_from(ctx, request)
        else:
            found, page = paginate(
                ctx.kv(keys.STORE),
                keys.redelegations_prefix(_delegator(ctx, request.delegator_addr)),
                request.pagination,
                lambda key, value: staking_pb2.Redelegation.FromString(value),
            )
        return pb.QueryRedelegationsResponse(
            redelegation_responses=[self._described(ctx, each) for each in found], pagination=page
        )

    def delegator_validators(
        self, ctx: Context, request: pb.QueryDelegatorValidatorsRequest
    ) -> pb.QueryDelegatorValidatorsResponse:
        """The validators that a delegator stakes with."""
        prefix = keys.delegations_prefix(_delegator(ctx, request.delegator_addr))
        found, page = paginate(ctx.kv(keys.STORE), prefix, request.pagination, _delegation)
        return pb.QueryDelegatorValidatorsResponse(
            validators=[self._validator_of(ctx, each.validator_address) for each in found], pagination=page
        )

    def delegator_validator(
        self, ctx: Context, request: pb.QueryDelegatorValidatorRequest
    ) -> pb.QueryDelegatorValidatorResponse:
        """A validator that a delegator stakes with."""
        delegator, operator = self._pair(ctx, request)
        if delegations.read(ctx, delegator, operator) is None:
            raise types.NoDelegation
        return pb.QueryDelegatorValidatorResponse(validator=self._validator_of(ctx, request.validator_addr))

    # --- The whole

    def historical_info(
        self, ctx: Context, request: pb.QueryHistoricalInfoRequest
    ) -> pb.QueryHistoricalInfoResponse:
        """What is remembered of a block."""
        if request.height < 0:
            raise InvalidArgument("height cannot be negative")
        info = history.read(ctx, request.height)
        if info is None:
            raise QueryNotFound(f"historical info for height {request.height} not found")
        return pb.QueryHistoricalInfoResponse(hist=info)

    def pool(self, ctx: Context, request: pb.QueryPoolRequest) -> pb.QueryPoolResponse:
        """What the two pools hold."""
        response = pb.QueryPoolResponse()
        response.pool.not_bonded_tokens = str(self._keeper.pool(ctx, types.NOT_BONDED_POOL))
        response.pool.bonded_tokens = str(self._keeper.pool(ctx, types.BONDED_POOL))
        return response

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    # --- Parts of answers

    def _pair(
        self,
        ctx: Context,
        request: pb.QueryDelegationRequest
        | pb.QueryUnbondingDelegationRequest
        | pb.QueryDelegatorValidatorRequest,
    ) -> tuple[bytes, bytes]:
        return _delegator(ctx, request.delegator_addr), _operator(ctx, request.validator_addr)

    def _validator_of(self, ctx: Context, text: str) -> staking_pb2.Validator:
        validator = self._keeper.validator(ctx, ctx.bech32.parse_valoper(text))
        invariant(validator is not None, f"{text} has delegations and does not exist")
        assert validator is not None
        return validator

    def _worth(self, ctx: Context, delegation: staking_pb2.Delegation) -> staking_pb2.DelegationResponse:
        validator = self._validator_of(ctx, delegation.validator_address)
        worth = shares.tokens_from_shares(validator, Dec.from_wire(delegation.shares)).truncate()
        response = staking_pb2.DelegationResponse(delegation=delegation)
        response.balance.denom, response.balance.amount = self._keeper.bond_denom(ctx), str(worth)
        return response

    def _redelegation(self, ctx: Context, request: pb.QueryRedelegationsRequest) -> staking_pb2.Redelegation:
        delegator = _delegator(ctx, request.delegator_addr)
        source = _operator(ctx, request.src_validator_addr)
        found = delegations.read_redelegation(
            ctx, delegator, source, _operator(ctx, request.dst_validator_addr)
        )
        if found is None:
            raise QueryNotFound(
                f"redelegation not found for delegator address {request.delegator_addr} "
                f"from validator address {request.src_validator_addr}"
            )
        return found

    def _redelegations_from(
        self, ctx: Context, request: pb.QueryRedelegationsRequest
    ) -> tuple[list[staking_pb2.Redelegation], PageResponse]:
        source = _operator(ctx, request.src_validator_addr)

        def read(key: bytes, value: bytes) -> staking_pb2.Redelegation | None:
            delegator, target = keys.addresses(b"\x00" + key)
            return delegations.read_redelegation(ctx, delegator, source, target)

        prefix = keys.redelegations_from_prefix(source)
        return paginate(ctx.kv(keys.STORE), prefix, request.pagination, read)

    def _described(
        self, ctx: Context, redelegation: staking_pb2.Redelegation
    ) -> staking_pb2.RedelegationResponse:
        validator = self._keeper.validator(ctx, ctx.bech32.parse_valoper(redelegation.validator_dst_address))
        response = staking_pb2.RedelegationResponse()
        response.redelegation.CopyFrom(redelegation)
        del response.redelegation.entries[:]
        for entry in redelegation.entries:
            described = response.entries.add(redelegation_entry=entry, balance="0")
            # The validator may be gone, with all that was moved to it.
            if validator is not None and not shares.shares_of(validator).is_zero():
                moved = Dec.from_wire(entry.shares_dst)
                described.balance = str(shares.tokens_from_shares(validator, moved).truncate())
        return response


class AdmissionQueryServer:
    """supercloud.staking.v1.Query."""

    def admission(
        self, ctx: Context, request: admission_pb2.QueryAdmissionRequest
    ) -> admission_pb2.QueryAdmissionResponse:
        """Who may validate."""
        return admission_pb2.QueryAdmissionResponse(admission=admission.read(ctx))


def _delegation(key: bytes, value: bytes) -> staking_pb2.Delegation:
    return staking_pb2.Delegation.FromString(value)


def _operator(ctx: Context, text: str) -> bytes:
    return _address(ctx.bech32.parse_valoper, text, "validator")


def _delegator(ctx: Context, text: str) -> bytes:
    return _address(ctx.bech32.parse, text, "delegator")


def _address(parse: Callable[[str], bytes], text: str, what: str) -> bytes:
    if not text:
        raise InvalidArgument(f"{what} address cannot be empty")
    try:
        return parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
