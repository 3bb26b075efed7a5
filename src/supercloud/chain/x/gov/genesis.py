"""Proposals, deposits and votes in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.gov import deposits, types
from supercloud.pb.cosmos.gov.v1.genesis_pb2 import GenesisState
from supercloud.types.coin import coins_text
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.gov.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything; gov's account must hold the deposits. No document: a new network's parameters."""
    state = read_state(document or default(ctx.profile.native_denom), GenesisState)
    keeper.accounts.ensure_module_account(ctx, types.NAME)
    if not state.starting_proposal_id:
        raise GenesisError("gov: starting proposal id must be greater than 0")
    keeper.set_next_id(ctx, state.starting_proposal_id)
    try:
        keeper.set_params(ctx, state.params)
    except ChainError as error:
        raise GenesisError(f"gov: {error}") from error
    keeper.set_constitution(ctx, state.constitution)
    _init_proposals(ctx, keeper, state)
    try:
        _init_deposits(ctx, keeper, state)
        _init_votes(ctx, keeper, state)
    except (ValueError, ChainError) as error:
        raise GenesisError(f"gov: {error}") from error
    if not keeper.covers_deposits(ctx):
        raise GenesisError(f"gov: the account does not hold the deposits: {coins_text(deposits.total(ctx))}")


def _init_proposals(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    for proposal in state.proposals:
        if keeper.proposal(ctx, proposal.id) is not None:
            raise GenesisError(f"gov: duplicate proposal id: {proposal.id}")
        if proposal.id >= state.starting_proposal_id:
            raise GenesisError(f"gov: proposal id {proposal.id} is still to be given")
        keeper.save(ctx, proposal)
        keeper.queue(ctx, proposal)


def _init_deposits(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    for deposit in state.deposits:
        if keeper.proposal(ctx, deposit.proposal_id) is None:
            raise GenesisError(f"gov: deposit has non-existent proposal id: {deposit.proposal_id}")
        depositor = ctx.bech32.parse(deposit.depositor)
        if deposits.read(ctx, deposit.proposal_id, depositor) is not None:
            raise GenesisError(f"gov: duplicate deposit of {deposit.depositor} for {deposit.proposal_id}")
        deposits.write(ctx, depositor, deposit)


def _init_votes(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    for vote in state.votes:
        if keeper.proposal(ctx, vote.proposal_id) is None:
            raise GenesisError(f"gov: vote has non-existent proposal id: {vote.proposal_id}")
        voter = ctx.bech32.parse(vote.voter)
        if keeper.vote_of(ctx, vote.proposal_id, voter) is not None:
            raise GenesisError(f"gov: duplicate vote of {vote.voter} for {vote.proposal_id}")
        types.check_vote(vote.options)
        keeper.set_vote(ctx, voter, vote)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same proposals again."""
    state = GenesisState(
        starting_proposal_id=keeper.next_id(ctx),
        params=keeper.params(ctx),
        constitution=keeper.constitution(ctx),
    )
    for _, deposit in deposits.every(ctx):
        state.deposits.append(deposit)
    for proposal in keeper.proposals(ctx):
        state.proposals.append(proposal)
        for _, vote in keeper.votes(ctx, proposal.id):
            state.votes.append(vote)
    return write_state(state)


def default(denom: str) -> Document:
    """The document of a new network."""
    return write_state(GenesisState(starting_proposal_id=1, params=types.default_params(denom)))
