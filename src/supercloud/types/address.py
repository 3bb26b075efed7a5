"""Addresses: 20 or 32 bytes inside, bech32 text (BIP-173) at the edge."""

from __future__ import annotations

import hashlib
from typing import Final

CHARSET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES: Final = {character: value for value, character in enumerate(CHARSET)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# A checksum step looks up the feedback of its top five bits instead of testing them one by one.
_FEEDBACK: Final = tuple(
    (_GENERATOR[0] if top & 1 else 0)
    ^ (_GENERATOR[1] if top & 2 else 0)
    ^ (_GENERATOR[2] if top & 4 else 0)
    ^ (_GENERATOR[3] if top & 8 else 0)
    ^ (_GENERATOR[4] if top & 16 else 0)
    for top in range(32)
)
TEXT_CHARS_MAX: Final = 128
ADDRESS_BYTES: Final = (20, 32)
CACHE_ENTRIES_MAX: Final = 1 << 17
OPERATOR: Final = "valoper"
CONSENSUS: Final = "valcons"
"""What the addresses of validators have between the network's prefix and the rest."""


def _polymod(seed: int, values: bytes | list[int]) -> int:
    check = seed
    feedback = _FEEDBACK
    for value in values:
        check = ((check & 0x1FFFFFF) << 5) ^ value ^ feedback[check >> 25]
    return check


def _expand(prefix: str) -> int:
    """Checksum state after the human-readable part; the same for every address of a network."""
    return _polymod(1, [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix])


def _to_fives(data: bytes) -> list[int]:
    pad = -len(data) * 8 % 5
    number = int.from_bytes(data, "big") << pad
    count = (len(data) * 8 + pad) // 5
    return [(number >> 5 * at) & 31 for at in range(count - 1, -1, -1)]


def encode(prefix: str, data: bytes) -> str:
    """Bech32 text of any bytes."""
    return _encode(prefix, _expand(prefix), data)


def _encode(prefix: str, seed: int, data: bytes) -> str:
    fives = _to_fives(data)
    return prefix + "1" + "".join([CHARSET[value] for value in fives]) + _checksum(seed, fives)


def _checksum(seed: int, fives: list[int]) -> str:
    check = _polymod(seed, [*fives, 0, 0, 0, 0, 0, 0]) ^ 1
    return "".join([CHARSET[(check >> 5 * (5 - at)) & 31] for at in range(6)])


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and bytes of a bech32 text. Raises ValueError naming what is wrong."""
    if not 8 <= len(text) <= TEXT_CHARS_MAX:
        raise ValueError(f"decoding bech32 failed: invalid bech32 string length {len(text)}")
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise ValueError("decoding bech32 failed: string not all lowercase or all uppercase")
    prefix, mark, body = lower.rpartition("1")
    if not mark or not prefix or len(body) < 6:
        raise ValueError(f"decoding bech32 failed: invalid separator index {lower.rfind('1')}")
    try:
        fives = [_VALUES[character] for character in body]
    except KeyError as error:
        raise ValueError(f"decoding bech32 failed: invalid character not part of charset: {error}") from error
    seed = _expand(prefix)
    if _polymod(seed, fives) != 1:
        right, given = _checksum(seed, fives[:-6]), body[-6:]
        raise ValueError(f"decoding bech32 failed: invalid checksum (expected {right} got {given})")
    return prefix, _from_fives(fives[:-6])


def _from_fives(fives: list[int]) -> bytes:
    number = 0
    for five in fives:
        number = number << 5 | five
    pad = len(fives) * 5 % 8
    if pad >= 5 or number & ((1 << pad) - 1):
        raise ValueError("decoding bech32 failed: invalid padding")
    return (number >> pad).to_bytes(len(fives) * 5 // 8, "big")


class Bech32:
    """Addresses of one network as text. Both ways are cached, bounded; the cache changes speed alone."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._seed = _expand(prefix)
        self._texts: dict[bytes, str] = {}
        self._bytes: dict[str, bytes] = {}
        self._kinds: dict[str, Bech32] = {}

    def text(self, address: bytes) -> str:
        """The text of an account address."""
        found = self._texts.get(address)
        if found is None:
            found = _encode(self.prefix, self._seed, address)
            self._remember(address, found)
        return found

    def parse(self, text: str) -> bytes:
        """Bytes of an account address of this network. Raises ValueError."""
        found = self._bytes.get(text)
        if found is not None:
            return found
        if not text or not text.strip():
            raise ValueError("empty address string is not allowed")
        prefix, address = decode(text)
        if prefix != self.prefix:
            raise ValueError(f"invalid Bech32 prefix; expected {self.prefix}, got {prefix}")
        if len(address) not in ADDRESS_BYTES:
            raise ValueError(
                f"address has {len(address)} bytes; an account has 20, a module's sub-account 32"
            )
        if text == text.lower():
            self._remember(address, text)
        return address

    def valoper(self, address: bytes) -> str:
        """The same bytes as a validator operator's address."""
        return self._kind(OPERATOR).text(address)

    def parse_valoper(self, text: str) -> bytes:
        """Bytes of a validator operator's address. Raises ValueError."""
        return self._kind(OPERATOR).parse(text)

    def valcons(self, address: bytes) -> str:
        """Text of a consensus address."""
        return self._kind(CONSENSUS).text(address)

    def parse_valcons(self, text: str) -> bytes:
        """Bytes of a consensus address. Raises ValueError."""
        return self._kind(CONSENSUS).parse(text)

    def forget(self) -> None:
        """Empty the cache: what was asked for last, as by a genesis, need not be what is asked for next."""
        self._texts.clear()
        self._bytes.clear()

    def _kind(self, suffix: str) -> Bech32:
        kind = self._kinds.get(suffix)
        if kind is None:
            kind = self._kinds[suffix] = Bech32(self.prefix + suffix)
        return kind

    def _remember(self, address: bytes, text: str) -> None:
        if len(self._texts) >= CACHE_ENTRIES_MAX:
            self.forget()
        self._texts[address] = text
        self._bytes[text] = address


def module_address(name: str) -> bytes:
    """Account of a module: the first 20 bytes of SHA-256 of its name."""
    return hashlib.sha256(name.encode()).digest()[:20]


def operator_account(text: str) -> str:
    """The account that signs for a validator operator's address; text that is none comes back as it is."""
    try:
        prefix, address = decode(text)
    except ValueError:
        return text
    if not prefix.endswith(OPERATOR):
        return text
    return encode(prefix.removesuffix(OPERATOR), address)
