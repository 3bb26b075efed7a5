"""The transaction service."""

from hashlib import sha256

import pytest
from small_node import ALICE_TEXT, SmallNode, transfer

from supercloud.node.grpc.tx_service import TxService
from supercloud.pb.cosmos.base.query.v1beta1 import pagination_pb2
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2 as pb
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.types.errors import ChainError


@pytest.fixture
def service(small: SmallNode) -> TxService:
    small.block()
    return TxService(small.view)


def name(raw: bytes) -> str:
    return sha256(raw).hexdigest().upper()


async def test_broadcast_and_find(small: SmallNode, service: TxService) -> None:
    raw = transfer(5, 0)
    request = pb.BroadcastTxRequest(tx_bytes=raw, mode=pb.BROADCAST_MODE_SYNC)
    sent = (await service.broadcast_tx(request, 0)).tx_response
    assert (sent.code, sent.txhash) == (0, name(raw))
    small.block()
    found = await service.get_tx(pb.GetTxRequest(hash=name(raw).lower()), 0)
    response = found.tx_response
    assert (response.height, response.code, response.timestamp) == (2, 0, "2023-11-14T22:13:22Z")
    assert response.tx.type_url == "/cosmos.tx.v1beta1.Tx" and response.tx.value == raw
    assert found.tx.SerializeToString() == raw
    assert response.data == response.data.upper() != ""


async def test_refusals_of_the_mempool_are_results(small: SmallNode, service: TxService) -> None:
    request = pb.BroadcastTxRequest(tx_bytes=transfer(5, 0), mode=pb.BROADCAST_MODE_SYNC)
    await service.broadcast_tx(request, 0)
    again = (await service.broadcast_tx(request, 0)).tx_response
    assert (again.codespace, again.code) == ("sdk", 19)
    wrong = pb.BroadcastTxRequest(tx_bytes=transfer(5, 9), mode=pb.BROADCAST_MODE_SYNC)
    assert (await service.broadcast_tx(wrong, 0)).tx_response.code == 32
    large = pb.BroadcastTxRequest(tx_bytes=b"x" * (2**20 + 1), mode=pb.BROADCAST_MODE_ASYNC)
    assert (await service.broadcast_tx(large, 0)).tx_response.code == 21


@pytest.mark.parametrize(
    "request_, words",
    [
        (pb.BroadcastTxRequest(mode=pb.BROADCAST_MODE_SYNC), "invalid empty tx"),
        (
            pb.BroadcastTxRequest(tx_bytes=b"x", mode=pb.BROADCAST_MODE_BLOCK),
            "unsupported return type unspecified;",
        ),
    ],
)
async def test_broadcasts_that_make_no_sense(
    service: TxService, request_: pb.BroadcastTxRequest, words: str
) -> None:
    with pytest.raises(ChainError, match=words):
        await service.broadcast_tx(request_, 0)


async def test_what_is_not_found(small: SmallNode, service: TxService) -> None:
    for hash_, words in (
        ("", "cannot be empty"),
        ("zz", "not hex"),
        ("AB" * 32, f"tx not found: {'AB' * 32}"),
    ):
        with pytest.raises(ChainError, match=words):
            await service.get_tx(pb.GetTxRequest(hash=hash_), 0)
    raw = transfer(5, 0)
    small.mempool.admit(raw)
    small.mempool._leave(sha256(raw).digest(), "for a test")
    with pytest.raises(ChainError, match=r"tx not found: .*left the mempool: for a test"):
        await service.get_tx(pb.GetTxRequest(hash=name(raw)), 0)


async def test_searches(small: SmallNode, service: TxService) -> None:
    for sequence in range(3):
        small.block(transfer(1, sequence))
    query = f"message.sender='{ALICE_TEXT}'"
    rising = await service.get_txs_event(pb.GetTxsEventRequest(query=query, limit=2), 0)
    assert [response.height for response in rising.tx_responses] == [2, 3] and rising.total == 3
    last = pb.GetTxsEventRequest(events=[query], limit=2, page=2, order_by=pb.ORDER_BY_DESC)
    assert [response.height for response in (await service.get_txs_event(last, 0)).tx_responses] == [2]
    for request in (
        pb.GetTxsEventRequest(),
        pb.GetTxsEventRequest(query="no query"),
        pb.GetTxsEventRequest(query=query, page=9),
    ):
        with pytest.raises(ChainError):
            await service.get_txs_event(request, 0)


def test_blocks_with_their_transactions(small: SmallNode, service: TxService) -> None:
    small.block(transfer(1, 0), transfer(2, 1), transfer(3, 2))
    page = pagination_pb2.PageRequest(offset=1, limit=1)
    found = service.get_block_with_txs(pb.GetBlockWithTxsRequest(height=2, pagination=page), 0)
    assert [tx.SerializeToString() for tx in found.txs] == [transfer(2, 1)]
    assert (found.pagination.total, found.block.header.height) == (3, 2)
    for request in (
        pb.GetBlockWithTxsRequest(height=9),
        pb.GetBlockWithTxsRequest(height=0),
        pb.GetBlockWithTxsRequest(height=2, pagination=pagination_pb2.PageRequest(offset=3)),
    ):
        with pytest.raises(ChainError):
            service.get_block_with_txs(request, 0)


async def test_simulation(service: TxService) -> None:
    by_bytes = await service.simulate(pb.SimulateRequest(tx_bytes=transfer(5, 0)), 0)
    by_message = await service.simulate(pb.SimulateRequest(tx=tx_pb2.Tx.FromString(transfer(5, 0))), 0)
    assert by_bytes.gas_info.gas_used == by_message.gas_info.gas_used > 0


def test_encoding_there_and_back(service: TxService) -> None:
    raw = transfer(5, 0)
    decoded = service.tx_decode(pb.TxDecodeRequest(tx_bytes=raw), 0).tx
    assert service.tx_encode(pb.TxEncodeRequest(tx=decoded), 0).tx_bytes == raw
    for call in (
        lambda: service.tx_decode(pb.TxDecodeRequest(), 0),
        lambda: service.tx_decode(pb.TxDecodeRequest(tx_bytes=b"\xff"), 0),
        lambda: service.tx_encode(pb.TxEncodeRequest(), 0),
    ):
        with pytest.raises(ChainError):
            call()


def test_transactions_of_before_protobuf(service: TxService) -> None:
    text = (
        '{"type":"cosmos-sdk/StdTx","value":{"msg":[{"type":"cosmos-sdk/MsgVote","value":{"proposal_id":"3",'
        '"voter":"x","option":1}}],"fee":{"amount":[],"gas":"7"},"signatures":null,"memo":"","timeout_height":"0"}}'
    )
    binary = service.tx_encode_amino(pb.TxEncodeAminoRequest(amino_json=text), 0).amino_binary
    assert binary.hex() == "282816a90a0ba1cadd36080312017818011202" + "1007"
    assert service.tx_decode_amino(pb.TxDecodeAminoRequest(amino_binary=binary), 0).amino_json == text
    for call, words in (
        (lambda: service.tx_encode_amino(pb.TxEncodeAminoRequest(), 0), "invalid empty tx json"),
        (lambda: service.tx_encode_amino(pb.TxEncodeAminoRequest(amino_json="{}"), 0), "cosmos-sdk/StdTx"),
        (lambda: service.tx_decode_amino(pb.TxDecodeAminoRequest(), 0), "invalid empty tx bytes"),
        (lambda: service.tx_decode_amino(pb.TxDecodeAminoRequest(amino_binary=b"x"), 0), "do not begin with"),
    ):
        with pytest.raises(ChainError, match=words):
            call()
