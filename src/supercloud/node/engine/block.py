"""Blocks of CometBFT 0.38 as pure functions: every hash that a header carries and every byte that a validator
signs.

Light clients recompute all of this, so it holds from height 1 on. The Go encoder writes a submessage that
cannot be null even when it is empty; `SetInParent` below does the same wherever such bytes are hashed or
signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue

from supercloud.node.engine import merkle
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2, canonical_pb2, params_pb2, types_pb2, validator_pb2

BLOCK_PROTOCOL = 11
P2P_PROTOCOL = 8
PART_BYTES = 65_536

FLAG_ABSENT = validator_pb2.BLOCK_ID_FLAG_ABSENT
FLAG_COMMIT = validator_pb2.BLOCK_ID_FLAG_COMMIT
PRECOMMIT = types_pb2.SIGNED_MSG_TYPE_PRECOMMIT

_ZERO_TIME_S = -62_135_596_800
"""Second of Go's zero time, 0001-01-01, which an absent vote carries."""

# Room that a block takes beside its transactions: its own frame, the largest header, the commit's frame, one
# signature.
_FRAME_BYTES = 11
_HEADER_BYTES = 626
_COMMIT_BYTES = 94
_SIGNATURE_BYTES = 111


class BlockID(NamedTuple):
    """Names one block: the hash of its header and the root and number of its parts."""

    hash: bytes
    parts_total: int
    parts_hash: bytes

    @property
    def is_zero(self) -> bool:
        """Whether it names no block."""
        return not self.hash and not self.parts_total and not self.parts_hash

    def to_pb(self) -> types_pb2.BlockID:
        """Wire form."""
        message = types_pb2.BlockID(hash=self.hash)
        message.part_set_header.SetInParent()
        message.part_set_header.total = self.parts_total
        message.part_set_header.hash = self.parts_hash
        return message

    @classmethod
    def from_pb(cls, message: types_pb2.BlockID) -> BlockID:
        """From the wire form."""
        return cls(message.hash, message.part_set_header.total, message.part_set_header.hash)


ZERO_BLOCK_ID = BlockID(b"", 0, b"")


def time_pb(ns: int) -> Timestamp:
    """Nanoseconds since 1970 as a protobuf time."""
    seconds, nanos = divmod(ns, 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=nanos)


def time_ns(message: Timestamp) -> int:
    """A protobuf time as nanoseconds since 1970."""
    return message.seconds * 1_000_000_000 + message.nanos


