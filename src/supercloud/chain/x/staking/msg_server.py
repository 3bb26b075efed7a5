"""Transactions about validators and delegations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.baseapp.timestamps import rfc3339, to_ns, to_timestamp
from supercloud.chain.x.staking import admission, delegations, shares, types
from supercloud.codec import registry
from supercloud.crypto import ed25519
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2, tx_pb2
from supercloud.pb.supercloud.staking.v1 import msg_pb2
from supercloud.types.address import operator_account
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import InvalidRequest, InvalidType, NotFound, QueryNotFound

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.keeper import Keeper
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb

_KEY_WORDS = "PubKey"


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_delegator = signer_field("delegator_address")
    pb = tx_pb2
    router.message(
        pb.MsgCreateValidator, lambda ctx, msg: create_validator(ctx, keeper, msg), signers=_operator
    )
    router.message(pb.MsgEditValidator, lambda ctx, msg: edit_validator(ctx, keeper, msg), signers=_operator)
    router.message(pb.MsgDelegate, lambda ctx, msg: delegate(ctx, keeper, msg), signers=by_delegator)
    router.message(pb.MsgUndelegate, lambda ctx, msg: undelegate(ctx, keeper, msg), signers=by_delegator)
    router.message(
        pb.MsgBeginRedelegate, lambda ctx, msg: begin_redelegate(ctx, keeper, msg), signers=by_delegator
    )
    router.message(
        pb.MsgCancelUnbondingDelegation,
        lambda ctx, msg: cancel_unbonding_delegation(ctx, keeper, msg),
        signers=by_delegator,
    )
    router.message(
        pb.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        signers=signer_field("authority"),
    )
    router.message(
        msg_pb2.MsgUpdateAdmission,
        lambda ctx, msg: update_admission(ctx, keeper, msg),
        validate=check_update_admission,
        signers=signer_field("authority"),
    )


def _operator(msg: tx_pb2.MsgCreateValidator | tx_pb2.MsgEditValidator) -> tuple[str, ...]:
    return (operator_account(msg.validator_address),)


# --- Validators


def create_validator(
    ctx: Context, keeper: Keeper, msg: tx_pb2.MsgCreateValidator
) -> tx_pb2.MsgCreateValidatorResponse:
    """Make the signer's account a validator that stakes with itself."""
    operator = types.operator_of(ctx, msg.validator_address)
    amount = _check_new(msg)
    admission.require(ctx, operator)
    minimum = Dec.from_wire(keeper.params(ctx).min_commission_rate)
    if types.checked_dec(msg.commission.rate, "commission").raw < minimum.raw:
        words = f"cannot set validator commission to less than minimum rate of {minimum}"
        raise types.CommissionBelowMin(words)
    if keeper.validator(ctx, operator) is not None:
        raise types.ValidatorOwnerExists
    key = _consensus_key(ctx, msg)
    if keeper.validator_by_consensus(ctx, ed25519.address(key)) is not None:
        raise types.ValidatorPubKeyExists
    _require_denom(ctx, keeper, msg.value)
    types.check_description(msg.description)
    keeper.create(ctx, _new_validator(ctx, msg), operator)
    keeper.delegate(ctx, operator, operator, amount)
    attributes = (("validator", msg.validator_address), ("amount", f"{amount}{msg.value.denom}"))
    ctx.emit(Event("create_validator", attributes))
    return tx_pb2.MsgCreateValidatorResponse()


def _check_new(msg: tx_pb2.MsgCreateValidator) -> int:
    """The stateless part; returns the amount to stake."""
    if not msg.HasField("pubkey"):
        raise types.EmptyValidatorPubKey
    amount = types.positive_amount(msg.value, "invalid delegation amount")
    if types.is_blank(msg.description):
        raise InvalidRequest("empty description")
    rates = msg.commission
    if not (rates.rate or rates.max_rate or rates.max_change_rate):
        raise InvalidRequest("empty commission")
    types.check_rates(rates)
    minimum = types.checked_int(msg.min_self_delegation, "minimum self delegation")
    if minimum <= 0:
        raise InvalidRequest("minimum self delegation must be a positive integer")
    if amount < minimum:
        raise types.SelfDelegationBelowMinimum
    return amount


def _consensus_key(ctx: Context, msg: tx_pb2.MsgCreateValidator) -> bytes:
    key = registry.unpack(msg.pubkey)
    name = key.DESCRIPTOR.full_name
    if not name.startswith("cosmos.crypto.") or key.DESCRIPTOR.name != _KEY_WORDS:
        raise InvalidType(f"Expecting cryptotypes.PubKey, got {name}")
    kind = name.split(".")[2]
    allowed = list(ctx.block.consensus.validator.pub_key_types) or ["ed25519"]
    if not isinstance(key, PubKey) or kind not in allowed or len(key.key) != 32:
        raise types.PubKeyTypeNotSupported(f"got: {kind}, expected: [{' '.join(allowed)}]")
    return key.key


