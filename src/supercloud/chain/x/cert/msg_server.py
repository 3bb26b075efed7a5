"""Cert's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.x.cert import types
from supercloud.chain.x.cert.certificate import serial_of
from supercloud.pb.akash.cert.v1 import msg_pb2
from supercloud.pb.akash.cert.v1.cert_pb2 import Certificate

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.cert.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        msg_pb2.MsgCreateCertificate,
        lambda ctx, msg: create_certificate(ctx, keeper, msg),
        validate=check_create,
        signers=signer_field("owner"),
    )
    router.message(
        msg_pb2.MsgRevokeCertificate,
        lambda ctx, msg: revoke_certificate(ctx, keeper, msg),
        validate=check_revoke,
        signers=signer_field("id", "owner"),
    )


def check_create(ctx: Context, msg: msg_pb2.MsgCreateCertificate) -> None:
    """Stateless rules of MsgCreateCertificate: an acceptable certificate of its owner."""
    types.check_owner(ctx.bech32, msg.owner)
    serial_of(ctx.bech32, ctx.bech32.parse(msg.owner), msg.cert, msg.pubkey)


def check_revoke(ctx: Context, msg: msg_pb2.MsgRevokeCertificate) -> None:
    """Stateless rules of MsgRevokeCertificate."""
    types.check_id(ctx.bech32, msg.id)


def create_certificate(
    ctx: Context, keeper: Keeper, msg: msg_pb2.MsgCreateCertificate
) -> msg_pb2.MsgCreateCertificateResponse:
    """Publish a certificate."""
    owner = ctx.bech32.parse(msg.owner)
    serial = serial_of(ctx.bech32, owner, msg.cert, msg.pubkey)
    certificate = Certificate(state=types.VALID, cert=msg.cert, pubkey=msg.pubkey)
    keeper.create(ctx, owner, serial, certificate)
    return msg_pb2.MsgCreateCertificateResponse()


def revoke_certificate(
    ctx: Context, keeper: Keeper, msg: msg_pb2.MsgRevokeCertificate
) -> msg_pb2.MsgRevokeCertificateResponse:
    """Revoke a certificate of one's own."""
    serial = types.parse_serial(msg.id.serial)
    if serial < 0:
        raise types.CertificateNotFound
    keeper.revoke(ctx, ctx.bech32.parse(msg.id.owner), serial)
    return msg_pb2.MsgRevokeCertificateResponse()
