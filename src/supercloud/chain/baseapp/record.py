"""One protobuf record at a fixed key, decoded once per distinct stored value: how parameters are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context

M = TypeVar("M", bound="Message")


class Record(Generic[M]):
    """A record that every transaction reads and few change.

    The read is always made and charged; only decoding is saved, by comparing with the bytes decoded last.
    What `read` returns is shared: callers must not change it.
    """

    def __init__(self, store: str, key: bytes, message_type: type[M]) -> None:
        self._store = store
        self._key = key
        self._type = message_type
        self._last: tuple[bytes, M] | None = None

    def read(self, ctx: Context) -> M:
        """The record; genesis has written it before anything reads it."""
        value = ctx.kv(self._store).get(self._key)
        invariant(value is not None, f"{self._store}: record {self._key.hex()} is missing")
        assert value is not None
        last = self._last
        if last is not None and last[0] == value:
            return last[1]
        message = self._type.FromString(value)
        self._last = (value, message)
        return message

    def write(self, ctx: Context, message: M) -> None:
        """Replace the record."""
        ctx.kv(self._store).set(self._key, message.SerializeToString(deterministic=True))
