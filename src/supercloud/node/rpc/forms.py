"""CometBFT's JSON of blocks, results and events.

64-bit integers are text, hashes are upper-case hex, transactions, signatures and values are base64. Written
by hand: generic converters cost more than executing what they print.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from supercloud.node.engine.block import BlockID, leaf_proof, time_ns
from supercloud.node.engine.validators import Validator
from supercloud.node.genesis import format_time
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.crypto import keys_pb2
from supercloud.pb.tendermint.types import block_pb2, evidence_pb2, params_pb2, types_pb2, validator_pb2

PUB_KEY_TYPE = "tendermint/PubKeyEd25519"
DUPLICATE_VOTE_TYPE = "tendermint/DuplicateVoteEvidence"
LIGHT_CLIENT_ATTACK_TYPE = "tendermint/LightClientAttackEvidence"
JsonObject = dict[str, Any]


def b64(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def b64_or_null(data: bytes) -> str | None:
    """Base64, null for nothing."""
    return base64.b64encode(data).decode() if data else None


def hexed(data: bytes) -> str:
    """Upper-case hex."""
    return data.hex().upper()


def block_id(named: BlockID) -> JsonObject:
    """A block's id."""
    return {
        "hash": hexed(named.hash),
        "parts": {"total": named.parts_total, "hash": hexed(named.parts_hash)},
    }


def header(message: types_pb2.Header) -> JsonObject:
    """A header."""
    version = {"block": str(message.version.block)}
    if message.version.app:
        version["app"] = str(message.version.app)
    return {
        "version": version,
        "chain_id": message.chain_id,
        "height": str(message.height),
        "time": format_time(time_ns(message.time)),
        "last_block_id": block_id(BlockID.from_pb(message.last_block_id)),
        "last_commit_hash": hexed(message.last_commit_hash),
        "data_hash": hexed(message.data_hash),
        "validators_hash": hexed(message.validators_hash),
        "next_validators_hash": hexed(message.next_validators_hash),
        "consensus_hash": hexed(message.consensus_hash),
        "app_hash": hexed(message.app_hash),
        "last_results_hash": hexed(message.last_results_hash),
        "evidence_hash": hexed(message.evidence_hash),
        "proposer_address": hexed(message.proposer_address),
    }


def commit(message: types_pb2.Commit) -> JsonObject:
    """The votes for a block."""
    return {
        "height": str(message.height),
        "round": message.round,
        "block_id": block_id(BlockID.from_pb(message.block_id)),
        "signatures": [
            {
                "block_id_flag": entry.block_id_flag,
                "validator_address": hexed(entry.validator_address),
                "timestamp": format_time(time_ns(entry.timestamp)),
                "signature": b64_or_null(entry.signature),
            }
            for entry in message.signatures
        ],
    }


def block(message: block_pb2.Block) -> JsonObject:
    """A block."""
    return {
        "header": header(message.header),
        "data": {"txs": [b64(tx) for tx in message.data.txs]},
        "evidence": {"evidence": [evidence(entry) for entry in message.evidence.evidence]},
        "last_commit": commit(message.last_commit),
    }


def evidence(message: evidence_pb2.Evidence) -> JsonObject:
    """What proves that a validator has deceived: two votes that contradict each other, or a header beside the chain."""
    if message.HasField("light_client_attack_evidence"):
        return _attack(message.light_client_attack_evidence)
    proved = message.duplicate_vote_evidence
    return {
        "type": DUPLICATE_VOTE_TYPE,
        "value": {
            "vote_a": vote(proved.vote_a),
            "vote_b": vote(proved.vote_b),
            "TotalVotingPower": str(proved.total_voting_power),
            "ValidatorPower": str(proved.validator_power),
            "Timestamp": format_time(time_ns(proved.timestamp)),
        },
    }


def _attack(message: evidence_pb2.LightClientAttackEvidence) -> JsonObject:
    signed, known = message.conflicting_block.signed_header, message.conflicting_block.validator_set
    return {
        "type": LIGHT_CLIENT_ATTACK_TYPE,
        "value": {
            "ConflictingBlock": {
                "signed_header": {"header": header(signed.header), "commit": commit(signed.commit)},
                "validator_set": {
                    "validators": [_validator(entry) for entry in known.validators],
                    "proposer": _validator(known.proposer),
                },
            },
            "CommonHeight": str(message.common_height),
            "ByzantineValidators": [_validator(entry) for entry in message.byzantine_validators],
            "TotalVotingPower": str(message.total_voting_power),
            "Timestamp": format_time(time_ns(message.timestamp)),
        },
    }


def _validator(message: validator_pb2.Validator) -> JsonObject:
    return {
        "address": hexed(message.address),
        "pub_key": public_key(message.pub_key.ed25519),
        "voting_power": str(message.voting_power),
        "proposer_priority": str(message.proposer_priority),
    }


