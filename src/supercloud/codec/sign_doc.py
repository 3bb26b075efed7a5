"""The bytes that are signed, for each sign mode the network accepts.

Source: Cosmos SDK ADR-020 (DIRECT), tx.proto (DIRECT_AUX), the legacy StdSignDoc (AMINO_JSON).
"""

from __future__ import annotations

from typing import Any

from google.protobuf.any_pb2 import Any as AnyMessage

from supercloud.codec import amino
from supercloud.codec.tx import DecodedTx
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2


def direct_bytes(body_bytes: bytes, auth_info_bytes: bytes, chain_id: str, account_number: int) -> bytes:
    """SIGN_MODE_DIRECT."""
    return tx_pb2.SignDoc(
        body_bytes=body_bytes,
        auth_info_bytes=auth_info_bytes,
        chain_id=chain_id,
        account_number=account_number,
    ).SerializeToString(deterministic=True)


def direct_aux_bytes(
    body_bytes: bytes, public_key: AnyMessage, chain_id: str, account_number: int, sequence: int
) -> bytes:
    """SIGN_MODE_DIRECT_AUX, for signers who do not pay the fee."""
    return tx_pb2.SignDocDirectAux(
        body_bytes=body_bytes,
        public_key=public_key,
        chain_id=chain_id,
        account_number=account_number,
        sequence=sequence,
    ).SerializeToString(deterministic=True)


def amino_json_bytes(tx: DecodedTx, chain_id: str, account_number: int, sequence: int) -> bytes:
    """SIGN_MODE_LEGACY_AMINO_JSON: sorted, compact, HTML characters escaped."""
    fee = tx.auth_info.fee
    fee_document: dict[str, Any] = {
        "amount": [{"denom": coin.denom, "amount": coin.amount} for coin in fee.amount],
        "gas": str(fee.gas_limit),
    }
    if fee.payer:
        fee_document["payer"] = fee.payer
    if fee.granter:
        fee_document["granter"] = fee.granter
    document: dict[str, Any] = {
        "account_number": str(account_number),
        "chain_id": chain_id,
        "fee": fee_document,
        "memo": tx.body.memo,
        "msgs": [amino.typed(message) for message in tx.msgs],
        "sequence": str(sequence),
    }
    if tx.body.timeout_height:
        document["timeout_height"] = str(tx.body.timeout_height)
    if tx.body.unordered:
        document["unordered"] = True
    if tx.body.HasField("timeout_timestamp"):
        document["timeout_timestamp"] = amino.timestamp_text(tx.body.timeout_timestamp)
    return amino.canonical(document)
