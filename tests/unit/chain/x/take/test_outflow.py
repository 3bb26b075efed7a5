"""The take's way out: shares by vote, at the end of an epoch, to the unit."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.take import types
from supercloud.pb.supercloud.take.v1.msg_pb2 import MsgUpdateOutflow
from supercloud.pb.supercloud.take.v1.outflow_pb2 import OutflowParams
from supercloud.pb.supercloud.take.v1.query_pb2 import QueryOutflowRequest
from supercloud.testing.staked import StakedChain, attributes, person
from supercloud.types.address import module_address
from supercloud.types.coin import parse_coins
from supercloud.types.errors import ChainError

TOLD = "supercloud.take.v1.EventOutflow"


def taken(chain: StakedChain, text: str) -> None:
    chain.k.bank.send_to_module(chain.ctx(), person("alice"), "take", parse_coins(text))


def vote(chain: StakedChain, authority: str | None = None, **params: Any) -> None:
    by = chain.bech32.text(chain.profile.authority) if authority is None else authority
    chain.send(MsgUpdateOutflow(authority=by, params=OutflowParams(**params)))


def held(chain: StakedChain, module: str, denom: str) -> int:
    return chain.balance(module_address(module), denom)


def test_nothing_flows_until_it_is_voted() -> None:
    chain = StakedChain()
    taken(chain, "1001uusdc")
    chain.block(3, seconds=3601)
    assert held(chain, "take", "uusdc") == 1001


def test_shares_flow_at_the_end_of_their_epoch() -> None:
    chain = StakedChain()
    vote(chain, epoch="hour", community_bps=2_500, stakers_bps=5_000)
    taken(chain, "3uakt,1001uusdc")
    before = chain.k.distribution.community_pool(chain.ctx()).whole()[0]
    assert attributes(chain.block(seconds=61), TOLD) == []
    events = chain.block(seconds=3601)
    # A quarter and a half, rounded down; the rest stays.
    assert attributes(events, TOLD) == [
        {
            "community": '[{"denom":"uusdc","amount":"250"}]',
            "stakers": '[{"denom":"uakt","amount":"1"},{"denom":"uusdc","amount":"500"}]',
        }
    ]
    assert (held(chain, "take", "uusdc"), held(chain, "take", "uakt")) == (251, 2)
    # Distribution shared the stakers' part out in the same block; its tax went to the community.
    assert held(chain, "fee_collector", "uusdc") == 0
    assert held(chain, "distribution", "uusdc") == 750
    after = {coin.denom: coin.amount for coin in chain.k.distribution.community_pool(chain.ctx()).whole()[0]}
    assert before == [] and after["uusdc"] == 260
    assert chain.violations() == []


def test_a_half_of_a_unit_does_not_flow() -> None:
    chain = StakedChain()
    vote(chain, epoch="minute", community_bps=5_000, stakers_bps=5_000)
    taken(chain, "1uusdc")
    events = chain.block(2, seconds=61)
    assert attributes(events, TOLD) == []
    assert held(chain, "take", "uusdc") == 1


def test_only_the_authority_decides_and_only_what_means_something() -> None:
    chain = StakedChain()
    with pytest.raises(ChainError) as caught:
        vote(chain, chain.text("alice"), epoch="hour")
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)
    for wrong in ({"community_bps": 6_000, "stakers_bps": 4_001}, {"epoch": "x" * 65}):
        with pytest.raises(types.InvalidParam):
            vote(chain, **wrong)
    vote(chain, epoch="day", community_bps=10_000)
    answer = chain.query("/supercloud.take.v1.Query/Outflow", QueryOutflowRequest())
    assert (answer.params.epoch, answer.params.community_bps) == ("day", 10_000)
    again = StakedChain()
    again.load(chain.export(), chain.height)
    assert again.export()["take_outflow"] == chain.export()["take_outflow"]
    vote(chain)
    assert chain.k.take.outflow(chain.ctx()) == OutflowParams()


def test_what_is_held_can_be_asked() -> None:
    chain = StakedChain()
    taken(chain, "7uusdc")
    answer = chain.query("/supercloud.take.v1.Query/Outflow", QueryOutflowRequest())
    assert [(coin.denom, coin.amount) for coin in answer.held] == [("uusdc", "7")]
