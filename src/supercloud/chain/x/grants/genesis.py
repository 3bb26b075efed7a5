"""Grants in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.coins import coins_or_none
from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.grants import types
from supercloud.pb.supercloud.grants.v1.genesis_pb2 import GenesisState
from supercloud.types.errors import ChainError, ProgrammerError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.grants.keeper import Keeper
    from supercloud.pb.supercloud.grants.v1.grant_pb2 import Grant


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything; the account must hold what is set aside. No document: a new network's parameters."""
    state = read_state(document or default(), GenesisState)
    keeper.accounts.ensure_module_account(ctx, types.NAME)
    try:
        keeper.set_params(ctx, state.params)
        keeper.set_next_id(ctx, state.next_id)
        for grant in state.grants:
            _check(grant, state.next_id)
            if keeper.grant(ctx, grant.id) is not None:
                raise GenesisError(f"grants: duplicate grant {grant.id}")
            keeper.insert(ctx, grant)
        broken = keeper.invariants(ctx)
    except (ChainError, ProgrammerError, ValueError) as error:
        raise GenesisError(f"grants: {error}") from error
    if broken:
        raise GenesisError("; ".join(broken))


def _check(grant: Grant, next_id: int) -> None:
    if not 0 < grant.id < next_id:
        raise GenesisError(f"grants: grant id {grant.id} is still to be given")
    if grant.status not in (types.ACTIVE, types.COMPLETED, types.CANCELLED):
        raise GenesisError(f"grants: grant {grant.id} has no status")
    if grant.HasField("stream") == bool(grant.milestones):
        raise GenesisError(f"grants: grant {grant.id} has neither or both of stream and milestones")
    if None in (coins_or_none(coins) for coins in (grant.amount, grant.claimed, grant.returned)):
        raise GenesisError(f"grants: amounts of grant {grant.id}")
    if grant.HasField("stream"):
        coins = types.check_stream(grant.stream)
    else:
        coins = types.milestones_total(grant.milestones)
    if [coin.to_pb() for coin in coins] != list(grant.amount):
        raise GenesisError(f"grants: grant {grant.id} has another amount than its parts")


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same grants again."""
    state = GenesisState(params=keeper.params(ctx), next_id=keeper.next_id(ctx))
    state.grants.extend(keeper.grants(ctx))
    return write_state(state)


def default() -> Document:
    """The document of a new network."""
    return write_state(GenesisState(params=types.default_params(), next_id=1))
