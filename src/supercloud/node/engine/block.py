"""CometBFT 0.38 blocks: how they are built, hashed and voted for. Pure functions over its protobuf types.

Source: CometBFT spec, core/data_structures.md and core/encoding.md. Go's encoder writes submessages it holds by value
even when they are empty, so they are marked as present here; the hashes depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from google.protobuf import wrappers_pb2
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.node.engine import merkle
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2, canonical_pb2, params_pb2, types_pb2

BLOCK_PROTOCOL = 11
PART_BYTES = 65536
FLAG_ABSENT = 1
FLAG_COMMIT = 2

# Upper bounds of what a block holds beside its transactions (CometBFT types/block.go).
_OVERHEAD_BYTES = 11
_HEADER_BYTES = 626
_COMMIT_BYTES = 94
_SIGNATURE_BYTES = 111

# Go's zero time, which an absent vote carries.
_ZERO_TIME_SECONDS = -62135596800


class BlockID(NamedTuple):
    """What a vote is for: the header's hash and the parts that the block travels in."""

    hash: bytes
    parts_total: int
    parts_hash: bytes

    @property
    def is_zero(self) -> bool:
        """Whether it names no block."""
        return not self.hash and not self.parts_total and not self.parts_hash

    def to_pb(self) -> types_pb2.BlockID:
        """As protobuf."""
        message = types_pb2.BlockID(hash=self.hash)
        message.part_set_header.SetInParent()
        message.part_set_header.total = self.parts_total
        message.part_set_header.hash = self.parts_hash
        return message

    @classmethod
    def from_pb(cls, message: types_pb2.BlockID) -> BlockID:
        """From protobuf."""
        return cls(message.hash, message.part_set_header.total, message.part_set_header.hash)


ZERO_BLOCK_ID = BlockID(b"", 0, b"")


