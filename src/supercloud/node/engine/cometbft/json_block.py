"""Blocks and commits in the JSON of CometBFT's RPC, as messages again. Pure.

The bytes made from them are the ones that CometBFT hashed; whoever needs to be sure compares the block's id.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from supercloud.node.engine.block import time_pb
from supercloud.node.genesis import parse_time
from supercloud.pb.tendermint.types import block_pb2, evidence_pb2, types_pb2, validator_pb2

Json = Mapping[str, Any]

_ZERO_TIME = "0001-01-01T00:00:00Z"
_ZERO_TIME_S = -62_135_596_800
_HASHES = (
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


class UnknownEvidence(ValueError):
    """Evidence of a kind that is not known, or of keys that no validator can have here."""


def block(document: Json) -> block_pb2.Block:
    """A block. Raises UnknownEvidence; KeyError, TypeError or ValueError for what is no block."""
    made = block_pb2.Block(header=_header(document["header"]), last_commit=commit(document["last_commit"]))
    made.data.SetInParent()
    made.data.txs.extend(base64.b64decode(raw) for raw in document["data"].get("txs") or ())
    made.evidence.SetInParent()
    made.evidence.evidence.extend(map(_evidence, document["evidence"].get("evidence") or ()))
    return made


def commit(document: Json) -> types_pb2.Commit:
    """The votes for a block."""
    made = types_pb2.Commit(
        height=int(document.get("height") or 0),
        round=int(document.get("round") or 0),
        block_id=_block_id(document["block_id"]),
    )
    made.signatures.extend(map(_commit_signature, document.get("signatures") or ()))
    return made


def _header(document: Json) -> types_pb2.Header:
    made = types_pb2.Header(
        chain_id=document["chain_id"],
        height=int(document["height"]),
        last_block_id=_block_id(document["last_block_id"]),
    )
    for name in _HASHES:
        setattr(made, name, bytes.fromhex(document[name] or ""))
    _set_time(made.time, document["time"])
    made.version.SetInParent()
    made.version.block = int(document["version"]["block"])
    made.version.app = int(document["version"].get("app") or 0)
    return made


def _block_id(document: Json) -> types_pb2.BlockID:
    made = types_pb2.BlockID(hash=bytes.fromhex(document["hash"] or ""))
    made.part_set_header.SetInParent()
    made.part_set_header.total = int(document["parts"]["total"])
    made.part_set_header.hash = bytes.fromhex(document["parts"]["hash"] or "")
    return made


def _commit_signature(document: Json) -> types_pb2.CommitSig:
    made = types_pb2.CommitSig(
        block_id_flag=document["block_id_flag"],
        validator_address=bytes.fromhex(document["validator_address"] or ""),
        signature=base64.b64decode(document["signature"] or ""),
    )
    _set_time(made.timestamp, document["timestamp"])
    return made


def _evidence(document: Json) -> evidence_pb2.Evidence:
    kind, value = document["type"], document["value"]
    if kind == "tendermint/LightClientAttackEvidence":
        return evidence_pb2.Evidence(light_client_attack_evidence=_attack(value))
    if kind != "tendermint/DuplicateVoteEvidence":
        raise UnknownEvidence(kind)
    made = evidence_pb2.Evidence()
    duplicate = made.duplicate_vote_evidence
    duplicate.vote_a.CopyFrom(_vote(value["vote_a"]))
    duplicate.vote_b.CopyFrom(_vote(value["vote_b"]))
    duplicate.total_voting_power = int(value["TotalVotingPower"])
    duplicate.validator_power = int(value["ValidatorPower"])
    _set_time(duplicate.timestamp, value["Timestamp"])
    return made


def _attack(document: Json) -> evidence_pb2.LightClientAttackEvidence:
    """A header that was signed beside the chain, to deceive light clients."""
    made = evidence_pb2.LightClientAttackEvidence(
        common_height=int(document["CommonHeight"]),
        byzantine_validators=map(_validator, document["ByzantineValidators"] or ()),
        total_voting_power=int(document["TotalVotingPower"]),
    )
    _set_time(made.timestamp, document["Timestamp"])
    signed, known = (document["ConflictingBlock"][name] for name in ("signed_header", "validator_set"))
    made.conflicting_block.signed_header.header.CopyFrom(_header(signed["header"]))
    made.conflicting_block.signed_header.commit.CopyFrom(commit(signed["commit"]))
    made.conflicting_block.validator_set.validators.extend(map(_validator, known["validators"] or ()))
    made.conflicting_block.validator_set.proposer.CopyFrom(_validator(known["proposer"]))
    return made


def _validator(document: Json) -> validator_pb2.Validator:
    if document["pub_key"]["type"] != "tendermint/PubKeyEd25519":
        raise UnknownEvidence(document["pub_key"]["type"])
    made = validator_pb2.Validator(
        address=bytes.fromhex(document["address"]),
        voting_power=int(document["voting_power"]),
        proposer_priority=int(document["proposer_priority"]),
    )
    made.pub_key.ed25519 = base64.b64decode(document["pub_key"]["value"])
    return made


def _vote(document: Json) -> types_pb2.Vote:
    made = types_pb2.Vote(
        type=document["type"],
        height=int(document["height"]),
        round=int(document["round"]),
        block_id=_block_id(document["block_id"]),
        validator_address=bytes.fromhex(document["validator_address"]),
        validator_index=int(document["validator_index"]),
        signature=base64.b64decode(document["signature"] or ""),
        extension=base64.b64decode(document.get("extension") or ""),
        extension_signature=base64.b64decode(document.get("extension_signature") or ""),
    )
    _set_time(made.timestamp, document["timestamp"])
    return made


def _set_time(target: Any, text: str) -> None:
    target.SetInParent()
    if text == _ZERO_TIME:
        target.seconds = _ZERO_TIME_S
    else:
        target.CopyFrom(time_pb(parse_time(text)))
