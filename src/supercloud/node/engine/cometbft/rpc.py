"""CometBFT's own RPC, on a Unix socket that nobody else reaches."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from supercloud.node.engine.cometbft import json_block
from supercloud.node.engine.peers import PeersError
from supercloud.node.engine.validators import Validator, ValidatorSet
from supercloud.node.mempool import PoolContents, Refused
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2, types_pb2
from supercloud.types.errors import MempoolFull, TxInMempoolCache, TxTooLarge

TIMEOUT_S: Final = 30.0
VALIDATORS_PER_PAGE: Final = 100
LINES_MAX: Final = 32
LINE_IDLE_S: Final = 20.0
"""CometBFT hangs up on a WebSocket after 30 s of silence."""


class CometRpcError(PeersError):
    """CometBFT's answer is an error; `data` is its detail, in CometBFT's words."""

    def __init__(self, message: str, data: str) -> None:
        super().__init__(f"{message}: {data}" if data else message)
        self.data = data


class CometUnreachable(PeersError):
    """CometBFT does not answer: not yet, or not any more."""


def read_validators(entries: Iterable[Mapping[str, Any]]) -> ValidatorSet:
    """The set that entries of the method `validators` make."""
    return ValidatorSet.of(
        Validator(base64.b64decode(entry["pub_key"]["value"]), int(entry["voting_power"]))
        for entry in entries
    )


class CometRpc:
    """A client of one CometBFT process."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._session: aiohttp.ClientSession | None = None
        self._idle: list[tuple[float, aiohttp.ClientWebSocketResponse]] = []
        """Lines that nobody uses, the last used last, and since when."""
        self._lines = asyncio.Semaphore(LINES_MAX)

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def hang_up(self) -> None:
        """Use no line of before any more: there is another process at their end."""
        lines, self._idle = self._idle, []
        for _, line in lines:
            await line.close()

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a method. Raises CometRpcError, CometUnreachable."""
        document = _call(method, params)
        try:
            async with self._open().post(
                "http://cometbft/", data=document, headers={"Content-Type": "application/json"}
            ) as response:
                return _result(await response.read())
        except (OSError, aiohttp.ClientError, ValueError) as error:
            raise _unreachable(error) from error

    async def call_often(self, method: str, **params: Any) -> Any:
        """As `call`, for what is called a thousand times a second: a message on a WebSocket that stays open costs a third of
        a request. CometBFT answers one after another on each, so one call at a time has it."""
        document = _call(method, params)
        async with self._lines:
            try:
                line = await self._line()
                try:
                    await line.send_bytes(document)
                    answer = await line.receive(TIMEOUT_S)
                except BaseException:
                    # Its answer may come yet, and is nobody else's.
                    await line.close()
                    raise
                if answer.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionResetError("hung up")
                self._idle.append((time.monotonic(), line))
                return _result(answer.data)
            except (OSError, aiohttp.ClientError, ValueError) as error:
                raise _unreachable(error) from error

    async def _line(self) -> aiohttp.ClientWebSocketResponse:
        while self._idle:
            since, line = self._idle.pop()
            if time.monotonic() - since < LINE_IDLE_S and not line.closed:
                return line
            await line.close()
        return await self._open().ws_connect("http://cometbft/websocket")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(self._socket), limit=0),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            )
        return self._session

    async def block(self, height: int) -> block_pb2.Block:
        """A decided block; there from before it is executed."""
        return json_block.block((await self.call("block", height=str(height)))["block"])

    async def commit(self, height: int) -> types_pb2.Commit:
        """The votes that decided it."""
        return json_block.commit((await self.call("commit", height=str(height)))["signed_header"]["commit"])

    async def validators(self, height: int) -> ValidatorSet:
        """Who decides a block."""
        entries: list[Any] = []
        while True:
            page = len(entries) // VALIDATORS_PER_PAGE + 1
            answer = await self.call(
                "validators", height=str(height), page=str(page), per_page=str(VALIDATORS_PER_PAGE)
            )
            entries += answer["validators"]
            if len(entries) >= int(answer["total"]):
                return read_validators(entries)

    async def status(self) -> Any:
        """CometBFT's status document."""
        return await self.call("status")


def _call(method: str, params: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def _result(body: bytes | str) -> Any:
    """What was answered. Raises CometRpcError, ValueError."""
    answer = orjson.loads(body)
    if refusal := answer.get("error"):
        raise CometRpcError(str(refusal["message"]), str(refusal.get("data") or ""))
    return answer["result"]


def _unreachable(error: Exception) -> CometUnreachable:
    return CometUnreachable(f"the consensus engine does not answer: {type(error).__name__}")


class RemotePeers:
    """The other nodes, as CometBFT knows them."""

    def __init__(self, rpc: CometRpc) -> None:
        self._rpc = rpc
        self.catching_up = True
        self.signing_key = b""
        self.waiting_for = ""

    async def ask(self, method: str, **params: Any) -> dict[str, Any] | None:
        """CometBFT's own answer. Raises CometRpcError."""
        answer: dict[str, Any] = await self._rpc.call(method, **params)
        return answer


class RemoteMempool:
    """CometBFT's mempool: the one that the network shares. It tells nobody why something left."""

    def __init__(self, rpc: CometRpc) -> None:
        self._rpc = rpc

    async def submit(self, raw: bytes) -> abci.ResponseCheckTx:
        """Offer a transaction. Raises Refused."""
        try:
            answer = await self._rpc.call_often("broadcast_tx_sync", tx=base64.b64encode(raw).decode())
        except CometRpcError as error:
            raise _refused(error) from error
        return abci.ResponseCheckTx(
            code=answer["code"],
            codespace=answer.get("codespace") or "",
            log=answer.get("log") or "",
            data=base64.b64decode(answer.get("data") or ""),
        )

    async def waiting(self, shown: int) -> PoolContents:
        """What waits for a block."""
        if shown:
            answer = await self._rpc.call("unconfirmed_txs", limit=str(shown))
        else:
            answer = await self._rpc.call("num_unconfirmed_txs")
        first = [base64.b64decode(raw) for raw in answer.get("txs") or ()]
        return PoolContents(int(answer["total"]), int(answer["total_bytes"]), first)

    async def reason(self, key: bytes) -> str | None:
        """Why a transaction left the mempool: not known here."""
        return None


def _refused(error: CometRpcError) -> Refused | CometRpcError:
    for phrase, kind in (
        ("already exists in cache", TxInMempoolCache),
        ("mempool is full", MempoolFull),
        ("Tx too large", TxTooLarge),
    ):
        if phrase in error.data:
            return Refused(kind(), error.data)
    return error
