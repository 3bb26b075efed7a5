"""types/address.py: addresses of validators."""

from __future__ import annotations

import pytest

from supercloud.types.address import Bech32, operator_account

AKASH = Bech32("akash")
ADDRESS = bytes(range(20))


def test_an_operator_and_its_account_have_the_same_bytes() -> None:
    operator = AKASH.valoper(ADDRESS)
    assert operator.startswith("akashvaloper1")
    assert AKASH.parse_valoper(operator) == ADDRESS
    assert operator_account(operator) == AKASH.text(ADDRESS)


def test_consensus_addresses_come_back() -> None:
    assert AKASH.parse_valcons(AKASH.valcons(ADDRESS)) == ADDRESS


@pytest.mark.parametrize("text", ["", "akash1", AKASH.text(ADDRESS), "x" * 200, AKASH.valcons(ADDRESS)])
def test_what_is_no_operator_is_refused_and_names_no_account(text: str) -> None:
    with pytest.raises(ValueError):
        AKASH.parse_valoper(text)
    assert operator_account(text) == text