def time_pb(ns: int) -> Timestamp:
    """A time in nanoseconds since 1970 as protobuf."""
    return Timestamp(seconds=ns // 10**9, nanos=ns % 10**9)


def time_ns(stamp: Any) -> int:
    """The inverse of `time_pb`."""
    return int(stamp.seconds) * 10**9 + int(stamp.nanos)


def header_hash(header: types_pb2.Header) -> bytes:
    """Merkle root over the encoded fields: the block's hash."""
    return merkle.root(
        [
            header.version.SerializeToString(),
            wrappers_pb2.StringValue(value=header.chain_id).SerializeToString(),
            wrappers_pb2.Int64Value(value=header.height).SerializeToString(),
            header.time.SerializeToString(),
            BlockID.from_pb(header.last_block_id).to_pb().SerializeToString(),
            *(
                wrappers_pb2.BytesValue(value=value).SerializeToString()
                for value in (
                    header.last_commit_hash,
                    header.data_hash,
                    header.validators_hash,
                    header.next_validators_hash,
                    header.consensus_hash,
                    header.app_hash,
                    header.last_results_hash,
                    header.evidence_hash,
                    header.proposer_address,
                )
            ),
        ]
    )


def data_hash(txs: Sequence[bytes]) -> bytes:
    """Root over the hashes of the transactions."""
    return merkle.root([sha256(tx).digest() for tx in txs])


def evidence_hash() -> bytes:
    """Root over no evidence: a single validator has nobody to accuse."""
    return merkle.EMPTY


def commit_hash(commit: types_pb2.Commit) -> bytes:
    """Root over the votes of a commit."""
    return merkle.root([entry.SerializeToString() for entry in commit.signatures])


def consensus_hash(params: params_pb2.ConsensusParams) -> bytes:
    """SHA-256 of the part of the consensus parameters that headers commit to."""
    hashed = params_pb2.HashedParams(block_max_bytes=params.block.max_bytes, block_max_gas=params.block.max_gas)
    return sha256(hashed.SerializeToString()).digest()


def results_hash(results: Sequence[abci.ExecTxResult]) -> bytes:
    """Root over what is deterministic of each result: code, data, gas."""
    return merkle.root(
        [
            abci.ExecTxResult(
                code=result.code, data=result.data, gas_wanted=result.gas_wanted, gas_used=result.gas_used
            ).SerializeToString()
            for result in results
        ]
    )


def assemble(
    header: types_pb2.Header, txs: Sequence[bytes], last_commit: types_pb2.Commit
) -> tuple[block_pb2.Block, bytes, BlockID]:
    """The block of a header whose hashes of the content are filled in here: block, its bytes, its id."""
    block = block_pb2.Block()
    block.header.CopyFrom(header)
    block.header.version.SetInParent()
    block.header.time.SetInParent()
    block.header.last_block_id.CopyFrom(BlockID.from_pb(header.last_block_id).to_pb())
    block.header.last_commit_hash = commit_hash(last_commit)
    block.header.data_hash = data_hash(txs)
    block.header.evidence_hash = evidence_hash()
    block.data.SetInParent()
    block.data.txs.extend(txs)
    block.evidence.SetInParent()
    block.last_commit.CopyFrom(last_commit)
    serialised = block.SerializeToString(deterministic=True)
    return block, serialised, block_id(block, serialised)


def block_id(block: block_pb2.Block, serialised: bytes) -> BlockID:
    """The id of a block."""
    parts = [serialised[at : at + PART_BYTES] for at in range(0, len(serialised), PART_BYTES)]
    return BlockID(header_hash(block.header), len(parts), merkle.root(parts))


def tx_bytes_max(block_bytes_max: int, validators: int) -> int:
    """Room for transactions in a block of a size limit, whatever its votes turn out to be."""
    return block_bytes_max - _OVERHEAD_BYTES - _HEADER_BYTES - _COMMIT_BYTES - _SIGNATURE_BYTES * validators


def vote_sign_bytes(chain_id: str, height: int, round_: int, named: BlockID, time: int) -> bytes:
    """What a validator signs to commit a block: a length-prefixed CanonicalVote."""
    vote = canonical_pb2.CanonicalVote(
        type=types_pb2.SIGNED_MSG_TYPE_PRECOMMIT,
        height=height,
        round=round_,
        timestamp=time_pb(time),
        chain_id=chain_id,
    )
    if not named.is_zero:
        vote.block_id.hash = named.hash
        vote.block_id.part_set_header.total = named.parts_total
        vote.block_id.part_set_header.hash = named.parts_hash
    body = vote.SerializeToString(deterministic=True)
    return _varint(len(body)) + body


def parse_vote(sign_bytes: bytes) -> canonical_pb2.CanonicalVote:
    """The vote that was signed. Raises ValueError."""
    length = shift = 0
    for at, byte in enumerate(sign_bytes[:5]):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            body = sign_bytes[at + 1 :]
            break
    else:
        raise ValueError("sign bytes have no length")
    if len(body) != length:
        raise ValueError("sign bytes are cut short")
    try:
        return canonical_pb2.CanonicalVote.FromString(body)
    except DecodeError as error:
        raise ValueError("sign bytes hold no vote") from error


def commit_signature(address: bytes, time: int, signature: bytes) -> types_pb2.CommitSig:
    """A validator's vote in a commit."""
    return types_pb2.CommitSig(
        block_id_flag=types_pb2.BLOCK_ID_FLAG_COMMIT,
        validator_address=address,
        timestamp=time_pb(time),
        signature=signature,
    )


def commit_absence() -> types_pb2.CommitSig:
    """The place of a validator that did not vote."""
    return types_pb2.CommitSig(
        block_id_flag=types_pb2.BLOCK_ID_FLAG_ABSENT, timestamp=Timestamp(seconds=_ZERO_TIME_SECONDS)
    )


def make_commit(
    height: int, round_: int, named: BlockID, signatures: Sequence[types_pb2.CommitSig]
) -> types_pb2.Commit:
    """The votes that decided a block."""
    return types_pb2.Commit(height=height, round=round_, block_id=named.to_pb(), signatures=signatures)


def empty_commit() -> types_pb2.Commit:
    """What the first block carries."""
    return types_pb2.Commit(block_id=ZERO_BLOCK_ID.to_pb())


def median_time(commit: types_pb2.Commit, powers: Mapping[bytes, int]) -> int:
    """BFT time: the median of the vote times, weighted by voting power. Raises ValueError without votes."""
    votes = sorted(
        (time_ns(entry.timestamp), powers.get(entry.validator_address, 0))
        for entry in commit.signatures
        if entry.block_id_flag != types_pb2.BLOCK_ID_FLAG_ABSENT
    )
    middle = sum(power for _, power in votes) // 2
    for time, power in votes:
        if middle <= power:
            return time
        middle -= power
    raise ValueError("a commit without votes has no time")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
