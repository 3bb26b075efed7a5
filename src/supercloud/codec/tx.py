"""Transactions: from bytes to messages, refusing all that the network refuses.

Source: Cosmos SDK ADR-020 (unknown fields), ADR-027 (one encoding of TxRaw).
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from google.protobuf.message import DecodeError, Message

from supercloud.codec import registry, unknown
from supercloud.pb.cosmos.crypto.ed25519 import keys_pb2 as _ed25519  # noqa: F401  (registers key types)
from supercloud.pb.cosmos.crypto.multisig import keys_pb2 as _multisig  # noqa: F401
from supercloud.pb.cosmos.crypto.secp256k1 import keys_pb2 as _secp256k1  # noqa: F401
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.types.errors import TxParse

TX_BYTES_MAX: Final = 4 * 2**20
MESSAGES_MAX: Final = 1024


class DecodedTx:
    """A transaction in parts. `msgs` are the unpacked messages in order.

    `reading` and `validated` are for those who execute it: what else follows from its bytes alone, worked out once.
    """

    __slots__ = (
        "_hash", "auth_info", "auth_info_bytes", "body", "body_bytes", "msgs", "raw", "reading", "signatures",
        "validated",
    )  # fmt: skip

    def __init__(self, raw: bytes, parts: Any, body: Any, auth_info: Any, msgs: list[Message]) -> None:
        self.raw = raw
        self.body = body
        self.body_bytes: bytes = parts.body_bytes
        self.auth_info = auth_info
        self.auth_info_bytes: bytes = parts.auth_info_bytes
        self.signatures: list[bytes] = list(parts.signatures)
        self.msgs = msgs
        self.reading: Any = None
        self.validated = False
        self._hash = b""

    @property
    def hash(self) -> bytes:
        """SHA-256 of the bytes."""
        if not self._hash:
            self._hash = hashlib.sha256(self.raw).digest()
        return self._hash


def decode(raw: bytes) -> DecodedTx:
    """Take a transaction apart. Raises TxParse (sdk 2)."""
    if len(raw) > TX_BYTES_MAX:
        raise TxParse(f"transaction has {len(raw)} bytes; at most {TX_BYTES_MAX} are decoded")
    try:
        parts = tx_pb2.TxRaw.FromString(raw)
        # One encoding only (ADR-027): in order, nothing unknown, no padded numbers.
        if parts.SerializeToString(deterministic=True) != raw or not unknown.is_plain(parts, raw):
            raise TxParse("non-canonical or unknown fields in TxRaw")
        body = tx_pb2.TxBody.FromString(parts.body_bytes)
        auth_info = tx_pb2.AuthInfo.FromString(parts.auth_info_bytes)
        _check_body(body, parts.body_bytes)
        _check_auth_info(auth_info, parts.auth_info_bytes)
        msgs = [_message(packed) for packed in body.messages]
    except DecodeError as error:
        raise TxParse(str(error)) from error
    return DecodedTx(raw, parts, body, auth_info, msgs)


def tx_hash(raw: bytes) -> str:
    """Upper-case hex SHA-256, by which a transaction is known."""
    return hashlib.sha256(raw).hexdigest().upper()


def encode(body_bytes: bytes, auth_info_bytes: bytes, signatures: list[bytes]) -> bytes:
    """Bytes of a transaction."""
    parts = tx_pb2.TxRaw(body_bytes=body_bytes, auth_info_bytes=auth_info_bytes, signatures=signatures)
    return parts.SerializeToString(deterministic=True)


def _check_body(body: Any, raw: bytes) -> None:
    if len(body.messages) > MESSAGES_MAX:
        raise TxParse(f"{len(body.messages)} messages; at most {MESSAGES_MAX} are decoded")
    # The messages are checked one by one below; what remains is the body's own level and its extensions.
    for number in unknown.strangers(body):
        if not number & unknown.NON_CRITICAL_BIT:
            raise TxParse(f"errUnknownField {body.DESCRIPTOR.full_name!r}: {{TagNum: {number}}}")
    for packed in (*body.extension_options, *body.non_critical_extension_options):
        unknown.refuse(packed, packed.SerializeToString())
    if body.HasField("timeout_timestamp"):
        unknown.refuse(body.timeout_timestamp, body.timeout_timestamp.SerializeToString())


def _check_auth_info(auth_info: Any, raw: bytes) -> None:
    if not unknown.is_plain(auth_info, raw):
        unknown.refuse(auth_info, raw)
        return
    for info in auth_info.signer_infos:
        if info.HasField("public_key"):
            key = registry.unpack(info.public_key)
            unknown.refuse(key, info.public_key.value)


def _message(packed: Any) -> Message:
    message = registry.unpack(packed)
    if unknown.strangers(packed):
        raise TxParse("unknown fields beside a message")
    unknown.refuse(message, packed.value)
    return message
