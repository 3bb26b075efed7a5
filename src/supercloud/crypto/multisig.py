"""Threshold keys (LegacyAminoPubKey): their address, and which members signed (CompactBitArray)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

AMINO_MULTISIG: Final = bytes.fromhex("22c1f7e2")
AMINO_SECP256K1: Final = bytes.fromhex("eb5ae987")
MEMBERS_MAX: Final = 256


def amino_public_key(public_key: bytes) -> bytes:
    """Amino encoding of a compressed secp256k1 key: type prefix, length, bytes."""
    return AMINO_SECP256K1 + bytes([len(public_key)]) + public_key


def amino_multisig(threshold: int, public_keys: Sequence[bytes]) -> bytes:
    """Amino encoding of a threshold key over secp256k1 members."""
    encoded = AMINO_MULTISIG + b"\x08" + _varint(threshold)
    for public_key in public_keys:
        member = amino_public_key(public_key)
        encoded += b"\x12" + _varint(len(member)) + member
    return encoded


def address(threshold: int, public_keys: Sequence[bytes]) -> bytes:
    """20 bytes of SHA-256 of the amino encoding."""
    return hashlib.sha256(amino_multisig(threshold, public_keys)).digest()[:20]


def signers(extra_bits_stored: int, elems: bytes) -> list[int]:
    """Positions whose bit is set in a CompactBitArray; the first member is the highest bit. Raises ValueError."""
    if not 0 <= extra_bits_stored < 8 or len(elems) > MEMBERS_MAX:
        raise ValueError("malformed bit array")
    count = len(elems) * 8 if extra_bits_stored == 0 else (len(elems) - 1) * 8 + extra_bits_stored
    return [at for at in range(max(count, 0)) if elems[at >> 3] >> (7 - (at & 7)) & 1]


def size(extra_bits_stored: int, elems: bytes) -> int:
    """How many members a CompactBitArray speaks of."""
    if not elems:
        return 0
    return len(elems) * 8 if extra_bits_stored == 0 else (len(elems) - 1) * 8 + extra_bits_stored


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
