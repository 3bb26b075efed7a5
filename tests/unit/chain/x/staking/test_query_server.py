"""staking queries: every rpc, its refusals, pages. Also delegations.py by what it finds."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.staking import delegations
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.staking.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2, tx_pb2
from supercloud.testing.staked import UNIT, StakedChain, person
from supercloud.types.errors import ChainError


@pytest.fixture(scope="module")
def chain() -> StakedChain:
    """alice stakes with all three, takes some back from the first, moved some from the second to the third."""
    chain = StakedChain()
    alice = chain.text("alice")

    def coins(amount: int) -> Coin:
        return Coin(denom="uakt", amount=str(amount))

    texts = [keys.text for keys in chain.validators]
    for text in texts:
        chain.send(
            tx_pb2.MsgDelegate(delegator_address=alice, validator_address=text, amount=coins(4 * UNIT))
        )
    chain.send(
        tx_pb2.MsgUndelegate(delegator_address=alice, validator_address=texts[0], amount=coins(UNIT)),
        tx_pb2.MsgBeginRedelegate(
            delegator_address=alice,
            validator_src_address=texts[1],
            validator_dst_address=texts[2],
            amount=coins(2 * UNIT),
        ),
    )
    chain.block()
    return chain


def ask(chain: StakedChain, method: str, **fields: Any) -> Any:
    request = getattr(pb, f"Query{method}Request")(**fields)
    return chain.query(f"/cosmos.staking.v1beta1.Query/{method}", request)


def test_validators_by_status_and_page(chain: StakedChain) -> None:
    names = sorted(keys.text for keys in chain.validators)
    all_of_them = ask(chain, "Validators").validators
    assert sorted(each.operator_address for each in all_of_them) == names
    assert len(ask(chain, "Validators", status="BOND_STATUS_BONDED").validators) == 3
    assert len(ask(chain, "Validators", status="BOND_STATUS_UNBONDED").validators) == 0
    page = ask(chain, "Validators", pagination=PageRequest(limit=2, count_total=True))
    assert (len(page.validators), page.pagination.total) == (2, 3)
    rest = ask(chain, "Validators", pagination=PageRequest(key=page.pagination.next_key))
    assert len(rest.validators) == 1


def test_one_of_each(chain: StakedChain) -> None:
    first = chain.validators[0].text
    alice = chain.text("alice")
    assert ask(chain, "Validator", validator_addr=first).validator.tokens == str(13 * UNIT)
    delegation = ask(chain, "Delegation", delegator_addr=alice, validator_addr=first).delegation_response
    assert (delegation.balance.denom, delegation.balance.amount) == ("uakt", str(3 * UNIT))
    unbond = ask(chain, "UnbondingDelegation", delegator_addr=alice, validator_addr=first).unbond
    assert [entry.balance for entry in unbond.entries] == [str(UNIT)]
    assert unbond.entries[0].unbonding_id == 1
    staked_with = ask(chain, "DelegatorValidator", delegator_addr=alice, validator_addr=first).validator
    assert staked_with.operator_address == first


def test_lists(chain: StakedChain) -> None:
    first, alice = chain.validators[0].text, chain.text("alice")
    with_first = ask(chain, "ValidatorDelegations", validator_addr=first).delegation_responses
    owners = {each.delegation.delegator_address: each.balance.amount for each in with_first}
    assert owners == {alice: str(3 * UNIT), chain.validators[0].account: str(10 * UNIT)}
    mine = ask(chain, "DelegatorDelegations", delegator_addr=alice).delegation_responses
    assert sorted(each.balance.amount for each in mine) == [str(2 * UNIT), str(3 * UNIT), str(6 * UNIT)]
    leaving = ask(chain, "ValidatorUnbondingDelegations", validator_addr=first).unbonding_responses
    assert [each.delegator_address for each in leaving] == [alice]
    assert len(ask(chain, "DelegatorUnbondingDelegations", delegator_addr=alice).unbonding_responses) == 1
    assert len(ask(chain, "DelegatorValidators", delegator_addr=alice).validators) == 3


def test_moves_three_ways(chain: StakedChain) -> None:
    source, target = chain.validators[1].text, chain.validators[2].text
    alice = chain.text("alice")
    asked: list[dict[str, str]] = [
        {"delegator_addr": alice},
        {"src_validator_addr": source},
        {"delegator_addr": alice, "src_validator_addr": source, "dst_validator_addr": target},
    ]
    for fields in asked:
        (found,) = ask(chain, "Redelegations", **fields).redelegation_responses
        assert found.redelegation.validator_dst_address == target
        assert (found.entries[0].balance, list(found.redelegation.entries)) == (str(2 * UNIT), [])
    with pytest.raises(ChainError, match="redelegation not found"):
        ask(
            chain,
            "Redelegations",
            delegator_addr=alice,
            src_validator_addr=target,
            dst_validator_addr=source,
        )


def test_the_whole(chain: StakedChain) -> None:
    pool = ask(chain, "Pool").pool
    assert (pool.bonded_tokens, pool.not_bonded_tokens) == (str(71 * UNIT), str(UNIT))
    assert ask(chain, "Params").params.bond_denom == "uakt"
    assert ask(chain, "HistoricalInfo", height=1).hist.header.height == 1


@pytest.mark.parametrize(
    ("method", "fields", "words", "grpc"),
    [
        ("Validators", {"status": "BONDED"}, "invalid validator status BONDED", 3),
        ("Validator", {}, "validator address cannot be empty", 3),
        ("Validator", {"validator_addr": "akashvaloper1x"}, "bech32", 2),
        ("Validator", {"validator_addr": "ghost"}, "validator .* not found", 5),
        ("ValidatorDelegations", {}, "validator address cannot be empty", 3),
        ("Delegation", {"validator_addr": "v0"}, "delegator address cannot be empty", 3),
        ("Delegation", {"delegator_addr": "bob", "validator_addr": "v0"}, "not found for validator", 5),
        (
            "UnbondingDelegation",
            {"delegator_addr": "bob", "validator_addr": "v0"},
            "unbonding delegation with delegator",
            5,
        ),
        ("DelegatorValidator", {"delegator_addr": "bob", "validator_addr": "v0"}, "no delegation", 2),
        ("DelegatorDelegations", {}, "delegator address cannot be empty", 3),
        ("HistoricalInfo", {"height": -1}, "negative", 3),
        ("HistoricalInfo", {"height": 99}, "historical info for height 99 not found", 5),
        ("Redelegations", {}, "delegator address cannot be empty", 3),
    ],
)
def test_queries_that_are_refused(
    chain: StakedChain, method: str, fields: dict[str, Any], words: str, grpc: int
) -> None:
    named = dict(fields)
    if named.get("validator_addr", "").isalnum() and len(named["validator_addr"]) < 8:
        named["validator_addr"] = chain.keys_of(named["validator_addr"]).text
    if "delegator_addr" in named:
        named["delegator_addr"] = chain.text(named["delegator_addr"])
    with pytest.raises(ChainError, match=words) as caught:
        ask(chain, method, **named)
    assert caught.value.grpc == grpc


def test_entries_are_due_when_their_time_has_come_and_nobody_holds_them(chain: StakedChain) -> None:
    ctx = chain.ctx()
    found = delegations.read_unbonding(ctx, person("alice"), chain.validators[0].operator)
    assert found is not None
    entry = found.entries[0]
    assert not delegations.is_due(ctx, entry)
    ctx.time += 21 * 86_400 * 10**9
    assert delegations.is_due(ctx, entry)
    entry.unbonding_on_hold_ref_count = 1
    assert not delegations.is_due(ctx, entry)


def test_records_of_moves_without_entries_vanish_with_their_indexes() -> None:
    chain = StakedChain()
    ctx = chain.ctx()
    first, second = chain.validators[0], chain.validators[1]
    empty = staking_pb2.Redelegation(
        delegator_address=chain.text("bob"),
        validator_src_address=first.text,
        validator_dst_address=second.text,
    )
    full = staking_pb2.Redelegation()
    full.CopyFrom(empty)
    full.entries.add(initial_balance="1", shares_dst="1")
    delegations.write_redelegation(ctx, full)
    assert delegations.has_redelegation_to(ctx, person("bob"), second.operator)
    assert delegations.redelegations_from(ctx, first.operator) == [full]
    delegations.write_redelegation(ctx, empty)
    assert not delegations.has_redelegation_to(ctx, person("bob"), second.operator)
    assert delegations.redelegations_from(ctx, first.operator) == []
