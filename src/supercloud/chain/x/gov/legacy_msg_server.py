"""Transactions of v1beta1: each is one of today's in older words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.gov import convert, messages, msg_server, types
from supercloud.codec import registry
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as pb
from supercloud.pb.cosmos.gov.v1beta1 import tx_pb2 as old

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.gov.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route the older messages."""
    by_voter = signer_field("voter")
    router.message(
        old.MsgSubmitProposal,
        lambda ctx, msg: submit_proposal(ctx, keeper, msg),
        signers=signer_field("proposer"),
    )
    router.message(
        old.MsgDeposit, lambda ctx, msg: deposit(ctx, keeper, msg), signers=signer_field("depositor")
    )
    router.message(old.MsgVote, lambda ctx, msg: vote(ctx, keeper, msg), signers=by_voter)
    router.message(old.MsgVoteWeighted, lambda ctx, msg: vote_weighted(ctx, keeper, msg), signers=by_voter)


def submit_proposal(
    ctx: Context, keeper: Keeper, msg: old.MsgSubmitProposal
) -> old.MsgSubmitProposalResponse:
    """Propose a content; such a proposal is never expedited."""
    if not msg.content.type_url:
        raise types.InvalidProposalContent("missing content")
    content = messages.unpack_content(msg.content)
    messages.check_content(content)
    wrapped = pb.MsgExecLegacyContent(content=msg.content, authority=ctx.bech32.text(ctx.authority))
    answer = msg_server.submit_proposal(
        ctx,
        keeper,
        pb.MsgSubmitProposal(
            messages=[registry.pack(wrapped)],
            initial_deposit=msg.initial_deposit,
            proposer=msg.proposer,
            title=content.title,
            summary=content.description,
        ),
    )
    return old.MsgSubmitProposalResponse(proposal_id=answer.proposal_id)


def deposit(ctx: Context, keeper: Keeper, msg: old.MsgDeposit) -> old.MsgDepositResponse:
    """Add to a deposit."""
    current = pb.MsgDeposit(proposal_id=msg.proposal_id, depositor=msg.depositor, amount=msg.amount)
    msg_server.deposit(ctx, keeper, current)
    return old.MsgDepositResponse()


def vote(ctx: Context, keeper: Keeper, msg: old.MsgVote) -> old.MsgVoteResponse:
    """Vote for one option."""
    current = pb.MsgVote(proposal_id=msg.proposal_id, voter=msg.voter, option=msg.option)  # type: ignore[arg-type]
    msg_server.vote(ctx, keeper, current)
    return old.MsgVoteResponse()


def vote_weighted(ctx: Context, keeper: Keeper, msg: old.MsgVoteWeighted) -> old.MsgVoteWeightedResponse:
    """Vote for several options in parts."""
    current = pb.MsgVoteWeighted(
        proposal_id=msg.proposal_id, voter=msg.voter, options=convert.options(msg.options)
    )
    msg_server.vote_weighted(ctx, keeper, current)
    return old.MsgVoteWeightedResponse()
