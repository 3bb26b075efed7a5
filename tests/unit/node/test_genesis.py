"""The genesis document: forms, checks, patches, funds."""

import sys
from itertools import islice
from types import FrameType
from typing import Any

import pytest

from supercloud.crypto import ed25519
from supercloud.node import genesis
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin

KEY = ed25519.PrivateKey(b"\1" * 32)
TIME = 1_700_000_000_120_000_000


def document(**changes: Any) -> dict[str, Any]:
    return {
        **genesis.build("c", TIME, [genesis.GenesisValidator(KEY.public_key, 10, "me")], {"bank": {}}),
        **changes,
    }


def test_what_is_built_parses() -> None:
    parsed = genesis.parse(document())
    assert (parsed.chain_id, parsed.initial_height, parsed.time) == ("c", 1, TIME)
    assert parsed.validators[0].pub_key.ed25519 == KEY.public_key
    assert parsed.consensus_params.block.max_bytes == genesis.BLOCK_BYTES
    assert parsed.consensus_params.evidence.max_age_duration.seconds == 172_800
    assert parsed.app_state == b'{"bank":{}}'


def test_the_networks_own_form_is_read_as_cometbfts() -> None:
    plain = document()
    head = {"validators": plain.pop("validators"), "params": plain.pop("consensus_params")}
    theirs = {**plain, "app_name": "akash", "app_version": "1", "app_hash": None, "consensus": head}
    assert genesis.parse(theirs) == genesis.parse(document())
    assert "app_name" not in genesis.parse(theirs).document


def test_an_account_of_any_kind_gets_more_coins_not_another_account() -> None:
    address = Bech32("akash").text(b"v" * 20)
    base = {"base_account": {"address": address}}
    for entry in ({"address": address}, base, {"base_vesting_account": base}):
        state = {"auth": {"accounts": [entry]}, "bank": {"balances": [], "supply": []}}
        assert genesis.address_of(entry) == address
        genesis.fund(state, {b"v" * 20: [Coin("uakt", 5)]}, Bech32("akash"))
        assert state["auth"]["accounts"] == [entry]


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": ""},
        {"chain_id": "c" * 51},
        {"chain_id": 5},
        {"initial_height": "0"},
        {"genesis_time": "yesterday"},
        {"validators": [{"pub_key": {"type": "x", "value": ""}, "power": "1"}]},
        {"validators": [{"pub_key": {"type": "tendermint/PubKeyEd25519", "value": "!"}, "power": "1"}]},
        {"validators": "many"},
        {"consensus_params": {"block": {"max_bytes": "200000000"}}},
        {"consensus_params": {"validator": {"pub_key_types": ["secp256k1"]}}},
        {"consensus_params": {"abci": {"vote_extensions_enable_height": "5"}}},
        {"app_hash": "zz"},
    ],
)
def test_bad_documents_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(genesis.GenesisError):
        genesis.parse(document(**changes))


def test_a_validators_address_must_be_its_keys() -> None:
    good = document()
    good["validators"][0]["address"] = "00" * 20
    with pytest.raises(genesis.GenesisError, match="does not belong"):
        genesis.parse(good)


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(genesis.GenesisError):
        genesis.parse(value)


# The cases of RFC 7396, appendix A.
@pytest.mark.parametrize(
    "target, patch, result",
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(target: Any, patch: Any, result: Any) -> None:
    assert genesis.merge_patch(target, patch) == result


def test_funds_add_up_and_supply_follows() -> None:
    bech32 = Bech32("akash")
    alice, bob = b"\1" * 20, b"\2" * 20
    state: dict[str, Any] = {"bank": {"supply": [{"denom": "uakt", "amount": "5"}]}}
    genesis.fund(state, {alice: [Coin("uakt", 100), Coin("uact", 7)], bob: [Coin("uakt", 1)]}, bech32)
    genesis.fund(state, {alice: [Coin("uakt", 10)]}, bech32)
    assert state["bank"]["balances"] == [
        {
            "address": bech32.text(alice),
            "coins": [{"denom": "uact", "amount": "7"}, {"denom": "uakt", "amount": "110"}],
        },
        {"address": bech32.text(bob), "coins": [{"denom": "uakt", "amount": "1"}]},
    ]
    assert state["bank"]["supply"] == [{"denom": "uact", "amount": "7"}, {"denom": "uakt", "amount": "116"}]
    assert [entry["address"] for entry in state["auth"]["accounts"]] == [bech32.text(alice), bech32.text(bob)]


def test_twice_as_many_accounts_are_twice_the_work() -> None:
    def lines(count: int) -> int:
        """Lines of genesis.py that run when so many accounts are funded of which half are there already."""
        funds = {number.to_bytes(20, "big"): [Coin("uakt", 1)] for number in range(count)}
        state: dict[str, Any] = {"bank": {"supply": [{"denom": "uakt", "amount": str(count // 2)}]}}
        genesis.fund(state, dict(islice(funds.items(), count // 2)), Bech32("akash"))
        run = 0

        def trace(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal run
            run += event == "line"
            return trace if frame.f_code.co_filename == genesis.__file__ else None

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            genesis.fund(state, funds, Bech32("akash"))
        finally:
            sys.settrace(before)
        assert len(state["bank"]["balances"]) == len(state["auth"]["accounts"]) == count
        return run

    small, large = lines(100), lines(200)
    assert small > 100 and large < 2.1 * small


@pytest.mark.parametrize(
    "text, ns",
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2023-11-14T22:13:20.12Z", TIME),
        ("2023-11-14T23:13:20.120000000+01:00", TIME),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800 * 10**9),
    ],
)
def test_times(text: str, ns: int) -> None:
    assert genesis.parse_time(text) == ns
    assert genesis.parse_time(genesis.format_time(ns)) == ns
