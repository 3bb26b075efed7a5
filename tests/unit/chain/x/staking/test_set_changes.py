"""staking/keeper.py, set_changes.py, validators.py, history.py, abci.py: who decides blocks, what is remembered."""

from __future__ import annotations

from supercloud.chain.x.staking import abci, history, keys, set_changes, types, validators
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as pb
from supercloud.testing.staked import UNIT, StakedChain, person
from supercloud.types.address import module_address

DAYS_21 = 21 * 86_400


def delegate(chain: StakedChain, number: int, amount: int) -> None:
    chain.send(
        pb.MsgDelegate(
            delegator_address=chain.text("alice"),
            validator_address=chain.validators[number].text,
            amount=Coin(denom="uakt", amount=str(amount)),
        )
    )


def status(chain: StakedChain, number: int) -> int:
    return chain.k.staking.require_validator(chain.ctx(), chain.validators[number].operator).status


def powers(chain: StakedChain) -> dict[str, int]:
    names = {v.public_key: v.name for v in chain.validators}
    return {names[update.pub_key.ed25519]: update.power for update in chain.updates}


def shrink(chain: StakedChain, most: int) -> None:
    params = types.default_params()
    params.max_validators = most
    chain.k.staking.set_params(chain.ctx(), params)


def test_genesis_names_who_decides() -> None:
    chain = StakedChain()
    assert powers(chain) == {"v0": 10, "v1": 20, "v2": 30}
    assert validators.last_total_power(chain.ctx()) == 60
    assert validators.last_power(chain.ctx(), chain.validators[2].operator) == 30
    assert validators.last_power(chain.ctx(), person("alice")) == 0


def test_blocks_without_changes_write_nothing_but_history() -> None:
    chain = StakedChain()
    chain.block()
    mark = chain.branch.mark()
    assert abci.end_block(chain.ctx(), chain.k.staking) == []
    assert chain.branch.mark() == mark


def test_the_mightier_takes_the_place_of_the_weakest() -> None:
    chain = StakedChain()
    shrink(chain, 2)
    chain.block()
    assert powers(chain) == {"v0": 0}
    assert status(chain, 0) == types.UNBONDING
    delegate(chain, 0, 15 * UNIT)
    chain.block()
    assert powers(chain) == {"v0": 25, "v1": 0}
    assert (status(chain, 0), status(chain, 1)) == (types.BONDED, types.UNBONDING)
    # v0 left the queue when it came back; v1 finishes alone.
    chain.block(seconds=DAYS_21)
    chain.block()
    assert (status(chain, 0), status(chain, 1)) == (types.BONDED, types.UNBONDED)
    assert chain.balance(module_address("not_bonded_tokens_pool")) == 20 * UNIT
    assert chain.violations() == []


def test_of_equals_the_smaller_address_decides() -> None:
    chain = StakedChain((10, 10, 10))
    shrink(chain, 2)
    chain.block()
    weakest = max(chain.validators, key=lambda keys: keys.operator)
    assert powers(chain) == {weakest.name: 0}


def test_no_power_no_vote() -> None:
    chain = StakedChain()
    chain.send(
        pb.MsgUndelegate(
            delegator_address=chain.validators[0].account,
            validator_address=chain.validators[0].text,
            amount=Coin(denom="uakt", amount=str(10 * UNIT - 1)),
        )
    )
    chain.block()
    assert powers(chain) == {"v0": 0}


def test_jail_and_back() -> None:
    chain = StakedChain()
    consensus = chain.validators[2].consensus
    chain.k.staking.jail(chain.ctx(), consensus)
    chain.block()
    assert powers(chain) == {"v2": 0}
    chain.k.staking.unjail(chain.ctx(), consensus)
    chain.block()
    assert powers(chain) == {"v2": 30}
    assert chain.violations() == []


def test_what_somebody_holds_waits() -> None:
    chain = StakedChain()
    shrink(chain, 2)
    chain.block()
    held = chain.k.staking.require_validator(chain.ctx(), chain.validators[0].operator)
    held.unbonding_on_hold_ref_count = 1
    validators.write(chain.ctx(), held)
    chain.block(seconds=DAYS_21)
    chain.block()
    assert status(chain, 0) == types.UNBONDING
    held.unbonding_on_hold_ref_count = 0
    validators.write(chain.ctx(), held)
    set_changes.finish_unbonding(chain.ctx(), chain.k.staking)
    assert status(chain, 0) == types.UNBONDED


def test_headers_are_remembered_with_those_who_decided() -> None:
    chain = StakedChain(genesis={"staking": {"params": {"historical_entries": 3}}})
    chain.block(5)
    ctx = chain.ctx()
    kept = [keys.history_key(height) for height in (4, 5, 6)]
    assert [key for key, _ in ctx.kv(keys.STORE).prefix(keys.HISTORY_PREFIX)] == kept
    info = history.read(ctx, 6)
    assert info is not None
    assert (info.header.height, info.header.chain_id) == (6, "staked-1")
    assert info.header.proposer_address == chain.validators[0].consensus
    assert [validator.tokens for validator in info.valset] == [str(n * UNIT) for n in (30, 20, 10)]
    assert history.read(ctx, 3) is None
    history.track(ctx, 0)
    assert not list(ctx.kv(keys.STORE).prefix(keys.HISTORY_PREFIX))
