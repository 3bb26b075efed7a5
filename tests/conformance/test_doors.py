"""What no client library asks, asked plainly: every method of CometBFT's RPC, the description of the REST door."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from ledger import CHAIN, Ledger

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]


def post(ledger: Ledger, method: str, params: Any = None) -> Any:
    """The answer of a JSON-RPC request: its result, or its error object."""
    body = json.dumps({"jsonrpc": "2.0", "id": 3, "method": method, "params": params or {}}).encode()
    with urllib.request.urlopen(ledger.rpc, body, timeout=20) as answer:
        document = json.load(answer)
    assert document["id"] == 3 and document["jsonrpc"] == "2.0"
    return document.get("result", document.get("error"))


def get(ledger: Ledger, uri: str) -> tuple[int, Any]:
    """Status and result or error of a URI."""
    try:
        with urllib.request.urlopen(f"{ledger.rpc}/{uri}", timeout=20) as answer:
            status, document = answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        status, document = error.code, json.load(error)
    assert document["id"] == -1
    return status, document.get("result", document.get("error"))


# Method -> what its result holds; parameters are all optional there.
READS = {
    "health": set(),
    "status": {"node_info", "sync_info", "validator_info"},
    "net_info": {"listening", "listeners", "n_peers", "peers"},
    "genesis": {"genesis"},
    "genesis_chunked": {"chunk", "total", "data"},
    "block": {"block_id", "block"},
    "block_results": {"height", "txs_results", "finalize_block_events", "validator_updates"},
    "blockchain": {"last_height", "block_metas"},
    "header": {"header"},
    "commit": {"signed_header", "canonical"},
    "validators": {"block_height", "validators", "count", "total"},
    "consensus_params": {"block_height", "consensus_params"},
    "consensus_state": {"round_state"},
    "dump_consensus_state": {"round_state", "peers"},
    "unconfirmed_txs": {"n_txs", "total", "total_bytes", "txs"},
    "num_unconfirmed_txs": {"n_txs", "total", "total_bytes"},
    "abci_info": {"response"},
    "akash": {"client_info", "supported_versions", "chain_id", "node_version"},
}


@pytest.mark.parametrize("method", READS)
def test_reads_by_post_and_by_uri(ledger: Ledger, method: str) -> None:
    answer = post(ledger, method)
    assert READS[method] <= set(answer), answer
    status, by_uri = get(ledger, method)
    assert status == 200 and set(by_uri) == set(answer)


def test_blocks_by_hash_in_every_spelling(ledger: Ledger) -> None:
    block = post(ledger, "block", {"height": "2"})
    hash_ = block["block_id"]["hash"]
    encoded = base64.b64encode(bytes.fromhex(hash_)).decode()
    assert post(ledger, "block_by_hash", {"hash": encoded}) == block
    assert get(ledger, f"block_by_hash?hash=0x{hash_}") == (200, block)
    header = post(ledger, "header_by_hash", {"hash": hash_})
    assert header["header"] == block["block"]["header"]
    assert get(ledger, f"header_by_hash?hash=0x{hash_}") == (200, header)
    assert post(ledger, "block_by_hash", {"hash": base64.b64encode(bytes(32)).decode()})["block"] is None


def test_the_genesis_in_chunks_is_the_genesis(ledger: Ledger) -> None:
    chunk = post(ledger, "genesis_chunked", {"chunk": "0"})
    assert (chunk["chunk"], chunk["total"]) == ("0", "1")
    assert json.loads(base64.b64decode(chunk["data"])) == post(ledger, "genesis")["genesis"]
    assert "there are 1 chunks" in post(ledger, "genesis_chunked", {"chunk": 1})["data"]


def test_searches(ledger: Ledger) -> None:
    found = post(ledger, "block_search", {"query": "block.height=2", "page": "1", "per_page": "1"})
    assert found["total_count"] == "1" and found["blocks"][0]["block"]["header"]["height"] == "2"
    assert get(ledger, "tx_search?query=%22tx.height=1%22&prove=true") == (
        200,
        {"txs": [], "total_count": "0"},
    )
    assert post(ledger, "tx_search", {"query": "tx.height=1", "order_by": "up"})["code"] == -32603


def test_refusals_say_what_is_wrong(ledger: Ledger) -> None:
    assert post(ledger, "nothing") == {"code": -32601, "message": "Method not found"}
    refused = post(
        ledger, "broadcast_evidence", {"evidence": {"type": "tendermint/DuplicateVoteEvidence", "value": {}}}
    )
    assert refused["code"] == -32603 and refused["data"] == "this node's engine takes no evidence"
    assert post(ledger, "tx", {"hash": base64.b64encode(bytes(32)).decode()})["data"].endswith("not found")
    assert post(ledger, "block", {"height": "x"})["code"] == -32602
    status, error = get(ledger, "block?height=999999999")
    assert status == 500 and "must be less than or equal to the current blockchain height" in error["data"]


def test_transactions_that_are_none(ledger: Ledger) -> None:
    junk = base64.b64encode(b"\x01\x02").decode()
    for method in ("broadcast_tx_sync", "check_tx"):
        assert post(ledger, method, {"tx": junk})["code"] == 2
    assert post(ledger, "broadcast_tx_async", {"tx": junk})["code"] == 0
    assert post(ledger, "broadcast_tx_commit", {"tx": junk})["check_tx"]["code"] == 2


def test_the_rest_door_is_described(node_script: Callable[..., dict[str, Any]]) -> None:
    """By a parser that judges OpenAPI documents."""
    seen = node_script("openapi.mjs")
    assert seen["valid"]["version"] == "3.0.3" and seen["valid"]["paths"] >= 130
    assert (seen["valid"]["type"], seen["valid"]["origin"]) == ("application/json", "*")
    assert seen["page"].startswith("text/html")


def rest(ledger: Ledger, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of a REST path."""
    request = urllib.request.Request(ledger.rest + path, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.load(error)


def test_rest_speaks_as_the_gateway_does(ledger: Ledger) -> None:
    assert rest(ledger, "/cosmos/nothing")[::2] == (
        501,
        {"code": 12, "message": "Not Implemented", "details": []},
    )
    status, _, document = rest(ledger, "/cosmos/tx/v1beta1/txs/" + "AB" * 32)
    assert (status, document["code"], document["message"]) == (404, 5, "tx not found: " + "AB" * 32)
    status, headers, document = rest(
        ledger, "/cosmos/bank/v1beta1/supply?stray=1", {"x-cosmos-block-height": "2"}
    )
    assert status == 200 and headers["grpc-metadata-x-cosmos-block-height"] == "2"
    assert document["pagination"] == {"next_key": None, "total": "3"}
    status, _, document = rest(ledger, "/cosmos/base/tendermint/v1beta1/blocks/1")
    assert status == 200 and document["block"]["header"]["height"] == "1"
    assert document["sdk_block"]["header"]["chain_id"] == CHAIN
    assert document["sdk_block"]["header"]["proposer_address"].startswith("akashvalcons1")
    assert rest(ledger, "/cosmos/bank/v1beta1/balances/akash1bad")[0] == 400
