"""ABCI 2.0 over a socket: CometBFT's four connections, each answered in order, all by one event loop.

The verbs come from outside as functions; one that has to wait for something may be a coroutine function. What a verb
raises is told to CometBFT, which then stops, and to `failed`: a state machine that failed is never asked again.

One CometBFT is served at a time. Its connections belong together: when one of them ends the process has ended or is about
to, so the others are dropped, what they wait for is cancelled, and only then the next one is let in.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import select
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from supercloud.node.abci.framing import FramingError, Unframer, frame
from supercloud.pb.tendermint.abci import types_pb2 as abci

log = logging.getLogger(__name__)

READ_BYTES: Final = 256 * 1024
CONNECTIONS: Final = 4
"""For consensus, mempool, queries and snapshots: what one CometBFT has."""

COMMIT_S: Final = 5.0
QUIET_S: Final = 0.3
SENT_S: Final = 0.05
BEGINNING: Final = ("prepare_proposal", "process_proposal", "finalize_block")
"""What CometBFT asks on its way to a block, before it is executed."""

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
    """Serves `verbs`, named as in VERBS.

    `came` is called when a CometBFT connects, before anything is answered; False turns it away. `left` is called when its
    last connection is gone.
    """

    def __init__(
        self,
        verbs: Mapping[str, Verb],
        *,
        came: Callable[[], bool] = lambda: True,
        left: Callable[[], None] = lambda: None,
    ) -> None:
        missing = set(VERBS) - verbs.keys()
        if missing:
            raise ValueError(f"verbs without an answer: {', '.join(sorted(missing))}")
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        """Set to what a verb raised."""
        self._verbs = verbs
        self._came = came
        self._left = left
        self._server: asyncio.Server | None = None
        self._closed = False
        # Newcomers one after the other, in the order in which they came.
        self._entry = asyncio.Lock()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._dropping = False
        self._committed = asyncio.Event()
        self._committed.set()
        self._withholds = False
        self._withheld = asyncio.Event()
        self._vacant = asyncio.Event()
        self._vacant.set()

    async def listen(self, path: Path) -> None:
        """Serve on a Unix socket that only this account can reach."""
        self._server = await asyncio.start_unix_server(self._connected, sock=_bind(path), limit=READ_BYTES)

    def withhold(self) -> None:
        """From now on answer nothing that begins another block."""
        self._withholds = True

    async def close(self, *, gently: bool = False) -> None:
        """Stop listening and drop connections.

        CometBFT 0.38 that asks something in the moment in which it loses its connections waits for ever instead of ending.
        `gently` lets a block that is being executed be committed, answers nothing that begins another one, and drops
        connections when CometBFT waits for such an answer, or has asked for none within QUIET_S.
        """
        self._closed = True
        self.withhold()
        if self._server is not None:
            self._server.close()
        if gently and self._connections and not self.failed.done():
            await _within(COMMIT_S, self._committed)
            await _within(QUIET_S, self._withheld)
            # It asks with a second message behind the first, and has to have sent both.
            await asyncio.sleep(SENT_S)
        self._drop()
        await self._vacant.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        async with self._entry:
            if not await self._enters():
                writer.close()
                return
            self._vacant.clear()
            self._connections[task] = writer
        try:
            await self._serve(reader, writer)
        except (ConnectionError, FramingError) as error:
            log.warning("connection of the consensus engine ends", extra={"reason": str(error)})
        finally:
            writer.close()
            del self._connections[task]
            self._drop()
            if not self._connections:
                self._dropping = False
                self._committed.set()
                self._left()
                self._vacant.set()

    async def _enters(self) -> bool:
        """Whether a newcomer may: as the first of a CometBFT, or as one more of the one that is there."""
        # The end of a process and the next one's beginning may be heard of in either order.
        if any(_hung_up(writer) for writer in self._connections.values()):
            self._drop()
        if self._dropping:
            await self._vacant.wait()
        if self._closed:
            return False
        if len(self._connections) >= CONNECTIONS:
            log.warning("a second consensus engine is turned away")
            return False
        return bool(self._connections) or self._came()

    def _drop(self) -> None:
        """End all connections; they are gone when `_vacant` is set."""
        if self._dropping or not self._connections:
            return
        self._dropping = True
        for task in self._connections:
            task.cancel()

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
        if self._withholds and kind in BEGINNING:
            self._withheld.set()
            await asyncio.Event().wait()
        if kind == "finalize_block":
            self._committed.clear()
        try:
            result = self._verbs[kind](getattr(request, kind))
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:
            log.critical("the state machine failed", extra={"verb": kind}, exc_info=error)
            self.failed.set_result(error)
            response.exception.error = f"{type(error).__name__}: {error}"
            return
        if kind == "commit":
            self._committed.set()
        slot = getattr(response, kind)
        # An answer whose fields are all at their defaults has to be there all the same.
        slot.SetInParent()
        slot.CopyFrom(result)


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for an event, but not for long. asyncio.timeout ends a task of Python 3.11 that was cancelled before."""
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


def _hung_up(writer: asyncio.StreamWriter) -> bool:
    """Whether the other end is closed, be there something left to read or not."""
    if writer.is_closing():
        return True
    poll = select.poll()
    poll.register(writer.get_extra_info("socket").fileno(), select.POLLRDHUP)
    return bool(poll.poll(0))


def _bind(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
