"""Epochs: the records of a new network, their rules, and where in time they stand."""

from __future__ import annotations

from typing import Final

from google.protobuf.duration_pb2 import Duration

from supercloud.chain.baseapp.timestamps import checked_duration_ns, checked_ns, to_ns
from supercloud.pb.akash.epochs.v1beta1.genesis_pb2 import EpochInfo
from supercloud.types.errors import ChainError, Undefined

IDENTIFIER_CHARACTERS_MAX: Final = 64
EPOCHS_MAX: Final = 32
"""Every record is looked at in every block."""

STANDARD: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("week", 604_800))
"""Identifiers and seconds."""


def standard_epochs() -> list[EpochInfo]:
    """The records of a new network: none has begun; each begins with the network."""
    return [EpochInfo(id=name, duration=Duration(seconds=seconds)) for name, seconds in STANDARD]


def check_epoch(info: EpochInfo) -> None:
    """Refuse a record that means nothing."""
    if not info.id or len(info.id) > IDENTIFIER_CHARACTERS_MAX:
        raise Undefined("epoch identifier should NOT be empty, nor long")
    try:
        if checked_duration_ns(info.duration) <= 0:
            raise Undefined(f"epoch {info.id}: duration should be positive")
        for time in (info.start_time, info.current_epoch_start_time):
            checked_ns(time)
    except ChainError as error:
        raise Undefined(f"epoch {info.id}: {error}") from error
    if info.current_epoch < 0 or info.current_epoch_start_height < 0:
        raise Undefined(f"epoch {info.id}: its number and its height must not be negative")


def has_start(info: EpochInfo) -> bool:
    """Whether a record names its start; an unset time reads as 1970, Go's zero time as the year 1."""
    return to_ns(info.start_time) > 0
