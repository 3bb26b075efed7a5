"""Addresses as text: BIP-173's own vectors, round trips, one network's addresses refused by another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.types import address
from supercloud.types.address import Bech32, decode, encode

PREFIXES = st.from_regex(r"[a-z]{1,10}", fullmatch=True)


@given(PREFIXES, st.binary(max_size=48))
def test_bytes_come_back(prefix: str, data: bytes) -> None:
    text = encode(prefix, data)
    assert decode(text) == decode(text.upper()) == (prefix, data)


@given(st.binary(min_size=20, max_size=20), st.integers(0, 37), st.sampled_from(address.CHARSET))
def test_a_changed_character_is_noticed(data: bytes, at: int, character: str) -> None:
    text = encode("akash", data)
    changed = text[: 6 + at] + character + text[7 + at :]
    if changed != text:
        with pytest.raises(ValueError, match="checksum"):
            decode(changed)


@pytest.mark.parametrize(
    "text",
    [
        "A12UEL5L",
        "?1ezyfcl",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    ],
)
def test_valid_strings_of_bip_173(text: str) -> None:
    assert decode(text)[1] == b""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pzry9x0s0muk", "separator"),
        ("1pzry9x0s0muk", "separator"),
        ("x1b4n0q5v", "charset"),
        ("li1dgmt3", "separator"),
        ("A1G7SGD8", r"invalid checksum \(expected 2uel5l got g7sgd8\)"),
        ("A12UEL5l", "lowercase"),
        ("", "length 0"),
        ("a" * 129, "length 129"),
    ],
)
def test_invalid_strings(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode(text)


def test_kinds_of_address_are_not_mixed_up() -> None:
    bech32, data = Bech32("akash"), b"\7" * 20
    assert bech32.parse(bech32.text(data)) == bech32.parse_valoper(bech32.valoper(data)) == data
    assert bech32.parse_valcons(bech32.valcons(data)) == data
    for text in (bech32.valoper(data), encode("cosmos", data)):
        with pytest.raises(ValueError, match="expected akash"):
            bech32.parse(text)
    with pytest.raises(ValueError, match="has 5 bytes"):
        bech32.parse(encode("akash", b"short"))
    assert address.operator_account(bech32.valoper(data)) == bech32.text(data)
    assert address.operator_account("none") == "none"


def test_module_accounts() -> None:
    """The escrow account and fee collector, as explorers of the network show them."""
    assert encode("cosmos", address.module_address("fee_collector")) == (
        "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta"
    )
    assert encode("cosmos", address.module_address("gov")) == "cosmos10d07y265gmmuvt4z0w9aw880jnsr700j6zn9kn"


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "CACHE_ENTRIES_MAX", 4)
    bech32 = Bech32("akash")
    for number in range(20):
        data = number.to_bytes(20, "big")
        assert bech32.parse(bech32.text(data)) == data
        assert len(bech32._texts) <= 4 and len(bech32._bytes) <= 4


def test_what_was_forgotten_is_worked_out_anew() -> None:
    bech32 = Bech32("akash")
    text = bech32.text(b"a" * 20)
    assert bech32.parse(text) is bech32.parse(text)
    bech32.forget()
    assert not bech32._texts and not bech32._bytes
    assert bech32.parse(text) == b"a" * 20 and bech32.text(b"a" * 20) == text
