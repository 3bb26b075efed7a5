"""Closed sets: nobody validates but those on the list; the list changes by vote and leaves somebody to decide."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.staking import keys, types
from supercloud.codec import registry
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.slashing.v1beta1.tx_pb2 import MsgUnjail
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as pb
from supercloud.pb.supercloud.staking.v1.admission_pb2 import Admission
from supercloud.pb.supercloud.staking.v1.msg_pb2 import MsgUpdateAdmission
from supercloud.pb.supercloud.staking.v1.query_pb2 import QueryAdmissionRequest
from supercloud.testing.staked import UNIT, StakedChain, attributes
from supercloud.types.errors import ChainError, InvalidAddress

TOLD = "supercloud.staking.v1.EventAdmissionChanged"


@pytest.fixture
def chain() -> StakedChain:
    """Three validators of 10, 20 and 30."""
    return StakedChain((10, 20, 30))


def vote(chain: StakedChain, *numbers: int, authority: str = "", more: tuple[str, ...] = ()) -> Any:
    """Close the network to all but these; open it when there are none."""
    operators = [chain.validators[number].text for number in numbers] + list(more)
    by = authority or chain.bech32.text(chain.profile.authority)
    wanted = Admission(closed=bool(operators), operators=operators)
    return chain.send(MsgUpdateAdmission(authority=by, admission=wanted))


def create(chain: StakedChain, name: str) -> pb.MsgCreateValidator:
    who = chain.keys_of(name)
    return pb.MsgCreateValidator(
        description=staking_pb2.Description(moniker=name),
        commission=staking_pb2.CommissionRates(rate="0", max_rate="1", max_change_rate="1"),
        min_self_delegation="1",
        validator_address=who.text,
        pubkey=registry.pack(PubKey(key=who.public_key)),
        value=Coin(denom="uakt", amount=str(40 * UNIT)),
    )


def in_force(chain: StakedChain) -> Admission:
    answer = chain.query("/supercloud.staking.v1.Query/Admission", QueryAdmissionRequest())
    assert isinstance(answer.admission, Admission)
    return answer.admission


def refusal(chain: StakedChain, *messages: Any) -> tuple[str, int]:
    with pytest.raises(ChainError) as caught:
        chain.send(*messages)
    return caught.value.codespace, caught.value.code


def test_an_open_network_has_no_record_of_it(chain: StakedChain) -> None:
    assert not in_force(chain).closed
    assert chain.branch.get(keys.STORE, keys.ADMISSION) is None
    chain.give("dave", 40 * UNIT)
    chain.send(create(chain, "dave"))
    vote(chain, 0, 1, 2, more=(chain.keys_of("dave").text,))
    vote(chain)
    assert chain.branch.get(keys.STORE, keys.ADMISSION) is None


def test_nobody_else_makes_a_validator_until_a_vote_admits_them(chain: StakedChain) -> None:
    chain.give("dave", 40 * UNIT)
    events = vote(chain, 0, 1, 2)
    assert [told["dismissed"] for told in attributes(events, TOLD)] == ["[]"]
    assert refusal(chain, create(chain, "dave")) == ("staking", 100)
    vote(chain, 0, 1, 2, more=(chain.keys_of("dave").text,))
    chain.send(create(chain, "dave"))
    chain.block()
    assert [update.power for update in chain.updates] == [40]
    assert chain.violations() == []


def test_who_leaves_the_list_decides_no_more_and_comes_back_when_admitted(chain: StakedChain) -> None:
    gone = chain.validators[2]
    events = vote(chain, 0, 1)
    assert [told["dismissed"] for told in attributes(events, TOLD)] == [f'["{gone.text}"]']
    chain.block()
    assert [(update.pub_key.ed25519, update.power) for update in chain.updates] == [(gone.public_key, 0)]
    validator = chain.k.staking.require_validator(chain.ctx(), gone.operator)
    assert (validator.jailed, validator.tokens) == (True, str(30 * UNIT)), "dismissed, not slashed"
    assert refusal(chain, MsgUnjail(validator_addr=gone.text)) == ("staking", 100)
    vote(chain, 0, 2)
    chain.send(MsgUnjail(validator_addr=gone.text))
    chain.block()
    powers = {update.pub_key.ed25519: update.power for update in chain.updates}
    assert powers == {gone.public_key: 30, chain.validators[1].public_key: 0}
    assert chain.violations() == []


def test_a_list_that_leaves_nobody_to_decide_is_refused(chain: StakedChain) -> None:
    stranger = chain.keys_of("dave").text
    before = chain.branch.mark()
    with pytest.raises(types.InvalidAdmission, match="none of the operators"):
        vote(chain, more=(stranger,))
    assert chain.branch.mark() == before
    chain.k.staking.jail(chain.ctx(), chain.validators[0].consensus)
    with pytest.raises(types.InvalidAdmission, match="none of the operators"):
        vote(chain, 0)


def test_only_the_authority_and_only_lists_that_mean_something(chain: StakedChain) -> None:
    with pytest.raises(ChainError) as caught:
        vote(chain, 0, authority=chain.text("alice"))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)
    one = chain.validators[0].text
    for wrong in (
        Admission(closed=True),
        Admission(operators=[one]),
        Admission(closed=True, operators=[one, one]),
        Admission(closed=True, operators=[one.upper()]),
        Admission(closed=True, operators=[one] * 1001),
    ):
        with pytest.raises(types.InvalidAdmission):
            types.check_admission(chain.ctx(), wrong)
    with pytest.raises(InvalidAddress):
        types.check_admission(chain.ctx(), Admission(closed=True, operators=[chain.text("alice")]))


def test_the_document_carries_it(chain: StakedChain) -> None:
    vote(chain, 0, 1, 2)
    document = chain.export()
    again = StakedChain((10, 20, 30))
    again.load(document, height=chain.height)
    assert in_force(again) == in_force(chain) and in_force(again).closed
    document["staking_admission"]["admission"]["operators"].pop()
    with pytest.raises(GenesisError, match=r"staking_admission: .*not admitted"):
        again.load(document, height=chain.height)
    del document["staking_admission"]["admission"]
    again.load(document, height=chain.height)
    assert not in_force(again).closed


def test_a_validator_that_slipped_in_breaks_an_invariant(chain: StakedChain) -> None:
    vote(chain, 0, 1, 2)
    record = in_force(chain)
    record.operators.pop()
    chain.branch.set(keys.STORE, keys.ADMISSION, record.SerializeToString(deterministic=True))
    assert [words for words in chain.violations() if "not admitted" in words]
