"""Every method over a real small chain."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from small_node import ALICE_TEXT, BOB_TEXT, SmallNode, transfer

from supercloud.node.engine.peers import Alone, PeersError
from supercloud.node.rpc.jsonrpc import RpcError, arguments
from supercloud.node.rpc.methods import Methods
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2
from supercloud.pb.cosmos.base.tendermint.v1beta1 import query_pb2 as tendermint_pb2

Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def call(small: SmallNode) -> Call:
    table = Methods(small.view, small.dispatch).table()

    async def call(method: str, **params: Any) -> Any:
        found = table[method]
        return await found.handler(*arguments(found.parameters, params))

    return call


def hash64(raw: bytes) -> str:
    return base64.b64encode(sha256(raw).digest()).decode()


async def test_before_the_first_block(small: SmallNode, call: Call) -> None:
    status = await call("status")
    assert status["sync_info"]["latest_block_height"] == "0"
    assert status["sync_info"]["latest_block_hash"] == ""
    assert status["validator_info"]["voting_power"] == "10"
    assert (await call("validators"))["total"] == "1"
    assert await call("health") == {}
    assert (await call("block"))["block"] is None


async def test_status_names_the_node(small: SmallNode, call: Call) -> None:
    small.block()
    status = await call("status")
    info, sync = status["node_info"], status["sync_info"]
    assert info["network"] == "c" and info["version"].startswith("0.38.") and info["moniker"] == "small"
    assert info["protocol_version"] == {"p2p": "8", "block": "11", "app": "0"}
    assert info["other"]["tx_index"] == "on"
    assert (sync["latest_block_height"], sync["catching_up"]) == ("1", False)
    assert sync["latest_block_hash"] == sync["earliest_block_hash"] != ""
    assert sync["latest_block_time"] == "2023-11-14T22:13:20Z"


async def test_blocks_by_height_and_hash(small: SmallNode, call: Call) -> None:
    for _ in range(3):
        small.block()
    second = await call("block", height="2")
    named = second["block_id"]["hash"]
    assert second["block"]["header"]["height"] == "2"
    assert (
        second["block"]["last_commit"]["block_id"]["hash"]
        == (await call("block", height="1"))["block_id"]["hash"]
    )
    assert await call("block_by_hash", hash=base64.b64encode(bytes.fromhex(named)).decode()) == second
    assert (await call("header_by_hash", hash=named))["header"] == second["block"]["header"]
    assert (await call("header", height="2"))["header"] == second["block"]["header"]
    nothing = await call("block_by_hash", hash=base64.b64encode(bytes(32)).decode())
    assert nothing["block"] is None and nothing["block_id"]["hash"] == ""
    first = await call("block", height="1")
    assert first["block"]["last_commit"] == {
        "height": "0",
        "round": 0,
        "block_id": {"hash": "", "parts": {"total": 0, "hash": ""}},
        "signatures": [],
    }


async def test_commits_and_headers(small: SmallNode, call: Call) -> None:
    for _ in range(25):
        small.block()
    settled, last = await call("commit", height="24"), await call("commit")
    assert (settled["canonical"], last["canonical"]) == (True, False)
    assert settled["signed_header"]["commit"]["signatures"][0]["block_id_flag"] == 2
    chain = await call("blockchain", minHeight="0", maxHeight="0")
    assert chain["last_height"] == "25" and len(chain["block_metas"]) == 20
    assert [meta["header"]["height"] for meta in chain["block_metas"][:2]] == ["25", "24"]
    chain = await call("blockchain", minHeight="3", maxHeight="5")
    assert [meta["header"]["height"] for meta in chain["block_metas"]] == ["5", "4", "3"]


@pytest.mark.parametrize(
    "method, params, words",
    [
        ("block", {"height": "9"}, "height 9 must be less than or equal to the current blockchain height 2"),
        ("block", {"height": "0"}, "height must be greater than 0, but got 0"),
        ("blockchain", {"minHeight": "-1"}, "heights must be non-negative"),
        ("blockchain", {"minHeight": "9"}, "min height 9 can't be greater than max height 2"),
        ("validators", {"height": "4"}, "current blockchain height 3"),
        ("validators", {"page": "2"}, r"page should be within \[1, 1\] range, given 2"),
        ("tx", {"hash": base64.b64encode(bytes(32)).decode()}, r"tx \(0{64}\) not found"),
        ("tx_search", {"query": ""}, "empty query"),
        ("tx_search", {"query": "a='b'", "page": "0"}, r"page should be within \[1, 1\] range, given 0"),
        ("tx_search", {"query": "a='b'", "order_by": "up"}, "expected order_by to be either"),
        ("broadcast_evidence", {"evidence": {"type": "x"}}, "takes no evidence"),
        ("broadcast_evidence", {}, "no evidence was provided"),
        ("tx", {}, "transaction hash cannot be empty"),
        ("genesis_chunked", {"chunk": "1"}, "there are 1 chunks, 1 is invalid"),
    ],
)
async def test_refusals(
    small: SmallNode, call: Call, method: str, params: dict[str, Any], words: str
) -> None:
    small.block()
    small.block()
    with pytest.raises(RpcError, match=words) as refusal:
        await call(method, **params)
    assert refusal.value.code == -32603


async def test_a_transaction_from_mempool_to_block(small: SmallNode, call: Call) -> None:
    small.block()
    raw = transfer(5, 0)
    sent = await call("broadcast_tx_sync", tx=base64.b64encode(raw).decode())
    assert sent == {
        "code": 0,
        "data": "",
        "log": "",
        "codespace": "",
        "hash": sha256(raw).hexdigest().upper(),
    }
    assert (await call("num_unconfirmed_txs"))["n_txs"] == "1"
    waiting = await call("unconfirmed_txs", limit="5")
    assert waiting["txs"] == [base64.b64encode(raw).decode()] and waiting["total_bytes"] == str(len(raw))
    small.block()
    found = await call("tx", hash=hash64(raw), prove=True)
    assert (found["height"], found["index"], found["tx_result"]["code"]) == ("2", 0, 0)
    assert found["proof"]["proof"]["total"] == "1"
    assert any(event["type"] == "transfer" for event in found["tx_result"]["events"])
    results = await call("block_results", height="2")
    assert results["txs_results"][0] == found["tx_result"]
    assert (await call("block_results", height="1"))["txs_results"] is None
    page = await call(
        "tx_search", query=f"transfer.recipient='{BOB_TEXT}'", prove=False, page="1", per_page="1"
    )
    assert page == {"txs": [{key: found[key] for key in found if key != "proof"}], "total_count": "1"}


async def test_searches_page_and_order(small: SmallNode, call: Call) -> None:
    small.block()
    for sequence in range(3):
        small.block(transfer(1, sequence))
    query = f"message.sender='{ALICE_TEXT}'"
    rising = await call("tx_search", query=query, page="1", per_page="2")
    falling = await call("tx_search", query=query, page="2", per_page="2", order_by="desc")
    assert [tx["height"] for tx in rising["txs"]] == ["2", "3"] and rising["total_count"] == "3"
    assert [tx["height"] for tx in falling["txs"]] == ["2"]
    blocks = await call("block_search", query="block.height > 1 AND block.height < 4")
    assert [block["block"]["header"]["height"] for block in blocks["blocks"]] == ["3", "2"]


async def test_what_left_the_mempool_says_why(small: SmallNode, call: Call) -> None:
    small.block()
    raw = transfer(5, 0)
    small.mempool.admit(raw)
    small.mempool._leave(sha256(raw).digest(), "no longer valid: for a test")
    with pytest.raises(RpcError, match="not found: left the mempool: no longer valid"):
        await call("tx", hash=hash64(raw))


async def test_broadcast_tx_commit_waits_for_the_block(small: SmallNode, call: Call) -> None:
    small.block()
    sending = asyncio.create_task(call("broadcast_tx_commit", tx=base64.b64encode(transfer(5, 0)).decode()))
    await asyncio.sleep(0)
    small.block()
    answer = await sending
    assert (answer["height"], answer["tx_result"]["code"], answer["check_tx"]["code"]) == ("2", 0, 0)
    refused = await call("broadcast_tx_commit", tx=base64.b64encode(transfer(5, 0)[:-1] + b"x").decode())
    assert refused["check_tx"]["code"] != 0 and refused["height"] == "0"


async def test_state_machine_and_node_services_by_path(small: SmallNode, call: Call) -> None:
    small.block(transfer(5, 0))
    request = query_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt").SerializeToString().hex()
    path = "/cosmos.bank.v1beta1.Query/Balance"
    found = (await call("abci_query", path=path, data=request, height="0", prove=False))["response"]
    answer = query_pb2.QueryBalanceResponse.FromString(base64.b64decode(found["value"]))
    assert (answer.balance.amount, found["height"], found["code"]) == ("5", "1", 0)
    path = "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo"
    found = (await call("abci_query", path=path, data=""))["response"]
    info = tendermint_pb2.GetNodeInfoResponse.FromString(base64.b64decode(found["value"]))
    assert info.default_node_info.network == "c"
    found = (await call("abci_query", path="/no.such.Query/Thing", data=""))["response"]
    assert (found["code"], found["log"]) == (6, "unknown query path: unknown request")
    path = "/cosmos.tx.v1beta1.Service/GetTx"
    found = (await call("abci_query", path=path, data=""))["response"]
    assert found["code"] == 18 and "tx hash cannot be empty" in found["log"]


async def test_the_rest(small: SmallNode, call: Call) -> None:
    small.block()
    assert (await call("abci_info"))["response"]["last_block_height"] == "1"
    assert (await call("net_info"))["n_peers"] == "0"
    assert (await call("consensus_params"))["consensus_params"]["block"]["max_gas"] == "-1"
    assert (await call("consensus_state"))["round_state"]["height/round/step"] == "2/0/1"
    assert (await call("dump_consensus_state"))["peers"] == []
    assert (await call("akash"))["client_info"]["api_version"] == "v1beta3"
    assert b'"chain_id":"c"' in await call("genesis")
    chunk = await call("genesis_chunked", chunk="0")
    assert b'{"genesis":' + base64.b64decode(chunk["data"]) + b"}" == await call("genesis")
    checked = await call("check_tx", tx=base64.b64encode(b"junk").decode())
    assert (checked["code"], checked["codespace"]) == (2, "sdk")
    sent = await call("broadcast_tx_async", tx=base64.b64encode(b"junk").decode())
    assert sent["code"] == 0


class Others(Alone):
    """CometBFT with blocks from `earliest` on; it refuses questions about a height in `refused`."""

    def __init__(
        self, address: str, earliest: int, refused: tuple[str, ...] = (), away: bool = False
    ) -> None:
        self._address, self._earliest, self._refused, self._away = address, earliest, refused, away

    async def ask(self, method: str, **params: Any) -> dict[str, Any] | None:
        if self._away or (method == "validators" and params["height"] in self._refused):
            raise PeersError("not now")
        if method == "status":
            return {"sync_info": {"earliest_block_height": str(self._earliest)}}
        assert params == {"height": params["height"], "page": "1", "per_page": "30"}
        return {"validators": [{"address": self._address, "proposer_priority": "-" + params["height"]}]}


async def test_whose_turn_it_is_comes_from_cometbft_for_the_heights_that_it_has(small: SmallNode) -> None:
    for _ in range(4):
        small.block()

    async def priority(peers: Others, **params: Any) -> str:
        table = Methods(replace(small.view, peers=peers), small.dispatch).table()
        method = table["validators"]
        (shown,) = (await method.handler(*arguments(method.parameters, params)))["validators"]
        return str(shown["proposer_priority"])

    own = small.engine.state.validators[0].address.hex().upper()
    assert await priority(Others(own, 3), height="4") == "-4" and await priority(Others(own, 3)) == "-5"
    # What was decided before CometBFT came has no turns; what it ought to know is not made up.
    assert await priority(Others(own, 3, ("2",)), height="2") == "0"
    for others in (Others(own, 3, ("4",)), Others(own, 3, away=True)):
        with pytest.raises(RpcError, match="not now"):
            await priority(others, height="4")
    assert await priority(Others(own, 3, ("5",))) == "0", "others are ahead, and nobody asked for that height"
