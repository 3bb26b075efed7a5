"""Signatures: sign bytes of each mode, and verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.ante.keys import Key, single
from supercloud.codec import sign_doc
from supercloud.crypto import multisig
from supercloud.pb.cosmos.crypto.multisig.v1beta1.multisig_pb2 import MultiSignature
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.types.errors import TxParse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.any_pb2 import Any

    from supercloud.codec.tx import DecodedTx
    from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2

DIRECT = signing_pb2.SIGN_MODE_DIRECT
DIRECT_AUX = signing_pb2.SIGN_MODE_DIRECT_AUX
AMINO_JSON = signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON


class BadSignature(Exception):
    """Why a signature was refused."""


class Signer(NamedTuple):
    """Whose signature it is and what the sign bytes name."""

    address: bytes
    key: Key
    chain_id: str
    account_number: int
    sequence: int
    public_key: Any
    pays_fee: bool


def verify(tx: DecodedTx, signer: Signer, mode: tx_pb2.ModeInfo, signature: bytes) -> None:
    """Raise BadSignature unless the signer signed the transaction."""
    if mode.HasField("multi"):
        _verify_threshold(tx, signer, mode.multi, signature)
        return
    if signer.key.members:
        raise BadSignature("expected a multisignature of a threshold key")
    if not signer.key.verify(sign_bytes(tx, signer, mode.single.mode), signature):
        raise BadSignature("unable to verify single signer signature")


def _verify_threshold(tx: DecodedTx, signer: Signer, multi: tx_pb2.ModeInfo.Multi, signature: bytes) -> None:
    key = signer.key
    if not key.members:
        raise BadSignature("a multisignature of a key that has no members")
    chosen, parts = threshold_parts(key, multi, signature)
    if len(chosen) < key.threshold:
        raise BadSignature(f"not enough signatures set, have {len(chosen)}, expected {key.threshold}")
    for position, (member, part) in enumerate(zip(chosen, parts, strict=True)):
        mode = multi.mode_infos[position]
        if not mode.HasField("single"):
            raise BadSignature("threshold keys inside threshold keys are not supported")
        if not single(key.members[member]).verify(sign_bytes(tx, signer, mode.single.mode), part):
            raise BadSignature(f"unable to verify signature at index {member}")


def sign_bytes(tx: DecodedTx, signer: Signer, mode: int) -> bytes:
    """What the signer signs in a mode."""
    if mode == DIRECT:
        return sign_doc.direct_bytes(
            tx.body_bytes, tx.auth_info_bytes, signer.chain_id, signer.account_number
        )
    if mode == AMINO_JSON:
        return sign_doc.amino_json_bytes(tx, signer.chain_id, signer.account_number, signer.sequence)
    if mode == DIRECT_AUX:
        if signer.pays_fee:
            raise BadSignature("the fee payer cannot sign with SIGN_MODE_DIRECT_AUX: unauthorized")
        return sign_doc.direct_aux_bytes(
            tx.body_bytes, signer.public_key, signer.chain_id, signer.account_number, signer.sequence
        )
    raise BadSignature(f"unsupported sign mode {mode}")


def threshold_parts(
    key: Key, multi: tx_pb2.ModeInfo.Multi, signature: bytes
) -> tuple[list[int], Sequence[bytes]]:
    """Which members signed, and their signatures in that order."""
    bits = multi.bitarray
    try:
        chosen = multisig.signers(bits.extra_bits_stored, bits.elems)
        size = multisig.size(bits.extra_bits_stored, bits.elems)
        parts = MultiSignature.FromString(signature).signatures
    except ValueError as error:
        raise TxParse(f"multisignature: {error}: tx parse error") from error
    if size != len(key.members):
        raise BadSignature(f"bit array size is incorrect, expecting: {len(key.members)}")
    if len(parts) != len(chosen) or len(multi.mode_infos) != len(chosen):
        raise BadSignature(f"incorrect number of signatures {len(parts)}, the bit array has {len(chosen)}")
    return chosen, list(parts)


def only_amino(mode: tx_pb2.ModeInfo) -> bool:
    """Whether all signatures under a mode are over amino JSON, which does not carry the sequence openly."""
    if mode.HasField("multi"):
        return all(only_amino(each) for each in mode.multi.mode_infos)
    return mode.single.mode == AMINO_JSON
