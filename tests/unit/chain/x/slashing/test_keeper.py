"""slashing: votes, jail, tombstones, messages, queries, genesis; missed, keys, types, abci.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.baseapp.timestamps import to_ns
from supercloud.chain.x.slashing import abci, keys, missed, types
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.slashing.v1beta1 import query_pb2, slashing_pb2
from supercloud.pb.cosmos.slashing.v1beta1 import tx_pb2 as pb
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgUndelegate
from supercloud.pb.tendermint.abci.types_pb2 import Validator, VoteInfo
from supercloud.testing.staked import SECOND, UNIT, StakedChain, attributes
from supercloud.types.address import module_address
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

WINDOW = 10


def short(window: int = WINDOW, **params: Any) -> StakedChain:
    """A window of ten blocks, of which half must be signed."""
    return StakedChain(genesis={"slashing": {"params": {"signed_blocks_window": str(window), **params}}})


def info(chain: StakedChain, number: int = 0) -> slashing_pb2.ValidatorSigningInfo:
    found = chain.k.slashing.signing_info(chain.ctx(), chain.validators[number].consensus)
    assert found is not None
    return found


def jailed(chain: StakedChain, number: int = 0) -> bool:
    return chain.k.staking.require_validator(chain.ctx(), chain.validators[number].operator).jailed


def ask(chain: StakedChain, method: str, **fields: Any) -> Any:
    request = getattr(query_pb2, f"Query{method}Request")(**fields)
    return chain.query(f"/cosmos.slashing.v1beta1.Query/{method}", request)


def refusal(chain: StakedChain, message: Any) -> tuple[str, int]:
    with pytest.raises(ChainError) as caught:
        chain.send(message)
    return caught.value.codespace, caught.value.code


def unjail(chain: StakedChain, number: int = 0) -> pb.MsgUnjail:
    return pb.MsgUnjail(validator_addr=chain.validators[number].text)


def test_every_vote_is_counted() -> None:
    chain = short()
    chain.block(3)
    assert (info(chain).index_offset, info(chain).missed_blocks_counter) == (3, 0)
    absent = [chain.validators[0]]
    events = chain.block(absent=absent)
    assert attributes(events, "liveness") == [
        {
            "address": chain.bech32.valcons(chain.validators[0].consensus),
            "missed_blocks": "1",
            "height": str(chain.height),
        }
    ]
    assert chain.violations() == []


def test_absences_leave_the_window_with_time() -> None:
    chain = short()
    for _ in range(4):
        chain.block(absent=[chain.validators[0]])
    assert info(chain).missed_blocks_counter == 4
    assert list(missed.every(chain.ctx(), chain.validators[0].consensus)) == [0, 1, 2, 3]
    chain.block(WINDOW - 2)
    assert info(chain).missed_blocks_counter == 2
    chain.block(2)
    assert info(chain).missed_blocks_counter == 0
    # Without a bit set there is no record.
    assert not list(chain.ctx().kv(keys.STORE).prefix(keys.missed_prefix(chain.validators[0].consensus)))


def test_who_misses_too_much_is_slashed_and_jailed() -> None:
    chain = short()
    chain.block(WINDOW)
    absent = [chain.validators[0]]
    for _ in range(5):
        chain.block(absent=absent)
    assert not jailed(chain)
    events = chain.block(absent=absent)
    address = chain.bech32.valcons(chain.validators[0].consensus)
    assert attributes(events, "slash") == [
        {
            "address": address,
            "power": "10",
            "reason": "missing_signature",
            "jailed": address,
            "burned_coins": str(UNIT // 10),
        }
    ]
    assert jailed(chain)
    fresh = info(chain)
    assert (fresh.missed_blocks_counter, fresh.index_offset) == (0, 0)
    assert to_ns(fresh.jailed_until) == chain.time + 600 * SECOND
    chain.block()
    assert [update.power for update in chain.updates] == [0]
    # It votes for two blocks more, and these are not counted.
    chain.block(3, absent=absent)
    assert info(chain).index_offset == 0
    assert chain.violations() == []


def test_nobody_is_jailed_before_a_whole_window() -> None:
    chain = short()
    chain.block(WINDOW - 1, absent=[chain.validators[0]])
    assert not jailed(chain)
    chain.block(absent=[chain.validators[0]])
    assert jailed(chain)


def test_a_jailed_validator_comes_back_when_its_time_is_over() -> None:
    chain = short()
    assert refusal(chain, unjail(chain)) == ("slashing", 5)
    chain.block(WINDOW + 1, absent=[chain.validators[0]])
    chain.block()
    assert refusal(chain, unjail(chain)) == ("slashing", 4)
    chain.block(seconds=600)
    chain.send(unjail(chain))
    chain.block()
    assert [update.power for update in chain.updates] == [9]
    assert info(chain).start_height == chain.height - 1
    assert chain.violations() == []


def test_unjailing_that_is_refused() -> None:
    chain = short()
    assert refusal(chain, pb.MsgUnjail(validator_addr="x")) == ("sdk", 7)
    assert refusal(chain, pb.MsgUnjail(validator_addr=chain.keys_of("ghost").text)) == ("staking", 3)
    first = chain.validators[0]
    edited = chain.k.staking.require_validator(chain.ctx(), first.operator)
    edited.min_self_delegation = str(5 * UNIT)
    chain.k.staking.save(chain.ctx(), edited)
    chain.send(
        MsgUndelegate(
            delegator_address=first.account,
            validator_address=first.text,
            amount=Coin(denom="uakt", amount=str(6 * UNIT)),
        )
    )
    assert jailed(chain)
    assert refusal(chain, unjail(chain)) == ("slashing", 7)
    chain.send(
        MsgUndelegate(
            delegator_address=first.account,
            validator_address=first.text,
            amount=Coin(denom="uakt", amount=str(4 * UNIT)),
        )
    )
    assert refusal(chain, unjail(chain)) == ("staking", 19)


def test_a_tombstone_is_for_ever() -> None:
    chain = short()
    ctx, consensus = chain.ctx(), chain.validators[0].consensus
    chain.k.slashing.jail(ctx, consensus)
    assert attributes(ctx.events, "slash") == [{"jailed": chain.bech32.valcons(consensus)}]
    chain.k.slashing.tombstone(ctx, consensus)
    assert chain.k.slashing.is_tombstoned(ctx, consensus)
    with pytest.raises(types.ValidatorTombstoned):
        chain.k.slashing.tombstone(ctx, consensus)
    with pytest.raises(types.NoSigningInfo):
        chain.k.slashing.tombstone(ctx, b"\1" * 20)
    chain.block(seconds=10**9)
    assert refusal(chain, unjail(chain)) == ("slashing", 4)


def test_votes_of_strangers_do_not_count() -> None:
    chain = short()
    ctx = chain.ctx()
    ctx.block.votes = [VoteInfo(validator=Validator(address=b"\1" * 20, power=5))]
    mark = chain.branch.mark()
    abci.begin_block(ctx, chain.k.slashing)
    assert chain.branch.mark() == mark


@pytest.mark.parametrize("index", [0, 7, 1023, 1024, 29_999])
def test_bits_are_set_and_cleared(index: int) -> None:
    chain = short()
    ctx, who = chain.ctx(), b"\1" * 20
    missed.put(ctx, who, index, True)
    missed.put(ctx, who, 2048, True)
    assert missed.is_set(ctx, who, index)
    assert not missed.is_set(ctx, who, index + 1)
    assert sorted(missed.every(ctx, who)) == sorted([index, 2048])
    missed.put(ctx, who, index, False)
    assert list(missed.every(ctx, who)) == [2048]
    missed.clear(ctx, who)
    assert list(missed.every(ctx, who)) == []


def test_queries() -> None:
    chain = short()
    chain.block(2)
    address = chain.bech32.valcons(chain.validators[1].consensus)
    assert ask(chain, "SigningInfo", cons_address=address).val_signing_info.index_offset == 2
    assert len(ask(chain, "SigningInfos").info) == 3
    assert ask(chain, "Params").params.signed_blocks_window == WINDOW
    for given, words in (
        ("", "invalid request"),
        ("x", "bech32"),
        (chain.bech32.valcons(b"\1" * 20), "not found"),
    ):
        with pytest.raises(ChainError, match=words):
            ask(chain, "SigningInfo", cons_address=given)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signed_blocks_window", 0),
        ("min_signed_per_window", b"-1"),
        ("min_signed_per_window", str(10**18 + 1).encode()),
        ("slash_fraction_double_sign", b"x"),
        ("slash_fraction_downtime", str(2 * 10**18).encode()),
        ("downtime_jail_duration", None),
    ],
)
def test_parameters_that_are_refused(field: str, value: Any) -> None:
    chain = short()
    message = pb.MsgUpdateParams(
        authority=chain.bech32.text(module_address("gov")), params=types.default_params()
    )
    if value is None:
        message.params.ClearField(field)  # type: ignore[arg-type]
    else:
        setattr(message.params, field, value)
    assert refusal(chain, message) == ("undefined", 1)
    message.params.CopyFrom(types.default_params())
    chain.send(message)
    message.authority = chain.text("alice")
    assert refusal(chain, message) == ("gov", 13)


def test_how_many_must_be_signed_is_rounded_half_to_even() -> None:
    params = types.default_params()
    for window, least in ((5, 2), (7, 4), (100, 50)):
        params.signed_blocks_window = window
        assert types.rates_of(params).min_signed == least
    assert types.rates_of(params).double_sign == Dec.from_text("0.05")


def test_a_state_comes_back_as_it_was() -> None:
    chain = short()
    chain.block(4, absent=[chain.validators[0]])
    document = chain.export()
    assert document["slashing"]["params"]["min_signed_per_window"] == "0.500000000000000000"
    again = short()
    again.load(document, height=chain.height)
    assert info(again).missed_blocks_counter == 4
    assert again.violations() == []
    for change, words in (
        (
            lambda d: d["missed_blocks"][0]["missed_blocks"].append({"index": "-1", "missed": True}),
            "missed block",
        ),
        (lambda d: d["signing_infos"][0].update(address="akash1x"), "slashing"),
    ):
        bad = chain.export()
        owner = next(n for n, entry in enumerate(bad["slashing"]["missed_blocks"]) if entry["missed_blocks"])
        bad["slashing"]["missed_blocks"].insert(0, bad["slashing"]["missed_blocks"].pop(owner))
        change(bad["slashing"])
        with pytest.raises(GenesisError, match=words):
            short().load(bad)


def test_keys_are_those_of_the_network() -> None:
    who = b"\1" * 20
    assert keys.signing_key(who).hex() == "0114" + who.hex()
    assert keys.missed_key(who, 258).hex() == "0214" + who.hex() + "0201000000000000"
    assert keys.public_key_key(who).hex() == "0314" + who.hex()
