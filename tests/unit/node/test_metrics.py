"""Figures for Prometheus: what is counted, and that the page is in its format."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from small_node import SmallNode, transfer

from supercloud.node.engine.block import FLAG_ABSENT
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.metrics import Histogram, Metrics, MetricsServer

ROOT = Path(__file__).resolve().parents[3]
MONITORING = ROOT / "examples" / "monitoring"
USED = re.compile(r"supercloud_[a-z_]+")
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


def test_own_votes_are_counted_and_those_that_lack(small: SmallNode, metrics: Metrics) -> None:
    metrics.watch(small.view)
    for _ in range(3):
        last = small.block()
    # Of the first block's votes nothing is known before the second.
    assert (metrics.signed, metrics.missed, metrics.absent, metrics.round) == (2, 0, 0, 0)
    without = type(last.block)()
    without.CopyFrom(last.block)
    without.last_commit.round = 2
    vote = without.last_commit.signatures[0]
    vote.block_id_flag, vote.validator_address = FLAG_ABSENT, b""
    metrics.block_committed(last._replace(block=without))
    assert (metrics.signed, metrics.missed, metrics.absent, metrics.round) == (2, 1, 1, 2)


def test_who_does_not_decide_misses_nothing(small: SmallNode, metrics: Metrics) -> None:
    metrics.watch(replace(small.view, identity=replace(small.view.identity, validator_key=b"k" * 32)))
    for _ in range(3):
        small.block()
    assert (metrics.signed, metrics.missed) == (0, 0)


async def test_dashboard_alerts_and_page_of_the_manual_ask_for_what_there_is(
    small: SmallNode, metrics: Metrics
) -> None:
    _, text = await ask(MetricsServer(metrics, small.view, {"state": lambda: 1}))
    there = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    there |= {f"{name}_bucket" for name in there}
    dashboard = orjson.loads((MONITORING / "grafana.json").read_bytes())
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    manual = (ROOT / "docs" / "validators.md").read_text()
    for rule in rules:
        assert f"| `{rule['expr']}`" in manual, rule
    for expression in (*panels, *(rule["expr"] for rule in rules)):
        used = set(USED.findall(expression))
        assert used <= there and (used or expression.startswith("up{")), expression
    assert "alerts.yml" in (MONITORING / "prometheus.yml").read_text()


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
