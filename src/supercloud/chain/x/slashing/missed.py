"""Which of the blocks in its window a validator missed: a ring of bits, stored in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.x.slashing import keys
from supercloud.chain.x.slashing.types import CHUNK_BITS

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


def is_set(ctx: Context, consensus: bytes, index: int) -> bool:
    """Whether the block at a place of the ring was missed."""
    chunk, bit = divmod(index, CHUNK_BITS)
    return bool(_bits(ctx.kv(keys.STORE).get(keys.missed_key(consensus, chunk))) >> bit & 1)


def put(ctx: Context, consensus: bytes, index: int, missed: bool) -> None:
    """Record for a place of the ring whether its block was missed."""
    chunk, bit = divmod(index, CHUNK_BITS)
    kv, key = ctx.kv(keys.STORE), keys.missed_key(consensus, chunk)
    bits = _bits(kv.get(key))
    bits = bits | 1 << bit if missed else bits & ~(1 << bit)
    if bits:
        kv.set(key, bits.to_bytes(CHUNK_BITS // 8, "little"))
    else:
        kv.delete(key)


def clear(ctx: Context, consensus: bytes) -> None:
    """Forget all missed blocks of a validator."""
    kv = ctx.kv(keys.STORE)
    for key, _ in list(kv.prefix(keys.missed_prefix(consensus))):
        kv.delete(key)


def every(ctx: Context, consensus: bytes) -> Iterator[int]:
    """The places of all missed blocks of a validator, by chunk and place."""
    for key, value in ctx.kv(keys.STORE).prefix(keys.missed_prefix(consensus)):
        first = int.from_bytes(key[-8:], "little") * CHUNK_BITS
        bits = _bits(value)
        yield from (first + bit for bit in range(CHUNK_BITS) if bits >> bit & 1)


def _bits(value: bytes | None) -> int:
    return int.from_bytes(value or b"", "little")
