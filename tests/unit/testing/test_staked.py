"""testing/staked.py: validators vote two blocks after they were chosen, and all that must hold does."""

from __future__ import annotations

import pytest

from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgDelegate
from supercloud.testing.staked import UNIT, StakedChain, attributes
from supercloud.types.errors import ChainError


def delegate(chain: StakedChain, amount: int) -> MsgDelegate:
    return MsgDelegate(
        delegator_address=chain.text("alice"),
        validator_address=chain.validators[0].text,
        amount=Coin(denom="uakt", amount=str(amount)),
    )


def test_votes_follow_updates_two_blocks_later() -> None:
    chain = StakedChain((10, 20))
    first = chain.validators[0].public_key
    chain.send(delegate(chain, 5 * UNIT))
    seen = []
    for _ in range(4):
        chain.block()
        seen.append(chain.deciding[0][first])
    assert seen == [10, 10, 15, 15]
    assert chain.violations() == []


def test_messages_are_all_or_nothing() -> None:
    chain = StakedChain((10, 20))
    before = chain.branch.mark()
    with pytest.raises(ChainError):
        chain.send(delegate(chain, 5), delegate(chain, 10**30))
    assert chain.branch.mark() == before


def test_fees_reach_those_who_decide() -> None:
    chain = StakedChain((10, 20))
    chain.block()
    chain.pay_fees("300uakt")
    told = attributes(chain.block(), "rewards")
    # Two thirds of 294 and one third of it, cut after 18 digits.
    assert [each["amount"] for each in told] == [
        "195.999999999999999804uakt",
        "97.999999999999999902uakt",
    ]
