"""Why nobody bids: what an order asks for, against what the ledger and the providers themselves tell of each.

What can be seen from outside is not all: a provider's prices and preferences are its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError
from supercloud.sdk.gateway import Gateway
from supercloud.types.attributes import subset
from supercloud.types.placement import listed, undeclared, vouched

ASKED_MAX: Final = 20
ANSWER_S: Final = 3.0
UNSEEN: Final = "nothing that shows from outside; its price may be above the file's"


class Obstacle(NamedTuple):
    """One provider, and why it can not serve an order, for people."""

    provider: str
    reason: str


async def obstacles(client: Client, specs: Sequence[Any]) -> list[Obstacle]:
    """One for each of the first providers of the ledger (at most ASKED_MAX); `specs` are GroupSpec messages."""
    found = (await market.providers(client))[:ASKED_MAX]
    return list(await asyncio.gather(*(_obstacle(client, record, specs) for record in found)))


async def _obstacle(client: Client, record: Any, specs: Sequence[Any]) -> Obstacle:
    audited = await market.audited_attributes(client, record.owner)
    for spec in specs:
        if reason := on_the_ledger(spec, record.attributes, audited):
            return Obstacle(record.owner, reason)
    try:
        async with asyncio.timeout(ANSWER_S), await Gateway.of(client, record.owner) as gateway:
            status = await gateway.status()
    except (SdkError, TimeoutError):
        return Obstacle(record.owner, "does not answer")
    return Obstacle(record.owner, no_room(specs, status) or UNSEEN)


def on_the_ledger(spec: Any, attributes: Sequence[Any], audited: Mapping[str, Sequence[Any]]) -> str:
    """What of a provider's record speaks against a group; empty when nothing does."""
    requirements = spec.requirements
    missing = [wanted for wanted in requirements.attributes if not subset([wanted], attributes)]
    if missing:
        return f"has no attribute {listed(missing)}"
    if not vouched(requirements, audited):
        named = (*requirements.signed_by.all_of, *requirements.signed_by.any_of)
        return f"is not audited by {', '.join(named)}"
    for unit in spec.resources:
        if absent := undeclared(unit.resource, attributes):
            return f"declares no {absent}"
    return ""


def no_room(specs: Sequence[Any], status: Mapping[str, Any]) -> str:
    """What a provider has too little of by its own status; empty when nothing, or when it does not say."""
    try:
        nodes = status["cluster"]["inventory"]["available"]["nodes"]
        free = {
            kind: sum(int(node["available"][kind]) for node in nodes) for kind in ("cpu", "memory", "gpu")
        }
    except (KeyError, TypeError, ValueError):
        return ""
    units = [(unit.resource, unit.count) for spec in specs for unit in spec.resources]
    asked = {
        "cpu": sum(_value(resource.cpu.units) * count for resource, count in units),
        "memory": sum(_value(resource.memory.quantity) * count for resource, count in units),
        "gpu": sum(_value(resource.gpu.units) * count for resource, count in units),
    }
    short = [
        f"{kind} {_text(kind, asked[kind])} asked for, {_text(kind, free[kind])} free"
        for kind in asked
        if asked[kind] > free[kind]
    ]
    return f"has no room: {', '.join(short)}" if short else ""


def _value(value: Any) -> int:
    return int(value.val or b"0")


def _text(kind: str, amount: int) -> str:
    match kind:
        case "cpu":
            return f"{amount / 1000:g}"
        case "memory":
            return f"{amount / 2**30:.2f}Gi"
    return str(amount)
