"""`supercloud balance`."""

from __future__ import annotations

import pytest

from .town import Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_ones_own_by_name_and_by_address(town: Town) -> None:
    address = town.addresses["savings"]
    expected = {
        "address": address,
        "balances": [
            {"denom": "uact", "amount": "1000000000000"},
            {"denom": "uakt", "amount": "1000000000000"},
        ],
    }
    for words in ((address,), ("savings",), ("--from", "savings")):
        assert town.run("balance", *words, "--json").document == expected
    shown = town.run("balance", "savings").out
    assert address in shown and "1000000 AKT" in shown and "1000000000000uakt" in shown


def test_an_empty_account(town: Town) -> None:
    key = town.keys.create("empty")
    try:
        assert town.run("balance", "empty", "--json").document["balances"] == []
        assert key.address == town.keys.address("empty")
    finally:
        town.keys.delete("empty")


@pytest.mark.parametrize("text", ["nobody", "akash1x", "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"])
def test_what_is_neither_a_key_nor_an_address(town: Town, text: str) -> None:
    done = town.run("balance", text)
    assert (done.code, done.out) == (1, "")
    assert (
        f"{text!r} is neither a key of yours (there: auditor, provider, savings, tenant) nor an address"
        in done.err
    )


def test_no_node(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supercloud.cli.session.CONNECT_S", 0.1)
    done = town.run("balance", "--node", "http://127.0.0.1:1")
    assert done.code == 1 and "node at http://127.0.0.1:1 does not answer" in done.err
    assert "`supercloud up` starts a local one, --node URL names another" in done.err
