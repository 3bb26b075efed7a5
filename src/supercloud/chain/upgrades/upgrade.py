"""What an upgrade is, and the steps that migrations of stores are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context

Migrate = Callable[["Context", Any, Mapping[str, int]], None]
"""`migrate(ctx, keepers, versions)`: the keepers of `app.Keepers`, and the versions of the modules' stores before.

It runs once, at the beginning of the plan's block, on every node alike. Stores that are new with this program exist and are
empty by then. What it raises stops the node: there is no going on with half a migration.
"""


class Upgrade(NamedTuple):
    """A named change of the state that goes with a change of the program."""

    name: str
    migrate: Migrate


def rewrite(
    ctx: Context, store: str, prefix: bytes, change: Callable[[bytes, bytes], tuple[bytes, bytes] | None]
) -> int:
    """Put each record under a prefix through `change`; returns how many there were.

    `change(key, value)` gives the record's new key and value, or None to remove it. All records are read before any is
    written, so that keys may move within the prefix.
    """
    kv = ctx.kv(store)
    before = list(kv.prefix(prefix))
    after = [change(key, value) for key, value in before]
    for key, _ in before:
        kv.delete(key)
    for record in after:
        if record is not None:
            kv.set(*record)
    return len(before)


def clear(ctx: Context, store: str) -> int:
    """Remove everything in a store; returns how many records there were."""
    return rewrite(ctx, store, b"", lambda key, value: None)
