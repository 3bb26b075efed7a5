"""Keys from words: mnemonics (BIP-39), derivation (BIP-32) along m/44'/118'/account'/0/index (BIP-44, SLIP-44)."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Final

from mnemonic import Mnemonic

from supercloud.crypto.secp256k1 import PrivateKey

COIN_TYPE: Final = 118
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HARDENED: Final = 1 << 31
WORDS: Final = (12, 15, 18, 21, 24)
MNEMONIC_CHARS_MAX: Final = 512


def generate_mnemonic() -> str:
    """24 new words (256 bits of entropy)."""
    return str(Mnemonic("english").generate(strength=256))


def check_mnemonic(mnemonic: str) -> str:
    """The words in normal form. Raises ValueError saying what is wrong, without repeating them."""
    if len(mnemonic) > MNEMONIC_CHARS_MAX:
        raise ValueError("too long for a mnemonic")
    words = unicodedata.normalize("NFKD", mnemonic).lower().split()
    if len(words) not in WORDS:
        raise ValueError(f"it has {len(words)} words; 12, 15, 18, 21 or 24 are possible")
    english = Mnemonic("english")
    unknown = [str(at + 1) for at, word in enumerate(words) if word not in english.wordlist]
    if unknown:
        raise ValueError(f"word {', '.join(unknown)} is not in the BIP-39 list")
    if not english.check(" ".join(words)):
        raise ValueError("its checksum does not match: a word is wrong or misplaced")
    return " ".join(words)


def derive(
    mnemonic: str, account: int = 0, index: int = 0, coin_type: int = COIN_TYPE, passphrase: str = ""
) -> PrivateKey:
    """The key at m/44'/coin_type'/account'/0/index. Raises ValueError for bad words or numbers."""
    if not all(0 <= number < HARDENED for number in (account, index, coin_type)):
        raise ValueError("account, index and coin type are numbers below 2^31")
    words = check_mnemonic(mnemonic)
    salt = unicodedata.normalize("NFKD", "mnemonic" + passphrase).encode()
    seed = hashlib.pbkdf2_hmac("sha512", words.encode(), salt, 2048)
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, chain_code = digest[:32], digest[32:]
    for number in (44 | HARDENED, coin_type | HARDENED, account | HARDENED, 0, index):
        key, chain_code = _child(key, chain_code, number)
    return PrivateKey(key)


def _child(key: bytes, chain_code: bytes, number: int) -> tuple[bytes, bytes]:
    """BIP-32 CKDpriv. The case that a half is not below the order has a chance of 2^-127 and raises."""
    parent = b"\0" + key if number & HARDENED else bytes(PrivateKey(key).public_key)
    digest = hmac.digest(chain_code, parent + number.to_bytes(4, "big"), "sha512")
    tweak = int.from_bytes(digest[:32], "big")
    child = (tweak + int.from_bytes(key, "big")) % ORDER
    if tweak >= ORDER or child == 0:
        raise ValueError("this path has no key; use the next index")
    return child.to_bytes(32, "big"), digest[32:]
