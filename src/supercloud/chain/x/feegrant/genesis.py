"""Allowances in and out of the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.feegrant.types import expires_at, unpack, validate
from supercloud.pb.cosmos.feegrant.v1beta1.genesis_pb2 import GenesisState
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feegrant.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Make every grant of the document; one given twice or expired is refused."""
    for grant in read_state(document, GenesisState).allowances:
        try:
            granter, grantee = ctx.bech32.parse(grant.granter), ctx.bech32.parse(grant.grantee)
            allowance = unpack(grant.allowance)
            validate(allowance)
            keeper.open_allowance(ctx, granter, grantee, allowance)
        except (ChainError, ValueError) as error:
            words = f"feegrant: allowance of {grant.granter} for {grant.grantee}: {error}"
            raise GenesisError(words) from error


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same grants again; what has expired and waits to be pruned stays behind."""
    grants = []
    for grant in keeper.grants(ctx):
        expiration = expires_at(unpack(grant.allowance))
        if expiration is None or expiration >= ctx.time:
            grants.append(grant)
    return write_state(GenesisState(allowances=grants))
