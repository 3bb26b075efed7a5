"""Audit in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.audit import types
from supercloud.pb.akash.audit.v1.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.audit.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Load the records; refuses duplicates."""
    for record in read_state(document, GenesisState).providers:
        types.check_pair(ctx.bech32, record.owner, record.auditor, len(record.attributes))
        owner, auditor = ctx.bech32.parse(record.owner), ctx.bech32.parse(record.auditor)
        values = {each.key: each.value for each in record.attributes}
        if keeper.record(ctx, owner, auditor) is not None or len(values) != len(record.attributes):
            raise GenesisError(f"audit: {record.owner} by {record.auditor}: something is there twice")
        keeper.put(ctx, owner, auditor, values)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The records by provider and auditor."""
    return write_state(GenesisState(providers=list(keeper.records(ctx))))
