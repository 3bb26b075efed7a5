"""A genesis document that several people found a network with, and documents of other networks."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from supercloud.chain.app import default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.crypto import ed25519
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.node import founding, genesis
from supercloud.node.genesis import GenesisError
from supercloud.node.home import Home, make_keys
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin

TIME = 1_760_000_000
BECH32 = Bech32("akash")
ALICE, BOB = (PrivateKey(bytes([number]) * 32) for number in (1, 2))
COINS = [Coin("uakt", 10_000_000)]


def text(key: PrivateKey) -> str:
    return BECH32.text(key.address)


def keys_of(number: int) -> founding.ValidatorKeys:
    return founding.ValidatorKeys(ed25519.PrivateKey(bytes([number]) * 32).public_key, f"{number:040x}")


@pytest.fixture
def document() -> dict[str, Any]:
    """A new network's document with nobody in it."""
    return genesis.build("founders-1", TIME * 10**9, [], default_genesis(Profile(), {}))


def network_form(document: dict[str, Any]) -> dict[str, Any]:
    """The same as the network's own node writes it."""
    made = copy.deepcopy(document)
    params, validators = made.pop("consensus_params"), made.pop("validators")
    return {
        "app_name": "akash",
        "app_version": "2.1.0",
        **made,
        "app_hash": None,
        "consensus": {"validators": validators, "params": params},
    }


# --- Accounts


@pytest.mark.parametrize(
    ("schedule", "kind"),
    [
        (None, "/cosmos.auth.v1beta1.BaseAccount"),
        (founding.Schedule(COINS, end=TIME), "/cosmos.vesting.v1beta1.DelayedVestingAccount"),
        (founding.Schedule(COINS, TIME, TIME + 9), "/cosmos.vesting.v1beta1.ContinuousVestingAccount"),
        (
            founding.Schedule((), TIME, periods=[(5, COINS)]),
            "/cosmos.vesting.v1beta1.PeriodicVestingAccount",
        ),
        (founding.Schedule(COINS, locked=True), "/cosmos.vesting.v1beta1.PermanentLockedAccount"),
    ],
)
def test_accounts_of_every_kind(document: dict[str, Any], schedule: Any, kind: str) -> None:
    founding.add_account(document, text(BOB), [Coin("uakt", 1)])
    founding.add_account(document, text(ALICE), COINS, schedule)
    entry = document["app_state"]["auth"]["accounts"][1]
    assert (entry["@type"], genesis.address_of(entry)) == (kind, text(ALICE))
    founding.add_account(document, text(ALICE), [Coin("uakt", 5)], append=True)
    assert len(document["app_state"]["auth"]["accounts"]) == 2
    founding.collect(document, [made_by(document, ALICE, 1)])
    checked = founding.validate(document)
    assert (checked.accounts, checked.supply) == (2, [Coin("uakt", 10_000_006)])


@pytest.mark.parametrize(
    ("address", "schedule", "append", "words"),
    [
        ("nonsense1", None, False, "no address"),
        (text(BOB), None, False, "--append"),
        (text(BOB), founding.Schedule(COINS, end=TIME), True, "begin to vest"),
        (
            text(ALICE),
            founding.Schedule([Coin("uakt", 10_000_001)], end=TIME),
            False,
            "more coins would vest",
        ),
        (text(ALICE), founding.Schedule(COINS, TIME, TIME), False, "before it ends"),
        (text(ALICE), founding.Schedule(COINS), False, "need an end"),
        (text(ALICE), founding.Schedule((), end=TIME), False, "invalid coins"),
    ],
)
def test_accounts_that_are_refused(
    document: dict[str, Any], address: str, schedule: Any, append: bool, words: str
) -> None:
    founding.add_account(document, text(BOB), COINS)
    before = copy.deepcopy(document)
    with pytest.raises(GenesisError, match=words):
        founding.add_account(document, address, COINS, schedule, append=append)
    assert document == before


# --- Founders


def made_by(document: dict[str, Any], key: PrivateKey, number: int, stake: int = 1_000_000) -> dict[str, Any]:
    terms = founding.Terms(f"v{number}", place=f"10.0.0.{number}:26656")
    return founding.found(document, key, keys_of(number), Coin("uakt", stake), terms)


@pytest.mark.parametrize("form", ["comet", "network"])
def test_from_accounts_to_a_network(document: dict[str, Any], form: str) -> None:
    if form == "network":
        document = network_form(document)
    for key in (ALICE, BOB):
        founding.add_account(document, text(key), COINS)
    made = [made_by(document, ALICE, 1), made_by(document, BOB, 2, 3_000_000)]
    # As files carry them, and in any order.
    made = json.loads(json.dumps(made[::-1]))
    peers = founding.collect(document, made)
    assert sorted(peers) == [f"{number:040x}@10.0.0.{number}:26656" for number in (1, 2)]
    checked = founding.validate(json.loads(json.dumps(document)))
    assert (checked.accounts, checked.founders, checked.validators) == (2, 2, 2)
    assert checked.genesis.chain_id == "founders-1" and not checked.genesis.validators
    assert founding.collect(document, made[::-1]) == peers


