"""Rewards and the community pool in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.distribution import keys, records, types
from supercloud.chain.x.distribution.dec_coins import DecCoins
from supercloud.pb.cosmos.distribution.v1beta1 import distribution_pb2 as pb
from supercloud.pb.cosmos.distribution.v1beta1.genesis_pb2 import GenesisState
from supercloud.types.coin import coins_text

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.distribution.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything; the account must hold what is owed."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    address = keeper.accounts.ensure_module_account(ctx, types.NAME)
    try:
        owed = DecCoins.from_pb(state.fee_pool.community_pool)
        records.set_fee_pool(ctx, owed)
        if state.previous_proposer:
            records.set_proposer(ctx, ctx.bech32.parse_valcons(state.previous_proposer))
        _init_validators(ctx, state)
        _init_delegators(ctx, state)
        for record in state.outstanding_rewards:
            owed = owed.add(DecCoins.from_pb(record.outstanding_rewards))
    except ValueError as error:
        raise GenesisError(f"distribution: {error}") from error
    held, (whole, _) = keeper.bank.balances(ctx, address), owed.whole()
    if held != whole:
        raise GenesisError(
            "distribution module balance does not match the module holdings: "
            f"{coins_text(held)} <-> {coins_text(whole)}"
        )


def _init_validators(ctx: Context, state: GenesisState) -> None:
    operator = ctx.bech32.parse_valoper
    kv = ctx.kv(keys.STORE)
    for rewards in state.outstanding_rewards:
        coins = DecCoins.from_pb(rewards.outstanding_rewards)
        records.set_outstanding(ctx, operator(rewards.validator_address), coins)
    for own in state.validator_accumulated_commissions:
        coins = DecCoins.from_pb(own.accumulated.commission)
        records.set_commission(ctx, operator(own.validator_address), coins)
    for ended in state.validator_historical_rewards:
        key = keys.historical_key(operator(ended.validator_address), ended.period)
        kv.set(key, ended.rewards.SerializeToString(deterministic=True))
    for running in state.validator_current_rewards:
        coins = DecCoins.from_pb(running.rewards.rewards)
        records.set_current(ctx, operator(running.validator_address), coins, running.rewards.period)
    for slash in state.validator_slash_events:
        key = keys.slash_key(operator(slash.validator_address), slash.height, slash.period)
        kv.set(key, slash.validator_slash_event.SerializeToString(deterministic=True))


def _init_delegators(ctx: Context, state: GenesisState) -> None:
    for info in state.delegator_withdraw_infos:
        delegator = ctx.bech32.parse(info.delegator_address)
        records.set_withdraw_address(ctx, delegator, ctx.bech32.parse(info.withdraw_address))
    for begun in state.delegator_starting_infos:
        operator = ctx.bech32.parse_valoper(begun.validator_address)
        delegator = ctx.bech32.parse(begun.delegator_address)
        records.set_starting(ctx, operator, delegator, begun.starting_info)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same claims again."""
    state = GenesisState(params=keeper.params(ctx))
    state.fee_pool.community_pool.extend(records.fee_pool(ctx).to_pb())
    state.fee_pool.SetInParent()
    proposer = records.proposer(ctx)
    state.previous_proposer = ctx.bech32.valcons(proposer) if proposer else ""
    for operator in records.operators(ctx):
        name = ctx.bech32.valoper(operator)
        outstanding = records.outstanding(ctx, operator).to_pb()
        state.outstanding_rewards.add(validator_address=name, outstanding_rewards=outstanding)
        own = state.validator_accumulated_commissions.add(validator_address=name)
        own.accumulated.commission.extend(records.commission(ctx, operator).to_pb())
        own.accumulated.SetInParent()
    _export_periods(ctx, state)
    _export_delegators(ctx, state)
    return write_state(state)


def _export_periods(ctx: Context, state: GenesisState) -> None:
    kv = ctx.kv(keys.STORE)
    for key, value in kv.prefix(keys.HISTORICAL_PREFIX):
        state.validator_historical_rewards.add(
            validator_address=ctx.bech32.valoper(keys.address_of(key)),
            period=int.from_bytes(keys.rest_of(key), "little"),
            rewards=pb.ValidatorHistoricalRewards.FromString(value),
        )
    for key, value in kv.prefix(keys.CURRENT_PREFIX):
        state.validator_current_rewards.add(
            validator_address=ctx.bech32.valoper(keys.address_of(key)),
            rewards=pb.ValidatorCurrentRewards.FromString(value),
        )
    for key, value in kv.prefix(keys.SLASH_PREFIX):
        event = pb.ValidatorSlashEvent.FromString(value)
        state.validator_slash_events.add(
            validator_address=ctx.bech32.valoper(keys.address_of(key)),
            height=int.from_bytes(keys.rest_of(key)[:8], "big"),
            period=event.validator_period,
            validator_slash_event=event,
        )


def _export_delegators(ctx: Context, state: GenesisState) -> None:
    kv = ctx.kv(keys.STORE)
    for key, value in kv.prefix(keys.WITHDRAW_PREFIX):
        state.delegator_withdraw_infos.add(
            delegator_address=ctx.bech32.text(keys.address_of(key)), withdraw_address=ctx.bech32.text(value)
        )
    for key, value in kv.prefix(keys.STARTING_PREFIX):
        state.delegator_starting_infos.add(
            delegator_address=ctx.bech32.text(keys.rest_of(key)[1:]),
            validator_address=ctx.bech32.valoper(keys.address_of(key)),
            starting_info=pb.DelegatorStartingInfo.FromString(value),
        )


def default() -> Document:
    """The document of a new network."""
    return write_state(GenesisState(params=types.default_params()))
