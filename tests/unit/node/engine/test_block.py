"""Hashes and signed bytes against CometBFT's own."""

import cometbft_vectors as go
import pytest

from supercloud.crypto import ed25519
from supercloud.node.engine import block as blocks
from supercloud.node.engine.block import BlockID
from supercloud.node.engine.validators import Validator, ValidatorSet
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2, types_pb2

TIME = 1_700_000_000_123_456_789
RISING, FALLING = bytes(range(32)), bytes(255 - i for i in range(32))
NAMED = BlockID(RISING, 3, FALLING)
KEY = ed25519.PrivateKey(bytes.fromhex(go.SEED))
ONE = ValidatorSet.of([Validator(KEY.public_key, 10)])
TWO = ValidatorSet.of([Validator(KEY.public_key, 10), Validator(bytes.fromhex(go.PUBLIC_KEY_2), 10)])
PARAMS = params_pb2.ConsensusParams(block=params_pb2.BlockParams(max_bytes=22_020_096, max_gas=-1))


def first_header() -> types_pb2.Header:
    header = types_pb2.Header(
        chain_id="supercloud-local",
        height=1,
        time=blocks.time_pb(TIME),
        last_block_id=blocks.ZERO_BLOCK_ID.to_pb(),
        last_commit_hash=blocks.commit_hash(blocks.empty_commit()),
        data_hash=blocks.data_hash([]),
        validators_hash=ONE.hash,
        next_validators_hash=TWO.hash,
        consensus_hash=blocks.consensus_hash(PARAMS),
        app_hash=RISING,
        last_results_hash=blocks.results_hash([]),
        evidence_hash=blocks.evidence_hash(),
        proposer_address=KEY.address,
    )
    header.version.block = 11
    return header


def later_header(height: int) -> types_pb2.Header:
    header = first_header()
    header.version.app = 7
    header.height = height
    header.time.CopyFrom(blocks.time_pb(1_700_000_000 * 10**9))
    header.last_block_id.CopyFrom(NAMED.to_pb())
    header.last_commit_hash = FALLING
    return header


def commit() -> types_pb2.Commit:
    vote = blocks.commit_signature(KEY.address, TIME, bytes.fromhex(go.SIGNATURE))
    return blocks.make_commit(300, 2, NAMED, [blocks.commit_absence(), vote])


def test_parts_of_a_header_hash_as_in_cometbft() -> None:
    assert KEY.public_key.hex() == go.PUBLIC_KEY
    assert KEY.address.hex() == go.ADDRESS
    assert ONE.hash.hex() == go.VALIDATORS_1
    assert TWO.hash.hex() == go.VALIDATORS_2
    assert blocks.consensus_hash(PARAMS).hex() == go.PARAMS
    assert blocks.data_hash([b"a", b"bb", b"ccc"]).hex() == go.DATA


def test_results_hash_counts_only_what_is_deterministic() -> None:
    results = [
        abci.ExecTxResult(
            code=0,
            data=b"out",
            gas_wanted=100,
            gas_used=77,
            log="ignored",
            codespace="x",
            events=[abci.Event(type="e")],
        ),
        abci.ExecTxResult(code=5, gas_wanted=-1),
        abci.ExecTxResult(),
    ]
    assert blocks.results_hash(results).hex() == go.RESULTS


def test_header_hash() -> None:
    assert blocks.header_hash(first_header()).hex() == go.HEADER_1
    assert blocks.header_hash(later_header(300)).hex() == go.HEADER_2


def test_vote_sign_bytes_and_signature() -> None:
    sign_bytes = blocks.vote_sign_bytes("supercloud-local", 300, 2, NAMED, TIME)
    assert sign_bytes.hex() == go.SIGN_BYTES
    assert KEY.sign(sign_bytes).hex() == go.SIGNATURE
    assert blocks.vote_sign_bytes("c", 1, 0, blocks.ZERO_BLOCK_ID, 0).hex() == go.SIGN_BYTES_NIL
    assert blocks.time_ns(blocks.parse_vote(sign_bytes).timestamp) == TIME


@pytest.mark.parametrize("broken", [b"", b"\x05\x08", b"\x80\x80\x80"])
def test_broken_sign_bytes_are_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):
        blocks.parse_vote(broken)


def test_commit_bytes_and_hash() -> None:
    assert commit().SerializeToString(deterministic=True).hex() == go.COMMIT_BYTES
    assert blocks.commit_hash(commit()).hex() == go.COMMIT_HASH


def test_a_block_of_three_parts() -> None:
    big = bytes(i * 7 & 0xFF for i in range(150_000))
    header = later_header(301)
    _, serialised, named = blocks.assemble(header, [b"a", big], commit())
    assert named.parts_total == 3
    assert named.parts_hash.hex() == go.PARTS_HASH
    assert named.hash.hex() == go.BLOCK_HASH
    assert len(serialised) == 150_623


def test_serialised_blocks() -> None:
    block, serialised, _ = blocks.assemble(first_header(), [], blocks.empty_commit())
    assert serialised.hex() == go.BLOCK_FIRST
    assert (
        block.header.last_commit_hash.hex()
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_median_time_weighs_by_power() -> None:
    votes = [(b"a", 30), (b"b", 10), (b"c", 20)]
    entries = [blocks.commit_signature(address, time, b"s") for address, time in votes]
    seen = blocks.make_commit(5, 0, NAMED, [*entries, blocks.commit_absence()])
    assert blocks.median_time(seen, {b"a": 1, b"b": 1, b"c": 1}) == 10
    assert blocks.median_time(seen, {b"a": 9, b"b": 1, b"c": 1}) == 30
    with pytest.raises(ValueError):
        blocks.median_time(blocks.make_commit(5, 0, NAMED, [blocks.commit_absence()]), {b"a": 1})


def test_room_for_transactions() -> None:
    assert blocks.tx_bytes_max(1_572_864, 1) == 1_572_022
    assert blocks.tx_bytes_max(1_572_864, 3) == 1_571_800


def test_block_id_survives_the_wire() -> None:
    assert BlockID.from_pb(NAMED.to_pb()) == NAMED
    assert blocks.ZERO_BLOCK_ID.is_zero and not NAMED.is_zero
