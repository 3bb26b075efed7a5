"""Headers of late blocks with the validators that decided them, for those who prove things to other chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.timestamps import to_timestamp
from supercloud.chain.x.staking import keys, shares, validators
from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import HistoricalInfo
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context

DROPPED_PER_BLOCK_MAX = 1000
"""After the parameter shrank, this many old entries go in each block."""


def read(ctx: Context, height: int) -> HistoricalInfo | None:
    """What is remembered of a block, or None."""
    value = ctx.kv(keys.STORE).get(keys.history_key(height))
    return None if value is None else HistoricalInfo.FromString(value)


def track(ctx: Context, entries: int) -> None:
    """Remember this block and forget those that are more than `entries` blocks old."""
    kv = ctx.kv(keys.STORE)
    end = keys.history_key(max(ctx.height - entries + 1, 0))
    stale: list[bytes] = []
    for key, _ in kv.range(keys.HISTORY_PREFIX, end):
        stale.append(key)
        if len(stale) == DROPPED_PER_BLOCK_MAX:
            break
    for key in stale:
        kv.delete(key)
    if entries:
        kv.set(keys.history_key(ctx.height), _entry(ctx).SerializeToString(deterministic=True))


def _entry(ctx: Context) -> HistoricalInfo:
    info = HistoricalInfo()
    header = info.header
    header.version.SetInParent()
    header.last_block_id.part_set_header.SetInParent()
    header.chain_id = ctx.chain_id
    header.height = ctx.height
    header.time.CopyFrom(to_timestamp(ctx.time))
    header.proposer_address = ctx.proposer
    header.app_hash = ctx.block.app_hash
    header.next_validators_hash = ctx.block.next_validators_hash
    deciding = [validators.read(ctx, operator) for operator in validators.last_powers(ctx)]
    invariant(None not in deciding, "a validator of the last block does not exist")
    info.valset.extend(
        sorted(
            (validator for validator in deciding if validator is not None),
            key=lambda validator: (-shares.bonded_power_of(validator), validators.consensus_of(validator)),
        )
    )
    return info
