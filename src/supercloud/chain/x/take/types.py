"""The take's parameters and refusals."""

from __future__ import annotations

from typing import Final

from supercloud.pb.akash.take.v1.params_pb2 import Params
from supercloud.pb.supercloud.take.v1.outflow_pb2 import OutflowParams
from supercloud.types.coin import is_denom
from supercloud.types.errors import define

CODESPACE: Final = "take"
MODULE_ACCOUNT: Final = "take"
FEE_COLLECTOR: Final = "fee_collector"
"""Whose coins the next block shares out among those who stake."""
DENOMS_MAX: Final = 64
BPS: Final = 10_000
EPOCH_CHARACTERS_MAX: Final = 64

InvalidParam = define(CODESPACE, 1, "parameter invalid", 3)


def default_params() -> Params:
    """Nothing on the network's own coins, a tenth of everything else."""
    params = Params(default_take_rate=10)
    params.denom_take_rates.add(denom="uakt", rate=0)
    params.denom_take_rates.add(denom="uact", rate=0)
    return params


def check_params(params: Params) -> None:
    """Rates are percentages; no denom is named twice."""
    if params.default_take_rate > 100:
        raise InvalidParam(f"default take rate {params.default_take_rate} is above 100")
    if len(params.denom_take_rates) > DENOMS_MAX:
        raise InvalidParam(f"more than {DENOMS_MAX} denoms")
    seen: list[str] = []
    for entry in params.denom_take_rates:
        if not is_denom(entry.denom):
            raise InvalidParam(f"invalid denom {entry.denom!r}")
        if entry.denom in seen:
            raise InvalidParam(f"duplicate denom {entry.denom}")
        if entry.rate > 100:
            raise InvalidParam(f"take rate {entry.rate} of {entry.denom} is above 100")
        seen.append(entry.denom)


def check_outflow(params: OutflowParams) -> None:
    """Shares are parts of a whole; an epoch has a name of reasonable length."""
    if params.community_bps + params.stakers_bps > BPS:
        raise InvalidParam(f"shares {params.community_bps} and {params.stakers_bps} are above {BPS} together")
    if len(params.epoch) > EPOCH_CHARACTERS_MAX:
        raise InvalidParam(f"epoch identifier longer than {EPOCH_CHARACTERS_MAX}")


def rate_of(params: Params, denom: str) -> int:
    """Percentage taken of a denom."""
    for entry in params.denom_take_rates:
        if entry.denom == denom:
            return entry.rate
    return params.default_take_rate


def share_of(params: Params, denom: str, gross: int) -> int:
    """What is taken of an amount; the fraction of a unit stays with the provider."""
    return gross * rate_of(params, denom) // 100
