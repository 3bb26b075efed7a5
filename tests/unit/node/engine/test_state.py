"""The engine's state from block to block."""

from dataclasses import replace

import pytest

from supercloud.crypto import ed25519
from supercloud.node.engine import block as blocks
from supercloud.node.engine.state import EngineState, Proposal, advance, genesis_state, merged, propose
from supercloud.node.engine.validators import Validator, ValidatorSet
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2

KEY = ed25519.PrivateKey(b"\1" * 32)
TIME = 1_700_000_000 * 10**9


@pytest.fixture
def genesis() -> EngineState:
    return genesis_state(
        chain_id="c",
        initial_height=1,
        time=TIME,
        validators=ValidatorSet.of([Validator(KEY.public_key, 10)]),
        params=params_pb2.ConsensusParams(
            block=params_pb2.BlockParams(max_bytes=1000, max_gas=-1), version=params_pb2.VersionParams(app=3)
        ),
        app_hash=b"\5" * 32,
    )


def signed(state: EngineState, proposal: Proposal, time: int) -> blocks.types_pb2.Commit:
    height = proposal.block.header.height
    message = blocks.vote_sign_bytes(state.chain_id, height, 0, proposal.id, time)
    entry = blocks.commit_signature(KEY.address, time, KEY.sign(message))
    return blocks.make_commit(height, 0, proposal.id, [entry])


def test_headers_carry_the_state(genesis: EngineState) -> None:
    first = propose(genesis, [b"tx"], blocks.empty_commit(), KEY.address)
    header = first.block.header
    assert (header.height, blocks.time_ns(header.time), header.version.app) == (1, TIME, 3)
    assert (header.app_hash, header.proposer_address) == (b"\5" * 32, KEY.address)
    assert Proposal.from_bytes(first.serialised) == first
    response = abci.ResponseFinalizeBlock(tx_results=[abci.ExecTxResult(code=4)], app_hash=b"\6" * 32)
    after = advance(genesis, first, response)
    second = propose(after, [], signed(genesis, first, TIME + 77), KEY.address)
    header = second.block.header
    assert blocks.time_ns(header.time) == TIME + 77
    assert blocks.BlockID.from_pb(header.last_block_id) == first.id
    assert header.app_hash == b"\6" * 32
    assert header.last_results_hash == blocks.results_hash(response.tx_results)


def test_changes_hold_in_their_time(genesis: EngineState) -> None:
    update = abci.ValidatorUpdate(power=4)
    update.pub_key.ed25519 = b"\2" * 32
    response = abci.ResponseFinalizeBlock(
        validator_updates=[update],
        consensus_param_updates=params_pb2.ConsensusParams(
            block=params_pb2.BlockParams(max_bytes=7, max_gas=8)
        ),
    )
    proposal = propose(genesis, [], blocks.empty_commit(), KEY.address)
    after = advance(genesis, proposal, response)
    assert (len(after.last_validators), len(after.validators), len(after.next_validators)) == (1, 1, 2)
    assert (after.last_params.block.max_bytes, after.params.block.max_bytes) == (1000, 7)
    assert after.params.version.app == 3
    following = advance(
        after,
        propose(after, [], signed(genesis, proposal, TIME + 1), KEY.address),
        abci.ResponseFinalizeBlock(),
    )
    assert (len(following.last_validators), len(following.validators)) == (1, 2)


def test_stored_form(genesis: EngineState) -> None:
    named = blocks.BlockID(b"\1" * 32, 2, b"\2" * 32)
    state = replace(genesis, height=5, block_id=named, last_validators=genesis.validators)
    assert EngineState.from_bytes(state.to_bytes()) == state
    assert state.next_height == 6
    assert replace(genesis, initial_height=9).next_height == 9


def test_merging_replaces_sections_that_are_named() -> None:
    params = params_pb2.ConsensusParams(
        block=params_pb2.BlockParams(max_bytes=1, max_gas=2), evidence=params_pb2.EvidenceParams(max_bytes=3)
    )
    changed = merged(params, params_pb2.ConsensusParams(block=params_pb2.BlockParams(max_bytes=9, max_gas=9)))
    assert (changed.block.max_bytes, changed.evidence.max_bytes, params.block.max_bytes) == (9, 3, 1)
