"""CometBFT's own RPC, on a Unix socket that nobody else reaches."""

from __future__ import annotations

import base64
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

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a method. Raises CometRpcError, CometUnreachable."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(self._socket)),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            )
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            async with self._session.post(
                "http://cometbft/", data=body, headers={"Content-Type": "application/json"}
            ) as response:
                answer = orjson.loads(await response.read())
        except (OSError, aiohttp.ClientError, ValueError) as error:
            raise CometUnreachable(f"the consensus engine does not answer: {type(error).__name__}") from error
        if refusal := answer.get("error"):
            raise CometRpcError(str(refusal["message"]), str(refusal.get("data") or ""))
        return answer["result"]

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


class RemotePeers:
    """The other nodes, as CometBFT knows them."""

    def __init__(self, rpc: CometRpc) -> None:
        self._rpc = rpc
        self.catching_up = True
        self.signing_key = b""

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
            answer = await self._rpc.call("broadcast_tx_sync", tx=base64.b64encode(raw).decode())
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
