"""Queries of v1beta1: today's answers in the older form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.gov import convert
from supercloud.chain.x.gov.query_server import QueryServer
from supercloud.pb.cosmos.gov.v1 import query_pb2 as pb
from supercloud.pb.cosmos.gov.v1beta1 import query_pb2 as old
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.gov.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve the older queries."""
    router.query(old.DESCRIPTOR.services_by_name["Query"], LegacyQueryServer(keeper))


class LegacyQueryServer:
    """cosmos.gov.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._current = QueryServer(keeper)

    def proposal(self, ctx: Context, request: old.QueryProposalRequest) -> old.QueryProposalResponse:
        """One proposal, if it has exactly one message."""
        found = self._current.known(ctx, request.proposal_id)
        return old.QueryProposalResponse(proposal=convert.proposal(found))

    def proposals(self, ctx: Context, request: old.QueryProposalsRequest) -> old.QueryProposalsResponse:
        """Proposals that have exactly one message."""
        current = pb.QueryProposalsRequest(
            proposal_status=request.proposal_status,  # type: ignore[arg-type]
            voter=request.voter,
            depositor=request.depositor,
            pagination=request.pagination,
        )
        found, page = self._current.filtered(ctx, current, lambda proposal: len(proposal.messages) == 1)
        return old.QueryProposalsResponse(
            proposals=[convert.proposal(each) for each in found], pagination=page
        )

    def vote(self, ctx: Context, request: old.QueryVoteRequest) -> old.QueryVoteResponse:
        """Somebody's vote."""
        current = pb.QueryVoteRequest(proposal_id=request.proposal_id, voter=request.voter)
        return old.QueryVoteResponse(vote=convert.vote(self._current.vote(ctx, current).vote))

    def votes(self, ctx: Context, request: old.QueryVotesRequest) -> old.QueryVotesResponse:
        """The votes of a proposal."""
        current = pb.QueryVotesRequest(proposal_id=request.proposal_id, pagination=request.pagination)
        found = self._current.votes(ctx, current)
        votes = [convert.vote(vote) for vote in found.votes]
        return old.QueryVotesResponse(votes=votes, pagination=found.pagination)

    def params(self, ctx: Context, request: old.QueryParamsRequest) -> old.QueryParamsResponse:
        """The parameters of one kind."""
        current = pb.QueryParamsRequest(params_type=request.params_type)
        params = self._current.params(ctx, current).params
        match request.params_type:
            case "deposit":
                return old.QueryParamsResponse(deposit_params=convert.deposit_params(params))
            case "voting":
                return old.QueryParamsResponse(voting_params=convert.voting_params(params))
            case "tallying":
                return old.QueryParamsResponse(tally_params=convert.tally_params(params))
        raise InvalidArgument(f"{request.params_type} is not a valid parameter type")

    def deposit(self, ctx: Context, request: old.QueryDepositRequest) -> old.QueryDepositResponse:
        """Somebody's deposit."""
        current = pb.QueryDepositRequest(proposal_id=request.proposal_id, depositor=request.depositor)
        return old.QueryDepositResponse(deposit=convert.deposit(self._current.deposit(ctx, current).deposit))

    def deposits(self, ctx: Context, request: old.QueryDepositsRequest) -> old.QueryDepositsResponse:
        """The deposits of a proposal."""
        current = pb.QueryDepositsRequest(proposal_id=request.proposal_id, pagination=request.pagination)
        found = self._current.deposits(ctx, current)
        made = [convert.deposit(deposit) for deposit in found.deposits]
        return old.QueryDepositsResponse(deposits=made, pagination=found.pagination)

    def tally_result(
        self, ctx: Context, request: old.QueryTallyResultRequest
    ) -> old.QueryTallyResultResponse:
        """The count of a vote."""
        current = pb.QueryTallyResultRequest(proposal_id=request.proposal_id)
        return old.QueryTallyResultResponse(
            tally=convert.result(self._current.tally_result(ctx, current).tally)
        )
