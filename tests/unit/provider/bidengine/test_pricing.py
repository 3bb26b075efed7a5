"""The price sheet: what a month costs, and what that makes a block."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.bidengine.pricing import MONTH_NS, PriceSheet, UnknownDenom, sheet_of
from supercloud.provider.config import Config

spec = importlib.util.spec_from_file_location("orders", Path(__file__).parents[1] / "orders.py")
assert spec is not None and spec.loader is not None
orders = importlib.util.module_from_spec(spec)
spec.loader.exec_module(orders)

SHEET: PriceSheet = sheet_of(Config())


def units(**changes: Any) -> Any:
    return orders.order(**changes).spec.resources


def test_a_month_is_the_sum_of_its_parts() -> None:
    assert SHEET.month(units()) == Fraction("1.60") + Fraction("0.80") + Fraction("0.02") + Fraction("0.05")


def test_everything_but_endpoints_is_counted_for_each_replica() -> None:
    assert SHEET.month(units(count=3)) == 3 * Fraction("2.42") + Fraction("0.05")


def test_small_orders_cost_the_minimum() -> None:
    assert SHEET.month(units(cpu=10, memory=2**20)) == Fraction("0.10")


def test_a_block_is_its_share_of_the_month_rounded_up() -> None:
    exact = SHEET.month(units()) * 10**6 * 10**18 * Fraction(10**9, MONTH_NS)
    found = SHEET.per_block(units(), "uact", 10**9)
    assert exact <= found < exact + 1


def test_slower_blocks_cost_more_each() -> None:
    once, six = SHEET.per_block(units(), "uact", 10**9), SHEET.per_block(units(), "uact", 6 * 10**9)
    assert 6 * once - 6 <= six <= 6 * once


def test_a_cheaper_token_needs_more_units() -> None:
    cheap = sheet_of(Config(dollars_per={"uakt": "0.5"}))
    assert abs(cheap.per_block(units(), "uakt", 10**9) - 2 * SHEET.per_block(units(), "uact", 10**9)) <= 2


def test_unknown_denoms_have_no_price() -> None:
    with pytest.raises(UnknownDenom, match="ushell"):
        SHEET.per_block(units(), "ushell", 10**9)


def test_gpus_cost_by_model_the_dearest_of_those_accepted() -> None:
    order = orders.order()
    gpu = order.spec.resources[0].resource.gpu
    gpu.units.val = b"2"
    gpu.attributes.add(key="vendor/nvidia/model/t4", value="true")
    gpu.attributes.add(key="vendor/nvidia/model/a100/ram/80Gi", value="true")
    assert SHEET.month(order.spec.resources) == SHEET.month(units()) + 2 * 120


def test_leased_addresses_are_counted_once_each() -> None:
    order = orders.order()
    for number in (1, 1, 2):
        order.spec.resources[0].resource.endpoints.add(kind=2, sequence_number=number)
    assert SHEET.month(order.spec.resources) == SHEET.month(units()) + 10
