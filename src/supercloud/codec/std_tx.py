"""The transaction of before protobuf (StdTx): its amino JSON and its amino binary, one made of the other.

No ledger takes it any more; wallets and tools that still hold such documents convert them with it. Types are named
as they are signed (`amino`); in the binary form as the network registers them (`amino_binary`).
Source: Cosmos SDK x/auth/migrations/legacytx.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from supercloud.codec import amino, amino_binary, amino_reader, json
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.types.errors import ChainError

NAME: Final = "cosmos-sdk/StdTx"
_FIELDS: Final = ("msg", "fee", "signatures", "memo", "timeout_height")


class StdSignature(NamedTuple):
    """A signature and the key that made it, or none."""

    public_key: Message | None
    signature: bytes


class StdTx(NamedTuple):
    """The transaction in parts."""

    msgs: list[Message]
    fee: tx_pb2.Fee
    signatures: list[StdSignature]
    memo: str
    timeout_height: int


# --- JSON


def from_json(text: str) -> StdTx:
    """Parts of `{"type": "cosmos-sdk/StdTx", "value": ...}`. Raises ValueError naming what is wrong."""
    document = json.from_text(text)
    if not isinstance(document, dict) or document.get("type") != NAME:
        raise ValueError(f"expected an object whose type is {NAME}")
    value = document.get("value")
    if not isinstance(value, dict) or set(value) - set(_FIELDS):
        raise ValueError(f"value: expected an object of {', '.join(_FIELDS)}")
    memo = value.get("memo", "")
    if not isinstance(memo, str):
        raise ValueError("memo: expected text")
    # A body reads the number with every check that such a field has.
    body = json.from_dict({"timeout_height": value.get("timeout_height")}, tx_pb2.TxBody)
    return StdTx(
        [amino_reader.read_typed(entry) for entry in _list(value, "msg")],
        _fee(value.get("fee") or {}),
        [_signature(entry) for entry in _list(value, "signatures")],
        memo,
        body.timeout_height,
    )


def _fee(document: Any) -> tx_pb2.Fee:
    if isinstance(document, dict) and "gas_limit" not in document:
        document = {("gas_limit" if name == "gas" else name): document[name] for name in document}
    return amino_reader.read(document, tx_pb2.Fee)


def _list(document: dict[str, Any], name: str) -> list[Any]:
    found = document.get(name) or []
    if not isinstance(found, list):
        raise ValueError(f"{name}: expected a list")
    return found


def _signature(document: Any) -> StdSignature:
    if not isinstance(document, dict) or set(document) - {"pub_key", "signature"}:
        raise ValueError("signatures: expected objects of pub_key and signature")
    key, text = document.get("pub_key"), document.get("signature") or ""
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError("signature: not base64") from error
    return StdSignature(amino_reader.read_typed(key) if key else None, signature)


def to_json(tx: StdTx) -> str:
    """The document, compact, in the order of the network's own encoder. Raises ValueError."""
    try:
        msgs = [amino.typed(msg) for msg in tx.msgs]
        keys = [amino.typed(entry.public_key) if entry.public_key else None for entry in tx.signatures]
    except ChainError as error:
        raise ValueError(str(error)) from error
    fee: dict[str, Any] = {
        "amount": [{"denom": coin.denom, "amount": coin.amount or "0"} for coin in tx.fee.amount],
        "gas": str(tx.fee.gas_limit),
    }
    fee |= {name: text for name in ("payer", "granter") if (text := getattr(tx.fee, name))}
    signatures = [
        {
            "pub_key": key,
            "signature": base64.b64encode(entry.signature).decode() if entry.signature else None,
        }
        for key, entry in zip(keys, tx.signatures, strict=True)
    ]
    value = {
        "msg": msgs or None,
        "fee": fee,
        "signatures": signatures or None,
        "memo": tx.memo,
        "timeout_height": str(tx.timeout_height),
    }
    return amino.text({"type": NAME, "value": value})


# --- Binary


def to_binary(tx: StdTx) -> bytes:
    """Prefix and fields. Raises ValueError for what amino can not hold."""
    try:
        fields = [amino_binary.bytes_field(1, amino_binary.encode_typed(msg)) for msg in tx.msgs]
        fee = amino_binary.encode(tx.fee)
        fields += [amino_binary.bytes_field(2, fee)] if fee else []
        for entry in tx.signatures:
            key = amino_binary.encode_typed(entry.public_key) if entry.public_key else b""
            content = amino_binary.bytes_field(1, key) if key else b""
            content += amino_binary.bytes_field(2, entry.signature) if entry.signature else b""
            fields.append(amino_binary.bytes_field(3, content))
    except ChainError as error:
        raise ValueError(str(error)) from error
    fields += [amino_binary.bytes_field(4, tx.memo.encode())] if tx.memo else []
    fields.append(amino_binary.integer_field(5, tx.timeout_height))
    return amino_binary.prefix(NAME) + b"".join(fields)


def from_binary(data: bytes) -> StdTx:
    """Parts of the bytes. Raises ValueError for malformed ones, and for those that are not the one encoding."""
    begin = amino_binary.prefix(NAME)
    if not data.startswith(begin):
        raise ValueError(f"the bytes do not begin with {begin.hex()}, the prefix of {NAME}")
    tx = StdTx([], tx_pb2.Fee(), [], "", 0)
    for number, value in amino_binary.fields(data[len(begin) :]):
        if number == 5 and isinstance(value, int):
            tx = tx._replace(timeout_height=value)
        elif isinstance(value, int):
            raise ValueError(f"field {number} is no integer")
        else:
            tx = _with_field(tx, number, value)
    if to_binary(tx) != data:
        raise ValueError("the bytes are not as amino writes them")
    return tx


def _with_field(tx: StdTx, number: int, value: bytes) -> StdTx:
    match number:
        case 1:
            tx.msgs.append(amino_binary.decode_typed(value))
        case 2:
            tx = tx._replace(fee=amino_binary.decode(value, tx_pb2.Fee))
        case 3:
            parts = dict(amino_binary.fields(value))
            key, signature = parts.get(1, b""), parts.get(2, b"")
            if not isinstance(key, bytes) or not isinstance(signature, bytes):
                raise ValueError("a signature holds an integer")
            tx.signatures.append(StdSignature(amino_binary.decode_typed(key) if key else None, signature))
        case 4:
            tx = tx._replace(memo=value.decode())
        case _:
            raise ValueError(f"a transaction has no field {number}")
    return tx
