"""CometBFT JSON-RPC over HTTP and WebSocket: the one place of this library that speaks it.

Source: CometBFT 0.38 RPC. Numbers travel as decimal strings, hashes as upper-case hex, transactions as base64.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson

from supercloud.sdk.errors import PermanentError, TemporaryError
from supercloud.sdk.http import from_json, read_all, reason_of, web_url

ANSWER_BYTES_MAX = 64 * 1024 * 1024
REQUEST_TIMEOUT_S = 15.0
NO_RPC = frozenset({404, 405, 501})
"""What other servers say of a POST to their root."""


class RpcError(PermanentError):
    """A JSON-RPC error object: `code`, `message` and `data` as the node sent them."""

    def __init__(self, method: str, code: int, message: str, data: str) -> None:
        super().__init__(f"{method}: {data or message}")
        self.method = method
        self.code = code
        self.message = message
        self.data = data


class RpcClient:
    """One node's RPC. Use as `async with RpcClient(url) as rpc`, or call `close()`. Raises PermanentError for a bad URL."""

    def __init__(self, url: str, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        self.url = web_url(url)
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> RpcClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(self, method: str, **params: Any) -> Any:
        """Call `method`; returns its `result`. Raises RpcError, TemporaryError."""
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            async with self._http().post(
                self.url, data=orjson.dumps(body), headers={"Content-Type": "application/json"}
            ) as response:
                if response.status in NO_RPC:
                    raise PermanentError(
                        f"{self.url} answers, but is no node's RPC (HTTP {response.status}); usually that has port 26657"
                    )
                if response.status >= 500:
                    raise TemporaryError(f"{self.url}: HTTP {response.status}")
                data = await read_all(response, ANSWER_BYTES_MAX)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise TemporaryError(f"node at {self.url} does not answer: {reason_of(error)}") from error
        return _result(method, from_json(data, self.url))

    async def subscribe(self, query: str) -> AsyncIterator[dict[str, Any]]:
        """Yield every event that matches `query` until the connection ends, which raises TemporaryError.

        Nothing is yielded for the time before the node confirmed the subscription; the first item is always
        `{}` and marks that moment, so that a caller can catch up from a height without a gap.
        """
        url = "ws" + self.url.removeprefix("http") + "/websocket"
        try:
            async with self._http().ws_connect(url, heartbeat=20.0, max_msg_size=ANSWER_BYTES_MAX) as socket:
                request = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"query": query}}
                await socket.send_str(orjson.dumps(request).decode())
                async for message in socket:
                    if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                        break
                    yield _result("subscribe", from_json(message.data, self.url))
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise TemporaryError(f"subscription to {self.url} broke: {reason_of(error)}") from error
        raise TemporaryError(f"{self.url} ended the subscription")

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=5.0),
                connector=aiohttp.TCPConnector(limit=32),
            )
        return self._session


def _result(method: str, answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise PermanentError(f"{method}: answer is not a JSON-RPC object")
    error = answer.get("error")
    if isinstance(error, dict):
        code = error.get("code")
        raise RpcError(
            method,
            code if isinstance(code, int) else 0,
            str(error.get("message", "")),
            str(error.get("data", "")),
        )
    if error or "result" not in answer:
        raise PermanentError(f"{method}: answer is not a JSON-RPC object")
    return answer["result"]


async def wait_for_node(rpc: RpcClient, timeout_s: float = 30.0) -> dict[str, Any]:
    """Return the node's status as soon as it has a block; raises TemporaryError after `timeout_s`."""
    reason = f"node at {rpc.url} has no block yet"
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    status: dict[str, Any] = await rpc.call("status")
                    if int(status["sync_info"]["latest_block_height"]) > 0:
                        return status
                except TemporaryError as error:
                    reason = str(error)
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise TemporaryError(f"{reason}; waited for {timeout_s:g} s") from error
