"""staking messages: what they do, what they refuse, what they tell. Also testing/staked.py by its use."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.staking import types
from supercloud.codec import registry
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey as AccountKey
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as pb
from supercloud.testing.staked import UNIT, StakedChain, attributes, person
from supercloud.types.address import module_address
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

DAYS_21 = 21 * 86_400
BONDED_POOL, NOT_BONDED_POOL = map(module_address, ("bonded_tokens_pool", "not_bonded_tokens_pool"))


@pytest.fixture
def chain() -> StakedChain:
    return StakedChain()


def coin(amount: int, denom: str = "uakt") -> Coin:
    return Coin(denom=denom, amount=str(amount))


def dec(text: str) -> str:
    return Dec.from_text(text).to_wire()


def delegate(chain: StakedChain, who: str, to: int, amount: int) -> pb.MsgDelegate:
    return pb.MsgDelegate(
        delegator_address=chain.text(who), validator_address=chain.validators[to].text, amount=coin(amount)
    )


def undelegate(chain: StakedChain, who: str, source: int, amount: int) -> pb.MsgUndelegate:
    return pb.MsgUndelegate(
        delegator_address=chain.text(who),
        validator_address=chain.validators[source].text,
        amount=coin(amount),
    )


def redelegate(chain: StakedChain, who: str, source: int, to: int, amount: int) -> pb.MsgBeginRedelegate:
    return pb.MsgBeginRedelegate(
        delegator_address=chain.text(who),
        validator_src_address=chain.validators[source].text,
        validator_dst_address=chain.validators[to].text,
        amount=coin(amount),
    )


def create(chain: StakedChain, name: str, amount: int, **changes: Any) -> pb.MsgCreateValidator:
    keys = chain.keys_of(name)
    msg = pb.MsgCreateValidator(
        description=staking_pb2.Description(moniker=name),
        commission=staking_pb2.CommissionRates(
            rate=dec("0.1"), max_rate=dec("0.2"), max_change_rate=dec("0.01")
        ),
        min_self_delegation="1",
        validator_address=keys.text,
        pubkey=registry.pack(PubKey(key=keys.public_key)),
        value=coin(amount),
    )
    for field, value in changes.items():
        if value is None:
            msg.ClearField(field)
        elif isinstance(value, str | int):
            setattr(msg, field, value)
        else:
            getattr(msg, field).CopyFrom(value)
    return msg


def refusal(chain: StakedChain, *messages: Any) -> tuple[str, int]:
    before = chain.branch.mark()
    with pytest.raises(ChainError) as caught:
        chain.send(*messages)
    assert chain.branch.mark() == before
    return caught.value.codespace, caught.value.code


def validator(chain: StakedChain, number: int) -> staking_pb2.Validator:
    return chain.k.staking.require_validator(chain.ctx(), chain.validators[number].operator)


# --- Validators


def test_a_created_validator_is_bonded_at_the_block_s_end(chain: StakedChain) -> None:
    chain.give("dave", 40 * UNIT)
    events = chain.send(create(chain, "dave", 40 * UNIT))
    keys = chain.keys_of("dave")
    assert attributes(events, "create_validator") == [{"validator": keys.text, "amount": f"{40 * UNIT}uakt"}]
    made = chain.k.staking.require_validator(chain.ctx(), keys.operator)
    assert (made.status, made.tokens, made.delegator_shares) == (
        types.UNBONDED,
        str(40 * UNIT),
        Dec.of(40 * UNIT).to_wire(),
    )
    assert chain.balance(NOT_BONDED_POOL) == 40 * UNIT
    chain.block()
    assert [(update.pub_key.ed25519, update.power) for update in chain.updates] == [(keys.public_key, 40)]
    assert chain.k.staking.require_validator(chain.ctx(), keys.operator).status == types.BONDED
    assert (chain.balance(NOT_BONDED_POOL), chain.balance(BONDED_POOL)) == (0, 100 * UNIT)
    assert chain.violations() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"validator_address": "akash1nobody"}, ("sdk", 7)),
        ({"pubkey": None}, ("staking", 39)),
        ({"pubkey": registry.pack(AccountKey(key=b"\2" * 33))}, ("staking", 6)),
        ({"pubkey": registry.pack(MsgSend())}, ("sdk", 29)),
        ({"pubkey": registry.pack(coin(1))}, ("sdk", 2)),
        ({"value": coin(0)}, ("sdk", 18)),
        ({"value": coin(5, "uusdc")}, ("sdk", 18)),
        ({"description": None}, ("sdk", 18)),
        ({"description": staking_pb2.Description(moniker="x" * 71)}, ("sdk", 18)),
        ({"commission": None}, ("sdk", 18)),
        ({"min_self_delegation": "0"}, ("sdk", 18)),
        ({"min_self_delegation": str(UNIT + 1)}, ("staking", 16)),
        ({"commission": staking_pb2.CommissionRates(rate=dec("0.3"), max_rate=dec("0.2"))}, ("staking", 11)),
        ({"commission": staking_pb2.CommissionRates(rate=dec("1"), max_rate=dec("1.1"))}, ("staking", 10)),
        ({"commission": staking_pb2.CommissionRates(rate=dec("-0.1"), max_rate=dec("1"))}, ("staking", 9)),
        (
            {
                "commission": staking_pb2.CommissionRates(
                    rate="0", max_rate=dec("0.1"), max_change_rate=dec("0.2")
                )
            },
            ("staking", 14),
        ),
        (
            {"commission": staking_pb2.CommissionRates(rate="0", max_rate="0", max_change_rate="-1")},
            ("staking", 13),
        ),
    ],
)
def test_validators_that_are_refused(
    chain: StakedChain, changes: dict[str, Any], expected: tuple[str, int]
) -> None:
    chain.give("dave", 40 * UNIT)
    assert refusal(chain, create(chain, "dave", UNIT, **changes)) == expected


def test_an_operator_and_a_key_make_one_validator_only(chain: StakedChain) -> None:
    assert refusal(chain, create(chain, "v0", UNIT)) == ("staking", 4)
    taken = registry.pack(PubKey(key=chain.validators[0].public_key))
    assert refusal(chain, create(chain, "dave", UNIT, pubkey=taken)) == ("staking", 5)


def test_the_least_commission_is_a_parameter() -> None:
    rate = "0.150000000000000000"
    chain = StakedChain(genesis={"staking": {"params": {"min_commission_rate": rate}}})
    assert refusal(chain, create(chain, "dave", UNIT)) == ("staking", 40)


def edit(chain: StakedChain, **changes: Any) -> pb.MsgEditValidator:
    unchanged = staking_pb2.Description(
        **{field: types.UNCHANGED for field, _, _ in types.DESCRIPTION_MAX}  # type: ignore[arg-type]
    )
    changes.setdefault("description", unchanged)
    return pb.MsgEditValidator(validator_address=chain.validators[0].text, **changes)


def test_an_edit_changes_what_it_names(chain: StakedChain) -> None:
    description = staking_pb2.Description(moniker=types.UNCHANGED, details="new", website="https://a.b")
    chain.block(seconds=86_400)
    events = chain.send(
        edit(chain, description=description, commission_rate=dec("0.11"), min_self_delegation="7")
    )
    edited = validator(chain, 0)
    assert (edited.description.moniker, edited.description.details) == ("v0", "new")
    assert edited.commission.commission_rates.rate == dec("0.11")
    assert edited.min_self_delegation == "7"
    (told,) = attributes(events, "edit_validator")
    assert told["min_self_delegation"] == "7"
    assert told["commission_rate"].startswith('commission_rates:<rate:"110000000000000000" max_rate:')


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"description": staking_pb2.Description()}, ("sdk", 18)),
        ({"description": staking_pb2.Description(details="x" * 281)}, ("sdk", 18)),
        ({"min_self_delegation": "0"}, ("sdk", 18)),
        ({"min_self_delegation": "1"}, ("staking", 17)),
        ({"min_self_delegation": str(10 * UNIT + 1)}, ("staking", 16)),
        ({"commission_rate": dec("1.1")}, ("sdk", 18)),
        ({"commission_rate": dec("0.21")}, ("staking", 11)),
        ({"commission_rate": dec("0.12")}, ("staking", 15)),
    ],
)
def test_edits_that_are_refused(
    chain: StakedChain, changes: dict[str, Any], expected: tuple[str, int]
) -> None:
    chain.block(seconds=86_400)
    assert refusal(chain, edit(chain, **changes)) == expected


def test_a_commission_changes_once_a_day(chain: StakedChain) -> None:
    chain.block(seconds=86_400)
    chain.send(edit(chain, commission_rate=dec("0.105")))
    chain.block(seconds=86_399)
    assert refusal(chain, edit(chain, commission_rate=dec("0.1"))) == ("staking", 12)
    chain.block(seconds=1)
    chain.send(edit(chain, commission_rate=dec("0")))


# --- Delegations


def test_a_delegation_makes_shares_and_power(chain: StakedChain) -> None:
    events = chain.send(delegate(chain, "alice", 0, 25 * UNIT))
    assert attributes(events, "delegate") == [
        {
            "validator": chain.validators[0].text,
            "delegator": chain.text("alice"),
            "amount": f"{25 * UNIT}uakt",
            "new_shares": f"{25 * UNIT}.000000000000000000",
        }
    ]
    # As on the network staking is no transfer: coins are spent and received.
    assert attributes(events, "transfer") == []
    assert attributes(events, "coin_spent") == [
        {"spender": chain.text("alice"), "amount": f"{25 * UNIT}uakt"}
    ]
    chain.block()
    assert [(u.pub_key.ed25519, u.power) for u in chain.updates] == [(chain.validators[0].public_key, 35)]
    assert chain.balance(BONDED_POOL) == 85 * UNIT
    chain.block()
    assert chain.updates == []
    assert chain.violations() == []


def test_less_than_a_unit_of_power_tells_the_engine_nothing(chain: StakedChain) -> None:
    chain.send(delegate(chain, "alice", 0, UNIT - 1))
    chain.block()
    assert chain.updates == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"delegator_address": "akash1x"}, ("sdk", 7)),
        ({"validator_address": "akashvaloper1x"}, ("sdk", 7)),
        ({"amount": coin(0)}, ("sdk", 18)),
        ({"amount": Coin(denom="uakt", amount="-5")}, ("sdk", 18)),
        ({"amount": Coin(denom="uakt", amount="9" * 79)}, ("sdk", 18)),
        ({"amount": coin(5, "uusdc")}, ("sdk", 18)),
        ({"amount": coin(10**30)}, ("sdk", 5)),
        ({"amount": Coin()}, ("sdk", 18)),
    ],
)
def test_delegations_that_are_refused(
    chain: StakedChain, changes: dict[str, Any], expected: tuple[str, int]
) -> None:
    msg = delegate(chain, "alice", 0, 5)
    for field, value in changes.items():
        setattr(msg, field, value) if isinstance(value, str) else getattr(msg, field).CopyFrom(value)
    assert refusal(chain, msg) == expected


def test_a_validator_nobody_knows_gets_nothing(chain: StakedChain) -> None:
    msg = delegate(chain, "alice", 0, 5)
    msg.validator_address = chain.keys_of("ghost").text
    assert refusal(chain, msg) == ("staking", 3)


def test_what_unbonds_comes_back_after_its_time(chain: StakedChain) -> None:
    chain.send(delegate(chain, "alice", 0, 25 * UNIT))
    before = chain.balance(person("alice"))
    chain.block()
    events = chain.send(undelegate(chain, "alice", 0, 10 * UNIT))
    (told,) = attributes(events, "unbond")
    assert told["amount"] == f"{10 * UNIT}uakt"
    assert told["completion_time"] == "2027-02-05T08:00:05Z"
    assert (chain.balance(BONDED_POOL), chain.balance(NOT_BONDED_POOL)) == (75 * UNIT, 10 * UNIT)
    chain.block()
    assert [update.power for update in chain.updates] == [25]
    chain.block(seconds=DAYS_21 - 6)
    chain.block()
    assert chain.balance(person("alice")) == before
    done = chain.block()
    assert attributes(done, "complete_unbonding") == [
        {
            "amount": f"{10 * UNIT}uakt",
            "validator": chain.validators[0].text,
            "delegator": chain.text("alice"),
        }
    ]
    assert chain.balance(person("alice")) == before + 10 * UNIT
    assert chain.violations() == []


def test_unbondings_of_one_block_are_one_entry_and_eight_are_too_many(chain: StakedChain) -> None:
    chain.send(delegate(chain, "alice", 0, 25 * UNIT))
    chain.send(undelegate(chain, "alice", 0, 1), undelegate(chain, "alice", 0, 2))
    unbonding = chain.query(
        "/cosmos.staking.v1beta1.Query/UnbondingDelegation", _pair(chain, "UnbondingDelegation")
    ).unbond
    assert [entry.balance for entry in unbonding.entries] == ["3"]
    for _ in range(6):
        chain.block()
        chain.send(undelegate(chain, "alice", 0, 1))
    chain.block()
    assert refusal(chain, undelegate(chain, "alice", 0, 1)) == ("staking", 27)


def _pair(chain: StakedChain, method: str) -> Any:
    from supercloud.pb.cosmos.staking.v1beta1 import query_pb2

    request = getattr(query_pb2, f"Query{method}Request")
    return request(delegator_addr=chain.text("alice"), validator_addr=chain.validators[0].text)


def test_undelegations_that_are_refused(chain: StakedChain) -> None:
    assert refusal(chain, undelegate(chain, "alice", 0, 1)) == ("staking", 19)
    chain.send(delegate(chain, "alice", 0, 100))
    assert refusal(chain, undelegate(chain, "alice", 0, 101)) == ("sdk", 18)


def test_all_shares_can_be_taken_and_the_record_goes(chain: StakedChain) -> None:
    chain.send(delegate(chain, "alice", 0, 100))
    chain.send(undelegate(chain, "alice", 0, 100))
    assert chain.k.staking.delegation(chain.ctx(), person("alice"), chain.validators[0].operator) is None
    assert chain.violations() == []


def test_a_move_takes_effect_at_once_and_may_not_go_on(chain: StakedChain) -> None:
    chain.send(delegate(chain, "alice", 0, 5 * UNIT))
    events = chain.send(redelegate(chain, "alice", 0, 1, 5 * UNIT))
    (told,) = attributes(events, "redelegate")
    assert told["completion_time"] == "2027-02-05T08:00:00Z"
    assert list(told) == ["source_validator", "destination_validator", "amount", "completion_time"]
    assert (validator(chain, 0).tokens, validator(chain, 1).tokens) == (str(10 * UNIT), str(25 * UNIT))
    assert refusal(chain, redelegate(chain, "alice", 1, 2, UNIT)) == ("staking", 32)
    chain.block(seconds=DAYS_21)
    done = chain.block()
    assert attributes(done, "complete_redelegation")[0]["amount"] == f"{5 * UNIT}uakt"
    chain.send(redelegate(chain, "alice", 1, 2, UNIT))
    assert chain.violations() == []


@pytest.mark.parametrize(
    ("source", "to", "expected"), [(0, 0, ("staking", 29)), (1, 0, ("staking", 19)), (0, 9, ("staking", 31))]
)
def test_moves_that_are_refused(chain: StakedChain, source: int, to: int, expected: tuple[str, int]) -> None:
    chain.send(delegate(chain, "alice", 0, 5 * UNIT))
    chain.validators += [chain.keys_of("ghost")] * 9
    assert refusal(chain, redelegate(chain, "alice", source, to, UNIT)) == expected


def test_a_move_that_was_begun_can_be_taken_back_in_part(chain: StakedChain) -> None:
    chain.send(delegate(chain, "alice", 0, 9 * UNIT))
    chain.send(undelegate(chain, "alice", 0, 4 * UNIT))
    begun = chain.height
    chain.block()

    def cancel(amount: int, height: int = begun) -> pb.MsgCancelUnbondingDelegation:
        return pb.MsgCancelUnbondingDelegation(
            delegator_address=chain.text("alice"),
            validator_address=chain.validators[0].text,
            amount=coin(amount),
            creation_height=height,
        )

    assert refusal(chain, cancel(5 * UNIT)) == ("sdk", 18)
    assert refusal(chain, cancel(UNIT, begun + 1)) == ("sdk", 38)
    assert refusal(chain, cancel(UNIT, 0)) == ("sdk", 18)
    events = chain.send(cancel(UNIT))
    assert attributes(events, "cancel_unbonding_delegation")[0]["creation_height"] == str(begun)
    assert validator(chain, 0).tokens == str(16 * UNIT)
    assert (chain.balance(BONDED_POOL), chain.balance(NOT_BONDED_POOL)) == (66 * UNIT, 3 * UNIT)
    chain.send(cancel(3 * UNIT))
    assert refusal(chain, cancel(UNIT)) == ("undefined", 1)
    chain.block(seconds=DAYS_21)
    assert chain.violations() == []


def test_an_operator_who_takes_too_much_of_its_own_is_jailed(chain: StakedChain) -> None:
    chain.send(undelegate(chain, "v1", 1, 20 * UNIT))
    assert validator(chain, 1).jailed
    chain.block()
    assert [(u.pub_key.ed25519, u.power) for u in chain.updates] == [(chain.validators[1].public_key, 0)]
    assert validator(chain, 1).status == types.UNBONDING
    chain.block(seconds=DAYS_21)
    chain.block()
    # Nobody stakes with it any more, so that it is gone with its unbonding.
    assert chain.k.staking.validator(chain.ctx(), chain.validators[1].operator) is None
    assert chain.violations() == []


def test_parameters_are_the_authority_s(chain: StakedChain) -> None:
    params = types.default_params()
    params.max_validators = 2
    msg = pb.MsgUpdateParams(authority=chain.text("alice"), params=params)
    assert refusal(chain, msg) == ("gov", 13)
    msg.authority = chain.bech32.text(module_address("gov"))
    chain.send(msg)
    chain.block()
    # The weakest of three falls out.
    assert [(u.pub_key.ed25519, u.power) for u in chain.updates] == [(chain.validators[0].public_key, 0)]
    assert chain.balance(NOT_BONDED_POOL) == 10 * UNIT
    for field, value in (("max_validators", 0), ("max_entries", 0), ("bond_denom", "")):
        bad = pb.MsgUpdateParams(authority=msg.authority, params=params)
        setattr(bad.params, field, value)
        assert refusal(chain, bad) == ("undefined", 1)
    bad = pb.MsgUpdateParams(authority=msg.authority, params=params)
    bad.params.bond_denom = "uusdc"
    assert refusal(chain, bad) == ("sdk", 18)
    assert chain.violations() == []
