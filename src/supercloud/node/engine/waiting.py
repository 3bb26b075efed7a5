"""Waiting for a transaction to be in a block."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from supercloud.node.engine.ports import Committed
from supercloud.pb.tendermint.abci import types_pb2 as abci

WAITING_MAX = 1000


class TooManyWait(Exception):
    """No more callers can wait at once."""


class Included(NamedTuple):
    """A transaction's place and result."""

    height: int
    result: abci.ExecTxResult


class Waiting:
    """Tells callers when their transactions are committed. A Listener of the engine."""

    def __init__(self) -> None:
        self._futures: dict[bytes, list[asyncio.Future[Included]]] = {}
        self._count = 0

    @contextmanager
    def expect(self, key: bytes) -> Iterator[asyncio.Future[Included]]:
        """A future of the transaction with that hash, from now on. Raises TooManyWait."""
        if self._count >= WAITING_MAX:
            raise TooManyWait(f"{WAITING_MAX} callers wait for transactions already")
        future: asyncio.Future[Included] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(key, []).append(future)
        self._count += 1
        try:
            yield future
        finally:
            self._count -= 1
            left = [other for other in self._futures.pop(key, ()) if other is not future]
            if left:
                self._futures[key] = left

    def block_committed(self, committed: Committed) -> None:
        """Wake whoever waits for something in this block."""
        if not self._futures:
            return
        block = committed.block
        for raw, result in zip(block.data.txs, committed.response.tx_results, strict=True):
            for future in self._futures.get(sha256(raw).digest(), ()):
                if not future.done():
                    future.set_result(Included(block.header.height, result))
