"""The query language of events: `tm.event='Tx' AND transfer.amount > 5 AND message.action EXISTS`.

Subscriptions match a query against the events of one occurrence; searches turn it into SQL (`index.py`).
Source: CometBFT 0.38, package pubsub/query.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

QUERY_LENGTH_MAX = 512
CONDITIONS_MAX = 16

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<string>'[^']*')"
    r"|(?P<compare><=|>=|<|>|=)"
    r"|(?P<time>TIME +[0-9T:+Z-]+)"
    r"|(?P<date>DATE +[0-9-]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?)(?![\w.-])"
    r"|(?P<word>[\w][\w.-]*)"
    r")"
)
_LEADING_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class QueryError(ValueError):
    """Text that is not a query."""


class Op(Enum):
    """Comparison of a condition."""

    EQ = "="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    CONTAINS = "CONTAINS"
    EXISTS = "EXISTS"


Argument = str | Decimal | datetime.datetime | datetime.date | None


class Condition(NamedTuple):
    """One comparison: attribute `tag` (event type, dot, key) against an argument."""

    tag: str
    op: Op
    argument: Argument

    @property
    def event_type(self) -> str:
        """The type of event that the attribute belongs to."""
        return self.tag.rpartition(".")[0]

    def holds(self, value: str) -> bool:
        """Whether an attribute's value satisfies the comparison."""
        argument = self.argument
        if self.op is Op.EXISTS:
            return True
        if isinstance(argument, str):
            return argument in value if self.op is Op.CONTAINS else argument == value
        read = _read_like(argument, value)
        return read is not None and _COMPARE[self.op](read, argument)


class Query(NamedTuple):
    """A conjunction of conditions."""

    text: str
    conditions: Sequence[Condition]

    def matches(self, events: Mapping[str, Sequence[str]]) -> bool:
        """Whether every condition holds for some value. `events` maps `type.key` to values."""
        return bool(events) and all(_any_holds(condition, events) for condition in self.conditions)


def parse(text: str) -> Query:
    """Read a query. Raises QueryError."""
    if len(text) > QUERY_LENGTH_MAX:
        raise QueryError("maximum query length exceeded")
    tokens = _tokens(text)
    if not tokens:
        raise QueryError("empty query")
    conditions = []
    at = 0
    while True:
        condition, at = _condition(tokens, at)
        conditions.append(condition)
        if at == len(tokens):
            break
        if tokens[at] != ("word", "AND"):
            raise QueryError(f"expected AND, got {tokens[at][1]!r}")
        at += 1
    if len(conditions) > CONDITIONS_MAX:
        raise QueryError(f"a query has at most {CONDITIONS_MAX} conditions")
    return Query(text, tuple(conditions))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"invalid input at offset {at}")
        assert match.lastgroup is not None
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return tokens


def _condition(tokens: list[tuple[str, str]], at: int) -> tuple[Condition, int]:
    if at >= len(tokens) or tokens[at][0] != "word":
        raise QueryError("expected an attribute")
    tag = tokens[at][1]
    if at + 1 >= len(tokens):
        raise QueryError(f"nothing is asked of {tag}")
    kind, word = tokens[at + 1]
    if (kind, word) == ("word", "EXISTS"):
        return Condition(tag, Op.EXISTS, None), at + 2
    if kind != "compare" and (kind, word) != ("word", "CONTAINS"):
        raise QueryError(f"expected a comparison, got {word!r}")
    op = Op(word)
    if at + 2 >= len(tokens):
        raise QueryError(f"missing argument for {word}")
    argument = _argument(*tokens[at + 2])
    textual = isinstance(argument, str)
    if (op is Op.CONTAINS and not textual) or (textual and op not in (Op.EQ, Op.CONTAINS)):
        raise QueryError(f"{word} does not go with {tokens[at + 2][1]}")
    return Condition(tag, op, argument), at + 3


def _argument(kind: str, text: str) -> Argument:
    try:
        if kind == "string":
            return text[1:-1]
        if kind == "number":
            return Decimal(text)
        if kind == "time":
            return _time(text[4:].strip())
        if kind == "date":
            return datetime.date.fromisoformat(text[4:].strip())
    except ValueError as error:
        raise QueryError(f"invalid {kind} {text!r}") from error
    raise QueryError(f"expected a value, got {text!r}")


def _time(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return moment


def _read_like(argument: Argument, value: str) -> Argument:
    """The value read as what it is compared with; None when it can not be."""
    try:
        if isinstance(argument, Decimal):
            # Amounts such as 8uakt compare by their number.
            match = _LEADING_NUMBER.match(value)
            return Decimal(match.group()) if match else None
        if isinstance(argument, datetime.datetime):
            return _time(value)
        return datetime.date.fromisoformat(value)
    except ValueError:
        return None


_COMPARE: dict[Op, Callable[..., bool]] = {
    Op.EQ: lambda a, b: a == b,
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
}


def _any_holds(condition: Condition, events: Mapping[str, Sequence[str]]) -> bool:
    # Each subscription's query is put to each transaction of a block.
    values = events.get(condition.tag)
    if values is not None:
        if condition.op is Op.EQ and isinstance(condition.argument, str):
            return condition.argument in values
        for value in values:
            if condition.holds(value):
                return True
    # A bare event type exists when any attribute of it does.
    bare = condition.op is Op.EXISTS
    return bare and any(name.rpartition(".")[0] == condition.tag for name in events)
