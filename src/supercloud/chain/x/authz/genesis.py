"""Authorizations in and out of the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.baseapp.timestamps import checked_ns, to_ns
from supercloud.chain.x.authz.query_server import grant_of
from supercloud.pb.cosmos.authz.v1beta1.genesis_pb2 import GenesisState
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.authz.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Make every grant of the document that has not expired; one given twice is refused."""
    for entry in read_state(document, GenesisState).authorization:
        expiration = checked_ns(entry.expiration) if entry.HasField("expiration") else None
        if expiration is not None and expiration <= ctx.time:
            continue
        try:
            granter, grantee = ctx.bech32.parse(entry.granter), ctx.bech32.parse(entry.grantee)
            kind, authorization = keeper.unpack(entry.authorization)
            kind.validate(authorization)
            if keeper.grant(ctx, granter, grantee, kind.message_url(authorization)) is not None:
                raise ValueError("given twice")
            keeper.save(ctx, granter, grantee, authorization, expiration)
        except (ChainError, ValueError) as error:
            words = f"authz: grant of {entry.granter} to {entry.grantee}: {error}"
            raise GenesisError(words) from error


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same grants again; what has expired stays behind."""
    entries = [
        grant_of(ctx, stored.granter, stored.grantee, stored.grant)
        for stored in keeper.grants(ctx)
        if not stored.grant.HasField("expiration") or to_ns(stored.grant.expiration) > ctx.time
    ]
    return write_state(GenesisState(authorization=entries))
