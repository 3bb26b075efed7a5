"""Counting votes: a bonded token counts once, by its owner's vote or else by its validator's.

Source of the rule: the network's gov. A delegation that votes itself is taken off what its validator votes for; shares of
a validator are worth `shares x tokens / all shares`, to the nearest digit; counts drop what is less than a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.x.gov import types
from supercloud.pb.cosmos.gov.v1 import gov_pb2 as pb
from supercloud.types.dec import Dec

if TYPE_CHECKING:
    from collections.abc import Callable

    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation, Validator

Ballot = tuple[bytes, "pb.Vote"]


class Outcome(NamedTuple):
    """What a vote came to."""

    passes: bool
    burns: bool
    """Whether the deposits are burned rather than refunded."""
    result: pb.TallyResult


class Counted(NamedTuple):
    """Voting power by option, and of all who voted."""

    options: dict[int, Dec]
    total: Dec


class _Seat:
    """A bonded validator in a count."""

    def __init__(self, validator: Validator) -> None:
        self.tokens = int(validator.tokens)
        self.shares = Dec.from_wire(validator.delegator_shares)
        self.deducted = Dec(0)
        self.vote: Iterable[pb.WeightedVoteOption] = ()

    def worth(self, shares: Dec) -> Dec:
        """Voting power of some of its shares."""
        return shares.mul_int(self.tokens).quo(self.shares)


def count(
    validators: Iterable[tuple[bytes, Validator]],
    ballots: Iterable[Ballot],
    delegations_of: Callable[[bytes], Iterator[Delegation]],
    operator_of: Callable[[str], bytes],
) -> Counted:
    """Count ballots by the power of the bonded validators and of those who stake with them."""
    seats = {operator: _Seat(validator) for operator, validator in validators}
    options: dict[int, Dec] = {option: Dec(0) for option in types.OPTIONS}
    total = Dec(0)

    def add(power: Dec, vote: Iterable[pb.WeightedVoteOption]) -> None:
        for part in vote:
            options[part.option] = options[part.option].add(power.mul(types.weight_of(part)))

    for voter, ballot in ballots:
        own = seats.get(voter)
        if own is not None:
            own.vote = ballot.options
        for delegation in delegations_of(voter):
            seat = seats.get(operator_of(delegation.validator_address))
            if seat is None:
                continue
            shares = Dec.from_wire(delegation.shares)
            seat.deducted = seat.deducted.add(shares)
            power = seat.worth(shares)
            add(power, ballot.options)
            total = total.add(power)
    for seat in seats.values():
        if seat.vote:
            power = seat.worth(seat.shares.sub(seat.deducted))
            add(power, seat.vote)
            total = total.add(power)
    return Counted(options, total)


def judge(counted: Counted, bonded: int, params: pb.Params, expedited: bool) -> Outcome:
    """What a count means: quorum first, then abstention, veto and the threshold."""
    options, total = counted
    result = pb.TallyResult(
        yes_count=str(options[types.YES].truncate()),
        abstain_count=str(options[types.ABSTAIN].truncate()),
        no_count=str(options[types.NO].truncate()),
        no_with_veto_count=str(options[types.VETO].truncate()),
    )
    if not bonded:
        return Outcome(False, False, result)
    if total.quo(Dec.of(bonded)).raw < Dec.from_text(params.quorum).raw:
        return Outcome(False, params.burn_vote_quorum, result)
    decided = total.sub(options[types.ABSTAIN])
    if decided.is_zero():
        return Outcome(False, False, result)
    if options[types.VETO].quo(total).raw > Dec.from_text(params.veto_threshold).raw:
        return Outcome(False, params.burn_vote_veto, result)
    threshold = params.expedited_threshold if expedited else params.threshold
    passes = options[types.YES].quo(decided).raw > Dec.from_text(threshold).raw
    return Outcome(passes, False, result)
