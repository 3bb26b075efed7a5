"""Transactions about proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.coins import coins_or_none, pb_coins_text
from supercloud.chain.baseapp.context import WRITE_PER_BYTE, Event
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.baseapp.timestamps import to_timestamp
from supercloud.chain.x.gov import deposits, messages, types
from supercloud.chain.x.gov.keeper import Draft
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as pb
from supercloud.types.errors import InvalidAddress, InvalidCoins, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.gov.keeper import Keeper
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
    from supercloud.types.coin import Coin


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_proposer, by_voter = signer_field("proposer"), signer_field("voter")
    by_authority = signer_field("authority")
    router.message(
        pb.MsgSubmitProposal, lambda ctx, msg: submit_proposal(ctx, keeper, msg), signers=by_proposer
    )
    router.message(
        pb.MsgCancelProposal, lambda ctx, msg: cancel_proposal(ctx, keeper, msg), signers=by_proposer
    )
    router.message(
        pb.MsgDeposit, lambda ctx, msg: deposit(ctx, keeper, msg), signers=signer_field("depositor")
    )
    router.message(pb.MsgVote, lambda ctx, msg: vote(ctx, keeper, msg), signers=by_voter)
    router.message(pb.MsgVoteWeighted, lambda ctx, msg: vote_weighted(ctx, keeper, msg), signers=by_voter)
    router.message(
        pb.MsgExecLegacyContent,
        lambda ctx, msg: exec_legacy_content(ctx, keeper, msg),
        signers=by_authority,
    )
    router.message(pb.MsgUpdateParams, lambda ctx, msg: update_params(ctx, keeper, msg), signers=by_authority)


def submit_proposal(ctx: Context, keeper: Keeper, msg: pb.MsgSubmitProposal) -> pb.MsgSubmitProposalResponse:
    """Propose messages, with a first deposit of the signer."""
    if not msg.title:
        raise InvalidRequest("proposal title cannot be empty")
    if not msg.summary:
        raise InvalidRequest("proposal summary cannot be empty")
    proposer = _account(ctx, msg.proposer, "proposer")
    if not msg.messages and not msg.metadata:
        raise types.NoProposalMsgs("either metadata or Msgs length must be non-nil")
    for text in (msg.metadata, msg.title):
        if len(text.encode()) > types.METADATA_BYTES_MAX:
            raise types.MetadataTooLong(f"got metadata with length {len(text.encode())}")
    if len(msg.summary.encode()) > types.SUMMARY_BYTES_MAX:
        raise types.SummaryTooLong(f"got summary with length {len(msg.summary.encode())}")
    types.check_metadata(msg.metadata, msg.title, msg.summary)
    params = keeper.params(ctx)
    coins = coins_or_none(msg.initial_deposit)
    if coins is None:
        raise InvalidCoins(pb_coins_text(msg.initial_deposit))
    deposits.check_initial(params, msg.expedited, coins)
    deposits.check_denoms(params, coins)
    messages.check(ctx, keeper.router, msg.messages)
    draft = Draft(msg.messages, msg.title, msg.summary, msg.metadata, msg.expedited)
    proposal = keeper.submit(ctx, draft, ctx.bech32.text(proposer))
    # A proposal is read and written again at the end of its periods, at nobody's cost.
    ctx.gas.consume(3 * WRITE_PER_BYTE * proposal.ByteSize(), "submit proposal")
    if keeper.deposit(ctx, proposal.id, proposer, coins):
        ctx.emit(Event("submit_proposal", (("voting_period_start", str(proposal.id)),)))
    return pb.MsgSubmitProposalResponse(proposal_id=proposal.id)


def cancel_proposal(ctx: Context, keeper: Keeper, msg: pb.MsgCancelProposal) -> pb.MsgCancelProposalResponse:
    """Take the signer's proposal back."""
    proposer = ctx.bech32.text(_account(ctx, msg.proposer, "proposer"))
    keeper.cancel(ctx, msg.proposal_id, proposer)
    attributes = (("sender", proposer), ("proposal_id", str(msg.proposal_id)))
    ctx.emit(Event("cancel_proposal", attributes))
    return pb.MsgCancelProposalResponse(
        proposal_id=msg.proposal_id, canceled_time=to_timestamp(ctx.time), canceled_height=ctx.height
    )


def deposit(ctx: Context, keeper: Keeper, msg: pb.MsgDeposit) -> pb.MsgDepositResponse:
    """Add coins of the signer to a proposal's deposit."""
    depositor = _account(ctx, msg.depositor, "depositor")
    if keeper.deposit(ctx, msg.proposal_id, depositor, _coins(msg.amount)):
        ctx.emit(Event("proposal_deposit", (("voting_period_start", str(msg.proposal_id)),)))
    return pb.MsgDepositResponse()


def vote(ctx: Context, keeper: Keeper, msg: pb.MsgVote) -> pb.MsgVoteResponse:
    """Vote for one option."""
    voter = _account(ctx, msg.voter, "voter")
    if msg.option not in types.OPTIONS:
        raise types.InvalidVote(str(msg.option))
    keeper.vote(ctx, msg.proposal_id, voter, types.whole_vote(msg.option), msg.metadata)
    return pb.MsgVoteResponse()


def vote_weighted(ctx: Context, keeper: Keeper, msg: pb.MsgVoteWeighted) -> pb.MsgVoteWeightedResponse:
    """Vote for several options in parts."""
    voter = _account(ctx, msg.voter, "voter")
    if not msg.options:
        raise InvalidRequest("no vote options")
    types.check_vote(msg.options)
    keeper.vote(ctx, msg.proposal_id, voter, msg.options, msg.metadata)
    return pb.MsgVoteWeightedResponse()


def exec_legacy_content(
    ctx: Context, keeper: Keeper, msg: pb.MsgExecLegacyContent
) -> pb.MsgExecLegacyContentResponse:
    """Carry out the content of a proposal of the older kind; only the network's authority may."""
    check_authority(ctx, msg.authority)
    require_authority(ctx, msg.authority)
    content = messages.unpack_content(msg.content)
    messages.check_content(content)
    stands_for = messages.of_content(msg.authority, content)
    if stands_for is not None:
        keeper.router.invoke(ctx, stands_for)
    return pb.MsgExecLegacyContentResponse()


def update_params(ctx: Context, keeper: Keeper, msg: pb.MsgUpdateParams) -> pb.MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    check_authority(ctx, msg.authority)
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return pb.MsgUpdateParamsResponse()


def _coins(given: Sequence[CoinPb]) -> list[Coin]:
    coins = coins_or_none(given)
    if not coins:
        raise InvalidCoins(pb_coins_text(given))
    return coins


def _account(ctx: Context, text: str, what: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {what} address: {error}") from error
