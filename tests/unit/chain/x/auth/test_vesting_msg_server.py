"""Messages that make accounts whose coins become free with time."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.auth import expected_keepers, vesting
from supercloud.codec import amino
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSetSendEnabled
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.vesting.v1beta1 import tx_pb2 as tx
from supercloud.pb.cosmos.vesting.v1beta1 import vesting_pb2 as pb
from supercloud.testing.ledger import GENESIS_TIME, Ledger
from supercloud.types.address import module_address

LATER = GENESIS_TIME + 1_000_000
FIVE = [Coin(denom="uakt", amount="5")]


def periods(*parts: tuple[int, str]) -> list[pb.Period]:
    return [pb.Period(length=length, amount=[Coin(denom="uakt", amount=amount)]) for length, amount in parts]


def message(kind: str, ledger: Ledger, **changes: Any) -> Any:
    ends = {"from_address": ledger.alice.text, "to_address": ledger.actor("vera").text}
    match kind:
        case "even":
            return tx.MsgCreateVestingAccount(**{**ends, "amount": FIVE, "end_time": LATER, **changes})
        case "late":
            return tx.MsgCreateVestingAccount(
                **{**ends, "amount": FIVE, "end_time": LATER, "delayed": True, **changes}
            )
        case "never":
            return tx.MsgCreatePermanentLockedAccount(**{**ends, "amount": FIVE, **changes})
    parts = periods((10, "2"), (20, "3"))
    return tx.MsgCreatePeriodicVestingAccount(
        **{**ends, "start_time": GENESIS_TIME, "vesting_periods": parts, **changes}
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("even", "ContinuousVestingAccount"),
        ("late", "DelayedVestingAccount"),
        ("never", "PermanentLockedAccount"),
        ("parts", "PeriodicVestingAccount"),
    ],
)
def test_each_message_makes_its_kind_of_account(ledger: Ledger, kind: str, name: str) -> None:
    vera = ledger.actor("vera")
    result = ledger.deliver(message(kind, ledger), by=ledger.alice)
    assert result.code == 0, result.log
    account = ledger.app.keepers.auth.account(ledger.context(), vera.address)
    assert account is not None and account.url == vesting.PREFIX + name
    schedule = vesting.schedule_of(account.record)
    assert list(schedule.original_vesting) == FIVE
    assert schedule.base_account.address == vera.text
    ends = {"even": LATER, "late": LATER, "never": 0, "parts": GENESIS_TIME + 30}
    assert schedule.end_time == ends[kind]
    if kind == "even":
        assert account.record.start_time == ledger.time // 10**9  # type: ignore[attr-defined]
    assert ledger.balance(vera) == 5
    kinds = [event.type for event in result.events]
    assert {"coin_spent", "coin_received", "transfer"} <= set(kinds)
    modules = [
        attribute.value
        for event in result.events
        if event.type == "message"
        for attribute in event.attributes
        if attribute.key == "module"
    ]
    assert modules == ["vesting"]


@pytest.mark.parametrize(
    ("kind", "changes", "code", "words"),
    [
        ("even", {"to_address": "nonsense1"}, 7, "invalid 'to' address"),
        ("even", {"amount": []}, 10, "invalid coins"),
        ("never", {"amount": [Coin(denom="uakt", amount="0")]}, 10, "0uakt"),
        ("even", {"end_time": 0}, 18, "invalid end time"),
        ("late", {"end_time": -1}, 18, "invalid end time"),
        ("even", {"end_time": GENESIS_TIME}, 18, "invalid end time"),
        ("parts", {"start_time": 0}, 18, "invalid start time of 0"),
        ("parts", {"vesting_periods": []}, 18, "no vesting periods"),
        ("parts", {"vesting_periods": periods((0, "5"))}, 18, "invalid period length of 0 in period 0"),
        ("parts", {"vesting_periods": periods((5, "-1"))}, 10, "-1uakt"),
        ("parts", {"vesting_periods": periods((2**63 - 1, "1"))}, 18, "too long"),
        ("even", {"amount": [Coin(denom="uakt", amount=str(10**30))]}, 5, "spendable balance"),
    ],
)
def test_refusals(ledger: Ledger, kind: str, changes: dict[str, Any], code: int, words: str) -> None:
    result = ledger.deliver(message(kind, ledger, **changes), by=ledger.alice)
    assert (result.codespace, result.code) == ("sdk", code)
    assert words in result.log
    assert ledger.account(ledger.actor("vera")).address == ""


@pytest.mark.parametrize("kind", ["even", "late", "never", "parts"])
def test_nobodys_account_is_made_over(ledger: Ledger, kind: str) -> None:
    result = ledger.deliver(message(kind, ledger, to_address=ledger.bob.text), by=ledger.alice)
    assert (result.codespace, result.code) == ("sdk", 18)
    assert f"account {ledger.bob.text} already exists" in result.log
    escrow = ledger.profile.bech32.text(module_address("escrow"))
    result = ledger.deliver(message(kind, ledger, to_address=escrow), by=ledger.alice)
    assert (result.codespace, result.code) == ("sdk", 4)


@pytest.mark.parametrize("kind", ["even", "never", "parts"])
def test_coins_that_are_switched_off_stay(ledger: Ledger, kind: str) -> None:
    from supercloud.chain.x.bank.msg_server import set_send_enabled
    from supercloud.types.errors import ChainError

    ctx, keepers = ledger.context(), ledger.app.keepers
    off = MsgSetSendEnabled(authority=ctx.bech32.text(ctx.authority))
    off.send_enabled.add(denom="uakt", enabled=False)
    set_send_enabled(ctx, keepers.bank, off)
    with pytest.raises(ChainError) as caught:
        ledger.app.router.invoke(ctx, message(kind, ledger))
    assert (caught.value.codespace, caught.value.code) == ("bank", 5)


def test_signed_the_old_way_too(ledger: Ledger) -> None:
    from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2

    names = [amino.name(message(kind, ledger)) for kind in ("even", "never", "parts")]
    assert names == [
        "cosmos-sdk/MsgCreateVestingAccount",
        "cosmos-sdk/MsgCreatePermLockedAccount",
        "cosmos-sdk/MsgCreatePeriodVestAccount",
    ]
    mode = signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON
    result = ledger.deliver(message("parts", ledger), by=ledger.alice, mode=mode)
    assert result.code == 0, result.log


def test_what_auth_needs_the_bank_has(ledger: Ledger, build: Any) -> None:
    assert build.missing(expected_keepers.BankKeeper, ledger.app.keepers.bank) == []
