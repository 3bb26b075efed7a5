"""Events of blocks, told to whoever subscribed.

Each event is serialised once, however many hear of it, and those who asked alike get one batch of messages for a block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from supercloud.node.engine.ports import Committed
from supercloud.node.engine.validators import ValidatorSet
from supercloud.node.indexer.query import Op, Query
from supercloud.node.mempool import tx_hash
from supercloud.node.rpc import forms
from supercloud.node.rpc.forms import hexed
from supercloud.node.rpc.frames import Batch
from supercloud.pb.tendermint.abci import types_pb2 as abci

Deliver = Callable[[Batch], None]
Events = Mapping[str, list[str]]


class Occurrence(NamedTuple):
    """Something to tell: its kind, what queries match against, and how to print it."""

    kind: str
    events: Events
    data: Callable[[], dict[str, Any]]


class Subscription:
    """A client's wish to hear of everything that matches a query.

    `deliver` gets, once a block, messages that begin with `head`, followed by a result and a brace.
    """

    __slots__ = ("client", "deliver", "head", "kind", "query")

    def __init__(self, query: Query, head: bytes, deliver: Deliver, client: str = "") -> None:
        self.client = client
        self.query = query
        self.head = head
        self.deliver = deliver
        self.kind = _kind_asked(query)


class TooMany(Exception):
    """A client has as many subscriptions as it may."""


class Hub:
    """Passes the events of committed blocks on. A Listener of the engine.

    A client has `per_client` subscriptions at most, whatever connections they are of (0: any number): each query is matched
    against each transaction of a block.
    """

    def __init__(self, per_client: int = 0) -> None:
        self._subscriptions: dict[Subscription, None] = {}
        self._per_client = per_client
        self._of: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._subscriptions)

    def add(self, subscription: Subscription) -> None:
        """Tell this subscription from now on. Raises TooMany."""
        client = subscription.client
        if self._per_client and self._of[client] >= self._per_client:
            raise TooMany(f"max_subscriptions_per_client {self._per_client} reached")
        self._of[client] += 1
        self._subscriptions[subscription] = None

    def remove(self, subscription: Subscription) -> None:
        """Stop telling it."""
        if subscription not in self._subscriptions:
            return
        del self._subscriptions[subscription]
        self._of[subscription.client] -= 1
        if not self._of[subscription.client]:
            del self._of[subscription.client]

    def block_committed(self, committed: Committed) -> None:
        """Tell everybody of a block. `deliver` only queues, so this does not wait for anyone."""
        if not self._subscriptions:
            return
        alike: dict[tuple[str, bytes], list[Subscription]] = {}
        for subscription in self._subscriptions:
            alike.setdefault((subscription.query.text, subscription.head), []).append(subscription)
        told = {name: _Told(group[0]) for name, group in alike.items()}
        kinds = {subscription.kind for subscription in self._subscriptions}
        for occurrence in _occurrences(committed):
            if occurrence.kind in kinds or None in kinds:
                _tell(occurrence, told.values())
        for name, group in alike.items():
            if tails := told[name].tails:
                batch = Batch(tails, len(group), told[name].head)
                for subscription in group:
                    subscription.deliver(batch)


class _Told:
    """What those who asked alike hear of one block."""

    __slots__ = ("head", "kind", "query", "tails")

    def __init__(self, subscription: Subscription) -> None:
        self.query = subscription.query
        self.kind = subscription.kind
        self.head = subscription.head + b'{"query":' + orjson.dumps(subscription.query.text)
        self.tails: list[bytes] = []


def _tell(occurrence: Occurrence, everybody: Iterable[_Told]) -> None:
    tail: bytes | None = None
    matches: dict[str, bool] = {}
    for told in everybody:
        if told.kind not in (None, occurrence.kind):
            continue
        text = told.query.text
        if text not in matches:
            matches[text] = told.query.matches(occurrence.events)
        if matches[text]:
            if tail is None:
                tail = _tail(occurrence) + b"}"
            told.tails.append(tail)


def _tail(occurrence: Occurrence) -> bytes:
    data = {"type": f"tendermint/event/{occurrence.kind}", "value": occurrence.data()}
    return b',"data":' + orjson.dumps(data) + b',"events":' + orjson.dumps(occurrence.events) + b"}"


def _kind_asked(query: Query) -> str | None:
    for condition in query.conditions:
        if condition.tag == "tm.event" and condition.op is Op.EQ and isinstance(condition.argument, str):
            return condition.argument
    return None


def _occurrences(committed: Committed) -> Iterator[Occurrence]:
    block, named, response = committed
    height = str(block.header.height)
    own = flat(response.events)
    yield Occurrence(
        "NewBlock",
        {**own, "tm.event": ["NewBlock"]},
        lambda: {
            "block": forms.block(block),
            "block_id": forms.block_id(named),
            "result_finalize_block": forms.finalized(response),
        },
    )
    yield Occurrence(
        "NewBlockHeader", {"tm.event": ["NewBlockHeader"]}, lambda: {"header": forms.header(block.header)}
    )
    yield Occurrence(
        "NewBlockEvents",
        {**own, "tm.event": ["NewBlockEvents"], "block.height": [height]},
        lambda: {
            "height": height,
            "events": forms.events(response.events),
            "num_txs": str(len(block.data.txs)),
        },
    )
    for number, (raw, result) in enumerate(zip(block.data.txs, response.tx_results, strict=True)):
        yield _transaction(height, number, raw, result)
    if response.validator_updates:
        changed = ValidatorSet(
            ValidatorSet.from_updates(update for update in response.validator_updates if update.power)
        )
        yield Occurrence(
            "ValidatorSetUpdates",
            {"tm.event": ["ValidatorSetUpdates"]},
            lambda: {"validator_updates": [forms.validator(entry) for entry in changed]},
        )


def _transaction(height: str, number: int, raw: bytes, result: abci.ExecTxResult) -> Occurrence:
    events = {
        **flat(result.events),
        "tm.event": ["Tx"],
        "tx.hash": [hexed(tx_hash(raw))],
        "tx.height": [height],
    }
    return Occurrence(
        "Tx",
        events,
        lambda: {
            "TxResult": {
                "height": height,
                "index": number,
                "tx": forms.b64(raw),
                "result": forms.tx_result(result),
            }
        },
    )


def flat(events: Iterable[abci.Event]) -> dict[str, list[str]]:
    """Events as `type.key` with all its values, in order."""
    result: dict[str, list[str]] = {}
    for event in events:
        if event.type:
            for attribute in event.attributes:
                if attribute.key:
                    result.setdefault(f"{event.type}.{attribute.key}", []).append(attribute.value)
    return result