def _new_validator(ctx: Context, msg: tx_pb2.MsgCreateValidator) -> staking_pb2.Validator:
    validator = staking_pb2.Validator(
        operator_address=msg.validator_address,
        consensus_pubkey=msg.pubkey,
        status=types.UNBONDED,
        tokens="0",
        delegator_shares="0",
        description=msg.description,
        min_self_delegation=msg.min_self_delegation,
    )
    validator.commission.commission_rates.CopyFrom(
        staking_pb2.CommissionRates(
            rate=msg.commission.rate or "0",
            max_rate=msg.commission.max_rate or "0",
            max_change_rate=msg.commission.max_change_rate or "0",
        )
    )
    validator.commission.update_time.CopyFrom(to_timestamp(ctx.time))
    return validator


def edit_validator(
    ctx: Context, keeper: Keeper, msg: tx_pb2.MsgEditValidator
) -> tx_pb2.MsgEditValidatorResponse:
    """Change a validator's description, commission or least self-delegation."""
    operator = types.operator_of(ctx, msg.validator_address)
    if types.is_blank(msg.description):
        raise InvalidRequest("empty description")
    if msg.min_self_delegation and types.checked_int(msg.min_self_delegation, "minimum") <= 0:
        raise InvalidRequest("minimum self delegation must be a positive integer")
    if msg.commission_rate:
        rate = types.checked_dec(msg.commission_rate, "commission rate")
        if not 0 <= rate.raw <= ONE:
            raise InvalidRequest("commission rate must be between 0 and 1 (inclusive)")
        minimum = Dec.from_wire(keeper.params(ctx).min_commission_rate)
        if rate.raw < minimum.raw:
            raise InvalidRequest(f"commission rate cannot be less than the min commission rate {minimum}")
    validator = keeper.require_validator(ctx, operator)
    _edit_description(validator, msg.description)
    if msg.commission_rate:
        commission = validator.commission
        types.check_new_rate(commission, to_ns(commission.update_time), rate, ctx.time)
        commission.commission_rates.rate = rate.to_wire()
        commission.update_time.CopyFrom(to_timestamp(ctx.time))
    if msg.min_self_delegation:
        wanted = int(msg.min_self_delegation)
        if wanted <= types.checked_int(validator.min_self_delegation, "minimum"):
            raise types.MinSelfDelegationDecreased
        if wanted > shares.tokens_of(validator):
            raise types.SelfDelegationBelowMinimum
        validator.min_self_delegation = str(wanted)
    keeper.save(ctx, validator)
    attributes = (
        ("commission_rate", _commission_text(validator.commission)),
        ("min_self_delegation", validator.min_self_delegation),
    )
    ctx.emit(Event("edit_validator", attributes))
    return tx_pb2.MsgEditValidatorResponse()


def _edit_description(validator: staking_pb2.Validator, given: staking_pb2.Description) -> None:
    for field, _, _ in types.DESCRIPTION_MAX:
        text = getattr(given, field)
        if text != types.UNCHANGED:
            setattr(validator.description, field, text)
    types.check_description(validator.description)


def _commission_text(commission: staking_pb2.Commission) -> str:
    """The commission as the network's event has it: protobuf text on one line, decimals raw."""
    rates, time = commission.commission_rates, commission.update_time
    written = f'rate:"{rates.rate}" max_rate:"{rates.max_rate}" max_change_rate:"{rates.max_change_rate}" '
    nanos = f"nanos:{time.nanos} " if time.nanos else ""
    return f"commission_rates:<{written}> update_time:<seconds:{time.seconds} {nanos}> "


# --- Delegations


def delegate(ctx: Context, keeper: Keeper, msg: tx_pb2.MsgDelegate) -> tx_pb2.MsgDelegateResponse:
    """Stake the signer's tokens with a validator."""
    operator = types.operator_of(ctx, msg.validator_address)
    delegator = types.delegator_of(ctx, msg.delegator_address)
    amount = types.positive_amount(msg.amount, "invalid delegation amount")
    keeper.require_validator(ctx, operator)
    _require_denom(ctx, keeper, msg.amount)
    made = keeper.delegate(ctx, delegator, operator, amount)
    attributes = (
        ("validator", msg.validator_address),
        ("delegator", msg.delegator_address),
        ("amount", f"{amount}{msg.amount.denom}"),
        ("new_shares", made.text()),
    )
    ctx.emit(Event("delegate", attributes))
    return tx_pb2.MsgDelegateResponse()


def begin_redelegate(
    ctx: Context, keeper: Keeper, msg: tx_pb2.MsgBeginRedelegate
) -> tx_pb2.MsgBeginRedelegateResponse:
    """Move the signer's stake from one validator to another."""
    source = types.operator_of(ctx, msg.validator_src_address, "source validator")
    target = types.operator_of(ctx, msg.validator_dst_address, "destination validator")
    delegator = types.delegator_of(ctx, msg.delegator_address)
    amount = types.positive_amount(msg.amount, "invalid shares amount")
    unbonded = keeper.shares_to_unbond(ctx, delegator, source, amount)
    _require_denom(ctx, keeper, msg.amount)
    completion = keeper.redelegate(ctx, delegator, source, target, unbonded)
    attributes = (
        ("source_validator", msg.validator_src_address),
        ("destination_validator", msg.validator_dst_address),
        ("amount", f"{amount}{msg.amount.denom}"),
        ("completion_time", rfc3339(completion)),
    )
    ctx.emit(Event("redelegate", attributes))
    return tx_pb2.MsgBeginRedelegateResponse(completion_time=to_timestamp(completion))


