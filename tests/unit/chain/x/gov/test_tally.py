"""gov/tally.py: counts against exact fractions, and supply under random proposals, deposits, votes, cancels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supercloud.chain.x.gov import tally, types
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as pb
from supercloud.pb.cosmos.gov.v1.gov_pb2 import Vote, WeightedVoteOption
from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation, Validator
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgDelegate, MsgUndelegate
from supercloud.types.address import module_address
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import ChainError

GOV = module_address("gov")
PEOPLE = ("alice", "bob", "carol")
OPERATORS = (b"v0", b"v1", b"v2")


def of_halves(option: int, other: int) -> list[WeightedVoteOption]:
    if option == other:
        return types.whole_vote(option)
    return [WeightedVoteOption(option=each, weight="0.5") for each in (option, other)]  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(50, 100)), min_size=1, max_size=3),
    st.dictionaries(
        st.tuples(st.sampled_from((*PEOPLE, "v0", "v1", "v2")), st.integers(0, 2)),
        st.integers(1, 10**9),
        min_size=1,
        max_size=8,
    ),
    st.dictionaries(
        st.sampled_from((*PEOPLE, "v0", "v1", "v2")),
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
    ),
)
def test_each_token_counts_once(
    values: list[tuple[int, int]],
    stakes: dict[tuple[str, int], int],
    votes: dict[str, tuple[int, int]],
) -> None:
    shares = [sum(own for (_, at), own in stakes.items() if at == index) for index in range(3)]
    # A slashed validator has fewer tokens than shares.
    tokens = [max(total * values[index % len(values)][1] // 100, 1) for index, total in enumerate(shares)]
    bonded = [index for index in range(3) if shares[index]]
    seats = [
        (
            OPERATORS[index],
            Validator(tokens=str(tokens[index]), delegator_shares=str(shares[index] * ONE)),
        )
        for index in bonded
    ]

    def delegations(voter: bytes) -> Any:
        for (name, index), own in sorted(stakes.items()):
            if name.encode() == voter:
                yield Delegation(validator_address=f"v{index}", shares=str(own * ONE))

    ballots = [(name.encode(), Vote(options=of_halves(*options))) for name, options in sorted(votes.items())]
    counted = tally.count(seats, ballots, delegations, lambda text: text.encode())
    expected = dict.fromkeys(types.OPTIONS, Fraction(0))
    for (name, index), own in stakes.items():
        decided = votes.get(name) or votes.get(f"v{index}")
        for option in decided or ():
            expected[option] += Fraction(own * tokens[index], shares[index]) / 2
    for option, power in counted.options.items():
        assert abs(Fraction(power.raw, ONE) - expected[option]) < Fraction(1, 10**15)
    assert abs(Fraction(counted.total.raw, ONE) - sum(expected.values())) < Fraction(1, 10**15)
    assert counted.total.raw <= sum(tokens[index] for index in bonded) * ONE + 100


def outcome(yes: int, abstain: int = 0, no: int = 0, veto: int = 0, **fields: Any) -> tally.Outcome:
    options = {
        types.YES: Dec.of(yes),
        types.ABSTAIN: Dec.of(abstain),
        types.NO: Dec.of(no),
        types.VETO: Dec.of(veto),
    }
    params = types.default_params("uakt")
    params.burn_vote_quorum = fields.get("burn_vote_quorum", False)
    counted = tally.Counted(dict(options), Dec.of(yes + abstain + no + veto))
    return tally.judge(counted, 1000, params, fields.get("expedited", False))


def test_thresholds_are_passed_not_met() -> None:
    assert not outcome(333).passes
    assert outcome(334).passes
    assert not outcome(200, no=200).passes
    assert outcome(201, no=200).passes
    assert not outcome(667, no=333, expedited=True).passes
    assert outcome(668, no=332, expedited=True).passes
    assert outcome(666, veto=334).passes
    vetoed = outcome(665, veto=335)
    assert not vetoed.passes and vetoed.burns
    assert outcome(1, burn_vote_quorum=True).burns
    assert not outcome(0, abstain=1000).passes


# --- Conservation

amounts = st.integers(1, 30_000_000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(PEOPLE), amounts, st.booleans()),
        st.tuples(st.just("deposit"), st.sampled_from(PEOPLE), st.integers(1, 4), amounts),
        st.tuples(st.just("vote"), st.integers(0, 2), st.integers(1, 4), st.integers(1, 4)),
        st.tuples(st.just("cancel"), st.sampled_from(PEOPLE), st.integers(1, 4), st.just(0)),
        st.tuples(st.just("stake"), st.sampled_from(PEOPLE), st.integers(0, 2), amounts),
        st.tuples(st.just("unstake"), st.sampled_from(PEOPLE), st.integers(0, 2), amounts),
        st.tuples(st.just("wait"), st.just(""), st.integers(1, 30), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.booleans(), st.sampled_from(["0", "0.5", "1"]))
def test_supply_is_conserved(
    make_assembly: Any, script: list[tuple[Any, ...]], burns: bool, cancel_ratio: str
) -> None:
    params = {
        "burn_proposal_deposit_prevote": burns,
        "burn_vote_quorum": burns,
        "proposal_cancel_ratio": cancel_ratio,
    }
    assembly = make_assembly(gov={"params": params})
    chain = assembly.chain
    supply = chain.k.bank.supply(chain.ctx(), "uakt")
    burned = 0
    for step in [*script, ("wait", "", 49, 0), ("wait", "", 49, 0), ("wait", "", 1, 0)]:
        if step[0] == "wait":
            burned += burned_in(chain.block(seconds=step[2] * 3600))
        else:
            try:
                burned += burned_in(chain.send(message_of(assembly, step)))
            except ChainError:
                continue
        assert chain.k.bank.supply(chain.ctx(), "uakt") == supply - burned
        assert chain.violations() == []
    # Every vote has ended: nothing is owed any more, and gov keeps nothing.
    assert [each for each in chain.k.gov.proposals(chain.ctx()) if each.status < types.PASSED] == []
    assert chain.balance(GOV) == 0


def burned_in(events: Any) -> int:
    return sum(
        int(dict(event.attributes)["amount"].removesuffix("uakt")) for event in events if event.type == "burn"
    )


def message_of(assembly: Any, step: tuple[Any, ...]) -> Any:
    kind, who, number, amount = step
    chain = assembly.chain
    if kind == "submit":
        coins = [Coin(denom="uakt", amount=str(number))]
        send = MsgSend(from_address=assembly.gov, to_address=chain.text("bob"), amount=coins)
        return assembly.propose(send, by=who, deposit=number * (3 if amount else 1), expedited=amount)
    if kind == "deposit":
        return assembly.deposit(number, amount, by=who)
    if kind == "vote":
        voter = chain.validators[who].account
        return pb.MsgVote(proposal_id=number, voter=voter, option=amount)
    if kind == "cancel":
        return pb.MsgCancelProposal(proposal_id=number, proposer=chain.text(who))
    stake = MsgDelegate if kind == "stake" else MsgUndelegate
    return stake(
        delegator_address=chain.text(who),
        validator_address=chain.validators[number].text,
        amount=Coin(denom="uakt", amount=str(amount)),
    )
