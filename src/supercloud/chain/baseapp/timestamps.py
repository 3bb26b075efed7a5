"""Times: protobuf timestamps outside, integer nanoseconds since 1970 inside, sortable bytes in keys."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.types.errors import InvalidRequest

SECOND = 1_000_000_000
_SECONDS_MIN = -62_135_596_800
_SECONDS_MAX = 253_402_300_799
_DURATION_SECONDS_MAX = 315_576_000_000
_KEY_BYTES = 12


def to_ns(time: Timestamp) -> int:
    """Nanoseconds of a timestamp from consensus or state."""
    return time.seconds * SECOND + time.nanos


def checked_ns(time: Timestamp) -> int:
    """Nanoseconds of a timestamp from a message; years 1 to 9999."""
    if not _SECONDS_MIN <= time.seconds <= _SECONDS_MAX or not 0 <= time.nanos < SECOND:
        raise InvalidRequest(f"timestamp out of range: {time.seconds}s {time.nanos}ns")
    return time.seconds * SECOND + time.nanos


def to_timestamp(ns: int) -> Timestamp:
    """The protobuf form of a time."""
    seconds, nanos = divmod(ns, SECOND)
    return Timestamp(seconds=seconds, nanos=nanos)


def checked_duration_ns(duration: Duration) -> int:
    """Nanoseconds of a duration from a message."""
    if abs(duration.seconds) > _DURATION_SECONDS_MAX or abs(duration.nanos) >= SECOND:
        raise InvalidRequest(f"duration out of range: {duration.seconds}s {duration.nanos}ns")
    return duration.seconds * SECOND + duration.nanos


def time_key(ns: int) -> bytes:
    """Bytes that sort as the times do; not before 1970."""
    return max(ns, 0).to_bytes(_KEY_BYTES, "big")


def rfc3339(ns: int) -> str:
    """A time as Go prints it with whole seconds: 2026-11-24T12:00:00Z."""
    days, rest = divmod(ns // SECOND, 86_400)
    year, month, day = _civil(days)
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}Z"


def _civil(days: int) -> tuple[int, int, int]:
    """Date of a day counted from 1970 in the Gregorian calendar: eras of 400 years that begin in March."""
    shifted = days + 719_468
    era, day_of_era = divmod(shifted, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + 400 * era + (1 if month <= 2 else 0)
    return year, month, day
