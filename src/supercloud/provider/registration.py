"""The provider's record and certificate on the ledger: made when missing, brought up to date when they differ."""

from __future__ import annotations

import datetime
import logging
import os
from pathlib import Path
from typing import Any

from cryptography import x509

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
from supercloud.sdk.errors import QueryError
from supercloud.sdk.tx import TxSender

log = logging.getLogger(__name__)

RENEW_BEFORE = datetime.timedelta(days=7)


async def ensure(client: Client, sender: TxSender, config: Config, folder: Path) -> Certificate:
    """Register what is missing; returns the certificate to serve with. Raises SdkError."""
    me = sender.address_text
    messages: list[Any] = []
    record = await _record(client, me)
    wanted = _attributes(config)
    info = provider_pb2.Info(email=config.email, website=config.website)
    if record is None:
        messages.append(
            provider_msg.MsgCreateProvider(owner=me, host_uri=config.host_uri, attributes=wanted, info=info)
        )
    elif record.host_uri != config.host_uri or list(record.attributes) != wanted or record.info != info:
        messages.append(
            provider_msg.MsgUpdateProvider(owner=me, host_uri=config.host_uri, attributes=wanted, info=info)
        )
    found = _load(folder)
    now = datetime.datetime.now(datetime.UTC)
    if found is None or found.expires < now + RENEW_BEFORE or not await _published(client, me, found):
        found = certificate.make(me, now, [config.host])
        _save(folder, found)
        messages.append(
            cert_msg.MsgCreateCertificate(owner=me, cert=found.certificate, pubkey=found.public_key)
        )
    if messages:
        await sender.send(messages)
        log.info("registered on the ledger", extra={"provider": me, "host_uri": config.host_uri})
    return found


def _attributes(config: Config) -> list[Any]:
    return [attribute_pb2.Attribute(key=key, value=value) for key, value in sorted(config.attributes.items())]


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
        x509.load_pem_x509_certificate(parts.certificate)
    except (FileNotFoundError, ValueError):
        return None
    return parts


def _save(folder: Path, parts: Certificate) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(_FILES, parts, strict=True):
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())


_FILES = ("certificate.pem", "public_key.pem", "private_key.pem")
