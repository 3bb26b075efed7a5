"""Gov's records in the form of v1beta1, for clients of that time. Source: cosmos-sdk 0.53, gov/migrations/v3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.x.gov import types
from supercloud.codec import registry
from supercloud.pb.cosmos.gov.v1 import gov_pb2 as pb
from supercloud.pb.cosmos.gov.v1.tx_pb2 import MsgExecLegacyContent
from supercloud.pb.cosmos.gov.v1beta1 import gov_pb2 as old
from supercloud.types.dec import Dec
from supercloud.types.errors import InvalidType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.any_pb2 import Any


_TIMES = ("submit_time", "deposit_end_time", "voting_start_time", "voting_end_time")


def proposal(current: pb.Proposal) -> old.Proposal:
    """A proposal whose content is that of its one message, or the message itself.

    Refused for proposals with more or fewer messages, which the older form can not show.
    """
    if len(current.messages) != 1:
        raise InvalidType(
            "can't convert a gov/v1 Proposal to gov/v1beta1 Proposal when amount of proposal messages not "
            "exactly one"
        )
    found = old.Proposal(
        proposal_id=current.id,
        content=_content(current.messages[0]),
        status=current.status,  # type: ignore[arg-type]
        final_tally_result=result(current.final_tally_result),
        total_deposit=current.total_deposit,
    )
    for name in _TIMES:
        time = getattr(current, name) if current.HasField(name) else Timestamp(seconds=types.NEVER_S)
        getattr(found, name).CopyFrom(time)
    return found


def _content(packed: Any) -> Any:
    message = registry.unpack(packed)
    return message.content if isinstance(message, MsgExecLegacyContent) else packed


def result(current: pb.TallyResult) -> old.TallyResult:
    """A count."""
    return old.TallyResult(
        yes=current.yes_count,
        abstain=current.abstain_count,
        no=current.no_count,
        no_with_veto=current.no_with_veto_count,
    )


def vote(current: pb.Vote) -> old.Vote:
    """A vote; its weights become decimals of the wire."""
    found = old.Vote(proposal_id=current.proposal_id, voter=current.voter)
    for part in current.options:
        found.options.add(option=part.option, weight=types.weight_of(part).to_wire())
    return found


def deposit(current: pb.Deposit) -> old.Deposit:
    """A deposit."""
    return old.Deposit(proposal_id=current.proposal_id, depositor=current.depositor, amount=current.amount)


def options(given: Iterable[old.WeightedVoteOption]) -> list[pb.WeightedVoteOption]:
    """The parts of an older vote as today's."""
    parts = []
    for part in given:
        try:
            weight = Dec.from_wire(part.weight)
        except ValueError as error:
            raise types.InvalidVote(f"invalid weight: {error}") from error
        parts.append(pb.WeightedVoteOption(option=part.option, weight=weight.text()))  # type: ignore[arg-type]
    return parts


def deposit_params(params: pb.Params) -> old.DepositParams:
    """The parameters of deposits."""
    return old.DepositParams(min_deposit=params.min_deposit, max_deposit_period=params.max_deposit_period)


def voting_params(params: pb.Params) -> old.VotingParams:
    """The parameters of votes."""
    return old.VotingParams(voting_period=params.voting_period)


def tally_params(params: pb.Params) -> old.TallyParams:
    """The parameters of counts."""
    quorum, threshold, veto = (
        Dec.from_text(text).to_wire().encode()
        for text in (params.quorum, params.threshold, params.veto_threshold)
    )
    return old.TallyParams(quorum=quorum, threshold=threshold, veto_threshold=veto)
