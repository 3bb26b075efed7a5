"""Stateless rules of deposits."""

from __future__ import annotations

import pytest

from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.types.deposit import check_deposit
from supercloud.types.errors import ChainError


@pytest.mark.parametrize(
    ("amount", "denom", "sources", "code"),
    [
        ("5", "uact", (1,), None),
        ("0", "uact", (2, 1), None),
        (str(2**128), "uact", (1,), None),
        (str(2**128 + 1), "uact", (1,), ("sdk", 10)),
        ("1" * 40, "uact", (1,), ("sdk", 10)),
        ("", "uact", (1,), ("sdk", 10)),
        ("-5", "uact", (1,), ("sdk", 10)),
        ("٣", "uact", (1,), ("sdk", 10)),
        ("5", "u", (1,), ("sdk", 10)),
        ("5", "uact", (), ("akash", 4)),
        ("5", "uact", (0,), ("akash", 4)),
        ("5", "uact", (1, 3), ("akash", 4)),
        ("5", "uact", (2, 2), ("akash", 4)),
    ],
)
def test_check(amount: str, denom: str, sources: tuple[int, ...], code: tuple[str, int] | None) -> None:
    deposit = Deposit(amount=Coin(denom=denom, amount=amount), sources=sources)
    if code is None:
        check_deposit(deposit)
    else:
        with pytest.raises(ChainError) as caught:
            check_deposit(deposit)
        assert (caught.value.codespace, caught.value.code) == code
