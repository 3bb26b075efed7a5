"""JSON of things that the other tests do not print."""

from supercloud.node.engine import block as blocks
from supercloud.node.rpc import forms
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.crypto import proof_pb2
from supercloud.pb.tendermint.types import params_pb2


def test_an_absent_vote() -> None:
    commit = blocks.make_commit(3, 0, blocks.ZERO_BLOCK_ID, [blocks.commit_absence()])
    assert forms.commit(commit)["signatures"] == [
        {"block_id_flag": 1, "validator_address": "", "timestamp": "0001-01-01T00:00:00Z", "signature": None}
    ]


def test_changes_that_a_block_makes() -> None:
    update = abci.ValidatorUpdate(power=7)
    update.pub_key.ed25519 = b"\1" * 32
    response = abci.ResponseFinalizeBlock(
        validator_updates=[update],
        consensus_param_updates=params_pb2.ConsensusParams(
            block=params_pb2.BlockParams(max_bytes=5, max_gas=-1)
        ),
        app_hash=b"\2",
    )
    form = forms.block_results(9, response)
    assert form["validator_updates"][0]["power"] == "7"
    assert form["validator_updates"][0]["pub_key"]["Sum"]["value"]["ed25519"].startswith("AQEB")
    assert form["consensus_param_updates"]["block"] == {"max_bytes": "5", "max_gas": "-1"}
    assert (form["app_hash"], form["txs_results"], form["finalize_block_events"]) == ("Ag==", None, [])


def test_results_keep_numbers_as_cometbft_prints_them() -> None:
    form = forms.tx_result(abci.ExecTxResult(code=5, gas_wanted=-1, gas_used=2**40, codespace="sdk"))
    assert form == {
        "code": 5,
        "data": None,
        "log": "",
        "info": "",
        "gas_wanted": "-1",
        "gas_used": str(2**40),
        "events": [],
        "codespace": "sdk",
    }


def test_proofs_of_queries() -> None:
    response = abci.ResponseQuery(key=b"k", height=4)
    response.proof_ops.ops.append(proof_pb2.ProofOp(type="ics23:iavl", key=b"k", data=b"d"))
    form = forms.query_response(response)
    assert form["proofOps"] == {"ops": [{"type": "ics23:iavl", "key": "aw==", "data": "ZA=="}]}
    assert (form["value"], form["height"], form["index"]) == (None, "4", "0")
    assert forms.query_response(abci.ResponseQuery())["proofOps"] is None


def test_a_header_with_an_application_version() -> None:
    block = blocks.block_pb2.Block()
    block.header.version.block = 11
    assert forms.header(block.header)["version"] == {"block": "11"}
    block.header.version.app = 3
    assert forms.header(block.header)["version"] == {"block": "11", "app": "3"}
