"""The auditor's proposals: deposits, periods, counts, and what becomes of the deposits."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as gov
from supercloud.pb.cosmos.gov.v1.gov_pb2 import Params
from supercloud.pb.cosmos.gov.v1beta1 import tx_pb2 as older
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.money import BONDED, DEPOSITS, Disagreement, Money
from supercloud.testing.auditor.proposals import (
    ABSTAIN,
    DROPPED,
    FAILED,
    NO,
    PASSED,
    REGULAR,
    REJECTED,
    VETO,
    YES,
    Proposals,
)
from supercloud.testing.auditor.stakes import Stakes, Validator

SECOND = 10**9


@pytest.fixture
def proposals() -> Proposals:
    """Validators v and w of 60 and 40, of which alice has 10 with v; votes take a hundred seconds."""
    money = Money(str.encode)
    money.purses["alice"] = Counter(uakt=1000)
    money.purses[BONDED] = Counter(uakt=100)
    money.supply = Counter(uakt=1100)
    stakes = Stakes(money)
    for name, tokens in (("v", 60), ("w", 40)):
        stakes.validators[name] = Validator(name, f"{name}-owner", name, tokens, tokens * ONE, 0)
    stakes.shares = {("v-owner", "v"): 50 * ONE, ("alice", "v"): 10 * ONE, ("w-owner", "w"): 40 * ONE}
    made = Proposals(money, stakes)
    params = Params(
        quorum="0.334",
        threshold="0.5",
        veto_threshold="0.334",
        expedited_threshold="0.667",
        proposal_cancel_ratio="0.5",
        burn_vote_veto=True,
    )
    params.min_deposit.add(denom="uakt", amount="100")
    params.expedited_min_deposit.add(denom="uakt", amount="200")
    params.max_deposit_period.seconds = params.voting_period.seconds = 100
    params.expedited_voting_period.seconds = 50
    made.set_params(params)
    return made


def uakt(amount: int) -> Coin:
    return Coin(denom="uakt", amount=str(amount))


def submit(proposals: Proposals, deposit: int = 100, *, expedited: bool = False, messages: Any = ()) -> None:
    message = gov.MsgSubmitProposal(proposer="alice", initial_deposit=[uakt(deposit)], expedited=expedited)
    for url in messages:
        message.messages.add(type_url=url)
    assert proposals.apply(message)


def vote(proposals: Proposals, voter: str, option: Any) -> None:
    proposals.apply(gov.MsgVote(proposal_id=1, voter=voter, option=option))


def end(proposals: Proposals, second: int, result: str = "") -> list[tuple[int, str]]:
    proposals.money.time = second * SECOND
    done: list[str] = []
    proposals.told.clear()
    proposals.end({1: result}, lambda packed: done.append(packed.type_url))
    proposals.carried = done  # type: ignore[attr-defined]
    return list(proposals.told)


@pytest.mark.parametrize(
    ("votes", "passes", "burns"),
    [
        ({}, False, False),
        ({"alice": YES}, False, False),
        ({"v-owner": YES}, True, False),
        ({"v-owner": YES, "alice": NO}, True, False),
        ({"v-owner": YES, "alice": NO, "w-owner": NO}, False, False),
        ({"w-owner": ABSTAIN}, False, False),
        ({"v-owner": YES, "w-owner": VETO}, False, True),
        ({"w-owner": ABSTAIN, "v-owner": NO, "alice": YES}, False, False),
    ],
)
def test_counts(proposals: Proposals, votes: dict[str, int], passes: bool, burns: bool) -> None:
    submit(proposals)
    for voter, option in votes.items():
        vote(proposals, voter, option)
    assert proposals.judge(proposals.proposals[1]) == (passes, burns)


def test_a_split_vote_of_either_kind(proposals: Proposals) -> None:
    submit(proposals)
    newer = gov.MsgVoteWeighted(proposal_id=1, voter="v-owner")
    newer.options.add(option=YES, weight="0.7")
    newer.options.add(option=NO, weight="0.3")
    proposals.apply(newer)
    old = older.MsgVoteWeighted(proposal_id=1, voter="w-owner")
    old.options.add(option=ABSTAIN, weight=str(ONE))
    proposals.apply(old)
    assert proposals.count(proposals.proposals[1]) == {YES: 42, NO: 18, ABSTAIN: 40, VETO: 0}


def test_what_passes_is_carried_out_and_refunded(proposals: Proposals) -> None:
    submit(proposals, messages=["/a", "/b"])
    vote(proposals, "v-owner", YES)
    assert proposals.owed() == {"uakt": 100}
    assert end(proposals, 99) == []
    assert end(proposals, 100) == [(1, PASSED)]
    assert proposals.carried == ["/a", "/b"]  # type: ignore[attr-defined]
    assert proposals.money.purses["alice"]["uakt"] == 1000
    assert not proposals.open


def test_what_is_refused_by_its_module_failed(proposals: Proposals) -> None:
    submit(proposals, messages=["/a"])
    vote(proposals, "v-owner", YES)
    assert end(proposals, 100, FAILED) == [(1, FAILED)]
    assert not proposals.carried  # type: ignore[attr-defined]


def test_a_veto_burns(proposals: Proposals) -> None:
    submit(proposals)
    vote(proposals, "v-owner", VETO)
    assert end(proposals, 100) == [(1, REJECTED)]
    assert (proposals.money.purses["alice"]["uakt"], proposals.money.supply["uakt"]) == (900, 1000)


def test_an_expedited_one_goes_on_as_a_regular_one(proposals: Proposals) -> None:
    submit(proposals, 200, expedited=True)
    vote(proposals, "v-owner", YES)
    vote(proposals, "w-owner", NO)
    assert end(proposals, 50) == [(1, REGULAR)]
    assert proposals.owed() == {"uakt": 200}
    assert end(proposals, 99) == []
    assert end(proposals, 100) == [(1, PASSED)]


def test_too_small_a_deposit_comes_back(proposals: Proposals) -> None:
    submit(proposals, 99)
    with pytest.raises(Disagreement, match="is over and was used"):
        vote(proposals, "v-owner", YES)
    assert end(proposals, 100) == [(1, DROPPED)]
    assert proposals.money.purses["alice"]["uakt"] == 1000


def test_the_last_coin_begins_the_vote_and_more_may_follow(proposals: Proposals) -> None:
    submit(proposals, 99)
    proposals.money.time = 60 * SECOND
    for amount in (1, 5):
        proposals.apply(gov.MsgDeposit(proposal_id=1, depositor="alice", amount=[uakt(amount)]))
    assert proposals.proposals[1].due == 160 * SECOND
    assert proposals.money.purses[DEPOSITS] == {"uakt": 105}


def test_who_takes_a_proposal_back_loses_half(proposals: Proposals) -> None:
    submit(proposals, 101)
    with pytest.raises(Disagreement, match="another's"):
        proposals.apply(gov.MsgCancelProposal(proposal_id=1, proposer="eve"))
    proposals.apply(gov.MsgCancelProposal(proposal_id=1, proposer="alice"))
    assert (proposals.money.purses["alice"]["uakt"], proposals.money.supply["uakt"]) == (950, 1050)
    assert not proposals.owed()


def test_a_block_decides_ten(proposals: Proposals) -> None:
    proposals.money.purses["alice"]["uakt"] = 10**6
    for _ in range(12):
        submit(proposals)
    assert [number for number, _ in end(proposals, 100)] == list(range(1, 11))
    assert [number for number, _ in end(proposals, 100)] == [11, 12]


def test_contents_of_the_older_kind_are_unknown_to_it(proposals: Proposals) -> None:
    with pytest.raises(Disagreement, match="MsgExecLegacyContent is beyond"):
        proposals.apply(gov.MsgExecLegacyContent())
