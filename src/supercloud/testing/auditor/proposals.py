"""The auditor's proposals: deposits, votes, what is decided when, and what becomes of deposits.

What the messages of a proposal that passed do is the affair of their modules; whether they were carried out or refused
is told by the ledger alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from supercloud.testing.auditor.money import DEPOSITS, Money, require
from supercloud.testing.auditor.stakes import Stakes
from supercloud.testing.auditor.treasury import coins_of

DROPPED_MAX, DECIDED_MAX = 100, 10
YES, ABSTAIN, NO, VETO = 1, 2, 3, 4
PASSED, FAILED, REJECTED, REGULAR, DROPPED = (
    "proposal_passed",
    "proposal_failed",
    "proposal_rejected",
    "expedited_proposal_rejected",
    "proposal_dropped",
)
OPEN_STATES = ("deposit", "voting")
Vote = list[tuple[int, Fraction]]


@dataclass
class Proposal:
    """What is proposed, by whom, and who put money on it."""

    number: int
    proposer: str
    messages: list[Any]
    expedited: bool
    due: int
    """When the period of deposits, or of votes, ends."""
    begun: int = 0
    state: str = "deposit"
    deposits: dict[str, Counter[str]] = field(default_factory=dict)
    votes: dict[str, Vote] = field(default_factory=dict)

    def total(self) -> Counter[str]:
        """All deposits."""
        return sum(self.deposits.values(), Counter())


class Proposals:
    """All proposals, by number."""

    def __init__(self, money: Money, stakes: Stakes) -> None:
        self.money = money
        self.stakes = stakes
        self.proposals: dict[int, Proposal] = {}
        self.open: dict[int, Proposal] = {}
        self.next = 1
        self.params: Any = None
        self.told: list[tuple[int, str]] = []
        """What the ledger has to tell at a block's end: number and result, passed for all that is carried out."""
        self._verbs: dict[str, Callable[[Any], None]] = {
            "MsgSubmitProposal": self._submit,
            "MsgDeposit": lambda msg: self._deposit(msg.proposal_id, msg.depositor, coins_of(msg.amount)),
            "MsgVote": lambda msg: self._vote(msg, [(msg.option, Fraction(1))]),
            "MsgVoteWeighted": lambda msg: self._vote(msg, [_part(msg, each) for each in msg.options]),
            "MsgCancelProposal": self._cancel,
            "MsgUpdateParams": lambda msg: self.set_params(msg.params),
        }

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is none about proposals."""
        package, name = message.DESCRIPTOR.full_name.rsplit(".", 1)
        if package not in ("cosmos.gov.v1", "cosmos.gov.v1beta1"):
            return False
        require(name in self._verbs, f"{name} is beyond what the auditor knows of proposals")
        self._verbs[name](message)
        return True

    def set_params(self, params: Any) -> None:
        """Deposits, periods, thresholds."""
        self.params = params

    # Messages.

    def _submit(self, msg: Any) -> None:
        newer = msg.DESCRIPTOR.full_name.startswith("cosmos.gov.v1.")
        until = self.money.time + _nanos(self.params.max_deposit_period)
        messages, expedited = (list(msg.messages), msg.expedited) if newer else ([], False)
        proposal = Proposal(self.next, msg.proposer, messages, expedited, until)
        self.proposals[self.next] = self.open[self.next] = proposal
        self.next += 1
        self._deposit(proposal.number, msg.proposer, coins_of(msg.initial_deposit))

    def _get(self, number: int, *states: str) -> Proposal:
        proposal = self.open.get(number)
        require(proposal is not None and proposal.state in states, f"proposal {number} is over and was used")
        assert proposal is not None
        return proposal

    def _deposit(self, number: int, depositor: str, coins: Counter[str]) -> None:
        proposal = self._get(number, *OPEN_STATES)
        for denom, amount in coins.items():
            self.money.move(depositor, DEPOSITS, denom, amount)
        proposal.deposits[depositor] = proposal.deposits.get(depositor, Counter()) + coins
        params = self.params
        least = coins_of(params.expedited_min_deposit if proposal.expedited else params.min_deposit)
        total = proposal.total()
        if proposal.state == "deposit" and all(total[denom] >= least[denom] for denom in least):
            period = params.expedited_voting_period if proposal.expedited else params.voting_period
            proposal.state, proposal.begun = "voting", self.money.time
            proposal.due = self.money.time + _nanos(period)

    def _vote(self, msg: Any, vote: Vote) -> None:
        self._get(msg.proposal_id, "voting").votes[msg.voter] = vote

    def _cancel(self, msg: Any) -> None:
        proposal = self._get(msg.proposal_id, *OPEN_STATES)
        require(proposal.proposer == msg.proposer, f"{msg.proposer} cancelled another's proposal")
        part = Fraction(self.params.proposal_cancel_ratio)
        for depositor, coins in proposal.deposits.items():
            for denom, amount in coins.items():
                lost = int(part * amount)
                self.money.move(DEPOSITS, depositor, denom, amount - lost)
                self.money.burn(DEPOSITS, denom, lost)
        require(not self.params.proposal_cancel_dest, "the auditor knows no other end of lost deposits")
        self._over(proposal, "cancelled")

    def _over(self, proposal: Proposal, state: str) -> None:
        proposal.state = state
        del self.open[proposal.number]

    # A block's end.

    def end(self, results: dict[int, str], carry_out: Callable[[Any], None]) -> None:
        """Drop what found too few deposits, decide what is due. `results` is what the ledger told, by number."""
        due = self._due("deposit")[:DROPPED_MAX]
        for proposal in due:
            self._settle(proposal, burn=self.params.burn_proposal_deposit_prevote)
            self._over(proposal, "dropped")
            self.told.append((proposal.number, DROPPED))
        for proposal in self._due("voting")[:DECIDED_MAX]:
            self._decide(proposal, results.get(proposal.number, ""), carry_out)

    def _due(self, state: str) -> list[Proposal]:
        found = [each for each in self.open.values() if each.state == state and each.due <= self.money.time]
        return sorted(found, key=lambda each: (each.due, each.number))

    def _settle(self, proposal: Proposal, burn: bool) -> None:
        for depositor, coins in proposal.deposits.items():
            for denom, amount in coins.items():
                if burn:
                    self.money.burn(DEPOSITS, denom, amount)
                else:
                    self.money.move(DEPOSITS, depositor, denom, amount)
        proposal.deposits = {}

    def _decide(self, proposal: Proposal, result: str, carry_out: Callable[[Any], None]) -> None:
        passes, burns = self.judge(proposal)
        if passes or not proposal.expedited:
            self._settle(proposal, burns)
        if passes:
            # Its messages may be refused all the same; then nothing of them is left.
            self.told.append((proposal.number, FAILED if result == FAILED else PASSED))
            self._over(proposal, "failed" if result == FAILED else "passed")
            for packed in proposal.messages if result != FAILED else ():
                carry_out(packed)
        elif proposal.expedited:
            proposal.expedited = False
            proposal.due = proposal.begun + _nanos(self.params.voting_period)
            self.told.append((proposal.number, REGULAR))
        else:
            self.told.append((proposal.number, REJECTED))
            self._over(proposal, "rejected")

    def judge(self, proposal: Proposal) -> tuple[bool, bool]:
        """Whether a proposal passes, and whether its deposits burn: quorum, abstention, veto, threshold."""
        counted, bonded = self.count(proposal), self.stakes.bonded()
        total = sum(counted.values())
        params = self.params
        if not bonded or Fraction(total) / bonded < Fraction(params.quorum):
            return False, bool(bonded and params.burn_vote_quorum)
        decided = total - counted[ABSTAIN]
        if not decided:
            return False, False
        if counted[VETO] / total > Fraction(params.veto_threshold):
            return False, params.burn_vote_veto
        threshold = params.expedited_threshold if proposal.expedited else params.threshold
        return counted[YES] / decided > Fraction(threshold), False

    def count(self, proposal: Proposal) -> dict[int, Fraction]:
        """Tokens by option: those of bonded validators, by their owner's vote or else by the validator's."""
        counted = dict.fromkeys((YES, ABSTAIN, NO, VETO), Fraction())
        for validator in self.stakes.validators.values():
            if validator.state != "bonded" or not validator.shares:
                continue
            own = proposal.votes.get(validator.account, [])
            for delegator, shares in self.stakes.delegators(validator.name):
                tokens = Fraction(shares * validator.tokens, validator.shares)
                for option, weight in proposal.votes.get(delegator, own):
                    counted[option] += tokens * weight
        return counted

    def owed(self) -> Counter[str]:
        """What gov's account has to hold."""
        return sum((each.total() for each in self.open.values()), Counter())


def _part(msg: Any, option: Any) -> tuple[int, Fraction]:
    newer = msg.DESCRIPTOR.full_name.startswith("cosmos.gov.v1.")
    return option.option, Fraction(option.weight) if newer else Fraction(int(option.weight), 10**18)


def _nanos(duration: Any) -> int:
    return int(duration.seconds * 10**9 + duration.nanos)
