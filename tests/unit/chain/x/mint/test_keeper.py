"""mint: inflation and fixed supply; messages, queries, genesis; types, keys, abci.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.mint import abci, keys, types
from supercloud.codec.json import to_dict
from supercloud.pb.cosmos.mint.v1beta1 import query_pb2
from supercloud.pb.cosmos.mint.v1beta1.tx_pb2 import MsgUpdateParams
from supercloud.testing.staked import PURSE, UNIT, StakedChain, attributes
from supercloud.types.address import module_address
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import ChainError

SUPPLY = 3 * PURSE + 60 * UNIT


def inflating() -> StakedChain:
    """A chain with the network's parameters, in its second block."""
    document = {"params": to_dict(types.network_params("uakt")), "minter": to_dict(types.minter("0.13"))}
    return StakedChain(genesis={"mint": document})


def ask(chain: StakedChain, method: str) -> Any:
    request = getattr(query_pb2, f"Query{method}Request")()
    return chain.query(f"/cosmos.mint.v1beta1.Query/{method}", request)


def test_supply_is_fixed_unless_told_otherwise() -> None:
    chain = StakedChain()
    mark = chain.branch.mark()
    ctx = chain.ctx()
    abci.begin_block(ctx, chain.k.mint)
    assert (chain.branch.mark(), ctx.events) == (mark, [])
    chain.block(20)
    assert chain.k.bank.supply(chain.ctx(), "uakt") == SUPPLY


def test_a_block_makes_its_share_of_the_year_and_the_next_block_shares_it_out() -> None:
    chain = inflating()
    ctx = chain.ctx()
    ratio = Fraction(60 * UNIT, SUPPLY)
    change = (1 - ratio / Fraction(67, 100)) * Fraction(13, 100) / types.BLOCKS_PER_YEAR
    exact = (Fraction(13, 100) + change) * SUPPLY / types.BLOCKS_PER_YEAR
    made = chain.k.bank.supply(ctx, "uakt") - SUPPLY
    assert made == exact.__floor__()
    assert chain.balance(module_address("fee_collector")) == made
    events = chain.block()
    second = chain.balance(module_address("fee_collector"))
    assert chain.balance(module_address("distribution")) == made
    (told,) = attributes(events, "mint")
    assert told["amount"] == str(second)
    assert told["bonded_ratio"].startswith("0.00000001")
    assert told["inflation"].startswith("0.13000004")
    assert Dec.from_text(told["annual_provisions"]).truncate() > SUPPLY * 13 // 100
    assert chain.violations() == []


@given(inflation=st.integers(0, ONE), bonded=st.integers(0, ONE), blocks=st.integers(1, 10**8))
@settings(max_examples=200, derandomize=True)
def test_inflation_follows_exact_arithmetic_between_its_bounds(
    inflation: int, bonded: int, blocks: int
) -> None:
    params = types.network_params("uakt")
    params.blocks_per_year = blocks
    after = types.next_inflation(Dec(inflation), params, Dec(bonded))
    change = (1 - Fraction(bonded, ONE) / Fraction(67, 100)) * Fraction(13, 100) / blocks
    exact = min(max(Fraction(inflation, ONE) + change, Fraction(7, 100)), Fraction(20, 100))
    assert abs(Fraction(after.raw, ONE) - exact) <= Fraction(2, ONE)


def test_queries() -> None:
    chain = inflating()
    assert ask(chain, "Params").params.blocks_per_year == types.BLOCKS_PER_YEAR
    assert ask(chain, "Inflation").inflation.startswith(b"13000002")
    assert int(ask(chain, "AnnualProvisions").annual_provisions) > SUPPLY * ONE * 13 // 100
    assert to_dict(ask(chain, "Inflation"))["inflation"].startswith("0.13000002")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("mint_denom", " ", "blank"),
        ("mint_denom", "1x", "invalid denom"),
        ("inflation_rate_change", "-1", "negative"),
        ("inflation_max", str(ONE + 1), "too large"),
        ("inflation_min", "x", "min inflation"),
        ("inflation_min", str(ONE), "greater than or equal"),
        ("goal_bonded", "0", "must be positive"),
        ("blocks_per_year", 0, "must be positive"),
    ],
)
def test_parameters_that_are_refused(field: str, value: Any, words: str) -> None:
    chain = inflating()
    message = MsgUpdateParams(
        authority=chain.bech32.text(module_address("gov")), params=types.network_params("uakt")
    )
    setattr(message.params, field, value)
    with pytest.raises(ChainError, match=words) as caught:
        chain.send(message)
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)


def test_a_vote_can_fix_the_supply() -> None:
    chain = inflating()
    message = MsgUpdateParams(authority=chain.text("alice"), params=types.fixed_supply_params("uakt"))
    with pytest.raises(ChainError) as caught:
        chain.send(message)
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)
    message.authority = chain.bech32.text(module_address("gov"))
    chain.send(message)
    chain.block()
    fixed = chain.k.bank.supply(chain.ctx(), "uakt")
    chain.block(5)
    assert chain.k.bank.supply(chain.ctx(), "uakt") == fixed
    assert ask(chain, "Inflation").inflation == b"0"


def test_a_state_comes_back_as_it_was() -> None:
    chain = inflating()
    chain.block(3)
    document = chain.export()
    again = inflating()
    again.load(document, height=chain.height)
    chain.block()
    assert again.export()["mint"] == chain.export()["mint"]
    assert (keys.MINTER, keys.PARAMS) == (b"\0", b"\1")
    document["mint"]["minter"]["inflation"] = "-0.1"
    with pytest.raises(GenesisError, match="positive"):
        again.load(document)
