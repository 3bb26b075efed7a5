"""Transactions of the genesis document: how the first validators found a network together.

Each founder signs one MsgCreateValidator for the chain to be, with account number and sequence zero; the document
carries them all as `genutil.gen_txs`, transactions in JSON. They are executed after the modules have read their
documents, before the first block; one that fails fails the document.

Source: Cosmos SDK x/genutil.
"""

from __future__ import annotations

from typing import Any

from supercloud.chain.baseapp.genesis import Document, GenesisError
from supercloud.codec import tx as tx_codec
from supercloud.codec.json import from_dict
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgCreateValidator
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.types.errors import ChainError

NAME = "genutil"
"""Under this name the transactions stand in the app_state."""
FOUNDERS_MAX = 1000


def transactions(document: Document) -> list[bytes]:
    """The transactions of the module's document, in its order. Raises GenesisError."""
    if not isinstance(document, dict):
        raise GenesisError(f"{NAME}: not an object")
    strange = sorted(name for name in document if name not in ("gen_txs", "gentxs"))
    if strange:
        raise GenesisError(f"{NAME}: unknown fields {', '.join(strange)}")
    given = document.get("gen_txs") or document.get("gentxs") or []
    if not isinstance(given, list) or len(given) > FOUNDERS_MAX:
        raise GenesisError(f"{NAME}: gen_txs is a list of at most {FOUNDERS_MAX} transactions")
    return [_encoded(entry, f"{NAME}: transaction {number}") for number, entry in enumerate(given)]


def message_of(raw: bytes) -> MsgCreateValidator:
    """The one message of a founder's transaction. Raises GenesisError."""
    try:
        messages = tx_codec.decode(raw).msgs
    except ChainError as error:
        raise GenesisError(str(error)) from error
    if len(messages) != 1 or not isinstance(messages[0], MsgCreateValidator):
        raise GenesisError("a founder's transaction has one message, which creates a validator")
    return messages[0]


def encoded(entry: Any) -> bytes:
    """Bytes of a transaction that is given in JSON. Raises GenesisError."""
    try:
        tx = from_dict(entry, tx_pb2.Tx)
    except (ValueError, TypeError, KeyError, AttributeError, ChainError) as error:
        raise GenesisError(str(error)) from error
    # What was signed are these very bytes: there is one way to write a message (ADR-027).
    parts = (
        tx.body.SerializeToString(deterministic=True),
        tx.auth_info.SerializeToString(deterministic=True),
    )
    return tx_codec.encode(*parts, list(tx.signatures))


def _encoded(entry: Any, where: str) -> bytes:
    try:
        raw = encoded(entry)
        message_of(raw)
    except GenesisError as error:
        raise GenesisError(f"{where}: {error}") from error
    return raw