def undelegate(ctx: Context, keeper: Keeper, msg: tx_pb2.MsgUndelegate) -> tx_pb2.MsgUndelegateResponse:
    """Begin to take the signer's stake back from a validator."""
    operator = types.operator_of(ctx, msg.validator_address)
    delegator = types.delegator_of(ctx, msg.delegator_address)
    amount = types.positive_amount(msg.amount, "invalid shares amount")
    unbonded = keeper.shares_to_unbond(ctx, delegator, operator, amount)
    _require_denom(ctx, keeper, msg.amount)
    completion, given = keeper.undelegate(ctx, delegator, operator, unbonded)
    attributes = (
        ("validator", msg.validator_address),
        ("delegator", msg.delegator_address),
        ("amount", f"{given}{msg.amount.denom}"),
        ("completion_time", rfc3339(completion)),
    )
    ctx.emit(Event("unbond", attributes))
    response = tx_pb2.MsgUndelegateResponse(completion_time=to_timestamp(completion))
    response.amount.denom, response.amount.amount = msg.amount.denom, str(given)
    return response


def cancel_unbonding_delegation(
    ctx: Context, keeper: Keeper, msg: tx_pb2.MsgCancelUnbondingDelegation
) -> tx_pb2.MsgCancelUnbondingDelegationResponse:
    """Stake again what the signer has begun to take back."""
    operator = types.operator_of(ctx, msg.validator_address)
    delegator = types.delegator_of(ctx, msg.delegator_address)
    amount = types.positive_amount(msg.amount, "invalid amount")
    if msg.creation_height <= 0:
        raise InvalidRequest("invalid height")
    _require_denom(ctx, keeper, msg.amount)
    validator = keeper.require_validator(ctx, operator)
    if shares.is_worthless(validator):
        raise types.InvalidExchangeRate
    if validator.jailed:
        raise types.ValidatorJailed
    unbonding = delegations.read_unbonding(ctx, delegator, operator)
    if unbonding is None:
        raise QueryNotFound(
            f"unbonding delegation with delegator {msg.delegator_address} not found "
            f"for validator {msg.validator_address}"
        )
    entry = next((e for e in unbonding.entries if e.creation_height == msg.creation_height), None)
    if entry is None:
        words = f"unbonding delegation entry is not found at block height {msg.creation_height}"
        raise NotFound(words)
    if int(entry.balance) < amount:
        raise InvalidRequest("amount is greater than the unbonding delegation entry balance")
    if to_ns(entry.completion_time) < ctx.time:
        raise InvalidRequest("unbonding delegation is already processed")
    keeper.cancel_unbonding(ctx, unbonding, entry, amount)
    attributes = (
        ("amount", f"{amount}{msg.amount.denom}"),
        ("validator", msg.validator_address),
        ("delegator", msg.delegator_address),
        ("creation_height", str(msg.creation_height)),
    )
    ctx.emit(Event("cancel_unbonding_delegation", attributes))
    return tx_pb2.MsgCancelUnbondingDelegationResponse()


def update_params(
    ctx: Context, keeper: Keeper, msg: tx_pb2.MsgUpdateParams
) -> tx_pb2.MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    require_authority(ctx, msg.authority)
    types.check_params(msg.params)
    if msg.params.bond_denom != keeper.bond_denom(ctx) and next(keeper.validators(ctx), None) is not None:
        # The pools hold the old coin: every payment out of them would fail, and with it the end of a block.
        raise InvalidRequest("the bond denom is fixed as long as there are validators")
    keeper.set_params(ctx, msg.params)
    return tx_pb2.MsgUpdateParamsResponse()


def check_update_admission(ctx: Context, msg: msg_pb2.MsgUpdateAdmission) -> None:
    """Stateless rules."""
    check_authority(ctx, msg.authority)
    types.check_admission(ctx, msg.admission)


def update_admission(
    ctx: Context, keeper: Keeper, msg: msg_pb2.MsgUpdateAdmission
) -> msg_pb2.MsgUpdateAdmissionResponse:
    """Close the network, open it, or change who is admitted; only the network's authority may."""
    require_authority(ctx, msg.authority)
    admission.change(ctx, keeper, msg.admission)
    return msg_pb2.MsgUpdateAdmissionResponse()


def _require_denom(ctx: Context, keeper: Keeper, coin: CoinPb) -> None:
    denom = keeper.bond_denom(ctx)
    if coin.denom != denom:
        raise InvalidRequest(f"invalid coin denomination: got {coin.denom}, expected {denom}")
