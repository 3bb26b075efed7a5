"""Layout of the `slashing` store. `<c>` is a consensus address behind a byte that tells its length.

0x00                      -> Params
0x01 <c>                  -> ValidatorSigningInfo
0x02 <c> chunk(8, little) -> 1024 bits, those of missed blocks set; absent when none is
0x03 <c>                  -> the validator's public key (Any)
"""

from __future__ import annotations

STORE = "slashing"

PARAMS = b"\x00"
SIGNING_PREFIX = b"\x01"
MISSED_PREFIX = b"\x02"
PUBLIC_KEY_PREFIX = b"\x03"


def sized(address: bytes) -> bytes:
    """An address behind its length."""
    return b"%c%b" % (len(address), address)


def signing_key(consensus: bytes) -> bytes:
    """Key of a validator's signing record."""
    return SIGNING_PREFIX + sized(consensus)


def missed_prefix(consensus: bytes) -> bytes:
    """Prefix of a validator's missed blocks."""
    return MISSED_PREFIX + sized(consensus)


def missed_key(consensus: bytes, chunk: int) -> bytes:
    """Key of a part of a validator's missed blocks."""
    return missed_prefix(consensus) + chunk.to_bytes(8, "little")


def public_key_key(consensus: bytes) -> bytes:
    """Key of a validator's public key."""
    return PUBLIC_KEY_PREFIX + sized(consensus)
