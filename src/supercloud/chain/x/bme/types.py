"""The vault's parameters, refusals and states."""

from __future__ import annotations

from typing import Final

from supercloud.pb.akash.bme.v1.params_pb2 import Params
from supercloud.pb.akash.bme.v1.types_pb2 import (
    LedgerCanceledRecord,
    mint_status_halt_cr,
    mint_status_halt_oracle,
    mint_status_healthy,
    mint_status_warning,
)
from supercloud.types.coin import is_denom
from supercloud.types.errors import (
    FAILED_PRECONDITION,
    INVALID_ARGUMENT,
    PERMISSION_DENIED,
    ChainError,
    Undefined,
    define,
)

CODESPACE: Final = "bme"
NAME: Final = "bme"
CREDIT_DENOM: Final = "uact"
"""A millionth of a dollar of compute."""

HEALTHY: Final = mint_status_healthy
WARNING: Final = mint_status_warning
HALT_CR: Final = mint_status_halt_cr
HALT_ORACLE: Final = mint_status_halt_oracle

BPS: Final = 10_000
SPREAD_BPS_MAX: Final = 1_000
RATIO_BPS_MAX: Final = 2**32 - 1
AMOUNT_DIGITS_MAX: Final = 78

Unauthorized = define(CODESPACE, 3, "unauthorized", PERMISSION_DENIED)
CircuitBreakerActive = define(CODESPACE, 6, "circuit breaker is active", FAILED_PRECONDITION)
InsufficientVaultFunds = define(CODESPACE, 7, "insufficient vault funds", FAILED_PRECONDITION)
InvalidAmount = define(CODESPACE, 8, "invalid amount", INVALID_ARGUMENT)
InvalidDenom = define(CODESPACE, 9, "invalid denomination", INVALID_ARGUMENT)
InvalidAddress = define(CODESPACE, 10, "invalid address", INVALID_ARGUMENT)
ZeroPrice = define(CODESPACE, 12, "zero price", FAILED_PRECONDITION)
RecordExists = define(CODESPACE, 13, "record exists")
MintFailed = define(CODESPACE, 14, "mint failed")
Epsilon = define(CODESPACE, 16, "amount is too small to convert", INVALID_ARGUMENT)
MinimumMint = define(CODESPACE, 17, "amount is below the minimum mint", INVALID_ARGUMENT)

FATAL: Final[dict[type[ChainError], int]] = {
    Epsilon: LedgerCanceledRecord.epsilon,
    InvalidDenom: LedgerCanceledRecord.invalid_denom,
    InvalidAmount: LedgerCanceledRecord.invalid_amount,
    MinimumMint: LedgerCanceledRecord.minimum_mint,
}
"""Refusals that no later attempt will change, and what a canceled record says of them."""


def default_params() -> Params:
    """Parameters of a new network."""
    params = Params(
        circuit_breaker_warn_threshold=9500,
        circuit_breaker_halt_threshold=9000,
        min_epoch_blocks=10,
        epoch_blocks_backoff_percent=10,
        mint_spread_bps=25,
        settle_spread_bps=0,
        max_endblocker_records=50,
        max_pending_attempts=3,
    )
    params.min_mint.add(denom=CREDIT_DENOM, amount="10000000")
    return params


def check_params(params: Params) -> None:
    """Refuse parameters that mean nothing. The network gives these refusals no code of their own."""
    warn, halt = params.circuit_breaker_warn_threshold, params.circuit_breaker_halt_threshold
    if warn > BPS or halt > BPS:
        raise Undefined(f"circuit breaker thresholds must not be above {BPS} bps: {warn}, {halt}")
    if warn <= halt:
        raise Undefined(f"warn threshold {warn} must be above halt threshold {halt}")
    if params.min_epoch_blocks <= 0:
        raise Undefined("min_epoch_blocks must be positive")
    if params.epoch_blocks_backoff_percent > 100:
        raise Undefined("epoch_blocks_backoff_percent must not be above 100")
    if params.mint_spread_bps > SPREAD_BPS_MAX or params.settle_spread_bps > SPREAD_BPS_MAX:
        raise Undefined(f"spreads must not be above {SPREAD_BPS_MAX} bps")
    if params.max_endblocker_records < 1:
        raise Undefined("max_endblocker_records must be positive")
    seen: list[str] = []
    for coin in params.min_mint:
        digits = coin.amount
        if not is_denom(coin.denom) or coin.denom in seen:
            raise Undefined(f"min_mint: denom {coin.denom!r} is invalid or stands twice")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= AMOUNT_DIGITS_MAX):
            raise Undefined(f"min_mint: amount {digits[:100]!r} of {coin.denom} is invalid")
        seen.append(coin.denom)


def min_mint(params: Params, denom: str) -> int:
    """The least that a conversion into a denom must give."""
    return next((int(coin.amount) for coin in params.min_mint if coin.denom == denom), 0)
