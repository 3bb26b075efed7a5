"""From attributes back to values."""

from __future__ import annotations

from typing import Any

import pytest
from memory_node import MemoryNode

from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.sdk.client import Client
from supercloud.sdk.events import typed_events
from supercloud.sdk.tx import TxSender


def event(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "attributes": [{"key": k, "value": v} for k, v in attributes.items()]}


def test_only_typed_events_with_their_own_fields() -> None:
    events = [
        event("coin_received", amount="1uakt"),
        event(
            "akash.market.v1.EventBidCreated", id='{"dseq":"5"}', price='"1"', msg_index="0", mode="EndBlock"
        ),
        {"type": "akash.x.v1.EventEmpty"},
        {},
    ]
    assert typed_events(events) == [
        ("akash.market.v1.EventBidCreated", {"id": {"dseq": "5"}, "price": "1"}),
        ("akash.x.v1.EventEmpty", {}),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [('"a"', "a"), ("5", 5), ("[1]", [1]), ("plain", "plain"), ("", ""), (None, ""), ("{", "{")],
)
def test_values(text: str | None, value: Any) -> None:
    assert typed_events([event("a.EventX", k=text)])[0].fields == {"k": value}


async def test_those_of_a_real_transaction(client: Client, node: MemoryNode) -> None:
    bob = node.ledger.bob
    message = MsgCreateProvider(owner=bob.text, host_uri="https://bob.example:8443")
    result = await TxSender(client, bob.key).send([message])
    assert result.events == [("akash.provider.v1beta4.EventProviderCreated", {"owner": bob.text})]
