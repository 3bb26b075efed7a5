"""staking/genesis.py: what goes out comes in again, and nothing else does."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.staking import genesis
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as pb
from supercloud.testing.staked import UNIT, StakedChain, person
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError


def busy() -> StakedChain:
    """A chain on which everything is in motion."""
    chain = StakedChain((10, 20, 30, 40))
    texts = [keys.text for keys in chain.validators]
    alice = chain.text("alice")

    def coins(amount: int) -> Coin:
        return Coin(denom="uakt", amount=str(amount))

    chain.pay_fees("1000000uakt,77uusdc")
    chain.block(2)
    chain.send(pb.MsgDelegate(delegator_address=alice, validator_address=texts[0], amount=coins(7 * UNIT)))
    chain.block(absent=[chain.validators[3]])
    chain.send(pb.MsgUndelegate(delegator_address=alice, validator_address=texts[0], amount=coins(UNIT)))
    chain.send(
        pb.MsgBeginRedelegate(
            delegator_address=alice,
            validator_src_address=texts[0],
            validator_dst_address=texts[1],
            amount=coins(2 * UNIT),
        )
    )
    chain.pay_fees("333uakt")
    chain.block()
    chain.k.slashing.slash(
        chain.ctx(), chain.validators[0].consensus, Dec.from_text("0.07"), 10, 2, "double_sign"
    )
    chain.k.staking.jail(chain.ctx(), chain.validators[2].consensus)
    chain.block(2)
    assert chain.violations() == []
    return chain


def test_a_state_comes_back_as_it_was() -> None:
    chain = busy()
    document = chain.export()
    again = StakedChain((10, 20, 30, 40))
    again.load(document, height=chain.height)
    assert again.violations() == []
    chain.block()
    first, second = again.export(), chain.export()
    for name in ("staking", "distribution", "bank", "mint", "evidence"):
        assert first[name] == {**second[name]}, name


def test_what_was_unbonding_ends_there_too() -> None:
    chain = busy()
    again = StakedChain((10, 20, 30, 40))
    again.load(chain.export(), height=chain.height)
    before = again.balance(person("alice"))
    again.block(seconds=22 * 86_400)
    again.block()
    assert again.balance(person("alice")) > before
    assert again.violations() == []


def changed(path: list[Any], value: Any) -> Any:
    def change(document: dict[str, Any]) -> None:
        at: Any = document["staking"]
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def twice(kind: str) -> Any:
    return lambda document: document["staking"][kind].append(copy.deepcopy(document["staking"][kind][0]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (twice("validators"), "given twice"),
        (twice("delegations"), "given twice"),
        (changed(["validators", 0, "tokens"], "5"), "pool balance"),
        (changed(["validators", 0, "operator_address"], "akash1x"), "staking"),
        (changed(["validators", 0, "status"], "BOND_STATUS_UNSPECIFIED"), "no status"),
        (changed(["delegations", 0, "validator_address"], "akashvaloper1x"), "staking"),
        (changed(["params", "max_validators"], 0), "max validators"),
        (changed(["params", "unbonding_time"], "0s"), "unbonding time"),
        (changed(["wonder"], 1), "wonder"),
    ],
)
def test_documents_that_are_refused(change: Any, words: str) -> None:
    chain = StakedChain()
    document = chain.export()
    document["staking"]["exported"] = False
    document["distribution"] = {**document["distribution"], "validator_historical_rewards": []}
    for name in ("validator_current_rewards", "delegator_starting_infos", "outstanding_rewards"):
        document["distribution"][name] = []
    change(document)
    with pytest.raises((GenesisError, ChainError), match=words):
        StakedChain().load(document)


def test_a_key_stands_for_one_validator() -> None:
    chain = StakedChain()
    document = chain.export()
    listed = document["staking"]["validators"]
    listed[1]["consensus_pubkey"] = listed[0]["consensus_pubkey"]
    with pytest.raises(GenesisError, match="key of"):
        StakedChain().load(document)


def test_the_default_document_has_the_network_s_parameters() -> None:
    document = genesis.default("uakt")
    assert document["params"] == {
        "unbonding_time": "1814400s",
        "max_validators": 100,
        "max_entries": 7,
        "historical_entries": 10_000,
        "bond_denom": "uakt",
        "min_commission_rate": "0.000000000000000000",
    }
    assert document["validators"] == []
