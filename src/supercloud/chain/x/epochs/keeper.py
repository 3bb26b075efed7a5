"""The only reader and writer of the `epochs` store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.timestamps import SECOND, checked_duration_ns, to_ns, to_timestamp
from supercloud.chain.x.epochs import keys, types
from supercloud.pb.akash.epochs.v1beta1.events_pb2 import EventEpochEnd, EventEpochStart
from supercloud.pb.akash.epochs.v1beta1.genesis_pb2 import EpochInfo
from supercloud.types.errors import ChainError, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.epochs.expected_keepers import Reactions


class Keeper:
    """Records of epochs, and the clock that moves them: the time of blocks."""

    def __init__(self) -> None:
        self._reactions: Reactions | None = None

    def react_with(self, reactions: Reactions) -> None:
        """Name the one who hears of ended epochs. Wired once, at start-up."""
        self._reactions = reactions

    def epoch(self, ctx: Context, identifier: str) -> EpochInfo | None:
        """One record."""
        value = ctx.kv(keys.STORE).get(keys.epoch_key(identifier))
        return None if value is None else EpochInfo.FromString(value)

    def epochs(self, ctx: Context) -> Iterator[EpochInfo]:
        """All records, by identifier."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.EPOCH):
            yield EpochInfo.FromString(value)

    def add(self, ctx: Context, info: EpochInfo) -> None:
        """Take a new record up; without a start of its own it begins now."""
        types.check_epoch(info)
        if self.epoch(ctx, info.id) is not None:
            raise Undefined(f"epoch with identifier {info.id} already exists")
        stored = EpochInfo()
        stored.CopyFrom(info)
        if not types.has_start(stored):
            stored.start_time.CopyFrom(to_timestamp(ctx.time))
        if not stored.current_epoch_start_height and to_ns(stored.start_time) <= ctx.time:
            stored.current_epoch_start_height = ctx.height
        self._write(ctx, stored)

    def advance(self, ctx: Context) -> None:
        """Begin what is due. An epoch that lags, after a long pause, catches up by one a block."""
        for info in list(self.epochs(ctx)):
            if ctx.time < to_ns(info.start_time):
                continue
            if not info.epoch_counting_started:
                info.epoch_counting_started = True
                info.current_epoch = 1
                info.current_epoch_start_time.CopyFrom(info.start_time)
            else:
                end = to_ns(info.current_epoch_start_time) + checked_duration_ns(info.duration)
                if ctx.time <= end:
                    continue
                self._end(ctx, info)
                info.current_epoch += 1
                info.current_epoch_start_time.CopyFrom(to_timestamp(end))
            info.current_epoch_start_height = ctx.height
            start = to_ns(info.current_epoch_start_time) // SECOND
            ctx.emit_typed(EventEpochStart(epoch_number=info.current_epoch, epoch_start_time=start))
            self._write(ctx, info)

    def _end(self, ctx: Context, info: EpochInfo) -> None:
        ctx.emit_typed(EventEpochEnd(epoch_number=info.current_epoch))
        if self._reactions is None:
            return
        try:
            with ctx.attempt():
                self._reactions.epoch_ended(ctx, info.id, info.current_epoch)
        except ChainError:
            # Whoever fails here leaves nothing behind; time goes on all the same.
            return

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: records that would not be accepted, a count that has not begun and yet counts."""
        broken = []
        for info in self.epochs(ctx):
            try:
                types.check_epoch(info)
            except Undefined as error:
                broken.append(f"epochs: {error}")
            if info.epoch_counting_started != (info.current_epoch > 0):
                broken.append(f"epochs: {info.id} counts {info.current_epoch} and says otherwise")
        return broken

    @staticmethod
    def _write(ctx: Context, info: EpochInfo) -> None:
        ctx.kv(keys.STORE).set(keys.epoch_key(info.id), info.SerializeToString(deterministic=True))
