"""Why nobody bids, as far as it shows from outside."""

from __future__ import annotations

from typing import Any

import pytest
from memory_node import MemoryNode

from supercloud import sdl
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.sdk import obstacles as module
from supercloud.sdk.client import Client
from supercloud.sdk.errors import TemporaryError
from supercloud.sdk.obstacles import UNSEEN, no_room, obstacles
from supercloud.testing.ledger import Actor

SDL = """
version: "2.0"
services:
  web: {image: example/web:1, expose: [{port: 80, to: [{global: true}]}]}
profiles:
  compute:
    web: {resources: {cpu: {units: 2}, memory: {size: 1Gi}, storage: {size: 64Mi}}}
  placement:
    west: {pricing: {web: {denom: uakt, amount: 1000}}}
deployment:
  web: {west: {profile: web, count: 2}}
"""
GPU = "gpu: {units: 1, attributes: {vendor: {nvidia: [{model: h100}]}}}, storage"


def status(cpu: int = 9000, memory: int = 2**40, gpu: int = 0) -> dict[str, Any]:
    nodes = [{"available": {"cpu": cpu // 2, "memory": memory, "gpu": gpu}}] * 2
    return {"cluster": {"inventory": {"available": {"nodes": nodes}}}}


class Answers:
    """Gateways of all providers."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def of(self, *_: Any) -> Answers:
        return self

    async def __aenter__(self) -> Answers:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def status(self) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def register(node: MemoryNode, actor: Actor, **attributes: str) -> None:
    message = MsgCreateProvider(owner=actor.text, host_uri=f"https://{actor.name}.invalid:8443")
    for key, value in attributes.items():
        message.attributes.add(key=key, value=value)
    assert node.ledger.deliver(message, by=actor).code == 0


@pytest.mark.parametrize(
    ("old", "new", "answer", "reason"),
    [
        ("pricing", "attributes: {region: mars}, pricing", status(), "has no attribute region=mars"),
        ("pricing", "signedBy: {anyOf: [CAROL]}, pricing", status(), "is not audited by akash1"),
        ("storage", GPU, status(), "declares no gpu vendor/nvidia/model/h100"),
        ("size: 64Mi", "size: 64Mi", status(cpu=3000), "has no room: cpu 4 asked for, 3 free"),
        ("size: 64Mi", "size: 64Mi", {}, UNSEEN),
        ("size: 64Mi", "size: 64Mi", status(), UNSEEN),
        ("size: 64Mi", "size: 64Mi", TemporaryError("away"), "does not answer"),
    ],
)
async def test_each_provider_has_its_reason(
    client: Client,
    node: MemoryNode,
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
    answer: Any,
    reason: str,
) -> None:
    monkeypatch.setattr(module, "Gateway", Answers(answer))
    register(node, node.ledger.bob, region="eu")
    text = SDL.replace(old, new.replace("CAROL", node.ledger.carol.text), 1)
    (found,) = await obstacles(client, sdl.load(text).group_specs())
    assert found.provider == node.ledger.bob.text
    assert found.reason.startswith(reason)


async def test_only_so_many_are_asked(
    client: Client, node: MemoryNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Gateway", Answers(status()))
    monkeypatch.setattr(module, "ASKED_MAX", 1)
    assert await obstacles(client, []) == []
    for actor in (node.ledger.bob, node.ledger.carol):
        register(node, actor)
    assert len(await obstacles(client, [])) == 1


def test_all_that_is_short_is_named() -> None:
    specs = sdl.load(SDL.replace("storage", GPU, 1)).group_specs()
    assert no_room(specs, status(cpu=0, memory=2**29)) == (
        "has no room: cpu 4 asked for, 0 free, memory 2.00Gi asked for, 1.00Gi free, gpu 2 asked for, 0 free"
    )
    assert no_room(specs, {"cluster": {"inventory": {"available": {"nodes": [{}]}}}}) == ""
