"""Reads: queries, pages, accounts, heights, times."""

from __future__ import annotations

from typing import Any

import pytest
from memory_node import MemoryNode

from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_query
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.sdk.client import Client, parse_time
from supercloud.sdk.errors import QueryError
from supercloud.sdk.tx import TxSender
from supercloud.types.address import module_address
from supercloud.types.coin import Coin


async def test_a_query_and_a_refused_one(client: Client, node: MemoryNode) -> None:
    path = "/cosmos.bank.v1beta1.Query/Balance"
    request = bank_query.QueryBalanceRequest(address=node.ledger.alice.text, denom="uakt")
    answer = await client.query(path, request, bank_query.QueryBalanceResponse)
    assert answer.balance.amount == str(10**15)
    with pytest.raises(QueryError, match=path) as refused:
        await client.query(path, bank_query.QueryBalanceRequest(address="x"), bank_query.QueryBalanceResponse)
    assert refused.value.code and refused.value.path == path


async def test_a_query_of_the_past(client: Client, node: MemoryNode) -> None:
    before = node.ledger.next_height - 1
    message = MsgSend(from_address=node.ledger.alice.text, to_address=node.ledger.dave.text)
    message.amount.add(denom="uakt", amount="1")
    await TxSender(client, node.ledger.alice.key).send([message])
    request = bank_query.QueryBalanceRequest(address=node.ledger.dave.text, denom="uakt")
    path = "/cosmos.bank.v1beta1.Query/Balance"
    then = await client.query(path, request, bank_query.QueryBalanceResponse, before)
    now = await client.query(path, request, bank_query.QueryBalanceResponse)
    assert int(now.balance.amount) - int(then.balance.amount) == 1


async def test_all_pages_are_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supercloud.sdk.client.PAGE_ITEMS", 1)
    path = "/cosmos.bank.v1beta1.Query/TotalSupply"
    request = bank_query.QueryTotalSupplyRequest()
    found = await client.pages(path, request, bank_query.QueryTotalSupplyResponse, "supply")
    assert [coin.denom for coin in found] == ["uact", "uakt", "uusdc"]


async def test_accounts(client: Client, node: MemoryNode) -> None:
    alice = await client.account(node.ledger.alice.address)
    assert alice is not None and (alice.address, alice.sequence) == (node.ledger.alice.address, 0)
    assert alice.number == node.ledger.account(node.ledger.alice).account_number
    assert await client.account(b"\7" * 20) is None
    module = await client.account(module_address("escrow"))
    assert module is None or module.number > 0


async def test_balances_and_height(client: Client, node: MemoryNode) -> None:
    assert await client.balances(node.ledger.alice.address) == [
        Coin(denom, 10**15) for denom in ("uact", "uakt", "uusdc")
    ]
    assert await client.balances(b"\7" * 20) == []
    height = await client.height()
    node.block()
    assert await client.height() == height + 1


async def test_an_unknown_transaction(client: Client) -> None:
    assert await client.tx("00" * 32) is None


async def test_block_interval(client: Client, node: MemoryNode) -> None:
    """What most blocks take: two hours without blocks are no cadence."""
    times = ["02:00:03.5Z", "02:00:02.5Z", "02:00:01.5Z", "00:00:02Z", "00:00:01Z", "00:00:00Z"]
    metas = [{"header": {"height": str(9 - n), "time": f"2026-01-01T{text}"}} for n, text in enumerate(times)]
    any_node: Any = node
    any_node._blockchain = lambda **_: {"block_metas": metas}
    assert await client.block_interval_s() == 1.0
    any_node._blockchain = lambda **_: {"block_metas": metas[:3]}
    assert await client.block_interval_s() == 1.0
    any_node._blockchain = lambda **_: {"block_metas": metas[2:4]}
    assert await client.block_interval_s() == pytest.approx(7199.5)
    any_node._blockchain = lambda **_: {"block_metas": metas[:1]}
    assert await client.block_interval_s() == 1.0


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00.000000001Z", 1767225600 * 10**9 + 1),
        ("2026-01-01T00:00:00.5Z", 1767225600 * 10**9 + 500_000_000),
        ("2026-01-01T00:00:00.1234567891Z", 1767225600 * 10**9 + 123_456_789),
    ],
)
def test_times(text: str, nanoseconds: int) -> None:
    assert parse_time(text) == nanoseconds


async def test_events_of_a_height_and_new_heights(client: Client, node: MemoryNode) -> None:
    typed = {"type": "akash.market.v1.EventBidCreated", "attributes": [{"key": "price", "value": '"1"'}]}
    any_node: Any = node
    any_node._block_results = lambda height: {
        "txs_results": [{"code": 0, "events": [typed]}, {"code": 5, "events": [typed]}],
        "finalize_block_events": [typed, {"type": "transfer"}],
    }
    found = await client.block_events(5)
    assert [event.fields for event in found] == [{"price": "1"}] * 2, "a failed transaction did nothing"

    async def subscribe(query: str) -> Any:
        assert query == "tm.event='NewBlockHeader'"
        yield {}
        yield {"data": {"value": {"header": {"height": "7"}}}}

    any_node.subscribe = subscribe
    assert [height async for height in client.new_heights()] == [0, 7]
