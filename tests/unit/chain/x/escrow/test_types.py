"""Names of accounts and payments, keys, records, genesis details."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.escrow import genesis, keys, records, types
from supercloud.chain.x.escrow.settlement import Account, Deposit, Payment, Source, State
from supercloud.types.address import Bech32
from supercloud.types.dec import ONE
from supercloud.types.errors import ChainError
from supercloud.types.ids import BidID, DeploymentID

BECH32 = Bech32("akash")
OWNER, PROVIDER = b"\x01" * 20, b"\x02" * 32
DEPLOYMENT, BID = DeploymentID(OWNER, 7), BidID(OWNER, 7, 1, 2, PROVIDER)


def test_names() -> None:
    owner, provider = BECH32.text(OWNER), BECH32.text(PROVIDER)
    assert types.account_text(DEPLOYMENT, BECH32) == f"deployment/{owner}/7"
    assert types.account_text(BID, BECH32) == f"bid/{owner}/7/1/2/{provider}"
    assert types.payment_text(BID, BECH32) == f"deployment/{owner}/7/1/2/{provider}"
    for account in (DEPLOYMENT, BID):
        assert types.account_from_text(types.account_text(account, BECH32), BECH32) == account
        assert types.account_from_pb(types.account_to_pb(account, BECH32), BECH32) == account
    assert types.payment_from_text(types.payment_text(BID, BECH32), BECH32) == BID
    wire = types.payment_to_pb(BID, BECH32)
    assert (wire.aid.xid, wire.xid) == (f"{owner}/7", f"1/2/{provider}")
    assert (types.owner_of(DEPLOYMENT), types.owner_of(BID)) == (OWNER, PROVIDER)


@pytest.mark.parametrize("text", ["", "deployment/x", "bid/1/2", "deployment/a/b/c/d/e/f"])
def test_foreign_names(text: str) -> None:
    with pytest.raises(types.InvalidID):
        types.account_from_text(text, BECH32)
    with pytest.raises((types.InvalidPayment, types.InvalidID)):
        types.payment_from_text(text, BECH32)


def test_keys_keep_alike_names_apart() -> None:
    twelve, hundred = (
        keys.payments_prefix(1, "deployment/a/12"),
        keys.payment_key(1, "deployment/a/123/1/1/p"),
    )
    assert not hundred.startswith(twelve)
    assert keys.payment_key(1, "deployment/a/12/1/1/p").startswith(twelve)
    assert keys.account_key(3, "x") == b"\x11\x03/x"
    assert keys.text_of(keys.account_key(3, "x/y")) == "x/y"


def test_records_read_back() -> None:
    account = Account(DEPLOYMENT, OWNER, State.OVERDRAWN, 9, {"uact": -5}, {"uact": 3})
    account.deposits = [Deposit(PROVIDER, 4, Source.GRANT, "uakt", 6 * ONE)]
    wire = records.account_to_state(account, BECH32)
    assert records.account_from_state(DEPLOYMENT, wire, BECH32) == account
    payment = Payment(BID, PROVIDER, State.OPEN, "uact", 1, 2, 3, 4)
    stored = records.payment_to_state(payment, BECH32)
    assert records.payment_from_state(BID, stored, BECH32) == payment
    assert stored.withdrawn.amount == "4"


@pytest.mark.parametrize(
    ("error", "code", "grpc"),
    [
        (types.AccountExists, 1, 6),
        (types.AccountNotFound, 3, 5),
        (types.AccountOverdrawn, 4, 9),
        (types.PaymentRateZero, 9, 3),
        (types.UnauthorizedDepositScope, 15, 7),
        (types.MalformedKey, 18, 3),
    ],
)
def test_codes(error: type[ChainError], code: int, grpc: int) -> None:
    assert (error.codespace, error.code, error.grpc) == ("escrow", code, grpc)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda d: d["payments"][0]["id"]["aid"].update(xid="x"), ChainError),
        (lambda d: d["payments"][0]["state"]["rate"].update(amount="-1.0"), types.InvalidPayment),
        (lambda d: d.update(accounts=[]), types.AccountNotFound),
        (lambda d: d["accounts"][0]["state"]["funds"].clear(), types.InvalidAccount),
        (
            lambda d: d["accounts"][0]["state"]["deposits"][0]["balance"].update(amount="0.0"),
            types.InvalidAccount,
        ),
    ],
)
def test_genesis_refuses_disorder(world: Any, spoil: Any, error: type[Exception]) -> None:
    world.with_lease()
    document = genesis.export(world.ctx(), world.k.escrow)
    spoil(document)
    with pytest.raises(error):
        world.load({**world.export(), "escrow": document})
