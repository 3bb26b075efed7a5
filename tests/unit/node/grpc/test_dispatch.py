"""The one table of queries."""

from typing import Any

import pytest
from small_node import BOB_TEXT, SmallNode, transfer

from supercloud.node.grpc.dispatch import Failed
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth_pb2
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci

BALANCE = "/cosmos.bank.v1beta1.Query/Balance"
ACCOUNT = "/cosmos.auth.v1beta1.Query/Account"


async def call(small: SmallNode, path: str, request: Any, height: int = 0) -> Any:
    return await small.dispatch.call(small.dispatch.table[path], request, height)


def test_what_is_served(small: SmallNode) -> None:
    names = {service.full_name for service in small.dispatch.services}
    assert {
        "akash.deployment.v1beta4.Query",
        "akash.discovery.v1.Discovery",
        "akash.market.v1beta5.Query",
        "cosmos.auth.v1beta1.Query",
        "cosmos.bank.v1beta1.Query",
        "cosmos.base.node.v1beta1.Service",
        "cosmos.base.tendermint.v1beta1.Service",
        "cosmos.tx.v1beta1.Service",
    } <= names
    assert small.dispatch.table[BALANCE].of_node is False
    assert small.dispatch.table["/cosmos.tx.v1beta1.Service/GetTx"].of_node is True


async def test_queries_at_heights(small: SmallNode) -> None:
    small.block()
    small.block(transfer(5, 0))
    request = bank_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt")
    answers = [await call(small, BALANCE, request, height) for height in (0, 1, 2)]
    assert [(answer.response.balance.amount, answer.height) for answer in answers] == [
        ("5", 2),
        ("0", 1),
        ("5", 2),
    ]
    served = small.dispatch.table[BALANCE]
    data, height = await small.dispatch.call_bytes(served, request.SerializeToString())
    assert (data, height) == (answers[0].response.SerializeToString(), 2)


@pytest.mark.parametrize(
    "path, request_, height, code, words",
    [
        (BALANCE, bank_pb2.QueryBalanceRequest(address="x", denom="uakt"), 0, 3, "address"),
        (BALANCE, bank_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt"), 9, 3, "in the future"),
        (BALANCE, bank_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt"), -1, 3, "negative"),
        (ACCOUNT, auth_pb2.QueryAccountRequest(address=BOB_TEXT), 0, 5, "not found"),
    ],
)
async def test_failures_are_grpc_statuses(
    small: SmallNode, path: str, request_: Any, height: int, code: int, words: str
) -> None:
    small.block()
    with pytest.raises(Failed, match=words) as failure:
        await call(small, path, request_, height)
    assert failure.value.code == code


async def test_before_the_first_block_only_the_node_answers(small: SmallNode) -> None:
    with pytest.raises(Failed, match="not ready"):
        await call(small, BALANCE, bank_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt"))


async def test_bytes_that_are_no_request(small: SmallNode) -> None:
    small.block()
    with pytest.raises(Failed, match="cannot be decoded"):
        await small.dispatch.call_bytes(small.dispatch.table[BALANCE], b"\xff")


async def test_abci_queries_reach_both(small: SmallNode) -> None:
    small.block()
    data = bank_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt").SerializeToString()
    assert (await small.dispatch.query(abci.RequestQuery(path=BALANCE, data=data))).code == 0
    node = await small.dispatch.query(abci.RequestQuery(path="/cosmos.base.node.v1beta1.Service/Status"))
    assert (node.code, node.height) == (0, 1) and node.value
    broken = abci.RequestQuery(path="/cosmos.base.node.v1beta1.Service/Status", data=b"\xff")
    assert (await small.dispatch.query(broken)).code != 0
    broadcast = abci.RequestQuery(path="/cosmos.tx.v1beta1.Service/BroadcastTx", data=b"")
    assert "can't route a broadcast" in (await small.dispatch.query(broadcast)).log
