"""Provider in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, read_state, write_state
from supercloud.chain.x.provider import types
from supercloud.pb.akash.provider.v1beta4.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.provider.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Load the records; refuses what a message would not be allowed to register, and duplicates."""
    for record in read_state(document, GenesisState).providers:
        types.check_record(ctx.bech32, record.owner, record.host_uri, record.attributes, record.info)
        owner = ctx.bech32.parse(record.owner)
        if keeper.provider(ctx, owner) is not None:
            raise types.ProviderExists(record.owner)
        keeper.put(ctx, owner, record)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The records by address."""
    return write_state(GenesisState(providers=list(keeper.providers(ctx))))
