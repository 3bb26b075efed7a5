"""What is left between two settlements."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from supercloud.cli.escrow import Left, left

ONE = 10**18


def lease(price: int, denom: str = "uakt", closed_on: int = 0) -> Any:
    return SimpleNamespace(price=SimpleNamespace(denom=denom, amount=str(price * ONE)), closed_on=closed_on)


def account(settled_at: int, **funds: int) -> Any:
    entries = [SimpleNamespace(denom=denom, amount=str(amount * ONE)) for denom, amount in funds.items()]
    return SimpleNamespace(settled_at=settled_at, funds=entries)


@pytest.mark.parametrize(("height", "raw"), [(10, 1000 * ONE), (9, 1000 * ONE), (20, 970 * ONE), (10_000, 0)])
def test_leases_take_their_price_each_block_since_the_account_was_settled(height: int, raw: int) -> None:
    drawing = [lease(1), lease(2), lease(5, "uact"), lease(7, closed_on=9)]
    assert left(account(10, uakt=1000, uusdc=3), drawing, height) == [
        Left("uakt", raw, 3 * ONE),
        Left("uusdc", 3 * ONE, 0),
    ]


@pytest.mark.parametrize(
    ("raw", "rate", "lasts"),
    [
        (0, 0, ""),
        (86400 * ONE, ONE, "24.0 hours"),
        (0, ONE, "0.0 hours"),
        (86400 * 3 * ONE, 2 * ONE, "36.0 hours"),
        (86400 * 1500 * ONE, ONE, "1,500.0 days"),
    ],
)
def test_how_long(raw: int, rate: int, lasts: str) -> None:
    assert Left("uakt", raw, rate).lasts(1.0) == lasts


def test_words() -> None:
    assert Left("uakt", 1_500_000 * ONE, 0).sentence(1.0) == "escrow 1.5 AKT"
    assert (
        Left("uakt", 10**6 * ONE, ONE).sentence(2.0)
        == "escrow 1 AKT, leases cost 1.296 AKT a month, lasts 23.1 days"
    )
