"""Queries about proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.gov import deposits, keys, types
from supercloud.pb.cosmos.gov.v1 import gov_pb2
from supercloud.pb.cosmos.gov.v1 import query_pb2 as pb
from supercloud.types.errors import InvalidArgument, QueryNotFound, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.gov.keeper import Keeper
    from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageResponse


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.gov.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def constitution(
        self, ctx: Context, request: pb.QueryConstitutionRequest
    ) -> pb.QueryConstitutionResponse:
        """The network's constitution."""
        return pb.QueryConstitutionResponse(constitution=self._keeper.constitution(ctx))

    def proposal(self, ctx: Context, request: pb.QueryProposalRequest) -> pb.QueryProposalResponse:
        """One proposal."""
        return pb.QueryProposalResponse(proposal=self.known(ctx, request.proposal_id))

    def proposals(self, ctx: Context, request: pb.QueryProposalsRequest) -> pb.QueryProposalsResponse:
        """Proposals by id; only those of a status, of a voter or of a depositor where these are named."""
        found, page = self.filtered(ctx, request, lambda proposal: True)
        return pb.QueryProposalsResponse(proposals=found, pagination=page)

    def filtered(
        self,
        ctx: Context,
        request: pb.QueryProposalsRequest,
        wanted: Callable[[gov_pb2.Proposal], bool],
    ) -> tuple[list[gov_pb2.Proposal], PageResponse]:
        """A page of the proposals that a request asks for and that are wanted."""
        voter = _parsed(ctx, request.voter) if request.voter else b""
        depositor = _parsed(ctx, request.depositor) if request.depositor else b""
        status = request.proposal_status if request.proposal_status in types.STATUSES else None

        def accept(key: bytes, value: bytes) -> gov_pb2.Proposal | None:
            proposal = gov_pb2.Proposal.FromString(value)
            if status is not None and proposal.status != status:
                return None
            if voter and self._keeper.vote_of(ctx, proposal.id, voter) is None:
                return None
            if depositor and deposits.read(ctx, proposal.id, depositor) is None:
                return None
            return proposal if wanted(proposal) else None

        return paginate(ctx.kv(keys.STORE), keys.PROPOSAL_PREFIX, request.pagination, accept)

    def vote(self, ctx: Context, request: pb.QueryVoteRequest) -> pb.QueryVoteResponse:
        """Somebody's vote; only while the proposal is voted on."""
        number = _number(request.proposal_id)
        if not request.voter:
            raise InvalidArgument("empty voter address")
        vote = self._keeper.vote_of(ctx, number, _parsed(ctx, request.voter))
        if vote is None:
            raise InvalidArgument(f"voter: {request.voter} not found for proposal: {number}")
        return pb.QueryVoteResponse(vote=vote)

    def votes(self, ctx: Context, request: pb.QueryVotesRequest) -> pb.QueryVotesResponse:
        """The votes of a proposal; only while it is voted on."""
        votes, page = paginate(
            ctx.kv(keys.STORE),
            keys.votes_prefix(_number(request.proposal_id)),
            request.pagination,
            lambda key, value: gov_pb2.Vote.FromString(value),
        )
        return pb.QueryVotesResponse(votes=votes, pagination=page)

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters, and those of one kind in the older form."""
        params = self._keeper.params(ctx)
        response = pb.QueryParamsResponse(params=params)
        match request.params_type:
            case "deposit":
                response.deposit_params.min_deposit.extend(params.min_deposit)
                response.deposit_params.max_deposit_period.CopyFrom(params.max_deposit_period)
            case "voting":
                response.voting_params.voting_period.CopyFrom(params.voting_period)
            case "tallying":
                response.tally_params.quorum = params.quorum
                response.tally_params.threshold = params.threshold
                response.tally_params.veto_threshold = params.veto_threshold
            case "":
                pass
            case other:
                raise InvalidArgument(f"unknown params type: {other}")
        return response

    def deposit(self, ctx: Context, request: pb.QueryDepositRequest) -> pb.QueryDepositResponse:
        """Somebody's deposit; only until it is given back or burned."""
        number = _number(request.proposal_id)
        if not request.depositor:
            raise InvalidArgument("empty depositor address")
        deposit = deposits.read(ctx, number, _parsed(ctx, request.depositor))
        if deposit is None:
            raise QueryNotFound(f"depositor: {request.depositor} not found for proposal: {number}")
        return pb.QueryDepositResponse(deposit=deposit)

    def deposits(self, ctx: Context, request: pb.QueryDepositsRequest) -> pb.QueryDepositsResponse:
        """The deposits of a proposal; only until they are given back or burned."""
        found, page = paginate(
            ctx.kv(keys.STORE),
            keys.deposits_prefix(_number(request.proposal_id)),
            request.pagination,
            lambda key, value: gov_pb2.Deposit.FromString(value),
        )
        return pb.QueryDepositsResponse(deposits=found, pagination=page)

    def tally_result(self, ctx: Context, request: pb.QueryTallyResultRequest) -> pb.QueryTallyResultResponse:
        """The count of a decided vote, or of a running one as it stands."""
        proposal = self.known(ctx, request.proposal_id)
        if proposal.status == types.VOTING_PERIOD:
            result = self._keeper.tally(ctx, proposal).result
        else:
            result = proposal.final_tally_result
        return pb.QueryTallyResultResponse(tally=result)

    def known(self, ctx: Context, number: int) -> gov_pb2.Proposal:
        """A proposal; not found when there is none."""
        proposal = self._keeper.proposal(ctx, _number(number))
        if proposal is None:
            raise QueryNotFound(f"proposal {number} doesn't exist")
        return proposal


def _number(number: int) -> int:
    if not number:
        raise InvalidArgument("proposal id can not be 0")
    return number


def _parsed(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
