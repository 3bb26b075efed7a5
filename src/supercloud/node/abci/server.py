"""ABCI 2.0 over a socket: CometBFT's four connections, each answered in order, all by one event loop.

The verbs come from outside as functions; one that has to wait for something may be a coroutine function. What a verb
raises is told to CometBFT, which then stops, and to `failed`: a state machine that failed is never asked again.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from supercloud.node.abci.framing import FramingError, Unframer, frame
from supercloud.pb.tendermint.abci import types_pb2 as abci

log = logging.getLogger(__name__)

READ_BYTES: Final = 256 * 1024
CONNECTIONS_MAX: Final = 16

Verb = Callable[[Any], Any | Awaitable[Any]]

VERBS: Final = (
    "info",
    "init_chain",
    "query",
    "check_tx",
    "commit",
    "list_snapshots",
    "offer_snapshot",
    "load_snapshot_chunk",
    "apply_snapshot_chunk",
    "prepare_proposal",
    "process_proposal",
    "extend_vote",
    "verify_vote_extension",
    "finalize_block",
)
"""All requests of ABCI 2.0 but `echo` and `flush`, which the server answers itself."""


class AbciServer:
    """Serves `verbs`, named as in VERBS."""

    def __init__(self, verbs: Mapping[str, Verb]) -> None:
        missing = set(VERBS) - verbs.keys()
        if missing:
            raise ValueError(f"verbs without an answer: {', '.join(sorted(missing))}")
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        """Set to what a verb raised."""
        self._verbs = verbs
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(self, path: Path) -> None:
        """Serve on a Unix socket that only this account can reach."""
        self._server = await asyncio.start_unix_server(self._connected, sock=_bind(path), limit=READ_BYTES)

    async def close(self) -> None:
        """Stop listening and drop connections."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= CONNECTIONS_MAX:
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, FramingError) as error:
            log.warning("connection of the consensus engine ends", extra={"reason": str(error)})
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming = Unframer()
        while data := await reader.read(READ_BYTES):
            for message in incoming.feed(data):
                answer = await self._answer(message)
                writer.write(frame(answer.SerializeToString()))
            await writer.drain()

    async def _answer(self, message: bytes) -> abci.Response:
        request = abci.Request.FromString(message)
        kind = request.WhichOneof("value")
        response = abci.Response()
        if kind == "flush":
            response.flush.SetInParent()
        elif kind == "echo":
            response.echo.message = request.echo.message
        elif kind is None:
            response.exception.error = "request without a value"
        else:
            await self._call(kind, request, response)
        return response

    async def _call(self, kind: str, request: abci.Request, response: abci.Response) -> None:
        if self.failed.done():
            response.exception.error = f"the state machine has failed: {self.failed.result()}"
            return
        try:
            result = self._verbs[kind](getattr(request, kind))
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:
            log.critical("the state machine failed", extra={"verb": kind}, exc_info=error)
            self.failed.set_result(error)
            response.exception.error = f"{type(error).__name__}: {error}"
            return
        slot = getattr(response, kind)
        # An answer whose fields are all at their defaults has to be there all the same.
        slot.SetInParent()
        slot.CopyFrom(result)


def _bind(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
