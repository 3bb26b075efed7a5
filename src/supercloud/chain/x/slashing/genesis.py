"""Signing records in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.slashing import missed, types
from supercloud.pb.cosmos.slashing.v1beta1.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.slashing.keeper import Keeper

MISSED_INDEX_MAX = 2**40


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything. Staking comes before: its validators' keys are made known here."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    for validator in keeper.staking.validators(ctx):
        keeper.validator_created(ctx, ctx.bech32.parse_valoper(validator.operator_address))
    try:
        for entry in state.signing_infos:
            consensus = ctx.bech32.parse_valcons(entry.address)
            keeper.set_signing_info(ctx, consensus, entry.validator_signing_info)
        for blocks in state.missed_blocks:
            consensus = ctx.bech32.parse_valcons(blocks.address)
            for block in blocks.missed_blocks:
                if not 0 <= block.index < MISSED_INDEX_MAX:
                    raise GenesisError(f"slashing: {blocks.address} missed block {block.index}")
                missed.put(ctx, consensus, block.index, block.missed)
    except ValueError as error:
        raise GenesisError(f"slashing: {error}") from error


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same records again."""
    state = GenesisState(params=keeper.params(ctx))
    for consensus, info in keeper.signing_infos(ctx):
        name = ctx.bech32.valcons(consensus)
        state.signing_infos.add(address=name, validator_signing_info=info)
        blocks = state.missed_blocks.add(address=name)
        for index in sorted(missed.every(ctx, consensus)):
            blocks.missed_blocks.add(index=index, missed=True)
    return write_state(state)


def default() -> Document:
    """The document of a new network."""
    return write_state(GenesisState(params=types.default_params()))