def vote(message: types_pb2.Vote) -> JsonObject:
    """A signed vote."""
    return {
        "type": message.type,
        "height": str(message.height),
        "round": message.round,
        "block_id": block_id(BlockID.from_pb(message.block_id)),
        "timestamp": format_time(time_ns(message.timestamp)),
        "validator_address": hexed(message.validator_address),
        "validator_index": message.validator_index,
        "signature": b64_or_null(message.signature),
        "extension": b64_or_null(message.extension),
        "extension_signature": b64_or_null(message.extension_signature),
    }


def block_meta(message: block_pb2.Block, named: BlockID, size: int) -> JsonObject:
    """A header with what is known of its block."""
    return {
        "block_id": block_id(named),
        "block_size": str(size),
        "header": header(message.header),
        "num_txs": str(len(message.data.txs)),
    }


def events(messages: Iterable[abci.Event]) -> list[JsonObject]:
    """Events with their attributes."""
    return [
        {
            "type": event.type,
            "attributes": [{"key": a.key, "value": a.value, "index": a.index} for a in event.attributes],
        }
        for event in messages
    ]


def tx_result(message: abci.ExecTxResult | abci.ResponseCheckTx) -> JsonObject:
    """What checking or executing a transaction gave."""
    return {
        "code": message.code,
        "data": b64_or_null(message.data),
        "log": message.log,
        "info": message.info,
        "gas_wanted": str(message.gas_wanted),
        "gas_used": str(message.gas_used),
        "events": events(message.events),
        "codespace": message.codespace,
    }


def public_key(key: bytes) -> JsonObject:
    """A validator's key."""
    return {"type": PUB_KEY_TYPE, "value": b64(key)}


def validator(entry: Validator, priority: str = "0") -> JsonObject:
    """A validator. Where one node proposes all blocks nobody's turn comes up: all priorities are 0."""
    return {
        "address": hexed(entry.address),
        "pub_key": public_key(entry.public_key),
        "voting_power": str(entry.power),
        "proposer_priority": priority,
    }


def validator_updates(messages: Sequence[abci.ValidatorUpdate]) -> list[JsonObject] | None:
    """Changes of validators, as block results print them."""
    if not messages:
        return None
    return [{"pub_key": _sum(update.pub_key), "power": str(update.power)} for update in messages]


def _sum(key: keys_pb2.PublicKey) -> JsonObject:
    value = {"ed25519": b64(key.ed25519)}
    return {"Sum": {"type": "tendermint.crypto.PublicKey_Ed25519", "value": value}}


def consensus_params(message: params_pb2.ConsensusParams) -> JsonObject:
    """Consensus parameters."""
    age = message.evidence.max_age_duration
    return {
        "block": {"max_bytes": str(message.block.max_bytes), "max_gas": str(message.block.max_gas)},
        "evidence": {
            "max_age_num_blocks": str(message.evidence.max_age_num_blocks),
            "max_age_duration": str(age.seconds * 1_000_000_000 + age.nanos),
            "max_bytes": str(message.evidence.max_bytes),
        },
        "validator": {"pub_key_types": list(message.validator.pub_key_types)},
        "version": {"app": str(message.version.app)},
        "abci": {"vote_extensions_enable_height": str(message.abci.vote_extensions_enable_height)},
    }


def finalized(message: abci.ResponseFinalizeBlock) -> JsonObject:
    """The results of a block inside a NewBlock event."""
    updates = message.consensus_param_updates if message.HasField("consensus_param_updates") else None
    return {
        "events": events(message.events),
        "tx_results": [tx_result(result) for result in message.tx_results] or None,
        "validator_updates": validator_updates(message.validator_updates),
        "consensus_param_updates": consensus_params(updates) if updates is not None else None,
        "app_hash": b64(message.app_hash),
    }


def block_results(height: int, message: abci.ResponseFinalizeBlock) -> JsonObject:
    """The results of a block as the method of that name prints them."""
    form = finalized(message)
    return {
        "height": str(height),
        "txs_results": form["tx_results"],
        "finalize_block_events": form["events"],
        "validator_updates": form["validator_updates"],
        "consensus_param_updates": form["consensus_param_updates"],
        "app_hash": form["app_hash"],
    }


def tx_proof(txs: Sequence[bytes], index: int) -> JsonObject:
    """Proof that a transaction is in a block."""
    root, leaf, aunts = leaf_proof(txs, index)
    return {
        "root_hash": hexed(root),
        "data": b64(txs[index]),
        "proof": {
            "total": str(len(txs)),
            "index": str(index),
            "leaf_hash": b64(leaf),
            "aunts": [b64(aunt) for aunt in aunts],
        },
    }


def query_response(message: abci.ResponseQuery) -> JsonObject:
    """Answer of abci_query."""
    proof = None
    if message.HasField("proof_ops"):
        ops = message.proof_ops.ops
        proof = {"ops": [{"type": op.type, "key": b64(op.key), "data": b64(op.data)} for op in ops]}
    return {
        "code": message.code,
        "log": message.log,
        "info": message.info,
        "index": str(message.index),
        "key": b64_or_null(message.key),
        "value": b64_or_null(message.value),
        "proofOps": proof,
        "height": str(message.height),
        "codespace": message.codespace,
    }
