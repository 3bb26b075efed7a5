"""Distribution's errors, defaults and checks."""

from __future__ import annotations

from typing import Final

from supercloud.pb.cosmos.distribution.v1beta1.distribution_pb2 import Params
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import InvalidRequest, Undefined, define

NAME: Final = "distribution"
FEE_COLLECTOR: Final = "fee_collector"

EmptyDelegationInfo = define(NAME, 5, "no delegation distribution info")
NoCommission = define(NAME, 7, "no validator commission to withdraw")
WithdrawAddressDisabled = define(NAME, 8, "set withdraw address disabled")
BadDistribution = define(NAME, 9, "community pool does not have sufficient coins to distribute")

STAKE_TOLERANCE: Final = 3
"""By how many of the last digits a stake that was slashed step by step may exceed the present one."""


def default_params() -> Params:
    """Two hundredths of all fees for the community, as new networks have it."""
    return Params(
        community_tax=Dec.from_text("0.02").to_wire(),
        base_proposer_reward="0",
        bonus_proposer_reward="0",
        withdraw_addr_enabled=True,
    )


def check_params(params: Params) -> None:
    """Refuse a tax that is no fraction."""
    try:
        tax = Dec.from_wire(params.community_tax)
    except ValueError as error:
        raise Undefined(f"community tax: {error}") from error
    if tax.raw < 0:
        raise Undefined(f"community tax must be positive: {tax}")
    if tax.raw > ONE:
        raise Undefined(f"community tax too large: {tax}")


def check_deprecated(params: Params) -> None:
    """Refuse to change what has no effect any more."""
    for text in (params.base_proposer_reward, params.bonus_proposer_reward):
        if text not in ("", "0"):
            raise InvalidRequest(
                "cannot update base or bonus proposer reward because these are deprecated fields"
            )
