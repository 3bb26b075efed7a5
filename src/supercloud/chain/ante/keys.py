"""Public keys of accounts: which kinds there are, their addresses, what verifying costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from google.protobuf.message import DecodeError

from supercloud.crypto import ed25519, multisig, secp256k1
from supercloud.pb.cosmos.crypto.ed25519 import keys_pb2 as ed25519_pb2
from supercloud.pb.cosmos.crypto.multisig import keys_pb2 as multisig_pb2
from supercloud.pb.cosmos.crypto.secp256k1 import keys_pb2 as secp256k1_pb2
from supercloud.types.errors import InvalidPubKey, TxParse

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any

    from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2

SECP256K1_URL = "/cosmos.crypto.secp256k1.PubKey"
ED25519_URL = "/cosmos.crypto.ed25519.PubKey"
MULTISIG_URL = "/cosmos.crypto.multisig.LegacyAminoPubKey"

MEMBERS_MAX = 64
CACHED_MAX = 1 << 16


class Key(NamedTuple):
    """A public key: one of its own, or a threshold of members."""

    url: str
    data: bytes
    address: bytes
    threshold: int = 0
    members: tuple[bytes, ...] = ()

    @property
    def signatures(self) -> int:
        """How many signatures it may bring."""
        return len(self.members) or 1

    def cost(self, params: auth_pb2.Params) -> int:
        """Gas of verifying one signature of a key that is no threshold."""
        if self.url == ED25519_URL:
            return params.sig_verify_cost_ed25519
        return params.sig_verify_cost_secp256k1

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature of a key that is no threshold is good."""
        if self.url == ED25519_URL:
            return ed25519.verify(self.data, message, signature)
        return secp256k1.verify(self.data, message, signature)


_cache: dict[tuple[str, bytes], Key] = {}


def read_key(packed: Any) -> Key:
    """The key in an Any; sdk 2 for a kind that the network does not know."""
    named = (packed.type_url, packed.value)
    key = _cache.get(named)
    if key is None:
        key = _read(*named)
        if len(_cache) >= CACHED_MAX:
            _cache.clear()
        _cache[named] = key
    return key


def _read(url: str, value: bytes) -> Key:
    try:
        if url == SECP256K1_URL:
            return single(secp256k1_pb2.PubKey.FromString(value).key)
        if url == ED25519_URL:
            data = ed25519_pb2.PubKey.FromString(value).key
            if len(data) != 32:
                raise InvalidPubKey("an ed25519 public key has 32 bytes")
            return Key(url, data, ed25519.address(data))
        if url == MULTISIG_URL:
            return _read_threshold(multisig_pb2.LegacyAminoPubKey.FromString(value))
    except DecodeError as error:
        raise TxParse(f"public key: {error}: tx parse error") from error
    raise TxParse(f"unable to resolve type URL {url}: tx parse error")


def single(data: bytes) -> Key:
    """A secp256k1 key of 33 bytes."""
    if len(data) != secp256k1.PUBLIC_KEY_BYTES:
        raise InvalidPubKey("a secp256k1 public key has 33 bytes")
    return Key(SECP256K1_URL, data, secp256k1.address(data))


def _read_threshold(message: multisig_pb2.LegacyAminoPubKey) -> Key:
    members = []
    for packed in message.public_keys:
        if packed.type_url != SECP256K1_URL:
            raise InvalidPubKey(f"members of a threshold key are secp256k1 keys, not {packed.type_url}")
        members.append(secp256k1_pb2.PubKey.FromString(packed.value).key)
    if not 0 < message.threshold <= len(members) <= MEMBERS_MAX:
        raise InvalidPubKey(f"a threshold of {message.threshold} of {len(members)} keys is not possible")
    if any(len(member) != secp256k1.PUBLIC_KEY_BYTES for member in members):
        raise InvalidPubKey("a secp256k1 public key has 33 bytes")
    address = multisig.address(message.threshold, members)
    return Key(MULTISIG_URL, b"", address, message.threshold, tuple(members))
