"""Validator sets against CometBFT's order and hash, and their changes."""

import cometbft_vectors as go
import pytest

from supercloud.node.engine.validators import POWER_MAX, Validator, ValidatorError, ValidatorSet
from supercloud.pb.tendermint.abci import types_pb2 as abci

FIRST, SECOND = bytes.fromhex(go.PUBLIC_KEY), bytes.fromhex(go.PUBLIC_KEY_2)


def change(key: bytes, power: int) -> abci.ValidatorUpdate:
    update = abci.ValidatorUpdate(power=power)
    update.pub_key.ed25519 = key
    return update


def test_order_is_by_power_then_address() -> None:
    equal = ValidatorSet.of([Validator(FIRST, 10), Validator(SECOND, 10)])
    assert [v.public_key for v in equal] == [SECOND, FIRST]
    unequal = ValidatorSet.of([Validator(SECOND, 3), Validator(FIRST, 10)])
    assert [v.public_key for v in unequal] == [FIRST, SECOND]
    assert unequal.hash.hex() == go.VALIDATORS_3
    assert unequal.power == 13


def test_updates_add_change_and_remove() -> None:
    one = ValidatorSet.of([Validator(FIRST, 10)])
    two = one.updated([change(SECOND, 3)])
    assert two.hash.hex() == go.VALIDATORS_3
    assert two.updated([change(SECOND, 10)]).hash.hex() == go.VALIDATORS_2
    assert two.updated([change(SECOND, 0)]).hash.hex() == go.VALIDATORS_1
    assert one.hash.hex() == go.VALIDATORS_1


@pytest.mark.parametrize(
    "updates, words",
    [
        ([change(SECOND, 0)], "not in the set"),
        ([change(FIRST, 0)], "last validator"),
        ([change(SECOND, -1)], "negative"),
        ([change(SECOND, POWER_MAX)], "exceeds"),
        ([abci.ValidatorUpdate(power=1)], "Ed25519"),
    ],
)
def test_bad_updates_are_refused(updates: list[abci.ValidatorUpdate], words: str) -> None:
    with pytest.raises(ValidatorError, match=words):
        ValidatorSet.of([Validator(FIRST, 10)]).updated(updates)


def test_a_validator_counts_once() -> None:
    with pytest.raises(ValidatorError, match="twice"):
        ValidatorSet.of([Validator(FIRST, 10), Validator(FIRST, 3)])


def test_stored_form_keeps_the_set() -> None:
    two = ValidatorSet.of([Validator(FIRST, 10), Validator(SECOND, 10)])
    assert ValidatorSet.from_json(two.to_json()) == two