def header_hash(header: types_pb2.Header) -> bytes:
    """Hash of a header: the root over its fields, each encoded by itself."""
    last_block_id = BlockID.from_pb(header.last_block_id).to_pb()
    return merkle.root(
        [
            header.version.SerializeToString(deterministic=True),
            StringValue(value=header.chain_id).SerializeToString(),
            Int64Value(value=header.height).SerializeToString(),
            header.time.SerializeToString(deterministic=True),
            last_block_id.SerializeToString(deterministic=True),
            *(
                BytesValue(value=field).SerializeToString()
                for field in (
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


def data_hash(txs: Iterable[bytes]) -> bytes:
    """Root over the hashes of transactions."""
    return merkle.root([sha256(tx).digest() for tx in txs])


def leaf_proof(txs: Sequence[bytes], index: int) -> tuple[bytes, bytes, list[bytes]]:
    """Root, leaf hash and aunts that prove a transaction against a header's data hash."""
    hashes = [sha256(tx).digest() for tx in txs]
    return merkle.root(hashes), merkle.leaf_hash(hashes[index]), merkle.aunts(hashes, index)


def commit_hash(commit: types_pb2.Commit) -> bytes:
    """Root over the signatures of a commit."""
    return merkle.root([entry.SerializeToString(deterministic=True) for entry in commit.signatures])


def evidence_hash(items: Sequence[bytes] = ()) -> bytes:
    """Root over serialised pieces of evidence."""
    return merkle.root(items)


def consensus_hash(params: params_pb2.ConsensusParams) -> bytes:
    """Hash of what a header commits to of the consensus parameters: block size and gas."""
    hashed = params_pb2.HashedParams(
        block_max_bytes=params.block.max_bytes, block_max_gas=params.block.max_gas
    )
    return sha256(hashed.SerializeToString(deterministic=True)).digest()


def results_hash(results: Iterable[abci.ExecTxResult]) -> bytes:
    """Root over the parts of transaction results that every node must agree on."""
    return merkle.root(
        [
            abci.ExecTxResult(
                code=result.code, data=result.data, gas_wanted=result.gas_wanted, gas_used=result.gas_used
            ).SerializeToString(deterministic=True)
            for result in results
        ]
    )


def parts_of(block_bytes: bytes) -> list[bytes]:
    """A serialised block cut into parts."""
    return [block_bytes[at : at + PART_BYTES] for at in range(0, len(block_bytes), PART_BYTES)]


def block_id(block: block_pb2.Block, block_bytes: bytes) -> BlockID:
    """The id of a block whose serialised form is `block_bytes`."""
    parts = parts_of(block_bytes)
    return BlockID(header_hash(block.header), len(parts), merkle.root(parts))


def assemble(
    header: types_pb2.Header, txs: Sequence[bytes], last_commit: types_pb2.Commit
) -> tuple[block_pb2.Block, bytes, BlockID]:
    """A block with its serialised form and its id. Fills in the hashes of what the block itself carries."""
    header.version.SetInParent()
    header.time.SetInParent()
    header.last_block_id.part_set_header.SetInParent()
    header.data_hash = data_hash(txs)
    header.last_commit_hash = commit_hash(last_commit)
    header.evidence_hash = evidence_hash()
    block = block_pb2.Block(header=header, last_commit=last_commit)
    block.data.SetInParent()
    block.data.txs.extend(txs)
    block.evidence.SetInParent()
    block.last_commit.block_id.part_set_header.SetInParent()
    serialised = block.SerializeToString(deterministic=True)
    return block, serialised, block_id(block, serialised)


def vote_sign_bytes(
    chain_id: str, height: int, round_: int, named: BlockID, time: int, *, kind: int = PRECOMMIT
) -> bytes:
    """What a validator signs: the canonical vote behind its length."""
    vote = canonical_pb2.CanonicalVote(type=kind, height=height, round=round_, chain_id=chain_id)  # type: ignore[arg-type]
    if not named.is_zero:
        vote.block_id.hash = named.hash
        vote.block_id.part_set_header.SetInParent()
        vote.block_id.part_set_header.total = named.parts_total
        vote.block_id.part_set_header.hash = named.parts_hash
    vote.timestamp.CopyFrom(time_pb(time))
    vote.timestamp.SetInParent()
    message = vote.SerializeToString(deterministic=True)
    return _varint(len(message)) + message


def parse_vote(sign_bytes: bytes) -> canonical_pb2.CanonicalVote:
    """The canonical vote inside sign bytes. Raises ValueError."""
    at = 0
    while at < len(sign_bytes) and sign_bytes[at] & 0x80:
        at += 1
    message = sign_bytes[at + 1 :]
    if _varint(len(message)) != sign_bytes[: at + 1]:
        raise ValueError("sign bytes without a matching length")
    return canonical_pb2.CanonicalVote.FromString(message)


def commit_signature(address: bytes, time: int, signature: bytes) -> types_pb2.CommitSig:
    """A validator's signature for the block, as commits carry it."""
    entry = types_pb2.CommitSig(
        block_id_flag=FLAG_COMMIT, validator_address=address, timestamp=time_pb(time), signature=signature
    )
    entry.timestamp.SetInParent()
    return entry


def commit_absence() -> types_pb2.CommitSig:
    """The place of a validator whose vote was not seen."""
    return types_pb2.CommitSig(block_id_flag=FLAG_ABSENT, timestamp=Timestamp(seconds=_ZERO_TIME_S))


def make_commit(
    height: int, round_: int, named: BlockID, signatures: Iterable[types_pb2.CommitSig]
) -> types_pb2.Commit:
    """A commit: the votes for one block in the order of the validator set."""
    return types_pb2.Commit(height=height, round=round_, block_id=named.to_pb(), signatures=signatures)


def empty_commit() -> types_pb2.Commit:
    """The last commit of a chain's first block."""
    commit = types_pb2.Commit()
    commit.block_id.part_set_header.SetInParent()
    return commit


def median_time(commit: types_pb2.Commit, powers: dict[bytes, int]) -> int:
    """Time of the block after `commit`: the median of its votes' times, weighted by voting power."""
    votes = sorted(
        (time_ns(entry.timestamp), powers[entry.validator_address])
        for entry in commit.signatures
        if entry.block_id_flag != FLAG_ABSENT and entry.validator_address in powers
    )
    if not votes:
        raise ValueError("a commit without votes has no time")
    half = sum(power for _, power in votes) // 2
    for time, power in votes:
        if half <= power:
            return time
        half -= power
    return votes[-1][0]


def tx_bytes_max(block_bytes_max: int, validators: int) -> int:
    """Room for transactions in a block, with their own framing."""
    return block_bytes_max - _FRAME_BYTES - _HEADER_BYTES - _COMMIT_BYTES - _SIGNATURE_BYTES * validators


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
