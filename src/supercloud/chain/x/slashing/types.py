"""Slashing's errors, defaults and checks."""

from __future__ import annotations

from typing import Final, NamedTuple

from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.pb.cosmos.slashing.v1beta1.slashing_pb2 import Params
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import Undefined, define

NAME: Final = "slashing"

ValidatorJailed = define(NAME, 4, "validator still jailed; cannot be unjailed")
ValidatorNotJailed = define(NAME, 5, "validator not jailed; cannot be unjailed")
SelfDelegationTooLow = define(NAME, 7, "validator's self delegation less than minimum; cannot be unjailed")
NoSigningInfo = define(NAME, 8, "no validator signing info found")
ValidatorTombstoned = define(NAME, 9, "validator already tombstoned")

DOUBLE_SIGN: Final = "double_sign"
MISSING_SIGNATURE: Final = "missing_signature"

CHUNK_BITS: Final = 1024
"""Blocks whose absences are one record."""
LAST_COMMIT_DELAY: Final = 2
"""The stake that answers for a vote stood two blocks before the block that reports it."""


class Rates(NamedTuple):
    """Parameters as numbers."""

    window: int
    min_signed: int
    jail_ns: int
    downtime: Dec
    double_sign: Dec


def default_params() -> Params:
    """The network's parameters for a new chain."""
    params = Params(
        signed_blocks_window=100,
        min_signed_per_window=_wire("0.5"),
        slash_fraction_double_sign=_wire("0.05"),
        slash_fraction_downtime=_wire("0.01"),
    )
    params.downtime_jail_duration.seconds = 600
    return params


def check_params(params: Params) -> None:
    """Refuse parameters that mean nothing."""
    if params.signed_blocks_window <= 0:
        raise Undefined(f"signed blocks window must be positive: {params.signed_blocks_window}")
    if checked_duration_ns(params.downtime_jail_duration) <= 0:
        raise Undefined("downtime jail duration must be positive")
    fractions = (
        ("min signed per window", params.min_signed_per_window),
        ("double sign slash fraction", params.slash_fraction_double_sign),
        ("downtime slash fraction", params.slash_fraction_downtime),
    )
    for words, wire in fractions:
        try:
            fraction = _dec(wire)
        except ValueError as error:
            raise Undefined(f"{words}: {error}") from error
        if fraction.raw < 0:
            raise Undefined(f"{words} cannot be negative: {fraction}")
        if fraction.raw > ONE:
            raise Undefined(f"{words} too large: {fraction}")


def rates_of(params: Params) -> Rates:
    """The parameters as numbers; how many blocks must be signed is rounded half to even."""
    window = params.signed_blocks_window
    return Rates(
        window,
        _dec(params.min_signed_per_window).mul_int(window).round(),
        checked_duration_ns(params.downtime_jail_duration),
        _dec(params.slash_fraction_downtime),
        _dec(params.slash_fraction_double_sign),
    )


def _dec(wire: bytes) -> Dec:
    return Dec.from_wire(wire.decode("ascii", "replace"))


def _wire(text: str) -> bytes:
    return Dec.from_text(text).to_wire().encode()
