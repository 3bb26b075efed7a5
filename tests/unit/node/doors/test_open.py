"""Ports are taken and named; the doors of a small node open and close."""

import asyncio
import urllib.request

import orjson
import pytest
from small_node import SmallNode

from supercloud.node.config import Config, ConfigError
from supercloud.node.doors.open import Addresses, Doors, Ports, bind
from supercloud.node.metrics import Metrics


def settings() -> Config:
    config = Config()
    for door in (config.rpc, config.grpc, config.rest):
        door.listen = "127.0.0.1:0"
    return config


def test_a_port_that_is_taken_is_named() -> None:
    with bind("127.0.0.1:0") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
            bind(f"127.0.0.1:{port}")


async def test_open_answer_close(small: SmallNode) -> None:
    small.block()
    config, metrics = settings(), Metrics()
    doors = Doors(small.view, config, metrics)
    addresses = await doors.open(Ports.of(config))

    def status() -> int:
        with urllib.request.urlopen(f"{addresses.rpc_url}/status", timeout=10) as answer:
            return int(orjson.loads(answer.read())["result"]["sync_info"]["latest_block_height"])

    assert await asyncio.to_thread(status) == 1
    assert metrics.requests == {("rpc", "200"): 1}
    assert addresses.rest_url.startswith("http://127.0.0.1:") and addresses.grpc_address.startswith(
        "127.0.0.1:"
    )
    await doors.close()
    with pytest.raises(OSError):
        await asyncio.to_thread(status)


async def test_doors_without_an_address_stay_shut(small: SmallNode) -> None:
    config = settings()
    for door in (config.rpc, config.grpc, config.rest):
        door.listen = ""
    doors = Doors(small.view, config, Metrics())
    assert await doors.open(Ports.of(config)) == Addresses()
    await doors.close()
