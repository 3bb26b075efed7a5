"""The provider's record and certificate on the ledger: made when missing, brought up to date when they differ."""

from __future__ import annotations

import datetime
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from supercloud.pb.akash.base.attributes.v1 import attribute_pb2
from supercloud.pb.akash.cert.v1 import cert_pb2
from supercloud.pb.akash.cert.v1 import msg_pb2 as cert_msg
from supercloud.pb.akash.cert.v1 import query_pb2 as cert_query
from supercloud.pb.akash.provider.v1beta4 import msg_pb2 as provider_msg
from supercloud.pb.akash.provider.v1beta4 import provider_pb2
from supercloud.pb.akash.provider.v1beta4 import query_pb2 as provider_query
from supercloud.provider.config import Config
from supercloud.sdk import certificate
from supercloud.sdk.certificate import Certificate
from supercloud.sdk.client import Client
from supercloud.sdk.errors import QueryError, TxFailed
from supercloud.sdk.tx import TxSender

log = logging.getLogger(__name__)

RENEW_BEFORE = datetime.timedelta(days=7)


async def ensure(
    client: Client, sender: TxSender, config: Config, attributes: Mapping[str, str], folder: Path
) -> Certificate:
    """Register what is missing or differs; returns the certificate to serve with. Raises SdkError.

    A change of the record that the network refuses (attributes that running leases asked for can not be taken away) is
    logged and left for a later start: what runs goes on under the old record.
    """
    record = await _record(client, sender.address_text)
    if record is None:
        await sender.send([_wanted(provider_msg.MsgCreateProvider, config, attributes, sender.address_text)])
        log.info(
            "registered on the ledger", extra={"provider": sender.address_text, "host_uri": config.host_uri}
        )
    else:
        await _update(sender, config, attributes, record)
    return await ensure_certificate(client, sender, config, folder)


async def _update(sender: TxSender, config: Config, attributes: Mapping[str, str], record: Any) -> None:
    wanted = _wanted(provider_msg.MsgUpdateProvider, config, attributes, sender.address_text)
    if (record.host_uri, list(record.attributes), record.info) == (
        wanted.host_uri,
        list(wanted.attributes),
        wanted.info,
    ):
        return
    try:
        await sender.send([wanted])
        log.info("record on the ledger changed", extra={"host_uri": config.host_uri})
    except (TxFailed, QueryError) as error:
        log.warning("record on the ledger not changed", extra={"reason": str(error)})


async def ensure_certificate(client: Client, sender: TxSender, config: Config, folder: Path) -> Certificate:
    """The certificate in `folder`, or a new one when it is missing, about to expire or not on the ledger.

    Raises SdkError.
    """
    me = sender.address_text
    found = _load(folder)
    now = datetime.datetime.now(datetime.UTC)
    if found is not None and found.expires > now + RENEW_BEFORE and await _published(client, me, found):
        return found
    made = certificate.make(me, now, [config.host])
    # Kept before it is published: a crash in between makes another one, not one on the ledger without its key.
    _save(folder, made)
    await sender.send(
        [cert_msg.MsgCreateCertificate(owner=me, cert=made.certificate, pubkey=made.public_key)]
    )
    log.info("certificate published", extra={"provider": me, "serial": made.serial})
    return made


def _wanted(kind: Any, config: Config, attributes: Mapping[str, str], me: str) -> Any:
    info = provider_pb2.Info(email=config.email, website=config.website)
    pairs = [attribute_pb2.Attribute(key=key, value=value) for key, value in sorted(attributes.items())]
    return kind(owner=me, host_uri=config.host_uri, attributes=pairs, info=info)


async def _record(client: Client, me: str) -> Any | None:
    try:
        answer = await client.query(
            "/akash.provider.v1beta4.Query/Provider",
            provider_query.QueryProviderRequest(owner=me),
            provider_query.QueryProviderResponse,
        )
    except QueryError:
        return None
    return answer.provider


async def _published(client: Client, me: str, found: Certificate) -> bool:
    request = cert_query.QueryCertificatesRequest()
    request.filter.owner, request.filter.serial, request.filter.state = me, str(found.serial), "valid"
    answer = await client.query(
        "/akash.cert.v1.Query/Certificates", request, cert_query.QueryCertificatesResponse
    )
    return any(item.certificate.state == cert_pb2.valid for item in answer.certificates)


def _load(folder: Path) -> Certificate | None:
    try:
        parts = Certificate(*((folder / name).read_bytes() for name in _FILES))
        own = x509.load_pem_x509_certificate(parts.certificate).public_key()
        key = serialization.load_pem_private_key(parts.private_key, None)
    except (FileNotFoundError, ValueError):
        return None
    return parts if key.public_key() == own else None


def _save(folder: Path, parts: Certificate) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(_FILES, parts, strict=True):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())


_FILES = ("certificate.pem", "public_key.pem", "private_key.pem")
