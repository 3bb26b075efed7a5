"""What goes over the link between a node and its doors' process, both ends side by side.

The doors ask for what only the node knows (`Answers` there, the `Relayed…` classes here); the node tells news: how to
begin, every block, how the engine stands.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any, NamedTuple

import orjson

from supercloud.chain.baseapp.status import grpc_status
from supercloud.node.doors.link import Link, LinkLost
from supercloud.node.engine.peers import Peers, PeersError
from supercloud.node.grpc.dispatch import Failed
from supercloud.node.live import Live
from supercloud.node.mempool import Pool, PoolContents, Refused
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import (
    INTERNAL,
    ChainError,
    MempoolFull,
    TxInMempoolCache,
    TxTooLarge,
)

log = logging.getLogger(__name__)


class Kind(IntEnum):
    """Kinds of frames."""

    # Calls of the doors.
    SUBMIT = 1
    WAITING = 2
    REASON = 3
    CHECK = 4
    SIMULATE = 5
    QUERY = 6
    ASK = 7
    # News of the doors.
    OPEN = 8
    FAILED = 9
    COUNTS = 10
    # News of the node.
    SETUP = 11
    BLOCK = 12
    ENGINE = 13


def pack_standing(peers: Peers) -> bytes:
    """How the engine stands: a byte whether others are ahead, the key that signs after its length, what it waits for."""
    key = peers.signing_key
    return bytes([peers.catching_up, len(key)]) + key + peers.waiting_for.encode()


class Progress(NamedTuple):
    """How far the node is: told at the beginning and after every block."""

    app_hash: bytes
    state: bytes
    """The engine's state after the block."""

    def to_bytes(self) -> bytes:
        """As it is told."""
        return len(self.app_hash).to_bytes(1, "big") + self.app_hash + self.state

    @classmethod
    def from_bytes(cls, told: bytes) -> Progress:
        """What was told."""
        return cls(told[1 : 1 + told[0]], told[1 + told[0] :])


_REFUSALS = {kind.__name__: kind for kind in (MempoolFull, TxInMempoolCache, TxTooLarge)}


def pack_error(error: Exception) -> bytes:
    """A refusal as it goes over the link."""
    text = str(error)
    if isinstance(error, Refused):
        document: dict[str, Any] = {"is": "refused", "of": type(error.error).__name__, "text": text}
    elif isinstance(error, PeersError):
        document = {"is": "peers", "text": text}
    elif isinstance(error, ChainError):
        code, text = grpc_status(error)
        document = {"is": "failed", "code": code, "text": text}
    else:
        log.exception("a call of the doors failed", exc_info=error)
        document = {"is": "failed", "code": INTERNAL, "text": f"{type(error).__name__}: {text}"}
    # Texts may carry raw bytes of addresses.
    document["text"] = document["text"].encode("utf-8", "replace").decode()
    return orjson.dumps(document)


def unpack_error(packed: bytes) -> Exception:
    """The refusal at the other end."""
    document = orjson.loads(packed)
    text = document["text"]
    if document["is"] == "refused":
        return Refused(_REFUSALS.get(document["of"], MempoolFull)(), text)
    if document["is"] == "peers":
        return PeersError(text)
    return Failed(document["code"], text)


class Answers:
    """The node's end: answers calls of the doors."""

    def __init__(self, pool: Pool, live: Live, peers: Peers) -> None:
        self._pool = pool
        self._live = live
        self._peers = peers
        self._by_kind: dict[int, Callable[[bytes], Awaitable[bytes]]] = {
            Kind.SUBMIT: self._submit,
            Kind.WAITING: self._waiting,
            Kind.REASON: self._reason,
            Kind.CHECK: self._check,
            Kind.SIMULATE: self._simulate,
            Kind.QUERY: self._query,
            Kind.ASK: self._ask,
        }

    def __call__(self, kind: int, body: bytes) -> Awaitable[bytes]:
        """Answer a call."""
        return self._by_kind[kind](body)

    async def _submit(self, raw: bytes) -> bytes:
        return (await self._pool.submit(raw)).SerializeToString()

    async def _waiting(self, body: bytes) -> bytes:
        contents = await self._pool.waiting(int(body))
        first = [base64.b64encode(raw).decode() for raw in contents.first]
        return orjson.dumps([contents.total, contents.total_bytes, first])

    async def _reason(self, key: bytes) -> bytes:
        return (await self._pool.reason(key) or "").encode("utf-8", "replace")

    async def _check(self, raw: bytes) -> bytes:
        return (await self._live.check_tx(raw)).SerializeToString()

    async def _simulate(self, body: bytes) -> bytes:
        request = service_pb2.SimulateRequest.FromString(body)
        return (await self._live.simulate(request)).SerializeToString()

    async def _query(self, body: bytes) -> bytes:
        return (await self._live.query(abci.RequestQuery.FromString(body))).SerializeToString()

    async def _ask(self, body: bytes) -> bytes:
        document = orjson.loads(body)
        return orjson.dumps(await self._peers.ask(document["method"], **document["params"]))


class RelayedPool:
    """The node's mempool, seen from the doors."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def submit(self, raw: bytes) -> abci.ResponseCheckTx:
        """Offer a transaction. Raises Refused."""
        return abci.ResponseCheckTx.FromString(await self._link.call(Kind.SUBMIT, raw))

    async def waiting(self, shown: int) -> PoolContents:
        """What waits for a block."""
        total, total_bytes, first = orjson.loads(await self._link.call(Kind.WAITING, b"%d" % shown))
        return PoolContents(total, total_bytes, [base64.b64decode(raw) for raw in first])

    async def reason(self, key: bytes) -> str | None:
        """Why a transaction left the mempool, where that is known."""
        return (await self._link.call(Kind.REASON, key)).decode() or None


class RelayedLive:
    """The state machine where it runs, seen from the doors."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def check_tx(self, raw: bytes) -> abci.ResponseCheckTx:
        """Judge a transaction without keeping it."""
        return abci.ResponseCheckTx.FromString(await self._link.call(Kind.CHECK, raw))

    async def simulate(self, request: service_pb2.SimulateRequest) -> service_pb2.SimulateResponse:
        """Gas and result of a transaction that is not sent. Raises Failed."""
        answer = await self._link.call(Kind.SIMULATE, request.SerializeToString())
        return service_pb2.SimulateResponse.FromString(answer)

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer an ABCI query."""
        answer = await self._link.call(Kind.QUERY, request.SerializeToString())
        return abci.ResponseQuery.FromString(answer)


class RelayedPeers:
    """The other nodes, as the engine knows them, seen from the doors."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.catching_up = False
        self.signing_key = b""
        self.waiting_for = ""

    def heard(self, body: bytes) -> None:
        """Take in how the engine stands."""
        text = 2 + body[1]
        self.catching_up, self.signing_key = bool(body[0]), body[2:text]
        self.waiting_for = body[text:].decode()

    async def ask(self, method: str, **params: Any) -> dict[str, Any] | None:
        """The engine's own answer. Raises PeersError."""
        try:
            answer = await self._link.call(Kind.ASK, orjson.dumps({"method": method, "params": params}))
        except LinkLost as error:
            raise PeersError(str(error)) from error
        found: dict[str, Any] | None = orjson.loads(answer)
        return found
