"""Amounts and sets of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.types.coin import (
    AMOUNT_MAX,
    Coin,
    coins_from_pb,
    coins_text,
    is_denom,
    parse_amount,
    parse_coins,
    sorted_coins,
    valid_coins,
)

DENOMS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,20}", fullmatch=True)
COINS = st.lists(st.builds(Coin, DENOMS, st.integers(0, AMOUNT_MAX // 10)), max_size=6)


@pytest.mark.parametrize(
    "denom", ["uakt", "abc", "ibc/" + "A" * 64, "factory:a.b_c-d", "Z" * 128, "gamm/pool/1"]
)
def test_denoms(denom: str) -> None:
    assert is_denom(denom)


@pytest.mark.parametrize("denom", ["", "ab", "1uakt", "u akt", "uakt\n", "uàkt", "u" * 129, "uakt!"])
def test_names_that_are_no_denoms(denom: str) -> None:
    assert not is_denom(denom)


@pytest.mark.parametrize(
    ("text", "amount"), [("", 0), ("0", 0), ("-5", -5), ("007", 7), (str(AMOUNT_MAX), AMOUNT_MAX)]
)
def test_amounts(text: str, amount: int) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text", ["x", "1.0", "+1", " 1", "1\n", "1_000", "٣", str(AMOUNT_MAX + 1), "9" * 5000]
)
def test_texts_that_are_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="invalid amount") as refused:
        parse_amount(text)
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize(
    ("text", "coins"),
    [
        ("", []),
        (" , ,", []),
        ("1uakt", [Coin("uakt", 1)]),
        ("1 uakt , 2\tabc", [Coin("abc", 2), Coin("uakt", 1)]),
        ("1uakt,2uakt,0abc", [Coin("uakt", 3)]),
        (f"{AMOUNT_MAX}uakt", [Coin("uakt", AMOUNT_MAX)]),
    ],
)
def test_sets_from_text(text: str, coins: list[Coin]) -> None:
    assert parse_coins(text) == coins


@pytest.mark.parametrize(
    "text",
    ["uakt", "1", "-1uakt", "1.5uakt", "1uakt;2abc", "1ab", f"{AMOUNT_MAX + 1}uakt", "1" * 78 + "uakt" * 40],
)
def test_texts_that_are_no_sets(text: str) -> None:
    with pytest.raises(ValueError):
        parse_coins(text)


def test_protobuf_both_ways() -> None:
    message = coin_pb2.Coin(denom="uakt", amount="5")
    assert Coin.from_pb(message) == Coin("uakt", 5)
    assert Coin("uakt", 5).to_pb() == message
    assert coins_from_pb([message, coin_pb2.Coin(denom="abc")]) == [Coin("uakt", 5), Coin("abc", 0)]
    with pytest.raises(ValueError):
        Coin.from_pb(coin_pb2.Coin(denom="uakt", amount="5.0"))
    with pytest.raises(ValueError):
        coins_from_pb([coin_pb2.Coin(denom="uakt", amount="x")])


@given(COINS)
def test_a_sorted_set_is_valid_loses_nothing_and_reads_back(coins: list[Coin]) -> None:
    made = sorted_coins(coins)
    assert valid_coins(made)
    assert sum(coin.amount for coin in made) == sum(coin.amount for coin in coins)
    assert sorted_coins(made) == made == sorted_coins(reversed(coins))
    assert parse_coins(coins_text(made)) == made
    assert [Coin.from_pb(coin.to_pb()) for coin in made] == made
    assert [str(coin) for coin in made] == (coins_text(made).split(",") if made else [])


@pytest.mark.parametrize(
    "coins",
    [
        [Coin("uakt", 0)],
        [Coin("uakt", -1)],
        [Coin("u", 1)],
        [Coin("uakt", 1), Coin("uakt", 1)],
        [Coin("uusd", 1), Coin("uakt", 1)],
    ],
)
def test_lists_that_are_no_sets(coins: list[Coin]) -> None:
    assert not valid_coins(coins)
