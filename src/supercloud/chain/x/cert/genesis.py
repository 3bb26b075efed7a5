"""Cert in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.cert import keys, types
from supercloud.chain.x.cert.certificate import serial_of
from supercloud.pb.akash.cert.v1.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.cert.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Load the certificates; refuses what a message would not be allowed to publish, and duplicates."""
    for entry in read_state(document, GenesisState).certificates:
        if entry.certificate.state not in types.STATES.values():
            raise GenesisError(f"cert: a certificate of {entry.owner} is in no known state")
        types.check_owner(ctx.bech32, entry.owner)
        owner = ctx.bech32.parse(entry.owner)
        serial = serial_of(ctx.bech32, owner, entry.certificate.cert, entry.certificate.pubkey)
        keeper.create(ctx, owner, serial, entry.certificate)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The certificates by owner and serial number."""
    state = GenesisState()
    for owner, _, stored in sorted(
        keeper.certificates(ctx), key=lambda entry: keys.primary(entry[0], entry[1])
    ):
        state.certificates.add(owner=ctx.bech32.text(owner), certificate=stored)
    return write_state(state)
