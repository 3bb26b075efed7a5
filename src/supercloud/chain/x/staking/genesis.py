"""Validators and delegations in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.baseapp.timestamps import to_ns
from supercloud.chain.x.staking import admission, delegations, keys, set_changes, shares, types, validators
from supercloud.codec import registry
from supercloud.codec.json import to_dict
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2
from supercloud.pb.cosmos.staking.v1beta1.genesis_pb2 import GenesisState
from supercloud.pb.supercloud.staking.v1.admission_pb2 import Admission
from supercloud.pb.supercloud.staking.v1.genesis_pb2 import GenesisState as AdmissionState
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.keeper import Keeper
    from supercloud.pb.tendermint.abci.types_pb2 import ValidatorUpdate
    from supercloud.types.address import Bech32


def init(ctx: Context, keeper: Keeper, document: Document) -> list[ValidatorUpdate]:
    """Write everything; returns who decides the first block. The pools must hold what the records say."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    for name in (types.BONDED_POOL, types.NOT_BONDED_POOL):
        keeper.accounts.ensure_module_account(ctx, name)
    try:
        _init_validators(ctx, keeper, state)
        _init_delegations(ctx, keeper, state)
        _init_unbonding(ctx, state)
        _check_pools(ctx, keeper, state)
        return _last_powers(ctx, keeper, state) if state.exported else set_changes.apply(ctx, keeper)
    except GenesisError:
        raise
    except (ValueError, ChainError) as error:
        raise GenesisError(f"staking: {error}") from error


def _last_powers(ctx: Context, keeper: Keeper, state: GenesisState) -> list[ValidatorUpdate]:
    """Who decided the last block of the chain that was exported decides the first one here."""
    validators.set_last_total_power(ctx, int(state.last_total_power or b"0"))
    updates = []
    for entry in state.last_validator_powers:
        operator = ctx.bech32.parse_valoper(entry.address)
        validators.set_last_power(ctx, operator, entry.power)
        updates.append(set_changes.update_of(keeper.require_validator(ctx, operator), entry.power))
    return updates


def _init_validators(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    for validator in state.validators:
        operator = ctx.bech32.parse_valoper(validator.operator_address)
        if validators.read(ctx, operator) is not None:
            raise GenesisError(f"staking: validator {validator.operator_address} is given twice")
        if validators.by_consensus(ctx, validators.consensus_of(validator)) is not None:
            raise GenesisError(f"staking: the key of {validator.operator_address} is given twice")
        if validator.status == staking_pb2.BOND_STATUS_UNSPECIFIED:
            raise GenesisError(f"staking: validator {validator.operator_address} has no status")
        types.check_rates(validator.commission.commission_rates)
        validators.write(ctx, validator)
        validators.index_consensus(ctx, validator, operator)
        validators.rank(ctx, validator, operator)
        if not state.exported:
            keeper.reactions.validator_created(ctx, operator)
        if validator.status == types.UNBONDING:
            validators.enqueue(ctx, validator)


def _init_delegations(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    for delegation in state.delegations:
        delegator = ctx.bech32.parse(delegation.delegator_address)
        operator = ctx.bech32.parse_valoper(delegation.validator_address)
        if delegations.read(ctx, delegator, operator) is not None:
            raise GenesisError(f"staking: a delegation of {delegation.delegator_address} is given twice")
        if not state.exported:
            keeper.reactions.delegation_beginning(ctx, delegator, operator)
        delegations.write(ctx, delegation)
        if not state.exported:
            keeper.reactions.delegation_changed(ctx, delegator, operator)


def _init_unbonding(ctx: Context, state: GenesisState) -> None:
    last = 0
    for unbonding in state.unbonding_delegations:
        delegations.write_unbonding(ctx, unbonding)
        for entry in unbonding.entries:
            delegations.enqueue_unbonding(ctx, unbonding, to_ns(entry.completion_time))
            last = max(last, entry.unbonding_id)
    for redelegation in state.redelegations:
        delegations.write_redelegation(ctx, redelegation)
        for moved in redelegation.entries:
            delegations.enqueue_redelegation(ctx, redelegation, to_ns(moved.completion_time))
            last = max(last, moved.unbonding_id)
    for validator in state.validators:
        last = max(last, *validator.unbonding_ids, 0)
    if last:
        # Numbers go on after the largest that the document names.
        ctx.kv(keys.STORE).set(keys.UNBONDING_ID, last.to_bytes(8, "big"))


def _check_pools(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    bonded = unbonded = 0
    for validator in state.validators:
        if validator.status == types.BONDED:
            bonded += shares.tokens_of(validator)
        else:
            unbonded += shares.tokens_of(validator)
    for unbonding in state.unbonding_delegations:
        unbonded += sum(int(entry.balance) for entry in unbonding.entries)
    for name, words, amount in (
        (types.BONDED_POOL, "bonded", bonded),
        (types.NOT_BONDED_POOL, "not bonded", unbonded),
    ):
        held = keeper.pool(ctx, name)
        if held != amount:
            raise GenesisError(f"{words} pool balance is different from {words} coins: {held} <-> {amount}")


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same validators and delegations again."""
    powers = validators.last_powers(ctx)
    state = GenesisState(
        params=keeper.params(ctx),
        last_total_power=str(validators.last_total_power(ctx)).encode(),
        validators=validators.every(ctx),
        delegations=delegations.every(ctx),
        unbonding_delegations=delegations.every_unbonding(ctx),
        redelegations=delegations.every_redelegation(ctx),
        exported=True,
    )
    for operator in sorted(powers):
        state.last_validator_powers.add(address=ctx.bech32.valoper(operator), power=powers[operator])
    return write_state(state)


def init_admission(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Put the document's list in force; validators that it has already must be on it."""
    state = read_state(document, AdmissionState)
    try:
        admission.write(ctx, state.admission)
        for validator in keeper.validators(ctx):
            if not validator.jailed:
                admission.require(ctx, ctx.bech32.parse_valoper(validator.operator_address))
    except ChainError as error:
        raise GenesisError(f"staking_admission: {error}") from error


def export_admission(ctx: Context) -> Document:
    """The list in force."""
    return write_state(AdmissionState(admission=admission.read(ctx)))


def default_admission() -> Document:
    """Anybody with stake may validate."""
    return write_state(AdmissionState(admission=Admission()))


def default(bond_denom: str) -> Document:
    """The document of a network that has no validators of its own."""
    return write_state(GenesisState(params=types.default_params(bond_denom), last_total_power=b"0"))


def bonded_validator(bech32: Bech32, operator: bytes, public_key: bytes, tokens: int, moniker: str) -> Any:
    """A validator and its delegation to itself, as they stand in a new network's document."""
    validator = staking_pb2.Validator(
        operator_address=bech32.valoper(operator),
        consensus_pubkey=registry.pack(PubKey(key=public_key)),
        status=types.BONDED,
        tokens=str(tokens),
        delegator_shares=Dec.of(tokens).to_wire(),
        min_self_delegation="1",
    )
    validator.description.moniker = moniker
    validator.commission.commission_rates.CopyFrom(
        staking_pb2.CommissionRates(
            rate=Dec.from_text("0.1").to_wire(),
            max_rate=Dec.from_text("0.2").to_wire(),
            max_change_rate=Dec.from_text("0.01").to_wire(),
        )
    )
    delegation = staking_pb2.Delegation(
        delegator_address=bech32.text(operator),
        validator_address=bech32.valoper(operator),
        shares=validator.delegator_shares,
    )
    return to_dict(validator), to_dict(delegation)
