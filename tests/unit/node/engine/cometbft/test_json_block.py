"""Blocks back from CometBFT's JSON: the bytes must be the ones that were hashed."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from supercloud.node.engine import block as blocks
from supercloud.node.engine.cometbft import json_block
from supercloud.node.rpc import forms
from supercloud.pb.tendermint.types import block_pb2, types_pb2

SECOND = 10**9


def a_block(txs: list[bytes]) -> tuple[block_pb2.Block, bytes, blocks.BlockID]:
    named = blocks.BlockID(b"\x01" * 32, 1, b"\x02" * 32)
    commit = blocks.make_commit(
        6,
        1,
        named,
        [blocks.commit_signature(b"\x03" * 20, 5 * SECOND + 7, b"\x04" * 64), blocks.commit_absence()],
    )
    header = types_pb2.Header(
        chain_id="c",
        height=7,
        time=blocks.time_pb(1_700_000_000 * SECOND + 1_500),
        last_block_id=named.to_pb(),
        validators_hash=b"\x05" * 32,
        next_validators_hash=b"\x06" * 32,
        consensus_hash=b"\x07" * 32,
        app_hash=b"\x08" * 32,
        last_results_hash=b"\x09" * 32,
        proposer_address=b"\x03" * 20,
    )
    header.version.block = 11
    return blocks.assemble(header, txs, commit)


@pytest.mark.parametrize("txs", [[], [b"a"], [b"x" * 100_000, b"y"]])
def test_a_block_comes_back_byte_for_byte(txs: list[bytes]) -> None:
    block, serialised, named = a_block(txs)
    again = json_block.block(forms.block(block))
    assert again.SerializeToString(deterministic=True) == serialised
    assert blocks.block_id(again, serialised) == named


def test_a_commit_comes_back_byte_for_byte() -> None:
    block, _, _ = a_block([])
    again = json_block.commit(forms.commit(block.last_commit))
    assert again == block.last_commit
    assert blocks.commit_hash(again) == block.header.last_commit_hash


def test_evidence_of_a_double_vote() -> None:
    vote = {
        "type": 2,
        "height": "5",
        "round": 0,
        "block_id": {"hash": "AA" * 32, "parts": {"total": 1, "hash": "BB" * 32}},
        "timestamp": "2026-01-02T03:04:05.000000006Z",
        "validator_address": "CC" * 20,
        "validator_index": 3,
        "signature": "AAAA",
    }
    document = forms.block(a_block([])[0])
    document["evidence"] = {
        "evidence": [
            {
                "type": "tendermint/DuplicateVoteEvidence",
                "value": {
                    "vote_a": vote,
                    "vote_b": {**vote, "signature": "AAAB"},
                    "TotalVotingPower": "40",
                    "ValidatorPower": "10",
                    "Timestamp": "2026-01-02T03:04:06Z",
                },
            }
        ]
    }
    (found,) = json_block.block(document).evidence.evidence
    duplicate = found.duplicate_vote_evidence
    assert (duplicate.total_voting_power, duplicate.validator_power) == (40, 10)
    assert duplicate.vote_b.signature == b"\0\0\1" and duplicate.vote_a.validator_index == 3
    assert duplicate.vote_a.timestamp.nanos == 6
    # And out again as it came, which is what whoever checks the header's hash of it needs.
    nothing = {"extension": None, "extension_signature": None}
    (entry,) = document["evidence"]["evidence"]
    for name in ("vote_a", "vote_b"):
        entry["value"][name] |= nothing
    assert forms.evidence(found) == entry
    assert forms.block(json_block.block(document)) == document


def test_evidence_of_an_attack_on_light_clients() -> None:
    made = orjson.loads((Path(__file__).parent / "attack.json").read_bytes())
    document = forms.block(a_block([])[0])
    document["evidence"] = {"evidence": [made["evidence"]]}
    block = json_block.block(document)
    (found,) = block.evidence.evidence
    assert found.SerializeToString(deterministic=True).hex() == made["bytes"]
    assert forms.block(block) == document


def test_evidence_that_is_not_known_is_named() -> None:
    document = forms.block(a_block([])[0])
    made = orjson.loads((Path(__file__).parent / "attack.json").read_bytes())["evidence"]
    made["value"]["ByzantineValidators"][0]["pub_key"]["type"] = "tendermint/PubKeySecp256k1"
    for unknown in ({"type": "tendermint/Rumour", "value": {}}, made):
        document["evidence"] = {"evidence": [unknown]}
        with pytest.raises(json_block.UnknownEvidence, match=r"Rumour|Secp256k1"):
            json_block.block(document)
