"""Accounts as the state machine holds them, their parameters and what makes both valid."""

from __future__ import annotations

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.auth import vesting
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.types.errors import Undefined

NAME = "auth"
PRUNED_PER_BLOCK_MAX = 2000
"""Expired timestamps removed by one block; the rest waits for the next."""

BASE_URL = "/cosmos.auth.v1beta1.BaseAccount"
MODULE_URL = "/cosmos.auth.v1beta1.ModuleAccount"

_RECORDS: dict[str, type[Message]] = {
    BASE_URL: auth_pb2.BaseAccount,
    MODULE_URL: auth_pb2.ModuleAccount,
    **{vesting.PREFIX + kind.DESCRIPTOR.name: kind for kind in vesting.KINDS},
}


class Account:
    """An account record and the BaseAccount inside it. Changes are kept when the keeper saves it."""

    __slots__ = ("address", "base", "record", "url")

    def __init__(self, address: bytes, url: str, record: Message) -> None:
        self.address = address
        self.url = url
        self.record = record
        self.base = _base_of(record)

    def public_key(self) -> Any | None:
        """The public key, or None before the first signed transaction."""
        return self.base.pub_key if self.base.HasField("pub_key") else None

    def to_any(self) -> Any:
        """The record as queries answer it."""
        return Any(type_url=self.url, value=self.record.SerializeToString(deterministic=True))

    def encode(self) -> bytes:
        """The stored form."""
        return self.to_any().SerializeToString(deterministic=True)


def _base_of(record: Message) -> auth_pb2.BaseAccount:
    if isinstance(record, auth_pb2.BaseAccount):
        return record
    if isinstance(record, auth_pb2.ModuleAccount):
        return record.base_account
    return vesting.schedule_of(record).base_account


def decode_account(address: bytes, value: bytes) -> Account:
    """Read the stored form of the account at an address."""
    packed = Any.FromString(value)
    return Account(address, packed.type_url, _RECORDS[packed.type_url].FromString(packed.value))


def account_of(packed: Any) -> Message:
    """The record in an Any of a genesis document; one that vests must have a schedule that makes sense."""
    record_type = _RECORDS.get(packed.type_url)
    if record_type is None:
        raise GenesisError(f"auth: unknown kind of account {packed.type_url}")
    record = record_type.FromString(packed.value)
    wrong = vesting.what_is_wrong(record)
    if wrong is not None:
        raise GenesisError(f"auth: account {_base_of(record).address!r}: {wrong}")
    return record


def default_params() -> auth_pb2.Params:
    """The network's defaults."""
    return auth_pb2.Params(
        max_memo_characters=256,
        tx_sig_limit=7,
        tx_size_cost_per_byte=10,
        sig_verify_cost_ed25519=590,
        sig_verify_cost_secp256k1=1000,
    )


# Parameter and the name it has in the refusal, in the order in which they are checked.
_POSITIVE_PARAMS = (
    ("tx_sig_limit", "tx signature limit"),
    ("sig_verify_cost_ed25519", "ED25519 signature verification cost"),
    ("sig_verify_cost_secp256k1", "SECK256k1 signature verification cost"),
    ("max_memo_characters", "max memo characters"),
    ("tx_size_cost_per_byte", "tx size cost per byte"),
)


def validate_params(params: auth_pb2.Params) -> None:
    """Every parameter must be positive."""
    for field, words in _POSITIVE_PARAMS:
        if getattr(params, field) == 0:
            raise Undefined(f"invalid {words}: 0")