def test_what_founders_can_not_do(document: dict[str, Any]) -> None:
    with pytest.raises(GenesisError, match="no account"):
        made_by(document, ALICE, 1)
    founding.add_account(document, text(ALICE), COINS)
    with pytest.raises(GenesisError, match="uakt is staked"):
        founding.found(document, ALICE, keys_of(1), Coin("uact", 1), founding.Terms("v"))
    with pytest.raises(GenesisError, match="commission"):
        founding.found(document, ALICE, keys_of(1), COINS[0], founding.Terms("v", commission_rate="much"))
    with pytest.raises(GenesisError, match="no founders"):
        founding.collect(document, [])
    made = made_by(document, ALICE, 1)
    with pytest.raises(GenesisError, match="founds twice"):
        founding.collect(document, [made, made])
    with pytest.raises(GenesisError):
        founding.collect(document, [{"body": 1}])


def test_what_was_signed_for_another_chain_is_found_out(document: dict[str, Any]) -> None:
    founding.add_account(document, text(ALICE), COINS)
    founding.collect(document, [made_by({**document, "chain_id": "other-1"}, ALICE, 1)])
    with pytest.raises(GenesisError, match="transaction 0: signature verification failed"):
        founding.validate(document)


def test_keys_of_a_home(tmp_path: Path) -> None:
    public_key = make_keys(Home(tmp_path))
    found = founding.validator_keys(tmp_path)
    assert found.public_key == public_key and len(found.node_id) == 40


# --- Documents of others

FOREIGN = {
    "ibc": {"client_genesis": {"clients": []}, "connection_genesis": {}, "channel_genesis": {}},
    "transfer": {"port_id": "transfer", "denom_traces": [], "total_escrowed": []},
    "wasm": {"params": {"code_upload_access": {"permission": "Nobody"}}, "codes": []},
    "awasm": {"params": {}},
    "params": None,
}
OURS_ALONE = (
    "take",
    "take_outflow",
    "feeauction",
    "grants",
    "market_expiry",
    "oracle_results",
    "bme_progress",
)


@pytest.fixture
def foreign(document: dict[str, Any]) -> dict[str, Any]:
    """A document with the modules of the public network, in the form its node writes."""
    founding.add_account(document, text(ALICE), COINS, founding.Schedule(COINS, TIME, TIME + 1000))
    founding.add_account(document, text(BOB), COINS)
    founding.collect(document, [made_by(document, ALICE, 1)])
    state = document["app_state"]
    for name in OURS_ALONE:
        state.pop(name, None)
    state |= {**copy.deepcopy(FOREIGN), "vesting": {}, "consensus": None}
    return network_form(document)


def test_the_public_networks_shape_loads_without_the_modules_we_lack(foreign: dict[str, Any]) -> None:
    with pytest.raises(GenesisError, match="awasm, ibc, transfer, wasm; --drop awasm --drop ibc"):
        founding.adopt(foreign)
    with pytest.raises(GenesisError, match="unknown here: wasm;"):
        founding.adopt(foreign, ["ibc", "transfer", "awasm"])
    assert "params" not in foreign["app_state"]
    foreign["app_state"] |= {"params": None, "runtime": None}
    done = founding.adopt(foreign, ["wasm", "params", "nothing"])
    assert done == [
        "dropped wasm",
        "dropped params",
        "left out runtime, which says nothing",
        "added take, which the document lacks",
    ]
    assert foreign["app_state"]["take"]["params"]["default_take_rate"] == 0
    checked = founding.validate(foreign)
    assert (checked.accounts, checked.validators) == (2, 1)
    assert checked.genesis.consensus_params.block.max_bytes == genesis.BLOCK_BYTES


def test_our_own_modules_stay(document: dict[str, Any]) -> None:
    with pytest.raises(GenesisError, match="bank is a module of this program"):
        founding.adopt(document, ["bank"])
    with pytest.raises(GenesisError, match="no app_state"):
        founding.adopt({})


def test_prices_and_credit_may_begin_anew(foreign: dict[str, Any]) -> None:
    state = foreign["app_state"]
    state["oracle"] = {"prices": [], "latest_height": []}
    windows = [state["market"]["params"].pop(f"{which}_reclamation_window") for which in ("min", "max")]
    done = founding.adopt(foreign, [*FOREIGN, "oracle"])
    assert [words for words in done if not words.startswith(("dropped", "left out"))] == [
        "added take, which the document lacks",
        "added oracle, which the document lacks",
        "added market's reclamation windows, which the document lacks",
    ]
    assert windows == [state["market"]["params"][f"{which}_reclamation_window"] for which in ("min", "max")]
    assert founding.validate(foreign).founders == 1


def test_documents_that_no_chain_starts_from(document: dict[str, Any]) -> None:
    with pytest.raises(GenesisError, match="nobody would decide"):
        founding.validate(document)
    del document["app_state"]["auth"]
    with pytest.raises(GenesisError, match="no document of module auth"):
        founding.validate(document)
    del document["app_state"]["staking"]
    with pytest.raises(GenesisError, match="bond_denom"):
        founding.validate(document)


def test_prefix_and_denom_are_the_documents(document: dict[str, Any]) -> None:
    other = Bech32("cloud").text(b"c" * 20)
    document["app_state"]["staking"]["params"]["bond_denom"] = "ufoo"
    founding.add_account(document, other, [Coin("ufoo", 1)])
    profile = founding.profile_of(document)
    assert (profile.bech32_prefix, profile.native_denom) == ("cloud", "ufoo")
