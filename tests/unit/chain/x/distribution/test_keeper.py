"""distribution: sharing fees out, payments, the community pool, messages, queries, genesis; dec_coins, records, abci.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.distribution import abci, keys, records, types
from supercloud.chain.x.distribution.dec_coins import NOTHING, DecCoins
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.pb.cosmos.distribution.v1beta1 import query_pb2
from supercloud.pb.cosmos.distribution.v1beta1 import tx_pb2 as pb
from supercloud.testing.staked import StakedChain, attributes, person
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import ChainError, ProgrammerError

POOL = module_address("distribution")
GOV = module_address("gov")


@pytest.fixture
def chain() -> StakedChain:
    """Two validators of equal power; the second block has begun."""
    chain = StakedChain((10, 10))
    chain.block(2)
    return chain


def ask(chain: StakedChain, method: str, **fields: Any) -> Any:
    request = getattr(query_pb2, f"Query{method}Request")(**fields)
    return chain.query(f"/cosmos.distribution.v1beta1.Query/{method}", request)


def texts(coins: Any) -> dict[str, str]:
    return {coin.denom: str(Dec.from_wire(coin.amount)) for coin in coins}


def refusal(chain: StakedChain, message: Any) -> tuple[str, int]:
    before = chain.branch.mark()
    with pytest.raises(ChainError) as caught:
        chain.send(message)
    assert chain.branch.mark() == before
    return caught.value.codespace, caught.value.code


# --- Sharing out


def test_fees_are_shared_out_by_power_after_tax_and_commission(chain: StakedChain) -> None:
    chain.pay_fees("1000uakt,7uusdc")
    events = chain.block()
    first, second = chain.validators
    assert {told["amount"] for told in attributes(events, "rewards")} == {
        "490.000000000000000000uakt,3.430000000000000000uusdc"
    }
    assert {told["amount"] for told in attributes(events, "commission")} == {
        "49.000000000000000000uakt,0.343000000000000000uusdc"
    }
    assert texts(ask(chain, "CommunityPool").pool) == {
        "uakt": "20.000000000000000000",
        "uusdc": "0.140000000000000000",
    }
    own = ask(chain, "ValidatorDistributionInfo", validator_address=first.text)
    assert own.operator_address == first.account
    assert texts(own.commission)["uakt"] == "49.000000000000000000"
    assert texts(own.self_bond_rewards)["uakt"] == "441.000000000000000000"
    rewards = ask(chain, "ValidatorOutstandingRewards", validator_address=second.text).rewards.rewards
    assert texts(rewards)["uakt"] == "490.000000000000000000"
    commission = ask(chain, "ValidatorCommission", validator_address=second.text).commission.commission
    assert texts(commission)["uusdc"] == "0.343000000000000000"
    assert chain.balance(POOL) == 1000
    assert chain.violations() == []


def test_a_block_without_fees_changes_nothing(chain: StakedChain) -> None:
    mark = chain.branch.mark()
    abci.begin_block(chain.ctx(), chain.k.distribution)
    assert chain.branch.mark() == mark


def test_without_votes_all_is_the_community_s() -> None:
    chain = StakedChain((10, 10))
    chain.block(2)
    chain.pay_fees("1001uakt")
    chain.deciding = [{}, {}, {}]
    chain.block()
    assert texts(ask(chain, "CommunityPool").pool) == {"uakt": "1001.000000000000000000"}
    assert chain.violations() == []


def test_votes_of_strangers_are_the_community_s(chain: StakedChain) -> None:
    chain.pay_fees("1000uakt")
    chain.deciding[1] = {**chain.deciding[1], b"\7" * 32: 20}
    chain.block()
    assert texts(ask(chain, "CommunityPool").pool) == {"uakt": "510.000000000000000000"}
    assert chain.violations() == []


def test_the_proposer_is_remembered(chain: StakedChain) -> None:
    assert records.proposer(chain.ctx()) == chain.validators[0].consensus


# --- Payments


def test_rewards_go_where_the_delegator_wants(chain: StakedChain) -> None:
    chain.pay_fees("1001uakt")
    chain.block()
    keys_ = chain.validators[0]
    to_carol = pb.MsgSetWithdrawAddress(delegator_address=keys_.account, withdraw_address=chain.text("carol"))
    told = chain.send(to_carol)
    assert attributes(told, "set_withdraw_address") == [{"withdraw_address": chain.text("carol")}]
    asked = ask(chain, "DelegatorWithdrawAddress", delegator_address=keys_.account)
    assert asked.withdraw_address == chain.text("carol")
    before = chain.balance(person("carol"))
    message = pb.MsgWithdrawDelegatorReward(delegator_address=keys_.account, validator_address=keys_.text)
    events = chain.send(message)
    assert attributes(events, "withdraw_rewards") == [
        {"amount": "441uakt", "validator": keys_.text, "delegator": keys_.account}
    ]
    assert chain.balance(person("carol")) == before + 441
    commission = pb.MsgWithdrawValidatorCommission(validator_address=keys_.text)
    events = chain.send(commission)
    assert attributes(events, "withdraw_commission") == [{"amount": "49uakt"}]
    assert chain.balance(person("carol")) == before + 490
    assert chain.violations() == []
    # Of the commission a fraction waits; it is less than one unit.
    assert attributes(chain.send(commission), "withdraw_commission") == [{"amount": ""}]


def test_payments_that_are_refused(chain: StakedChain) -> None:
    first = chain.validators[0]
    commission = pb.MsgWithdrawValidatorCommission(validator_address=first.text)
    assert refusal(chain, commission) == ("distribution", 7)
    rewards = pb.MsgWithdrawDelegatorReward(
        delegator_address=chain.text("alice"), validator_address=first.text
    )
    assert refusal(chain, rewards) == ("staking", 19)
    rewards.validator_address = chain.keys_of("ghost").text
    assert refusal(chain, rewards) == ("staking", 3)
    rewards.validator_address = "x"
    assert refusal(chain, rewards) == ("sdk", 7)
    elsewhere = pb.MsgSetWithdrawAddress(
        delegator_address=chain.text("alice"), withdraw_address=chain.bech32.text(POOL)
    )
    assert refusal(chain, elsewhere) == ("sdk", 4)
    elsewhere.withdraw_address = ""
    assert refusal(chain, elsewhere) == ("sdk", 7)


def test_withdraw_addresses_can_be_disabled() -> None:
    chain = StakedChain(genesis={"distribution": {"params": {"withdraw_addr_enabled": False}}})
    message = pb.MsgSetWithdrawAddress(
        delegator_address=chain.text("alice"), withdraw_address=chain.text("bob")
    )
    assert refusal(chain, message) == ("distribution", 8)


def test_a_gift_to_a_validator_is_shared_like_fees(chain: StakedChain) -> None:
    message = pb.MsgDepositValidatorRewardsPool(
        depositor=chain.text("alice"),
        validator_address=chain.validators[1].text,
        amount=[CoinPb(denom="uakt", amount="100")],
    )
    chain.send(message)
    chain.block()
    asked = ask(chain, "ValidatorDistributionInfo", validator_address=chain.validators[1].text)
    assert (texts(asked.commission), texts(asked.self_bond_rewards)) == (
        {"uakt": "10.000000000000000000"},
        {"uakt": "90.000000000000000000"},
    )
    message.validator_address = chain.keys_of("ghost").text
    assert refusal(chain, message) == ("staking", 3)
    assert chain.violations() == []


# --- The community pool


def fund(chain: StakedChain, *coins: CoinPb) -> pb.MsgFundCommunityPool:
    return pb.MsgFundCommunityPool(depositor=chain.text("alice"), amount=coins)


def spend(chain: StakedChain, amount: int, to: str = "", by: bytes = GOV) -> pb.MsgCommunityPoolSpend:
    return pb.MsgCommunityPoolSpend(
        authority=chain.bech32.text(by),
        recipient=to or chain.text("bob"),
        amount=[CoinPb(denom="uakt", amount=str(amount))],
    )


def test_the_community_is_given_to_and_gives(chain: StakedChain) -> None:
    chain.send(fund(chain, CoinPb(denom="uakt", amount="50"), CoinPb(denom="uusdc", amount="2")))
    before = chain.balance(person("bob"))
    events = chain.send(spend(chain, 30))
    assert attributes(events, "transfer")[0]["recipient"] == chain.text("bob")
    assert chain.balance(person("bob")) == before + 30
    assert texts(ask(chain, "CommunityPool").pool)["uakt"] == "20.000000000000000000"
    assert refusal(chain, spend(chain, 21)) == ("distribution", 9)
    assert chain.violations() == []


def test_spending_is_the_authority_s(chain: StakedChain) -> None:
    chain.send(fund(chain, CoinPb(denom="uakt", amount="50")))
    assert refusal(chain, spend(chain, 1, by=person("alice"))) == ("gov", 13)
    assert refusal(chain, spend(chain, 1, to=chain.bech32.text(POOL))) == ("sdk", 4)
    assert refusal(chain, spend(chain, 1, to="nobody")) == ("sdk", 7)
    assert refusal(chain, spend(chain, 0)) == ("sdk", 10)


@pytest.mark.parametrize("coins", [[], [("uakt", "0")], [("uakt", "1"), ("uakt", "1")], [("b", "1")]])
def test_gifts_that_are_none(chain: StakedChain, coins: list[tuple[str, str]]) -> None:
    message = fund(chain, *(CoinPb(denom=denom, amount=amount) for denom, amount in coins))
    assert refusal(chain, message) == ("sdk", 10)


def test_parameters_are_the_authority_s(chain: StakedChain) -> None:
    params = types.default_params()
    params.community_tax = Dec.from_text("0.5").to_wire()
    message = pb.MsgUpdateParams(authority=chain.text("alice"), params=params)
    assert refusal(chain, message) == ("gov", 13)
    message.authority = chain.bech32.text(GOV)
    chain.send(message)
    assert ask(chain, "Params").params.community_tax == str(ONE // 2)
    for tax in ("-1", str(ONE + 1), "x"):
        message.params.community_tax = tax
        assert refusal(chain, message) == ("undefined", 1)
    message.params.CopyFrom(params)
    message.params.base_proposer_reward = "1"
    assert refusal(chain, message) == ("sdk", 18)


# --- Ends


def test_a_validator_that_goes_is_paid_and_its_dust_is_the_community_s(chain: StakedChain) -> None:
    from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgUndelegate

    keys_ = chain.validators[0]
    chain.pay_fees("1001uakt")
    chain.block()
    chain.send(
        MsgUndelegate(
            delegator_address=keys_.account,
            validator_address=keys_.text,
            amount=CoinPb(denom="uakt", amount=str(10**7)),
        )
    )
    before = chain.balance(keys_.operator)
    assert before == 441
    chain.block()
    chain.block(seconds=21 * 86_400)
    chain.block()
    assert chain.k.staking.validator(chain.ctx(), keys_.operator) is None
    assert chain.balance(keys_.operator) == 441 + 49 + 10**7
    assert records.operators(chain.ctx()) == [chain.validators[1].operator]
    assert chain.violations() == []


def test_slashes_are_listed(chain: StakedChain) -> None:
    keys_ = chain.validators[0]
    for _ in range(2):
        ctx = chain.ctx()
        chain.k.staking.slash(ctx, keys_.consensus, ctx.height, 1, Dec.from_text("0.1"))
        chain.block()
    found = ask(chain, "ValidatorSlashes", validator_address=keys_.text, ending_height=99)
    assert [event.validator_period for event in found.slashes] == [2, 3]
    assert Dec.from_wire(found.slashes[0].fraction) == Dec.from_text("0.01")
    one = ask(
        chain,
        "ValidatorSlashes",
        validator_address=keys_.text,
        ending_height=99,
        pagination=PageRequest(limit=1),
    )
    assert len(one.slashes) == 1


def test_totals_of_a_delegator(chain: StakedChain) -> None:
    from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgDelegate

    for keys_ in chain.validators:
        chain.send(
            MsgDelegate(
                delegator_address=chain.text("alice"),
                validator_address=keys_.text,
                amount=CoinPb(denom="uakt", amount=str(10**7)),
            )
        )
    chain.block()
    chain.pay_fees("1000uakt")
    chain.block()
    found = ask(chain, "DelegationTotalRewards", delegator_address=chain.text("alice"))
    assert texts(found.total) == {"uakt": "441.000000000000000000"}
    assert len(found.rewards) == 2
    names = ask(chain, "DelegatorValidators", delegator_address=chain.text("alice")).validators
    assert sorted(names) == sorted(keys_.text for keys_ in chain.validators)


@pytest.mark.parametrize(
    ("method", "fields", "words"),
    [
        ("ValidatorCommission", {}, "empty validator address"),
        ("ValidatorOutstandingRewards", {"validator_address": "x"}, "bech32"),
        ("DelegationRewards", {"delegator_address": ""}, "empty delegator address"),
        ("DelegationTotalRewards", {}, "empty delegator address"),
    ],
)
def test_queries_that_are_refused(
    chain: StakedChain, method: str, fields: dict[str, str], words: str
) -> None:
    with pytest.raises(ChainError, match=words):
        ask(chain, method, **fields)


def test_slashes_between_no_heights(chain: StakedChain) -> None:
    with pytest.raises(ChainError, match="starting height greater than ending height"):
        ask(chain, "ValidatorSlashes", validator_address=chain.validators[0].text, starting_height=1)


# --- Genesis


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("fee_pool", "community_pool"), [{"denom": "uakt", "amount": "1"}], "does not match"),
        (("fee_pool", "community_pool"), [{"denom": "uakt", "amount": "-1"}], "negative"),
        (("previous_proposer",), "akash1x", "distribution"),
        (("params", "community_tax"), "1.1", "too large"),
    ],
)
def test_documents_that_are_refused(path: tuple[str, ...], value: Any, words: str) -> None:
    chain = StakedChain((10, 10))
    document = chain.export()
    at = document["distribution"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises((GenesisError, ChainError), match=words):
        chain.load(document)


# --- Amounts


def test_amounts_keep_no_zeros_and_stay_in_order() -> None:
    coins = DecCoins.of([Coin("b", 2), Coin("a", 1)])
    assert list(coins.amounts) == ["a", "b"]
    assert coins.text() == "1.000000000000000000a,2.000000000000000000b"
    assert coins.sub(coins) == NOTHING
    assert coins.minus(DecCoins.of([Coin("c", 1)])) is None
    assert coins.times_truncated(Dec(1)).amounts == {"a": 1, "b": 2}
    assert coins.times(Dec.from_text("0.5")).whole() == ([Coin("b", 1)], DecCoins({"a": ONE // 2}))
    assert coins.over_truncated(Dec.of(3)).amounts["a"] == ONE // 3
    assert coins.capped(DecCoins.of([Coin("a", 5)])) == DecCoins.of([Coin("a", 1)])
    with pytest.raises(ProgrammerError):
        NOTHING.sub(coins)
    assert DecCoins.from_pb(coins.to_pb()) == coins


def test_keys_are_those_of_the_network() -> None:
    operator, delegator = b"\1" * 20, b"\2" * 20
    o, d = "14" + operator.hex(), "14" + delegator.hex()
    assert keys.starting_key(operator, delegator).hex() == f"04{o}{d}"
    assert keys.historical_key(operator, 258).hex() == f"05{o}0201000000000000"
    assert keys.slash_key(operator, 5, 6).hex() == f"08{o}{5:016x}{6:016x}"
    assert keys.address_of(keys.current_key(operator)) == operator
    assert keys.rest_of(keys.starting_key(operator, delegator))[1:] == delegator
