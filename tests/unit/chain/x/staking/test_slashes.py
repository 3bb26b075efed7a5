"""staking/slashes.py: who pays for a validator's wrong."""

from __future__ import annotations

import pytest

from supercloud.chain.x.staking import slashes, types
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as pb
from supercloud.testing.staked import PURSE, UNIT, StakedChain, person
from supercloud.types.dec import Dec

TENTH = Dec.from_text("0.1")


@pytest.fixture
def chain() -> StakedChain:
    """Validators of 10, 20 and 30; alice stakes 10 more with the first."""
    chain = StakedChain()
    chain.send(
        pb.MsgDelegate(
            delegator_address=chain.text("alice"),
            validator_address=chain.validators[0].text,
            amount=Coin(denom="uakt", amount=str(10 * UNIT)),
        )
    )
    chain.block(3)
    return chain


def slash(chain: StakedChain, height: int, power: int, number: int = 0, fraction: Dec = TENTH) -> int:
    consensus = chain.validators[number].consensus
    wrong = slashes.Infraction(height, power, fraction)
    return slashes.slash(chain.ctx(), chain.k.staking, consensus, wrong)


def tokens(chain: StakedChain, number: int) -> int:
    return int(chain.k.staking.require_validator(chain.ctx(), chain.validators[number].operator).tokens)


def undelegate(chain: StakedChain, amount: int, number: int = 0) -> None:
    chain.send(
        pb.MsgUndelegate(
            delegator_address=chain.text("alice"),
            validator_address=chain.validators[number].text,
            amount=Coin(denom="uakt", amount=str(amount)),
        )
    )


def redelegate(chain: StakedChain, amount: int) -> None:
    chain.send(
        pb.MsgBeginRedelegate(
            delegator_address=chain.text("alice"),
            validator_src_address=chain.validators[0].text,
            validator_dst_address=chain.validators[1].text,
            amount=Coin(denom="uakt", amount=str(amount)),
        )
    )


def unbonding(chain: StakedChain, number: int = 0) -> list[str]:
    from supercloud.chain.x.staking import delegations

    found = delegations.read_unbonding(chain.ctx(), person("alice"), chain.validators[number].operator)
    return [] if found is None else [entry.balance for entry in found.entries]


def supply_lost(chain: StakedChain) -> int:
    return 3 * PURSE + 60 * UNIT - chain.k.bank.supply(chain.ctx(), "uakt")


def test_a_slash_of_the_present_takes_tokens_and_leaves_shares(chain: StakedChain) -> None:
    assert slash(chain, chain.height, 20) == 2 * UNIT
    assert tokens(chain, 0) == 18 * UNIT
    assert supply_lost(chain) == 2 * UNIT
    assert chain.violations() == []
    undelegate(chain, 9 * UNIT)
    assert chain.k.staking.delegation(chain.ctx(), person("alice"), chain.validators[0].operator) is None
    assert chain.violations() == []


def test_power_of_the_past_is_what_counts(chain: StakedChain) -> None:
    assert slash(chain, chain.height, 5) == UNIT // 2
    assert slash(chain, chain.height, 10**9) == 20 * UNIT - UNIT // 2
    assert tokens(chain, 0) == 0
    assert chain.violations() == []


def test_a_validator_without_a_price_takes_no_delegations(chain: StakedChain) -> None:
    slash(chain, chain.height, 10**6)
    with pytest.raises(types.InvalidExchangeRate):
        chain.send(
            pb.MsgDelegate(
                delegator_address=chain.text("bob"),
                validator_address=chain.validators[0].text,
                amount=Coin(denom="uakt", amount="5"),
            )
        )
    chain.block(2)
    assert chain.violations() == []


@pytest.mark.parametrize(
    ("begun_before", "slashed_unbonding", "slashed_tokens"),
    [(True, "4000000", 2 * UNIT), (False, "3600000", 2 * UNIT - 400_000)],
)
def test_what_unbonds_answers_if_it_left_after_the_wrong(
    chain: StakedChain, begun_before: bool, slashed_unbonding: str, slashed_tokens: int
) -> None:
    undelegate(chain, 4 * UNIT)
    begun = chain.height
    chain.block(2)
    assert slash(chain, begun + 1 if begun_before else begun, 20) == slashed_tokens
    assert unbonding(chain) == [slashed_unbonding]
    assert tokens(chain, 0) == 16 * UNIT - slashed_tokens
    assert chain.violations() == []


def test_what_has_unbonded_answers_no_longer(chain: StakedChain) -> None:
    undelegate(chain, 4 * UNIT)
    begun = chain.height
    chain.block(seconds=21 * 86_400)
    assert slash(chain, begun, 20) == 2 * UNIT
    assert unbonding(chain) == [str(4 * UNIT)]


def test_what_moved_answers_with_its_new_validator_s_tokens(chain: StakedChain) -> None:
    redelegate(chain, 4 * UNIT)
    begun = chain.height
    chain.block(2)
    assert slash(chain, begun, 20) == 2 * UNIT - 400_000
    assert (tokens(chain, 0), tokens(chain, 1)) == (16 * UNIT - 1_600_000, 24 * UNIT - 400_000)
    assert supply_lost(chain) == 2 * UNIT
    assert chain.violations() == []


@pytest.mark.parametrize(("unbonded", "paid_by_unbonding"), [(4 * UNIT, 400_000), (300_000, 300_000)])
def test_what_moved_and_began_to_unbond_pays_from_there_first(
    chain: StakedChain, unbonded: int, paid_by_unbonding: int
) -> None:
    redelegate(chain, 4 * UNIT)
    begun = chain.height
    chain.block()
    undelegate(chain, unbonded, 1)
    chain.block()
    slash(chain, begun, 20)
    assert unbonding(chain, 1) == [str(unbonded - paid_by_unbonding)]
    assert chain.violations() == []


def test_an_unbonding_validator_pays_from_the_other_pool(chain: StakedChain) -> None:
    chain.k.staking.jail(chain.ctx(), chain.validators[0].consensus)
    chain.block()
    assert slash(chain, chain.height, 20) == 2 * UNIT
    assert chain.violations() == []


def test_who_is_gone_or_unbonded_pays_nothing(chain: StakedChain) -> None:
    chain.k.staking.jail(chain.ctx(), chain.validators[0].consensus)
    chain.block()
    chain.block(seconds=21 * 86_400)
    chain.block()
    assert slash(chain, chain.height, 20) == 0
    assert tokens(chain, 0) == 20 * UNIT
