"""What is said about public money: every kind of it, by somebody of the cast, with prices that walk."""

from __future__ import annotations

from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry
from supercloud.testing.auditor.audit import signer_of
from supercloud.testing.simulation import Simulation
from supercloud.testing.simulation.cast import EVERYBODY, REPORTERS
from supercloud.testing.simulation.stewards import CENTS_MAX, CENTS_MIN, Stewards


def test_everything_is_said() -> None:
    run = Simulation(14)
    run.run(120)
    names = {maker.__name__ for _, maker in run.stewards.table()}
    assert len(names) == len(run.stewards.table())
    assert names <= set(dir(Stewards))
    plans = [run.stewards.plan() for _ in range(400)]
    said = {type(message).__name__ for plan in plans for message in plan.messages}
    said |= {name.rsplit(".", 1)[1] for name in run.auditor.accepted}
    assert said >= {
        "MsgSubmitProposal", "MsgDeposit", "MsgVote", "MsgMintACT", "MsgBurnACT", "MsgBurnMint",
        "MsgDelegate", "MsgUndelegate", "MsgBeginRedelegate", "MsgWithdrawDelegatorReward", "MsgFundCommunityPool",
        "MsgExec", "MsgSetWithdrawAddress",
    }  # fmt: skip
    for plan in plans:
        assert set(plan.signers) <= set(EVERYBODY)


def test_prices_walk_within_bounds_and_are_silent_at_times() -> None:
    run = Simulation(15)
    counts, prices = [], set()
    for _ in range(600):
        plans = run.stewards.reports()
        counts.append(len(plans))
        for plan in plans:
            (message,) = plan.messages
            assert isinstance(message, MsgAddPriceEntry)
            assert run.cast.known(signer_of(message)) is run.cast.actors[plan.signers[0]]
            assert plan.signers[0] in REPORTERS
        prices.add(run.stewards.cents)
    assert CENTS_MIN <= min(prices) < max(prices) <= CENTS_MAX
    assert {0, 1, 2} == set(counts)
    assert any(counts[start : start + 8] == [0] * 8 for start in range(len(counts)))


def test_the_authority_speaks_through_proposals() -> None:
    run = Simulation(16)
    kinds = set()
    for _ in range(200):
        plan = run.stewards.propose()
        assert plan is not None
        for packed in plan.messages[0].messages:  # type: ignore[attr-defined]
            kinds.add(packed.type_url.rsplit(".", 1)[1])
    assert kinds >= {
        "MsgCreateGrant",
        "MsgReleaseMilestone",
        "MsgCancelGrant",
        "MsgCommunityPoolSpend",
        "MsgFundVault",
    }
