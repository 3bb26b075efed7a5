"""What a node can be watched by: Prometheus' text format at `/metrics`, on a listener of its own.

Nothing here is worth an attack, but nothing is for strangers either: the listener belongs on loopback or behind a
firewall. Source: Prometheus exposition format 0.0.4.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from supercloud.crypto import ed25519
from supercloud.node.engine.block import FLAG_ABSENT
from supercloud.node.engine.peers import PeersError
from supercloud.node.engine.ports import Committed
from supercloud.node.grpc.asgi import Receive, Scope, Send, respond
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.grpc.view import Core
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import types_pb2

CONTENT_TYPE: Final = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
INTERVAL_BOUNDS_S: Final = (0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30)
_PAGE_BYTES: Final = 4096


@dataclass
class Histogram:
    """How often a number was at most each bound."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0
    count: int = 0

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.bounds)

    def add(self, value: float) -> None:
        """One more number."""
        self.total += value
        self.count += 1
        for place, bound in enumerate(self.bounds):
            if value <= bound:
                self.counts[place] += 1


class Metrics:
    """Counts from the start of this process. A Listener of the engine; `counted` wraps doors, `watch` names the node."""

    def __init__(self) -> None:
        self.interval = Histogram(INTERVAL_BOUNDS_S)
        """Seconds between the times of blocks."""
        self.blocks = self.txs = self.failed_txs = self.gas = self.misbehaved = 0
        self.last_block_txs = self.height = 0
        self.messages: Counter[str] = Counter()
        """Of transactions that did not fail, by type URL."""
        self.requests: dict[tuple[str, str], int] = {}
        """By door and status."""
        self.sockets: dict[str, int] = {}
        """Open WebSockets by door."""
        self.signed = self.missed = 0
        """Blocks that this node decides on, by whether its vote is among those that the next block carries."""
        self.absent = self.round = 0
        """Validators whose votes the last block lacks; the round in which the block before it was decided."""
        self._core: Core | None = None
        self._deciding = b""
        """Own address while this node is among the validators of the last block."""
        self._last_ns = 0

    def watch(self, core: Core) -> None:
        """Whose votes to count."""
        self._core = core

    def block_committed(self, committed: Committed) -> None:
        """Count a block."""
        header, results = committed.block.header, committed.response.tx_results
        now_ns = header.time.seconds * 10**9 + header.time.nanos
        if self._last_ns and header.height == self.height + 1:
            self.interval.add((now_ns - self._last_ns) / 1e9)
        self._last_ns, self.height = now_ns, header.height
        self.blocks += 1
        self.last_block_txs = len(results)
        self.txs += len(results)
        self.failed_txs += sum(1 for result in results if result.code)
        self.gas += sum(result.gas_used for result in results)
        self.misbehaved += len(committed.block.evidence.evidence)
        self._count_votes(committed.block.last_commit)
        for result in results:
            if not result.code:
                self.messages.update(_actions(result.events))

    def _count_votes(self, commit: types_pb2.Commit) -> None:
        self.round = commit.round
        self.absent = sum(1 for each in commit.signatures if each.block_id_flag == FLAG_ABSENT)
        if self._deciding:
            signed = any(each.validator_address == self._deciding for each in commit.signatures)
            self.signed += signed
            self.missed += not signed
        if self._core is None or not (key := self._core.validator_key):
            return
        deciding = any(each.public_key == key for each in self._core.history.state.last_validators)
        self._deciding = ed25519.address(key) if deciding else b""

    def answered(self, door: str, status: str) -> None:
        """Count an answer."""
        self.requests[door, status] = self.requests.get((door, status), 0) + 1

    def counted(self, door: str, app: Any) -> Any:
        """An ASGI application whose requests are counted under the name of its door."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                self.sockets[door] = self.sockets.get(door, 0) + 1
                try:
                    await app(scope, receive, send)
                finally:
                    self.sockets[door] -= 1
                return

            async def watched(message: Any) -> None:
                if message["type"] == "http.response.start":
                    self.answered(door, str(message["status"]))
                await send(message)

            await app(scope, receive, watched)

        return serve


class MetricsServer:
    """ASGI application that answers `/metrics`, `/live` and `/ready`. `sizes` are bytes on disk by part of the store."""

    def __init__(
        self,
        metrics: Metrics,
        view: Core,
        sizes: Mapping[str, Callable[[], int]],
        readiness: Readiness | None = None,
    ) -> None:
        self._readiness = readiness or Readiness(view)
        self._metrics = metrics
        self._view = view
        self._sizes = sizes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if await self._readiness.respond(scope["path"], send):
            return
        if scope["path"] != "/metrics":
            await respond(send, 404, b"", [CONTENT_TYPE])
            return
        text = "\n".join(await self.lines()) + "\n"
        await respond(send, 200, text.encode(), [CONTENT_TYPE])

    async def lines(self) -> list[str]:
        """The whole page."""
        seen, state = self._metrics, self._view.history.state
        key = self._view.validator_key
        power = next((entry.power for entry in state.validators if entry.public_key == key), 0)
        lines = [
            *_plain("height", "gauge", "Height of the last block.", state.height),
            *_plain("block_time_seconds", "gauge", "Time of the last block.", f"{state.time / 1e9:.3f}"),
            *_plain("catching_up", "gauge", "1 while others are ahead.", int(self._view.peers.catching_up)),
            *_plain("validators", "gauge", "Validators that decide the next block.", len(state.validators)),
            *_plain("validators_power", "gauge", "Their voting power.", state.validators.power),
            *_plain("own_power", "gauge", "Voting power of this node's key.", power),
            *_plain("own_signed_total", "counter", "Blocks with this node's vote.", seen.signed),
            *_plain("own_missed_total", "counter", "Blocks that lack it.", seen.missed),
            *_plain("absent_validators", "gauge", "Validators that the last votes lack.", seen.absent),
            *_plain(
                "round", "gauge", "Round of the last votes: 0 where the first proposal passed.", seen.round
            ),
            *_plain("blocks_total", "counter", "Blocks since the start.", seen.blocks),
            *_plain("txs_total", "counter", "Transactions in them.", seen.txs),
            *_plain("failed_txs_total", "counter", "Of those, the failed ones.", seen.failed_txs),
            *_plain("gas_total", "counter", "Gas that they used.", seen.gas),
            *_plain("evidence_total", "counter", "Pieces of evidence in blocks.", seen.misbehaved),
            *_plain("last_block_txs", "gauge", "Transactions in the last block.", seen.last_block_txs),
            *_histogram("block_interval_seconds", "Seconds between blocks.", seen.interval),
        ]
        lines += _labelled(
            "messages_total",
            "counter",
            "Messages of transactions that did not fail, by module.",
            [(_named(url), n) for url, n in sorted(seen.messages.items())],
        )
        lines += await self._waiting()
        lines += _labelled(
            "requests_total",
            "counter",
            "Requests answered, by door and status.",
            [({"door": door, "status": status}, n) for (door, status), n in sorted(seen.requests.items())],
        )
        lines += _labelled(
            "websockets",
            "gauge",
            "Open WebSockets.",
            [({"door": d}, n) for d, n in sorted(seen.sockets.items())],
        )
        lines += _labelled(
            "store_bytes",
            "gauge",
            "Bytes on disk.",
            [({"store": s}, f()) for s, f in sorted(self._sizes.items())],
        )
        cpu = f"{time.process_time():.2f}"
        return [
            *lines,
            *_plain("cpu_seconds_total", "counter", "Processor time of this process alone.", cpu),
            *_plain("resident_bytes", "gauge", "Memory of this process alone.", _resident()),
        ]

    async def _waiting(self) -> list[str]:
        """Mempool and peers; left out while the engine that knows them does not answer."""
        try:
            pool = await self._view.mempool.waiting(0)
            net = await self._view.peers.ask("net_info")
        except PeersError:
            return []
        return [
            *_plain("mempool_txs", "gauge", "Transactions that wait.", pool.total),
            *_plain("mempool_bytes", "gauge", "Their bytes.", pool.total_bytes),
            *_plain("peers", "gauge", "Connected nodes.", int(net["n_peers"]) if net else 0),
        ]


def _actions(events: Iterable[abci.Event]) -> Iterable[str]:
    """Type URLs of a transaction's messages, each once: a module's own event of the name has no action."""
    for event in events:
        if event.type == "message":
            yield from (each.value for each in event.attributes if each.key == "action")


def _named(url: str) -> dict[str, str]:
    """`/akash.market.v1beta5.MsgCreateBid` is message MsgCreateBid of module market."""
    names = url.strip("/").split(".")
    return {"module": names[1] if len(names) > 2 else names[0], "message": names[-1]}


def _plain(name: str, kind: str, help: str, value: float | str) -> Iterable[str]:
    return _labelled(name, kind, help, [({}, value)])


def _labelled(
    name: str, kind: str, help: str, values: Iterable[tuple[Mapping[str, str], float | str]]
) -> list[str]:
    full = f"supercloud_{name}"
    lines = [f"# HELP {full} {help}", f"# TYPE {full} {kind}"]
    for labels, value in values:
        inside = ",".join(f'{label}="{text}"' for label, text in labels.items())
        lines.append(f"{full}{{{inside}}} {value}" if inside else f"{full} {value}")
    return lines


def _histogram(name: str, help: str, held: Histogram) -> list[str]:
    full = f"supercloud_{name}"
    steps = zip((*map(str, held.bounds), "+Inf"), (*held.counts, held.count), strict=True)
    return [
        f"# HELP {full} {help}",
        f"# TYPE {full} histogram",
        *(f'{full}_bucket{{le="{bound}"}} {count}' for bound, count in steps),
        f"{full}_sum {held.total:.3f}",
        f"{full}_count {held.count}",
    ]


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0
