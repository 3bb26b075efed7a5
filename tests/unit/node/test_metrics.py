"""Figures for Prometheus: what is counted, and that the page is in its format."""

from __future__ import annotations

import re
from typing import Any

import pytest
from small_node import SmallNode, transfer

from supercloud.node.grpc.readiness import Readiness
from supercloud.node.metrics import Histogram, Metrics, MetricsServer

LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+]+')


async def ask(app: Any, path: str = "/metrics", kind: str = "http") -> tuple[int, str]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    await app({"type": kind, "path": path, "method": "GET", "headers": []}, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return (sent[0]["status"] if sent else 0), body.decode()


@pytest.fixture
def metrics(small: SmallNode) -> Metrics:
    made = Metrics()
    small.engine.listeners.append(made)
    return made


async def test_blocks_and_transactions(small: SmallNode, metrics: Metrics) -> None:
    await small.mempool.submit(transfer(1, 0))
    small.block()
    small.block()
    _, text = await ask(MetricsServer(metrics, small.view, {"state": lambda: 4096}))
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    height = small.engine.state.height
    assert values["supercloud_height"] == str(height)
    assert values["supercloud_blocks_total"] == "2" and values["supercloud_txs_total"] == "1"
    assert values["supercloud_failed_txs_total"] == "0" and int(values["supercloud_gas_total"]) > 0
    assert values["supercloud_block_interval_seconds_count"] == "1"
    assert values['supercloud_block_interval_seconds_bucket{le="+Inf"}'] == "1"
    assert values["supercloud_own_power"] == values["supercloud_validators_power"] == "10"
    assert values['supercloud_store_bytes{store="state"}'] == "4096"
    assert values["supercloud_mempool_txs"] == "0" and values["supercloud_peers"] == "0"
    assert int(values["supercloud_resident_bytes"]) > 0
    assert values['supercloud_messages_total{module="bank",message="MsgSend"}'] == "1"


async def test_every_line_is_in_the_format(small: SmallNode, metrics: Metrics) -> None:
    async def door(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    counted = metrics.counted("rpc", door)
    await ask(counted)
    await ask(counted)
    status, text = await ask(MetricsServer(metrics, small.view, {"state": lambda: 1}))
    assert status == 200 and 'supercloud_requests_total{door="rpc",status="200"} 2' in text
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            assert LINE.fullmatch(line), line
            name = re.sub(r"\{.*| .*", "", line)
            assert name in kinds or re.sub("_(bucket|sum|count)$", "", name) in kinds, line
    assert kinds["supercloud_txs_total"] == "counter" and kinds["supercloud_height"] == "gauge"


async def test_open_sockets_are_counted_while_they_are_open(small: SmallNode, metrics: Metrics) -> None:
    seen = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        seen.append(metrics.sockets["rpc"])

    await ask(metrics.counted("rpc", door), kind="websocket")
    assert seen == [1] and metrics.sockets["rpc"] == 0


async def test_nothing_else_is_served(small: SmallNode, metrics: Metrics) -> None:
    assert (await ask(MetricsServer(metrics, small.view, {}), "/"))[0] == 404


async def test_whether_it_is_ready_is_told_here_too(small: SmallNode, metrics: Metrics) -> None:
    door = MetricsServer(metrics, small.view, {})
    assert (await ask(door, "/live"))[0] == 200
    status, text = await ask(door, "/ready")
    assert status == 503 and "there is no block yet" in text
    ready = MetricsServer(metrics, small.view, {}, Readiness(small.view, clock=lambda: small.now / 1e9))
    small.block()
    assert (await ask(ready, "/ready"))[0] == 200


def test_a_histogram_adds_up() -> None:
    held = Histogram((1, 2))
    for value in (0.5, 1, 1.5, 9):
        held.add(value)
    assert (held.counts, held.count, held.total) == ([2, 3], 4, 12)
