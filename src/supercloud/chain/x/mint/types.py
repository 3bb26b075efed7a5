"""Mint's parameters, defaults and arithmetic."""

from __future__ import annotations

from typing import Final

from supercloud.pb.cosmos.mint.v1beta1.mint_pb2 import Minter, Params
from supercloud.types.coin import is_denom
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import Undefined

NAME: Final = "mint"
FEE_COLLECTOR: Final = "fee_collector"

BLOCKS_PER_YEAR: Final = 6_311_520
"""Of five seconds each."""


def network_params(denom: str) -> Params:
    """The network's defaults: inflation of 7 to 20 % a year, towards 67 % of all tokens bonded."""
    return _params(denom, "0.13", "0.2", "0.07")


def fixed_supply_params(denom: str) -> Params:
    """Parameters under which nothing is ever minted."""
    return _params(denom, "0", "0", "0")


def _params(denom: str, change: str, most: str, least: str) -> Params:
    return Params(
        mint_denom=denom,
        inflation_rate_change=Dec.from_text(change).to_wire(),
        inflation_max=Dec.from_text(most).to_wire(),
        inflation_min=Dec.from_text(least).to_wire(),
        goal_bonded=Dec.from_text("0.67").to_wire(),
        blocks_per_year=BLOCKS_PER_YEAR,
    )


def minter(inflation: str) -> Minter:
    """A minter at its start."""
    return Minter(inflation=Dec.from_text(inflation).to_wire(), annual_provisions="0")


def check_params(params: Params) -> None:
    """Refuse parameters that mean nothing."""
    if not params.mint_denom.strip():
        raise Undefined("mint denom cannot be blank")
    if not is_denom(params.mint_denom):
        raise Undefined(f"invalid denom: {params.mint_denom}")
    rates = (
        ("inflation rate change", params.inflation_rate_change),
        ("max inflation", params.inflation_max),
        ("min inflation", params.inflation_min),
        ("goal bonded", params.goal_bonded),
    )
    for words, wire in rates:
        rate = _dec(wire, words)
        if rate.raw < 0:
            raise Undefined(f"{words} cannot be negative: {rate}")
        if rate.raw > ONE:
            raise Undefined(f"{words} too large: {rate}")
    if _dec(params.goal_bonded, "goal bonded").is_zero():
        raise Undefined("goal bonded must be positive: 0.000000000000000000")
    if not params.blocks_per_year:
        raise Undefined("blocks per year must be positive: 0")
    most, least = Dec.from_wire(params.inflation_max), Dec.from_wire(params.inflation_min)
    if most.raw < least.raw:
        raise Undefined(f"max inflation ({most}) must be greater than or equal to min inflation ({least})")


def _dec(wire: str, words: str) -> Dec:
    try:
        return Dec.from_wire(wire)
    except ValueError as error:
        raise Undefined(f"{words}: {error}") from error


def next_inflation(inflation: Dec, params: Params, bonded: Dec) -> Dec:
    """Inflation after a block: up while less than the goal is bonded, down while more is."""
    distance = Dec.of(1).sub(bonded.quo(Dec.from_wire(params.goal_bonded)))
    a_year = distance.mul(Dec.from_wire(params.inflation_rate_change))
    changed = inflation.add(a_year.quo(Dec.of(params.blocks_per_year)))
    return max(min(changed, Dec.from_wire(params.inflation_max)), Dec.from_wire(params.inflation_min))
