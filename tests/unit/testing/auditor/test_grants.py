"""The auditor's grants: streams and milestones, from the community's purse to the last claim or the stop."""

from __future__ import annotations

from collections import Counter

import pytest

from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.supercloud.grants.v1 import msg_pb2
from supercloud.pb.supercloud.grants.v1.grant_pb2 import Params
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.grants import Grants
from supercloud.testing.auditor.money import GRANTED, REWARDS, Disagreement, Money
from supercloud.testing.auditor.treasury import Treasury

SECOND = 10**9


@pytest.fixture
def grants() -> Grants:
    """A community with a thousand, at 100 seconds."""
    money = Money(str.encode)
    money.purses[REWARDS] = Counter(uakt=1000)
    money.time = 100 * SECOND
    treasury = Treasury(money)
    treasury.community = Counter(uakt=1000 * ONE)
    made = Grants(money, treasury)
    made.set_params(Params(active_max=2))
    return made


def uakt(amount: int) -> Coin:
    return Coin(denom="uakt", amount=str(amount))


def stream(amount: int = 100, seconds: int = 30) -> msg_pb2.MsgCreateGrant:
    message = msg_pb2.MsgCreateGrant(recipient="bob")
    message.stream.amount.append(uakt(amount))
    message.stream.duration.seconds = seconds
    return message


def claim(grants: Grants, at: int, number: int = 1) -> int:
    grants.money.time = at * SECOND
    before = grants.money.purses.get("bob", Counter())["uakt"]
    grants.apply(msg_pb2.MsgClaim(recipient="bob", id=number))
    return grants.money.purses["bob"]["uakt"] - before


def test_a_stream_pays_whole_units_and_all_of_it_at_its_end(grants: Grants) -> None:
    grants.apply(stream())
    assert grants.owed() == {"uakt": 100}
    assert grants.treasury.community == {"uakt": 900 * ONE}
    assert [claim(grants, at) for at in (110, 111, 500)] == [33, 3, 64]
    assert grants.grants[1].state == "completed"
    assert not grants.owed()
    with pytest.raises(Disagreement, match="is over"):
        claim(grants, 501)


@pytest.mark.parametrize(("forfeit", "returned"), [(False, 67), (True, 90)])
def test_a_stopped_stream(grants: Grants, forfeit: bool, returned: int) -> None:
    grants.apply(stream())
    assert claim(grants, 103) == 10
    grants.money.time = 110 * SECOND
    grants.apply(msg_pb2.MsgCancelGrant(id=1, forfeit=forfeit))
    assert grants.treasury.community == {"uakt": (900 + returned) * ONE}
    assert grants.owed() == +Counter(uakt=90 - returned)
    assert grants.active() == []
    if not forfeit:
        assert claim(grants, 999) == 23
    assert not grants.money.purses[GRANTED]["uakt"]


def test_milestones(grants: Grants) -> None:
    message = msg_pb2.MsgCreateGrant(recipient="bob")
    for amount in (10, 20):
        message.milestones.add(amount=[uakt(amount)])
    grants.apply(message)
    with pytest.raises(Disagreement, match="nothing to claim"):
        claim(grants, 200)
    grants.apply(msg_pb2.MsgReleaseMilestone(id=1, milestone=1))
    assert claim(grants, 200) == 20
    for wrong in (1, 2):
        with pytest.raises(Disagreement, match=f"milestone {wrong} of grant 1"):
            grants.apply(msg_pb2.MsgReleaseMilestone(id=1, milestone=wrong))


def test_what_must_not_be_accepted(grants: Grants) -> None:
    with pytest.raises(Disagreement, match="the community has no"):
        grants.apply(stream(1001))
    grants.apply(stream())
    grants.apply(stream())
    with pytest.raises(Disagreement, match="one grant too many"):
        grants.apply(stream())
    with pytest.raises(Disagreement, match="of another"):
        grants.apply(msg_pb2.MsgClaim(recipient="eve", id=1))
