"""Orders for tests: one resource unit, changed where a case needs it."""

from __future__ import annotations

from typing import Any

from supercloud.pb.akash.base.attributes.v1 import attribute_pb2
from supercloud.pb.akash.market.v1beta5 import order_pb2

Attribute = attribute_pb2.Attribute


def order(
    cpu: int = 1000, memory: int = 2**30, price: int = 10**21, denom: str = "uakt", count: int = 1
) -> Any:
    """An open order of alice for `count` units; `price` is in 10^-18 of the denom's unit."""
    made = order_pb2.Order(state=1)
    made.id.owner, made.id.dseq, made.id.gseq, made.id.oseq = "alice", 7, 1, 1
    made.spec.name = "west"
    unit = made.spec.resources.add(count=count)
    unit.price.denom, unit.price.amount = denom, str(price)
    unit.resource.id = 1
    unit.resource.cpu.units.val = str(cpu).encode()
    unit.resource.memory.quantity.val = str(memory).encode()
    unit.resource.gpu.units.val = b"0"
    unit.resource.storage.add(name="default").quantity.val = str(2**30).encode()
    unit.resource.endpoints.add(kind=0)
    return made
