"""A queue in front of a `TxSender`: messages that arrive close together travel in one transaction.

One bad message must not cost its neighbours: when the network names the message that fails, that one is refused to its
caller and the rest go again without it.
"""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple

from google.protobuf.message import Message

from supercloud.sdk.errors import PermanentError, QueryError, SdkError, TemporaryError, TxFailed
from supercloud.sdk.tx import TxResult, TxSender

MESSAGES_MAX = 20
QUEUE_MAX = 10_000
GATHER_S = 0.02
FAILED_MESSAGE = re.compile(r"message index: (\d+)")


class _Waiting(NamedTuple):
    message: Message
    outcome: asyncio.Future[TxResult]


class BatchSender:
    """Use as `async with BatchSender(sender) as batch`, then `await batch.submit(message)` from any task."""

    def __init__(self, sender: TxSender, messages_max: int = MESSAGES_MAX) -> None:
        self.sender = sender
        self._messages_max = messages_max
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(QUEUE_MAX)
        self._tasks: asyncio.TaskGroup | None = None
        self._worker: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> BatchSender:
        self._tasks = asyncio.TaskGroup()
        await self._tasks.__aenter__()
        self._worker = self._tasks.create_task(self._run(self._tasks))
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._tasks is not None and self._worker is not None
        self._closed = True
        self._worker.cancel()
        while not self._queue.empty():
            _fail(self._queue.get_nowait(), _closing())
        await self._tasks.__aexit__(None, None, None)

    async def submit(self, message: Message) -> TxResult:
        """Send and wait until the transaction with `message` is in a block. Raises TxFailed, SdkError."""
        if self._closed:
            raise _closing()
        waiting = _Waiting(message, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        return await waiting.outcome

    def statistics(self) -> dict[str, int]:
        """How many messages wait."""
        return {"queued": self._queue.qsize()}

    async def _run(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            batch = [await self._queue.get()]
            try:
                await asyncio.sleep(GATHER_S)
                while len(batch) < self._messages_max and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                tx_hash = await self._broadcast(batch)
            except asyncio.CancelledError:
                # Taken off the queue and not sent: nobody else would tell those who wait.
                _refuse_all(batch, _closing())
                raise
            if tx_hash is not None:
                tasks.create_task(self._follow(tx_hash, batch))

    async def _broadcast(self, batch: list[_Waiting]) -> str | None:
        """Hand over the batch; members the network refuses beforehand are taken out of it."""
        while batch:
            try:
                return await self.sender.broadcast([waiting.message for waiting in batch])
            except QueryError as error:
                _refuse_culprit(batch, error.log, error)
            except SdkError as error:
                _refuse_all(batch, error)
            except Exception as error:
                _refuse_all(batch, PermanentError(f"{type(error).__name__}: {error}"))
        return None

    async def _follow(self, tx_hash: str, batch: list[_Waiting]) -> None:
        try:
            result = await self.sender.wait_committed(tx_hash)
        except TxFailed as error:
            _refuse_culprit(batch, error.result.log, error)
            if self._closed:
                _refuse_all(batch, _closing())
            for waiting in batch:
                await self._queue.put(waiting)
            return
        except SdkError as error:
            _refuse_all(batch, error)
            return
        for waiting in batch:
            if not waiting.outcome.done():
                waiting.outcome.set_result(result)


def _closing() -> TemporaryError:
    return TemporaryError("the sender is closed; the message was not sent by it")


def _refuse_culprit(batch: list[_Waiting], log: str, error: SdkError) -> None:
    """Fail the message that `log` names and take it out; all of them when it names none."""
    named = FAILED_MESSAGE.search(log)
    index = int(named.group(1)) if named else -1
    if not 0 <= index < len(batch) or len(batch) == 1:
        _refuse_all(batch, error)
        return
    _fail(batch.pop(index), error)


def _refuse_all(batch: list[_Waiting], error: SdkError) -> None:
    for waiting in batch:
        _fail(waiting, error)
    batch.clear()


def _fail(waiting: _Waiting, error: SdkError) -> None:
    if not waiting.outcome.done():
        waiting.outcome.set_exception(error)
