"""Layout of the `bme` store.

0x0100 | denom -> remint credit: what mints locked and burns may pay out again
0x0201 | denom -> amount ever burned
0x0202 | denom -> amount ever minted
0x0301 | record -> LedgerPendingRecord
0x0302 | record -> LedgerRecord
0x0303 | denom -> amount of all pending records
0x0304 | record -> LedgerCanceledRecord
0x0305 -> number of the block's last record
0x0306 | denom | denom to get | height | number -> record: the queue, first come, first served
0x0400 -> Status
0x0401 | "mint" or "burn" -> height at which the next ones are due
0x0900 -> Params

A record is denom | denom to get | source | height | number, the first three with their length. Amounts and heights are
decimal text.
"""

from __future__ import annotations

from typing import Final, NamedTuple

STORE: Final = "bme"

REMINT_CREDITS: Final = b"\x01\x00"
BURNED: Final = b"\x02\x01"
MINTED: Final = b"\x02\x02"
PENDING: Final = b"\x03\x01"
EXECUTED: Final = b"\x03\x02"
PENDING_BALANCES: Final = b"\x03\x03"
CANCELED: Final = b"\x03\x04"
SEQUENCE: Final = b"\x03\x05"
QUEUE: Final = b"\x03\x06"
STATUS: Final = b"\x04\x00"
MINT_DUE: Final = b"\x04\x01mint"
BURN_DUE: Final = b"\x04\x01burn"
PARAMS: Final = b"\x09\x00"


class Record(NamedTuple):
    """Where one exchange stands in the ledger."""

    denom: str
    to_denom: str
    source: bytes
    height: int
    sequence: int


def _sized(raw: bytes) -> bytes:
    return bytes((len(raw),)) + raw


def route_part(denom: str, to_denom: str) -> bytes:
    """What keys of one route begin with."""
    return _sized(denom.encode()) + _sized(to_denom.encode())


def _place(record: Record) -> bytes:
    return record.height.to_bytes(8, "big") + record.sequence.to_bytes(8, "big")


def record_part(record: Record) -> bytes:
    """A record in keys."""
    return route_part(record.denom, record.to_denom) + _sized(record.source) + _place(record)


def queue_key(record: Record) -> bytes:
    """A record's place in its route's queue."""
    return QUEUE + route_part(record.denom, record.to_denom) + _place(record)


def parse_record(part: bytes) -> Record:
    """A record from its key without the table. Raises ValueError, IndexError when it is none."""
    denom, rest = _split(part)
    to_denom, rest = _split(rest)
    source, rest = _split(rest)
    if len(rest) != 16:
        raise ValueError("a ledger record ends with two numbers")
    height, sequence = int.from_bytes(rest[:8], "big"), int.from_bytes(rest[8:], "big")
    return Record(denom.decode(), to_denom.decode(), source, height, sequence)


def _split(raw: bytes) -> tuple[bytes, bytes]:
    end = 1 + raw[0]
    return raw[1:end], raw[end:]
