"""Headers of a chain and the votes for them, read from an RPC and checked by arithmetic alone.

Shares no code with the node: it is what checks one. Pure but for `read_*`, which take the RPC's JSON.
Source: CometBFT 0.38 spec/core (hashes, canonical votes) and spec/light-client (verification).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue

from supercloud.crypto import ed25519
from supercloud.pb.tendermint.types import canonical_pb2, types_pb2, validator_pb2
from supercloud.sdk.errors import PermanentError

TRUST_LEVEL: Final = Fraction(1, 3)
"""Of the power one trusts: more than this has to have signed what one shall trust next."""
_QUORUM: Final = Fraction(2, 3)
_COMMIT: Final = 2
"""Flag of a vote for the block; others are absent (1) or for nil (3)."""
_HASHED: Final = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
    "proposer_address",
)


class NotVerified(PermanentError):
    """What a node says does not follow from what is trusted."""


class TooFar(NotVerified):
    """Too little of the trusted power signed: a header between has to be verified first."""


class Validator(NamedTuple):
    """A key and its voting power."""

    public_key: bytes
    power: int


class Vote(NamedTuple):
    """One signature for a block."""

    address: bytes
    time: Timestamp
    signature: bytes


class SignedHeader(NamedTuple):
    """A header, the votes for it, and the validators who may vote for it, in the order of the votes."""

    header: types_pb2.Header
    round: int
    block_id: types_pb2.BlockID
    votes: Sequence[Vote | None]
    validators: Sequence[Validator]

    @property
    def height(self) -> int:
        """Its height."""
        return self.header.height

    @property
    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return self.header.time.seconds * 10**9 + self.header.time.nanos

    @property
    def hash(self) -> bytes:
        """What names the block: the hash of the header."""
        return header_hash(self.header)


def header_hash(header: types_pb2.Header) -> bytes:
    """Root over the fields of a header, each encoded by itself."""
    last = types_pb2.BlockID()
    last.CopyFrom(header.last_block_id)
    last.part_set_header.SetInParent()
    return _root(
        [
            header.version.SerializeToString(deterministic=True),
            StringValue(value=header.chain_id).SerializeToString(),
            Int64Value(value=header.height).SerializeToString(),
            header.time.SerializeToString(deterministic=True),
            last.SerializeToString(deterministic=True),
            *(BytesValue(value=getattr(header, name)).SerializeToString() for name in _HASHED),
        ]
    )


def validators_hash(validators: Sequence[Validator]) -> bytes:
    """Root over keys and powers, by falling power, then rising address."""
    leaves = []
    for validator in validators:
        simple = validator_pb2.SimpleValidator(voting_power=validator.power)
        simple.pub_key.ed25519 = validator.public_key
        leaves.append(simple.SerializeToString(deterministic=True))
    return _root(leaves)


def check_itself(signed: SignedHeader, chain_id: str) -> None:
    """Check that header, votes and validators belong together. Raises NotVerified."""
    if signed.header.chain_id != chain_id:
        raise NotVerified(f"the header is of {signed.header.chain_id!r}, not of {chain_id!r}")
    if signed.block_id.hash != signed.hash:
        raise NotVerified(f"the votes at height {signed.height} are for another block")
    if validators_hash(signed.validators) != signed.header.validators_hash:
        raise NotVerified(f"the validators given for height {signed.height} are not those of its header")
    if len(signed.votes) != len(signed.validators):
        raise NotVerified(f"{len(signed.votes)} votes of {len(signed.validators)} validators")


def check_next(
    trusted: SignedHeader, untrusted: SignedHeader, now_ns: int, period_ns: int, drift_ns: int
) -> None:
    """Check that a later header follows from a trusted one: the light client's rule. Raises NotVerified, TooFar.

    `period_ns` is how long a header is trusted after its time: less than stake stays bonded once withdrawn.
    """
    if trusted.time_ns + period_ns <= now_ns:
        raise NotVerified(f"the trusted header {trusted.height} is too old to trust; give a newer one")
    check_itself(untrusted, trusted.header.chain_id)
    if untrusted.height <= trusted.height or untrusted.time_ns <= trusted.time_ns:
        raise NotVerified(f"header {untrusted.height} is not after header {trusted.height}")
    if untrusted.time_ns >= now_ns + drift_ns:
        raise NotVerified(f"header {untrusted.height} is from the future")
    if untrusted.height == trusted.height + 1:
        if untrusted.header.validators_hash != trusted.header.next_validators_hash:
            raise NotVerified(
                f"header {untrusted.height} has other validators than the one before it announced"
            )
    elif not _signed_by(untrusted, trusted.validators, TRUST_LEVEL):
        raise TooFar(f"a third or less of those trusted at {trusted.height} signed {untrusted.height}")
    if not _signed_by(untrusted, untrusted.validators, _QUORUM):
        raise NotVerified(f"two thirds or less of the validators signed header {untrusted.height}")


def _signed_by(signed: SignedHeader, validators: Sequence[Validator], share: Fraction) -> bool:
    """Whether more than a share of the power of these validators voted for the block. Raises NotVerified."""
    known = {ed25519.address(validator.public_key): validator for validator in validators}
    total = sum(validator.power for validator in validators)
    power = 0
    for vote in signed.votes:
        validator = known.pop(vote.address, None) if vote is not None else None
        if vote is None or validator is None:
            continue
        if not ed25519.verify(validator.public_key, _sign_bytes(signed, vote), vote.signature):
            raise NotVerified(f"a signature at height {signed.height} is wrong")
        power += validator.power
        if power > total * share:
            return True
    return False


def _sign_bytes(signed: SignedHeader, vote: Vote) -> bytes:
    message = canonical_pb2.CanonicalVote(
        type=types_pb2.SIGNED_MSG_TYPE_PRECOMMIT,
        height=signed.height,
        round=signed.round,
        chain_id=signed.header.chain_id,
    )
    message.block_id.hash = signed.block_id.hash
    message.block_id.part_set_header.SetInParent()
    message.block_id.part_set_header.total = signed.block_id.part_set_header.total
    message.block_id.part_set_header.hash = signed.block_id.part_set_header.hash
    message.timestamp.CopyFrom(vote.time)
    content = message.SerializeToString(deterministic=True)
    length, size = b"", len(content)
    while size > 0x7F:
        length, size = length + bytes((size & 0x7F | 0x80,)), size >> 7
    return length + bytes((size,)) + content


def _root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, SHA-256."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:cut]) + _root(leaves[cut:])).digest()


# --- What the RPC sends


def read_signed(commit: Mapping[str, Any], validators: Sequence[Mapping[str, Any]]) -> SignedHeader:
    """From `signed_header` of the method `commit` and all entries of `validators`. Raises NotVerified."""
    try:
        votes = commit["commit"]
        return SignedHeader(
            header=_header(commit["header"]),
            round=int(votes["round"]),
            block_id=_block_id(votes["block_id"]),
            votes=[_vote(entry) for entry in votes["signatures"]],
            validators=[_validator(entry) for entry in validators],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotVerified(f"the node sends no signed header: {type(error).__name__} {error}") from error


def _header(document: Mapping[str, Any]) -> types_pb2.Header:
    header = types_pb2.Header(
        chain_id=document["chain_id"],
        height=int(document["height"]),
        time=_time(document["time"]),
        last_block_id=_block_id(document["last_block_id"]),
    )
    for name in _HASHED:
        setattr(header, name, bytes.fromhex(document[name]))
    header.version.block = int(document["version"]["block"])
    header.version.app = int(document["version"].get("app") or 0)
    header.version.SetInParent()
    return header


def _block_id(document: Mapping[str, Any]) -> types_pb2.BlockID:
    parts = document["parts"]
    made = types_pb2.BlockID(hash=bytes.fromhex(document["hash"]))
    made.part_set_header.total = parts["total"]
    made.part_set_header.hash = bytes.fromhex(parts["hash"])
    return made


def _vote(entry: Mapping[str, Any]) -> Vote | None:
    if entry["block_id_flag"] != _COMMIT:
        return None
    return Vote(
        bytes.fromhex(entry["validator_address"]),
        _time(entry["timestamp"]),
        base64.b64decode(entry["signature"], validate=True),
    )


def _validator(entry: Mapping[str, Any]) -> Validator:
    key, power = base64.b64decode(entry["pub_key"]["value"], validate=True), int(entry["voting_power"])
    if len(key) != 32 or power <= 0:
        raise ValueError("a validator without a key or power")
    return Validator(key, power)


def _time(text: str) -> Timestamp:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.UTC)
    return Timestamp(seconds=int(moment.timestamp()), nanos=int((fraction + "0" * 9)[:9]))
