"""Transactions that wait for a block: first come, first served, within bounds.

A full mempool refuses newcomers and evicts nobody. What leaves without being in a block leaves a reason
behind, so that whoever sent it can learn why. Only the embedded engine uses this; CometBFT brings its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, Protocol

from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import ChainError, MempoolFull, TxInMempoolCache, TxTooLarge

REASON_SECONDS = 600
"""How long the reason of a departure can be asked for."""

REASONS_MAX = 20_000


class CheckTx(Protocol):
    """The state machine's admission check."""

    def check_tx(self, request: abci.RequestCheckTx) -> abci.ResponseCheckTx:
        """Judge a transaction on top of the last block and of what was admitted since."""


@dataclass(frozen=True)
class Limits:
    """Bounds of the mempool. A time to live of 0 is none."""

    count: int = 5000
    bytes: int = 64 * 1024 * 1024
    tx_bytes: int = 1024 * 1024
    seen: int = 10_000
    ttl_blocks: int = 0
    ttl_s: int = 600


class Refused(Exception):
    """A transaction that was not even checked. `error` is its registered code, the text is CometBFT's."""

    def __init__(self, error: ChainError, text: str) -> None:
        super().__init__(text)
        self.error = error


class PoolContents(NamedTuple):
    """What waits for a block: how many, how many bytes, and the first few."""

    total: int
    total_bytes: int
    first: list[bytes]


class Pool(Protocol):
    """Where transactions wait for a block, as the doors of a node see it."""

    async def submit(self, raw: bytes) -> abci.ResponseCheckTx:
        """Check a transaction and, if its code is 0, let it wait for a block. Raises Refused."""

    async def waiting(self, shown: int) -> PoolContents:
        """What waits, with the first `shown` of it."""

    async def reason(self, key: bytes) -> str | None:
        """Why a transaction left without being in a block, where that is known."""


class _Waiting(NamedTuple):
    raw: bytes
    height: int
    time: int


def tx_hash(raw: bytes) -> bytes:
    """The hash that names a transaction."""
    return sha256(raw).digest()


class Mempool:
    """Admission, order, departure. `clock` gives seconds that never run backwards."""

    def __init__(self, app: CheckTx, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.bytes = 0
        self.height = 0
        self._app = app
        self._clock = clock
        self._waiting: dict[bytes, _Waiting] = {}
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._reasons: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def admit(self, raw: bytes) -> abci.ResponseCheckTx:
        """Check a transaction and, if its code is 0, let it wait for a block. Raises Refused."""
        limits = self.limits
        if len(raw) > limits.tx_bytes:
            text = f"Tx too large. Max size is {limits.tx_bytes}, but got {len(raw)}"
            raise Refused(TxTooLarge(), text)
        key = tx_hash(raw)
        if key in self._seen:
            raise Refused(TxInMempoolCache(), "tx already exists in cache")
        if len(self._waiting) >= limits.count or self.bytes + len(raw) > limits.bytes:
            text = (
                f"mempool is full: number of txs {len(self._waiting)} (max: {limits.count}), "
                f"total txs bytes {self.bytes} (max: {limits.bytes})"
            )
            raise Refused(MempoolFull(), text)
        response = self._app.check_tx(abci.RequestCheckTx(tx=raw))
        if not response.code:
            self._waiting[key] = _Waiting(raw, self.height, int(self._clock()))
            self.bytes += len(raw)
            self._remember(key)
            self._reasons.pop(key, None)
        return response

    async def submit(self, raw: bytes) -> abci.ResponseCheckTx:
        """`admit`, for those who may also face another engine's mempool."""
        return self.admit(raw)

    async def waiting(self, shown: int) -> PoolContents:
        """What waits, with the first `shown` of it."""
        first = [waiting.raw for waiting, _ in zip(self._waiting.values(), range(shown), strict=False)]
        return PoolContents(len(self), self.bytes, first)

    def reap(self, bytes_max: int) -> list[bytes]:
        """Candidates for a block: in order of arrival, up to that many bytes with their framing."""
        chosen = []
        room = bytes_max
        for waiting in self._waiting.values():
            size = len(waiting.raw)
            room -= size + 1 + (size.bit_length() + 6) // 7
            if room < 0:
                break
            chosen.append(waiting.raw)
        return chosen

    def update(self, height: int, txs: Sequence[bytes], results: Iterable[abci.ExecTxResult]) -> None:
        """Take a committed block into account: drop what it holds, what is too old, what no longer passes."""
        self.height = height
        for raw, result in zip(txs, results, strict=True):
            key = tx_hash(raw)
            self._drop(key)
            if result.code:
                self._seen.pop(key, None)
            else:
                self._remember(key)
        self._expire()
        self._recheck()

    async def reason(self, key: bytes) -> str | None:
        """Why a transaction left without being in a block, if it did in the last ten minutes."""
        entry = self._reasons.get(key)
        if entry is None or entry[0] < self._clock():
            return None
        return entry[1]

    def __contains__(self, key: bytes) -> bool:
        return key in self._waiting

    def _expire(self) -> None:
        limits = self.limits
        oldest_time = self._clock() - limits.ttl_s if limits.ttl_s else None
        oldest_height = self.height - limits.ttl_blocks if limits.ttl_blocks else None
        late = []
        for key, waiting in self._waiting.items():
            if oldest_time is not None and waiting.time < oldest_time:
                late.append((key, f"waited longer than {limits.ttl_s} seconds"))
            elif oldest_height is not None and waiting.height < oldest_height:
                late.append((key, f"waited longer than {limits.ttl_blocks} blocks"))
        for key, reason in late:
            self._leave(key, reason)

    def _recheck(self) -> None:
        for key, waiting in list(self._waiting.items()):
            response = self._app.check_tx(abci.RequestCheckTx(tx=waiting.raw, type=abci.RECHECK))
            if response.code:
                self._leave(key, f"no longer valid: {response.log} ({response.codespace} {response.code})")

    def _leave(self, key: bytes, reason: str) -> None:
        self._drop(key)
        # It may be sent again.
        self._seen.pop(key, None)
        now = self._clock()
        self._reasons[key] = (now + REASON_SECONDS, reason)
        while self._reasons:
            until, _ = next(iter(self._reasons.values()))
            if until >= now and len(self._reasons) <= REASONS_MAX:
                break
            self._reasons.popitem(last=False)

    def _drop(self, key: bytes) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            self.bytes -= len(waiting.raw)

    def _remember(self, key: bytes) -> None:
        self._seen[key] = None
        self._seen.move_to_end(key)
        while len(self._seen) > self.limits.seen:
            self._seen.popitem(last=False)
