"""What consensus knows between two blocks, and how one block leads to the next."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any

import orjson

from supercloud.node.engine import block as blocks
from supercloud.node.engine.block import ZERO_BLOCK_ID, BlockID
from supercloud.node.engine.validators import ValidatorSet
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2, params_pb2, types_pb2


@dataclass(frozen=True)
class EngineState:
    """Consensus after a block. `validators` decide the next block, `next_validators` the one after it."""

    chain_id: str
    initial_height: int
    height: int
    """Height of the last block; 0 before the first."""
    block_id: BlockID
    time: int
    """Time of the last block; before the first, the genesis time."""
    last_validators: ValidatorSet
    validators: ValidatorSet
    next_validators: ValidatorSet
    last_params: params_pb2.ConsensusParams
    """Parameters that the last block was made under."""
    params: params_pb2.ConsensusParams
    app_hash: bytes
    results_hash: bytes

    @property
    def next_height(self) -> int:
        """Height of the block to come."""
        return self.height + 1 if self.height else self.initial_height

    def to_bytes(self) -> bytes:
        """Stored form."""
        return orjson.dumps(
            {
                "chain_id": self.chain_id,
                "initial_height": self.initial_height,
                "height": self.height,
                "block_id": [
                    self.block_id.hash.hex(),
                    self.block_id.parts_total,
                    self.block_id.parts_hash.hex(),
                ],
                "time": self.time,
                "last_validators": self.last_validators.to_json(),
                "validators": self.validators.to_json(),
                "next_validators": self.next_validators.to_json(),
                "last_params": _params_text(self.last_params),
                "params": _params_text(self.params),
                "app_hash": self.app_hash.hex(),
                "results_hash": self.results_hash.hex(),
            }
        )

    @classmethod
    def from_bytes(cls, stored: bytes) -> EngineState:
        """From the stored form."""
        document: dict[str, Any] = orjson.loads(stored)
        named, parts_total, parts_hash = document["block_id"]
        return cls(
            chain_id=document["chain_id"],
            initial_height=document["initial_height"],
            height=document["height"],
            block_id=BlockID(bytes.fromhex(named), parts_total, bytes.fromhex(parts_hash)),
            time=document["time"],
            last_validators=ValidatorSet.from_json(document["last_validators"]),
            validators=ValidatorSet.from_json(document["validators"]),
            next_validators=ValidatorSet.from_json(document["next_validators"]),
            last_params=_params(document["last_params"]),
            params=_params(document["params"]),
            app_hash=bytes.fromhex(document["app_hash"]),
            results_hash=bytes.fromhex(document["results_hash"]),
        )


@dataclass(frozen=True)
class Proposal:
    """A block with everything that is computed once about it."""

    block: block_pb2.Block
    serialised: bytes
    id: BlockID

    @classmethod
    def from_bytes(cls, serialised: bytes) -> Proposal:
        """A stored block."""
        block = block_pb2.Block.FromString(serialised)
        return cls(block, serialised, blocks.block_id(block, serialised))


def propose(state: EngineState, txs: list[bytes], last_commit: types_pb2.Commit, proposer: bytes) -> Proposal:
    """The next block. Its time follows from the last commit; the first block has the genesis time."""
    header = types_pb2.Header(
        chain_id=state.chain_id,
        height=state.next_height,
        time=blocks.time_pb(next_time(state, last_commit)),
        last_block_id=state.block_id.to_pb(),
        validators_hash=state.validators.hash,
        next_validators_hash=state.next_validators.hash,
        consensus_hash=blocks.consensus_hash(state.params),
        app_hash=state.app_hash,
        last_results_hash=state.results_hash,
        proposer_address=proposer,
    )
    header.version.block = blocks.BLOCK_PROTOCOL
    header.version.app = state.params.version.app
    return Proposal(*blocks.assemble(header, txs, last_commit))


def next_time(state: EngineState, last_commit: types_pb2.Commit) -> int:
    """Header time of the block that carries `last_commit`."""
    if not state.height:
        return state.time
    return blocks.median_time(last_commit, state.last_validators.powers())


def advance(state: EngineState, proposal: Proposal, response: abci.ResponseFinalizeBlock) -> EngineState:
    """State after a block was executed. Changes of validators hold two blocks later, of parameters one
    later.
    """
    header = proposal.block.header
    params = state.params
    if response.HasField("consensus_param_updates"):
        params = merged(params, response.consensus_param_updates)
    return replace(
        state,
        height=header.height,
        block_id=proposal.id,
        time=blocks.time_ns(header.time),
        last_validators=state.validators,
        validators=state.next_validators,
        next_validators=state.next_validators.updated(response.validator_updates),
        last_params=state.params,
        params=params,
        app_hash=response.app_hash,
        results_hash=blocks.results_hash(response.tx_results),
    )


def merged(
    params: params_pb2.ConsensusParams, updates: params_pb2.ConsensusParams
) -> params_pb2.ConsensusParams:
    """Parameters with the sections that the update names replaced."""
    result = params_pb2.ConsensusParams()
    result.CopyFrom(params)
    for section in ("block", "evidence", "validator", "version", "abci"):
        if updates.HasField(section):
            getattr(result, section).CopyFrom(getattr(updates, section))
    return result


def genesis_state(
    *,
    chain_id: str,
    initial_height: int,
    time: int,
    validators: ValidatorSet,
    params: params_pb2.ConsensusParams,
    app_hash: bytes,
) -> EngineState:
    """State before the first block."""
    return EngineState(
        chain_id=chain_id,
        initial_height=initial_height,
        height=0,
        block_id=ZERO_BLOCK_ID,
        time=time,
        last_validators=ValidatorSet(),
        validators=validators,
        next_validators=validators,
        last_params=params,
        params=params,
        app_hash=app_hash,
        results_hash=blocks.results_hash(()),
    )


def _params(text: str) -> params_pb2.ConsensusParams:
    return params_pb2.ConsensusParams.FromString(base64.b64decode(text))


def _params_text(params: params_pb2.ConsensusParams) -> str:
    return base64.b64encode(params.SerializeToString(deterministic=True)).decode()
