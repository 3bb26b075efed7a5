"""The auditor's vault against the worked examples of the network: conversions, spreads, the circuit breaker."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from supercloud.pb.akash.bme.v1 import msgs_pb2
from supercloud.pb.akash.bme.v1.params_pb2 import Params
from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.money import VAULT, Disagreement, Money
from supercloud.testing.auditor.prices import Prices
from supercloud.testing.auditor.vault import HALT_CR, HALT_ORACLE, HEALTHY, WARNING, Vault


@pytest.fixture
def vault() -> Vault:
    """A healthy vault at 3 dollars; alice has both coins."""
    money = Money(str.encode)
    money.purses["alice"] = Counter(uakt=10**9, uact=10**7)
    money.purses[VAULT] = Counter(uakt=10**8)
    money.supply = Counter(uakt=10**9 + 10**8, uact=10**7)
    made = Vault(money, Prices())
    params = Params(
        circuit_breaker_warn_threshold=9500,
        circuit_breaker_halt_threshold=9000,
        min_epoch_blocks=10,
        epoch_blocks_backoff_percent=10,
        max_endblocker_records=50,
        max_pending_attempts=3,
    )
    params.min_mint.add(denom="uact", amount="10")
    made.set_params(params)
    made.prices.price = 3 * ONE
    made.status = HEALTHY
    made.wait = 10
    return made


def ask(kind: Any, denom: str, amount: int) -> Any:
    return kind(owner="alice", to="alice", coins_to_burn=Coin(denom=denom, amount=str(amount)))


def gained(vault: Vault, message: Any, denom: str) -> int:
    before = vault.money.purses["alice"][denom]
    vault.apply(message)
    vault.money.height += 10
    vault.end()
    return vault.money.purses["alice"][denom] - before


def test_a_mint_locks_and_a_burn_pays_out_of_it(vault: Vault) -> None:
    assert gained(vault, ask(msgs_pb2.MsgMintACT, "uakt", 1_000_000), "uact") == 3_000_000
    assert (vault.locked, vault.money.supply["uact"]) == (1_000_000, 13_000_000)
    assert gained(vault, ask(msgs_pb2.MsgBurnACT, "uact", 1_000_000), "uakt") == 333_333
    assert (vault.locked, vault.money.supply["uact"]) == (666_667, 12_000_000)
    # What locked tokens lack is made anew.
    assert gained(vault, ask(msgs_pb2.MsgBurnACT, "uact", 9_000_000), "uakt") == 3_000_000 - 1
    assert vault.money.supply["uakt"] == 10**9 + 10**8 + 2_999_999 - 666_667
    assert vault.told == {"executed": 3}


def test_the_spread_stays_in_the_vault(vault: Vault) -> None:
    vault.rules.burn_spread = 100
    assert gained(vault, ask(msgs_pb2.MsgBurnACT, "uact", 1_000_000), "uakt") == 330_000
    assert vault.money.purses[VAULT]["uakt"] == 10**8 + 3333


def test_what_gives_too_little_comes_back_at_once(vault: Vault) -> None:
    assert gained(vault, ask(msgs_pb2.MsgMintACT, "uakt", 3), "uakt") == 0
    assert gained(vault, ask(msgs_pb2.MsgBurnACT, "uact", 2), "uact") == 0
    assert vault.told == {"canceled": 2}


def test_without_a_price_burns_are_tried_three_times(vault: Vault) -> None:
    message = ask(msgs_pb2.MsgBurnMint, "uact", 500)
    message.denom_to_mint = "uakt"
    vault.apply(message)
    vault.prices.price = None
    for height in (10, 15, 20, 30):
        vault.money.height = height
        vault.end()
        assert vault.status == HALT_ORACLE
        assert bool(vault.queues["uact"]) == (height < 30)
    assert vault.money.purses["alice"]["uact"] == 10**7


@pytest.mark.parametrize(
    ("locked", "status", "wait"),
    [
        (9500, WARNING, 10),
        (9501, HEALTHY, 10),
        (9400, WARNING, 25),
        (9001, WARNING, 1067),
        (9000, HALT_CR, 10),
    ],
)
def test_the_circuit_breaker_and_its_waits(vault: Vault, locked: int, status: int, wait: int) -> None:
    vault.money.supply["uact"] = 30_000
    vault.money.purses[VAULT]["uakt"] = locked
    vault.money.height = 5
    vault.end()
    assert (vault.status, vault.wait) == (status, wait)
    assert vault.stand_in() == (3 * ONE if status == HALT_CR else None)


def test_after_a_halt_mints_wait_in_full(vault: Vault) -> None:
    vault.apply(ask(msgs_pb2.MsgMintACT, "uakt", 1000))
    vault.status, vault.money.height = HALT_CR, 50
    vault.end()
    assert vault.mint_due == 60 and vault.queues["uakt"]
    vault.money.height = 60
    vault.end()
    assert not vault.queues["uakt"]


def test_a_block_handles_so_many_and_the_oldest_first(vault: Vault) -> None:
    vault.rules.handled_max = 3
    for amount in (100, 200):
        vault.apply(ask(msgs_pb2.MsgBurnACT, "uact", amount))
        vault.apply(ask(msgs_pb2.MsgMintACT, "uakt", amount))
    assert vault.owed() == {"uact": 300, "uakt": 300}
    vault.money.height = 10
    vault.end()
    assert ([each.amount for each in vault.queues["uakt"]], vault.queues["uact"]) == ([200], [])


def test_the_authority_fills_it_and_prices_come_through_it(vault: Vault) -> None:
    coin = Coin(denom="uakt", amount="5")
    assert vault.apply(msgs_pb2.MsgFundVault(source="alice", amount=coin))
    assert vault.money.purses[VAULT]["uakt"] == 10**8 + 5
    vault.prices.allowed = ["alice"]
    assert vault.apply(MsgAddPriceEntry(signer="alice", price=str(ONE)))
    assert list(vault.prices.sources) == ["alice"]


@pytest.mark.parametrize("status", [HALT_CR, HALT_ORACLE])
def test_what_must_not_be_accepted(vault: Vault, status: int) -> None:
    vault.status = status
    with pytest.raises(Disagreement, match="circuit breaker"):
        vault.apply(ask(msgs_pb2.MsgMintACT, "uakt", 5))
    if status == HALT_CR:
        vault.apply(ask(msgs_pb2.MsgBurnACT, "uact", 5))
    vault.prices.price = None
    with pytest.raises(Disagreement, match="without a price"):
        vault.apply(ask(msgs_pb2.MsgBurnACT, "uact", 5))
