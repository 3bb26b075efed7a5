"""The methods of CometBFT's RPC that read and write, over a node's view. Subscriptions live in
`websocket.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from supercloud.node.engine.block import BLOCK_PROTOCOL, P2P_PROTOCOL, time_ns
from supercloud.node.engine.history import Entry, HeightError
from supercloud.node.engine.peers import PeersError
from supercloud.node.engine.waiting import TooManyWait
from supercloud.node.genesis import format_time
from supercloud.node.grpc import discovery
from supercloud.node.grpc.dispatch import Dispatch
from supercloud.node.grpc.view import COMET_VERSION, View
from supercloud.node.indexer.port import IndexAway, Page, Position, SearchTooWide
from supercloud.node.indexer.query import Query, QueryError, parse
from supercloud.node.mempool import PoolContents, Refused, tx_hash
from supercloud.node.rpc import forms
from supercloud.node.rpc.forms import JsonObject, b64, hexed
from supercloud.node.rpc.jsonrpc import INTERNAL_ERROR, Kind, Method, Parameter, RpcError
from supercloud.pb.tendermint.abci import types_pb2 as abci

PER_PAGE = 30
PER_PAGE_MAX = 100
BLOCKCHAIN_BLOCKS = 20
GENESIS_CHUNK_BYTES = 16 * 1024 * 1024
ABCI_DATA_BYTES_MAX = 1024 * 1024
COMMIT_SECONDS = 10.0
_CHANNELS = "40202122233038606100"

F = TypeVar("F", bound=Callable[..., Any])


class Methods:
    """Every method by name, with the parameters it takes."""

    def __init__(self, view: View, dispatch: Dispatch, commit_s: float = COMMIT_SECONDS) -> None:
        self._commit_s = commit_s
        self._view = view
        self._dispatch = dispatch

    def table(self) -> Mapping[str, Method]:
        """The methods."""
        height = Parameter("height", Kind.INTEGER)
        tx = Parameter("tx", Kind.BASE64)
        page = (Parameter("page", Kind.INTEGER), Parameter("per_page", Kind.INTEGER))
        query = Parameter("query", Kind.TEXT)
        order = Parameter("order_by", Kind.TEXT)
        prove = Parameter("prove", Kind.FLAG)
        hash_ = Parameter("hash", Kind.BASE64)
        path = (Parameter("path", Kind.TEXT), Parameter("data", Kind.HEX))
        span = (Parameter("minHeight", Kind.INTEGER), Parameter("maxHeight", Kind.INTEGER))
        rows: dict[str, tuple[Any, tuple[Parameter, ...]]] = {
            "health": (self.health, ()),
            "status": (self.status, ()),
            "net_info": (self.net_info, ()),
            "genesis": (self.genesis, ()),
            "genesis_chunked": (self.genesis_chunked, (Parameter("chunk", Kind.INTEGER),)),
            "block": (self.block, (height,)),
            "block_by_hash": (self.block_by_hash, (hash_,)),
            "block_results": (self.block_results, (height,)),
            "blockchain": (self.blockchain, span),
            "header": (self.header, (height,)),
            "header_by_hash": (self.header_by_hash, (Parameter("hash", Kind.HEX),)),
            "commit": (self.commit, (height,)),
            "validators": (self.validators, (height, *page)),
            "consensus_params": (self.consensus_params, (height,)),
            "consensus_state": (self.consensus_state, ()),
            "dump_consensus_state": (self.dump_consensus_state, ()),
            "tx": (self.tx, (hash_, prove)),
            "tx_search": (self.tx_search, (query, prove, *page, order)),
            "block_search": (self.block_search, (query, *page, order)),
            "unconfirmed_txs": (self.unconfirmed_txs, (Parameter("limit", Kind.INTEGER),)),
            "num_unconfirmed_txs": (self.num_unconfirmed_txs, ()),
            "broadcast_tx_sync": (self.broadcast_tx_sync, (tx,)),
            "broadcast_tx_async": (self.broadcast_tx_async, (tx,)),
            "broadcast_tx_commit": (self.broadcast_tx_commit, (tx,)),
            "check_tx": (self.check_tx, (tx,)),
            "abci_info": (self.abci_info, ()),
            "abci_query": (self.abci_query, (*path, height, prove)),
            "broadcast_evidence": (self.broadcast_evidence, (Parameter("evidence", Kind.OBJECT),)),
            "akash": (self.akash, ()),
        }
        return {name: Method(_refusing(handler), parameters) for name, (handler, parameters) in rows.items()}

    # --- The node

    async def health(self) -> JsonObject:
        """Nothing, if the node answers at all."""
        return {}

    async def akash(self) -> JsonObject:
        """The network's own self-description."""
        view = self._view
        return discovery.as_json(discovery.describe(view.genesis.chain_id, view.identity.version))

    async def status(self) -> JsonObject:
        """Who the node is and how far it is."""
        view = self._view
        state = view.history.state
        key = view.validator_key
        validator = next((entry for entry in state.validators if entry.public_key == key), None)
        latest, earliest = view.history.entry(view.history.height), view.history.entry(view.history.base)
        return {
            "node_info": self.node_info(),
            "sync_info": {
                **_seen("latest", latest),
                **_seen("earliest", earliest),
                "catching_up": view.peers.catching_up,
            },
            "validator_info": {
                "address": hexed(validator.address) if validator else hexed(tx_hash(key)[:20]),
                "pub_key": forms.public_key(key),
                "voting_power": str(validator.power if validator else 0),
            },
        }

    def node_info(self) -> JsonObject:
        """Name, network and protocol versions."""
        identity = self._view.identity
        app = self._view.history.state.params.version.app
        return {
            "protocol_version": {"p2p": str(P2P_PROTOCOL), "block": str(BLOCK_PROTOCOL), "app": str(app)},
            "id": identity.node_id,
            # No peers are listened for; clients want a text here.
            "listen_addr": "tcp://127.0.0.1:26656",
            "network": self._view.genesis.chain_id,
            "version": COMET_VERSION,
            "channels": _CHANNELS,
            "moniker": identity.moniker,
            "other": {"tx_index": "on", "rpc_address": identity.rpc_address},
        }

    async def net_info(self) -> JsonObject:
        """Who this node is connected with: nobody where one node decides."""
        known = await self._view.peers.ask("net_info")
        return known or {"listening": False, "listeners": [], "n_peers": "0", "peers": []}

    async def genesis(self) -> bytes:
        """The genesis document."""
        source = self._view.genesis.source
        if source.size() > GENESIS_CHUNK_BYTES:
            raise RpcError(
                INTERNAL_ERROR, "genesis response is large, please use the genesis_chunked API instead"
            )
        return b'{"genesis":' + source.part(0, GENESIS_CHUNK_BYTES) + b"}"

    async def genesis_chunked(self, chunk: int | None) -> JsonObject:
        """A part of the genesis document's JSON."""
        source = self._view.genesis.source
        total = -(-source.size() // GENESIS_CHUNK_BYTES)
        number = chunk or 0
        if not 0 <= number < total:
            raise RpcError(INTERNAL_ERROR, f"there are {total} chunks, {number} is invalid")
        part = source.part(number * GENESIS_CHUNK_BYTES, GENESIS_CHUNK_BYTES)
        return {"chunk": str(number), "total": str(total), "data": b64(part)}

    # --- Blocks

    async def block(self, height: int | None) -> JsonObject:
        """A block."""
        return _block(self._view.history.entry(self._view.history.resolve(height)))

    async def block_by_hash(self, hash_: bytes | None) -> JsonObject:
        """A block by its hash."""
        return _block(self._view.history.by_hash(hash_ or b""))

    async def header(self, height: int | None) -> JsonObject:
        """A header."""
        return _header(self._view.history.entry(self._view.history.resolve(height)))

    async def header_by_hash(self, hash_: bytes | None) -> JsonObject:
        """A header by its block's hash."""
        return _header(self._view.history.by_hash(hash_ or b""))

    async def block_results(self, height: int | None) -> JsonObject:
        """What executing a block gave."""
        at = self._view.history.resolve(height)
        response = self._view.history.response(at)
        if response is None:
            raise RpcError(INTERNAL_ERROR, f"could not find results for height #{at}")
        return forms.block_results(at, response)

    async def blockchain(self, lowest: int | None, highest: int | None) -> JsonObject:
        """Up to twenty headers, the newest first."""
        history = self._view.history
        low, high = lowest or 0, highest or 0
        if low < 0 or high < 0:
            raise RpcError(INTERNAL_ERROR, "heights must be non-negative")
        high = min(high or history.height, history.height)
        low = max(low or 1, history.base, high - BLOCKCHAIN_BLOCKS + 1)
        if low > high:
            raise RpcError(INTERNAL_ERROR, f"min height {low} can't be greater than max height {high}")
        entries = [history.entry(height) for height in range(high, low - 1, -1)]
        return {
            "last_height": str(history.height),
            "block_metas": [
                forms.block_meta(entry.block, entry.id, entry.size) for entry in entries if entry
            ],
        }

    async def commit(self, height: int | None) -> JsonObject | None:
        """A header with the votes for it."""
        history = self._view.history
        at = history.resolve(height)
        entry, found = history.entry(at), history.commit(at)
        if entry is None or found is None:
            return None
        votes, canonical = found
        signed = {"header": forms.header(entry.block.header), "commit": forms.commit(votes)}
        return {"signed_header": signed, "canonical": canonical}

    async def validators(self, height: int | None, page: int | None, per_page: int | None) -> JsonObject:
        """Who decides a block."""
        history = self._view.history
        at = history.resolve(height, ahead=1)
        known = history.validators(at)
        size = _per_page(per_page)
        offset = _offset(page, size, len(known))
        shown = known[offset : offset + size]
        turns = await self._turns(at, offset // size + 1, size, asked=height is not None)
        return {
            "block_height": str(at),
            "validators": [forms.validator(entry, turns.get(hexed(entry.address), "0")) for entry in shown],
            "count": str(len(shown)),
            "total": str(len(known)),
        }

    async def _turns(self, at: int, page: int, size: int, *, asked: bool) -> Mapping[str, str]:
        """Priorities of proposers by address, as CometBFT knows them of the heights that it has. Raises PeersError.

        A node that starts from a snapshot goes by them ever after: where they were wrong it would refuse all proposals but
        those of the one it waits for.
        """
        peers = self._view.peers
        try:
            known = await peers.ask("validators", height=str(at), page=str(page), per_page=str(size))
        except PeersError:
            status = await peers.ask("status")
            if asked and status and at >= int(status["sync_info"]["earliest_block_height"]):
                raise
            # From before CometBFT, when one node proposed all blocks, or of the next one while others are ahead.
            return {}
        return {each["address"]: each["proposer_priority"] for each in known["validators"]} if known else {}

    async def consensus_params(self, height: int | None) -> JsonObject:
        """What blocks are bound by."""
        history = self._view.history
        at = history.resolve(height, ahead=1)
        return {"block_height": str(at), "consensus_params": forms.consensus_params(history.params(at))}

    async def consensus_state(self) -> JsonObject:
        """The round that is under way: always the first one of the next height where one node decides."""
        if known := await self._view.peers.ask("consensus_state"):
            return known
        state = self._view.history.state
        proposer = state.validators[0] if state.validators else None
        return {
            "round_state": {
                "height/round/step": f"{state.next_height}/0/1",
                "start_time": format_time(state.time),
                "proposal_block_hash": "",
                "locked_block_hash": "",
                "valid_block_hash": "",
                "height_vote_set": [],
                "proposer": {"address": hexed(proposer.address) if proposer else "", "index": 0},
            }
        }

    async def dump_consensus_state(self) -> JsonObject:
        """The same with what the peers say."""
        known = await self._view.peers.ask("dump_consensus_state")
        return known or {**await self.consensus_state(), "peers": []}

    # --- Transactions

    async def tx(self, hash_: bytes | None, prove: bool | None) -> JsonObject:
        """A committed transaction."""
        if not hash_:
            raise RpcError(INTERNAL_ERROR, "transaction hash cannot be empty")
        key = hash_
        position = await self._view.position(key)
        if position is None:
            text = f"tx ({hexed(key)}) not found"
            reason = await self._view.mempool.reason(key)
            raise RpcError(INTERNAL_ERROR, f"{text}: left the mempool: {reason}" if reason else text)
        return self._tx(position, bool(prove))

    def _tx(self, position: Position, prove: bool) -> JsonObject:
        entry = self._view.history.entry(position.height)
        response = self._view.history.response(position.height)
        if entry is None or response is None:
            raise RpcError(INTERNAL_ERROR, f"block {position.height} of the transaction is no longer kept")
        txs = entry.block.data.txs
        raw = txs[position.number]
        form = {
            "hash": hexed(tx_hash(raw)),
            "height": str(position.height),
            "index": position.number,
            "tx_result": forms.tx_result(response.tx_results[position.number]),
            "tx": b64(raw),
        }
        if prove:
            form["proof"] = forms.tx_proof(txs, position.number)
        return form

    async def tx_search(
        self,
        query: str | None,
        prove: bool | None,
        page: int | None,
        per_page: int | None,
        order_by: str | None,
    ) -> JsonObject:
        """Transactions by their events."""
        size = _per_page(per_page)
        wanted = parse(query or "")
        ascending = _ascending(order_by, True)
        found = await self._search(self._view.index.search_txs, wanted, ascending, _first(page, size), size)
        _offset(page, size, found.total)
        txs = []
        for position in found.found:
            txs.append(self._tx(position, bool(prove)))
            # Each may lie in another large block: others have their turn in between.
            await asyncio.sleep(0)
        return {"txs": txs, "total_count": str(found.total)}

    async def block_search(
        self, query: str | None, page: int | None, per_page: int | None, order_by: str | None
    ) -> JsonObject:
        """Blocks by their events."""
        size = _per_page(per_page)
        wanted = parse(query or "")
        ascending = _ascending(order_by, False)
        search = self._view.index.search_blocks
        found = await self._search(search, wanted, ascending, _first(page, size), size)
        _offset(page, size, found.total)
        blocks = []
        for position in found.found:
            if (entry := self._view.history.entry(position.height)) is not None:
                blocks.append(_block(entry))
            # As with transactions: a block may be large.
            await asyncio.sleep(0)
        return {"blocks": blocks, "total_count": str(found.total)}

    async def _search(
        self, search: Callable[..., Page], query: Query, ascending: bool, offset: int, limit: int
    ) -> Page:
        return await self._view.search(search, query, ascending=ascending, offset=offset, limit=limit)

    async def unconfirmed_txs(self, limit: int | None) -> JsonObject:
        """What waits for a block."""
        waiting = await self._view.mempool.waiting(_per_page(limit))
        return {**_pool(len(waiting.first), waiting), "txs": [b64(raw) for raw in waiting.first]}

    async def num_unconfirmed_txs(self) -> JsonObject:
        """How much waits for a block."""
        waiting = await self._view.mempool.waiting(0)
        return {**_pool(waiting.total, waiting), "txs": None}

    async def broadcast_tx_sync(self, tx: bytes | None) -> JsonObject:
        """Check a transaction and let it wait for a block."""
        raw = tx or b""
        response = await self._view.mempool.submit(raw)
        return {
            "code": response.code,
            "data": hexed(response.data),
            "log": _text(response.log),
            "codespace": response.codespace,
            "hash": hexed(tx_hash(raw)),
        }

    async def broadcast_tx_async(self, tx: bytes | None) -> JsonObject:
        """The same without telling what the check gave."""
        raw = tx or b""
        await self._view.mempool.submit(raw)
        return {"code": 0, "data": "", "log": "", "codespace": "", "hash": hexed(tx_hash(raw))}

    async def broadcast_tx_commit(self, tx: bytes | None) -> JsonObject:
        """The same, answered when the transaction is in a block."""
        raw = tx or b""
        key = tx_hash(raw)
        with self._view.waiting.expect(key) as included:
            checked = await self._view.mempool.submit(raw)
            form = {
                "check_tx": forms.tx_result(checked),
                "tx_result": forms.tx_result(abci.ExecTxResult()),
                "hash": hexed(key),
                "height": "0",
            }
            if checked.code:
                return form
            try:
                async with asyncio.timeout(self._commit_s):
                    place = await included
            except TimeoutError as error:
                text = "timed out waiting for tx to be included in a block"
                raise RpcError(INTERNAL_ERROR, text) from error
        return {**form, "tx_result": forms.tx_result(place.result), "height": str(place.height)}

    async def check_tx(self, tx: bytes | None) -> JsonObject:
        """Judge a transaction and let it go again. Its check holds until the next block."""
        raw = tx or b""
        if len(raw) > self._view.tx_bytes_max:
            raise RpcError(INTERNAL_ERROR, "tx too large")
        return forms.tx_result(await self._view.live.check_tx(raw))

    async def broadcast_evidence(self, evidence: JsonObject | None) -> JsonObject:
        """Hand a misdeed's proof to the network. A lone validator can not be put on trial by its own blocks."""
        if not evidence:
            raise RpcError(INTERNAL_ERROR, "no evidence was provided")
        if known := await self._view.peers.ask("broadcast_evidence", evidence=evidence):
            return known
        raise RpcError(INTERNAL_ERROR, "this node's engine takes no evidence")

    # --- The state machine

    async def abci_info(self) -> JsonObject:
        """Name, version and last height of the state machine."""
        info = self._view.app.info(abci.RequestInfo(version=COMET_VERSION))
        form: JsonObject = {
            "data": info.data,
            "version": info.version,
            "last_block_height": str(info.last_block_height),
            "last_block_app_hash": b64(info.last_block_app_hash),
        }
        if info.app_version:
            form["app_version"] = str(info.app_version)
        return {"response": form}

    async def abci_query(
        self, path: str | None, data: bytes | None, height: int | None, prove: bool | None
    ) -> JsonObject:
        """Ask the state machine, or a service of the node by its gRPC path."""
        if data is not None and len(data) > ABCI_DATA_BYTES_MAX:
            raise RpcError(INTERNAL_ERROR, f"data exceeds {ABCI_DATA_BYTES_MAX} bytes")
        request = abci.RequestQuery(path=path or "", data=data or b"", height=height or 0, prove=bool(prove))
        response = await self._dispatch.query(request)
        response.log = _text(response.log)
        return {"response": forms.query_response(response)}


def _refusing(handler: F) -> F:
    """Turn the node's refusals into error answers."""

    @wraps(handler)
    async def call(*args: Any) -> Any:
        try:
            return await handler(*args)
        except (Refused, HeightError, QueryError, SearchTooWide, IndexAway, TooManyWait, PeersError) as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error

    return call  # type: ignore[return-value]


def _text(text: str) -> str:
    """Text that JSON can carry."""
    return text.encode("utf-8", "replace").decode()


def _seen(which: str, entry: Entry | None) -> JsonObject:
    header = entry.block.header if entry else None
    return {
        f"{which}_block_hash": hexed(entry.id.hash) if entry else "",
        f"{which}_app_hash": hexed(header.app_hash) if header else "",
        f"{which}_block_height": str(header.height if header else 0),
        f"{which}_block_time": format_time(time_ns(header.time) if header else 0),
    }


def _block(entry: Entry | None) -> JsonObject:
    if entry is None:
        nothing = {"hash": "", "parts": {"total": 0, "hash": ""}}
        return {"block_id": nothing, "block": None}
    return {"block_id": forms.block_id(entry.id), "block": forms.block(entry.block)}


def _header(entry: Entry | None) -> JsonObject:
    return {"header": forms.header(entry.block.header) if entry else None}


def _pool(shown: int, waiting: PoolContents) -> JsonObject:
    return {"n_txs": str(shown), "total": str(waiting.total), "total_bytes": str(waiting.total_bytes)}


def _per_page(per_page: int | None) -> int:
    if per_page is None or per_page < 1:
        return PER_PAGE
    return min(per_page, PER_PAGE_MAX)


def _first(page: int | None, size: int) -> int:
    return (page - 1) * size if page is not None and 0 < page < 2**31 else 0


def _offset(page: int | None, size: int, total: int) -> int:
    """Where a page starts; refuses pages that do not exist."""
    if page is None:
        return 0
    pages = max(1, -(-total // size))
    if not 0 < page <= pages:
        raise RpcError(INTERNAL_ERROR, f"page should be within [1, {pages}] range, given {page}")
    return (page - 1) * size


def _ascending(order_by: str | None, default: bool) -> bool:
    if not order_by:
        return default
    if order_by not in ("asc", "desc"):
        raise RpcError(INTERNAL_ERROR, "expected order_by to be either `asc` or `desc` or empty")
    return order_by == "asc"
