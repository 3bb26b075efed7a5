"""cosmos.tx.v1beta1.Service: simulate, broadcast, look up and search transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError

from supercloud.codec import std_tx
from supercloud.node.engine.block import time_ns
from supercloud.node.engine.history import Entry
from supercloud.node.genesis import format_time
from supercloud.node.grpc.view import View
from supercloud.node.indexer.index import Position, SearchTooWide
from supercloud.node.indexer.query import QueryError, parse
from supercloud.node.mempool import Refused, tx_hash
from supercloud.pb.cosmos.base.abci.v1beta1 import abci_pb2
from supercloud.pb.cosmos.base.query.v1beta1 import pagination_pb2
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2, tx_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import InvalidArgument, QueryNotFound, Undefined

SEARCH_TXS = 100
_TX_URL = "/cosmos.tx.v1beta1.Tx"


class TxService:
    """The service over a node's view."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def simulate(
        self, request: service_pb2.SimulateRequest, height: int
    ) -> service_pb2.SimulateResponse:
        """Gas and result of a transaction that is not sent."""
        return await self._view.live.simulate(request)

    async def broadcast_tx(
        self, request: service_pb2.BroadcastTxRequest, height: int
    ) -> service_pb2.BroadcastTxResponse:
        """Check a transaction and let it wait for a block."""
        raw = request.tx_bytes
        if not raw:
            raise InvalidArgument("invalid empty tx")
        if request.mode not in (service_pb2.BROADCAST_MODE_SYNC, service_pb2.BROADCAST_MODE_ASYNC):
            text = "unsupported return type unspecified; supported types: sync, async"
            raise Undefined(text)
        response = abci_pb2.TxResponse(txhash=tx_hash(raw).hex().upper())
        try:
            checked = await self._view.mempool.submit(raw)
        except Refused as refusal:
            response.codespace, response.code = refusal.error.codespace, refusal.error.code
            response.raw_log = str(refusal)
        else:
            if request.mode == service_pb2.BROADCAST_MODE_SYNC:
                response.codespace, response.code = checked.codespace, checked.code
                response.raw_log, response.data = checked.log, checked.data.hex().upper()
        return service_pb2.BroadcastTxResponse(tx_response=response)

    async def get_tx(self, request: service_pb2.GetTxRequest, height: int) -> service_pb2.GetTxResponse:
        """A committed transaction by its hash."""
        if not request.hash:
            raise InvalidArgument("tx hash cannot be empty")
        try:
            key = bytes.fromhex(request.hash)
        except ValueError as error:
            raise InvalidArgument(f"tx hash is not hex: {request.hash[:80]}") from error
        position = await self._view.position(key)
        if position is None:
            reason = await self._view.mempool.reason(key)
            # Clients wait on these words, so the reason comes after them.
            ending = f"; it left the mempool: {reason}" if reason else ""
            raise QueryNotFound(f"tx not found: {request.hash}{ending}")
        raw, response = self._found(position)
        return service_pb2.GetTxResponse(tx=tx_pb2.Tx.FromString(raw), tx_response=response)

    async def get_txs_event(
        self, request: service_pb2.GetTxsEventRequest, height: int
    ) -> service_pb2.GetTxsEventResponse:
        """Committed transactions by their events."""
        text = request.query or " AND ".join(request.events)
        if not text:
            raise InvalidArgument("query cannot be empty")
        limit = min(request.limit or SEARCH_TXS, SEARCH_TXS)
        offset = (max(request.page, 1) - 1) * limit
        try:
            page = await self._view.search(
                self._view.index.search_txs,
                parse(text),
                ascending=request.order_by != service_pb2.ORDER_BY_DESC,
                offset=min(offset, 2**62),
                limit=limit,
            )
        except (QueryError, SearchTooWide) as error:
            raise InvalidArgument(str(error)) from error
        if offset and offset >= page.total:
            pages = max(1, -(-page.total // limit))
            text = f"page should be within [1, {pages}] range, given {request.page}"
            raise InvalidArgument(text)
        answer = service_pb2.GetTxsEventResponse(total=page.total)
        for position in page.found:
            raw, response = self._found(position)
            answer.txs.append(tx_pb2.Tx.FromString(raw))
            answer.tx_responses.append(response)
            # Each may lie in another large block: others have their turn in between.
            await asyncio.sleep(0)
        return answer

    def get_block_with_txs(
        self, request: service_pb2.GetBlockWithTxsRequest, height: int
    ) -> service_pb2.GetBlockWithTxsResponse:
        """A block with its transactions taken apart."""
        history = self._view.history
        entry = history.entry(request.height) if 0 < request.height <= history.height else None
        if entry is None:
            text = f"requested height {request.height} but the chain has {history.base} to {history.height}"
            raise InvalidArgument(text)
        txs = entry.block.data.txs
        offset, limit = request.pagination.offset, request.pagination.limit or SEARCH_TXS
        if offset and offset >= len(txs):
            text = f"out of range: cannot paginate {len(txs)} txs with offset {offset} and limit {limit}"
            raise InvalidArgument(text)
        return service_pb2.GetBlockWithTxsResponse(
            txs=[tx_pb2.Tx.FromString(raw) for raw in _decodable(txs[offset : offset + limit])],
            block_id=entry.id.to_pb(),
            block=entry.block,
            pagination=pagination_pb2.PageResponse(total=len(txs)),
        )

    def tx_decode(self, request: service_pb2.TxDecodeRequest, height: int) -> service_pb2.TxDecodeResponse:
        """Bytes taken apart."""
        if not request.tx_bytes:
            raise InvalidArgument("invalid empty tx bytes")
        try:
            return service_pb2.TxDecodeResponse(tx=tx_pb2.Tx.FromString(request.tx_bytes))
        except DecodeError as error:
            raise InvalidArgument(f"tx parse error: {error}") from error

    def tx_encode(self, request: service_pb2.TxEncodeRequest, height: int) -> service_pb2.TxEncodeResponse:
        """A transaction as bytes."""
        if not request.HasField("tx"):
            raise InvalidArgument("invalid empty tx")
        return service_pb2.TxEncodeResponse(tx_bytes=request.tx.SerializeToString(deterministic=True))

    def tx_encode_amino(
        self, request: service_pb2.TxEncodeAminoRequest, height: int
    ) -> service_pb2.TxEncodeAminoResponse:
        """A transaction of before protobuf, from amino JSON to amino binary."""
        if not request.amino_json:
            raise InvalidArgument("invalid empty tx json")
        try:
            binary = std_tx.to_binary(std_tx.from_json(request.amino_json))
        except ValueError as error:
            raise InvalidArgument(f"invalid request: {error}") from error
        return service_pb2.TxEncodeAminoResponse(amino_binary=binary)

    def tx_decode_amino(
        self, request: service_pb2.TxDecodeAminoRequest, height: int
    ) -> service_pb2.TxDecodeAminoResponse:
        """The same, from amino binary to amino JSON."""
        if not request.amino_binary:
            raise InvalidArgument("invalid empty tx bytes")
        try:
            text = std_tx.to_json(std_tx.from_binary(request.amino_binary))
        except ValueError as error:
            raise InvalidArgument(f"invalid request: {error}") from error
        return service_pb2.TxDecodeAminoResponse(amino_json=text)

    def _found(self, position: Position) -> tuple[bytes, abci_pb2.TxResponse]:
        entry = self._view.history.entry(position.height)
        response = self._view.history.response(position.height)
        if entry is None or response is None:
            raise QueryNotFound(f"tx not found: block {position.height} is no longer kept")
        raw = entry.block.data.txs[position.number]
        return raw, tx_response(entry, raw, response.tx_results[position.number])


def tx_response(entry: Entry, raw: bytes, result: abci.ExecTxResult) -> abci_pb2.TxResponse:
    """A committed transaction's result in the form of the gRPC services."""
    header = entry.block.header
    # Times of transactions go without fractions of the second.
    whole_seconds = time_ns(header.time) // 1_000_000_000 * 1_000_000_000
    return abci_pb2.TxResponse(
        height=header.height,
        txhash=tx_hash(raw).hex().upper(),
        codespace=result.codespace,
        code=result.code,
        data=result.data.hex().upper(),
        raw_log=result.log,
        info=result.info,
        gas_wanted=result.gas_wanted,
        gas_used=result.gas_used,
        tx=Any(type_url=_TX_URL, value=raw),
        timestamp=format_time(whole_seconds),
        events=result.events,
    )


def _decodable(txs: Sequence[bytes]) -> list[bytes]:
    good = []
    for raw in txs:
        try:
            tx_pb2.Tx.FromString(raw)
        except DecodeError:
            continue
        good.append(raw)
    return good
