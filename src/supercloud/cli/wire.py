"""Every query and every message of the network, found from the protobuf services: what `query` and `tx` offer."""

from __future__ import annotations

import importlib
import re
from typing import Any, NamedTuple

import click
from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from supercloud.codec import json as proto_json

# One entry for each module: the proto packages that hold its services.
QUERIES = {
    "auth": "cosmos.auth.v1beta1.query",
    "authz": "cosmos.authz.v1beta1.query",
    "bank": "cosmos.bank.v1beta1.query",
    "feegrant": "cosmos.feegrant.v1beta1.query",
    "consensus": "cosmos.consensus.v1.query",
    "staking": "cosmos.staking.v1beta1.query",
    "slashing": "cosmos.slashing.v1beta1.query",
    "distribution": "cosmos.distribution.v1beta1.query",
    "mint": "cosmos.mint.v1beta1.query",
    "evidence": "cosmos.evidence.v1beta1.query",
    "gov": "cosmos.gov.v1.query",
    "gov-v1beta1": "cosmos.gov.v1beta1.query",
    "upgrade": "cosmos.upgrade.v1beta1.query",
    "grants": "supercloud.grants.v1.query",
    "deployment": "akash.deployment.v1beta4.query",
    "market": "akash.market.v1beta5.query",
    "expiry": "supercloud.market.v1.query",
    "escrow": "akash.escrow.v1.query",
    "provider": "akash.provider.v1beta4.query",
    "audit": "akash.audit.v1.query",
    "cert": "akash.cert.v1.query",
    "take": "akash.take.v1.query",
    "admission": "supercloud.staking.v1.query",
    "outflow": "supercloud.take.v1.query",
    "feeauction": "supercloud.feeauction.v1.query",
    "bme": "akash.bme.v1.query",
    "oracle": "akash.oracle.v2.query",
    "epochs": "akash.epochs.v1beta1.query",
}
MESSAGES = {
    "auth": "cosmos.auth.v1beta1.tx",
    "vesting": "cosmos.vesting.v1beta1.tx",
    "authz": "cosmos.authz.v1beta1.tx",
    "bank": "cosmos.bank.v1beta1.tx",
    "feegrant": "cosmos.feegrant.v1beta1.tx",
    "consensus": "cosmos.consensus.v1.tx",
    "staking": "cosmos.staking.v1beta1.tx",
    "slashing": "cosmos.slashing.v1beta1.tx",
    "distribution": "cosmos.distribution.v1beta1.tx",
    "mint": "cosmos.mint.v1beta1.tx",
    "evidence": "cosmos.evidence.v1beta1.tx",
    "gov": "cosmos.gov.v1.tx",
    "gov-v1beta1": "cosmos.gov.v1beta1.tx",
    "upgrade": "cosmos.upgrade.v1beta1.tx",
    "grants": "supercloud.grants.v1.msg",
    "deployment": "akash.deployment.v1beta4.service",
    "market": "akash.market.v1beta5.service",
    "expiry": "supercloud.market.v1.msg",
    "escrow": "akash.escrow.v1.service",
    "provider": "akash.provider.v1beta4.service",
    "audit": "akash.audit.v1.service",
    "cert": "akash.cert.v1.service",
    "take": "akash.take.v1.service",
    "admission": "supercloud.staking.v1.msg",
    "outflow": "supercloud.take.v1.msg",
    "feeauction": "supercloud.feeauction.v1.msg",
    "bme": "akash.bme.v1.service",
    "oracle": "akash.oracle.v2.service",
}

DOCUMENT_CHARS_MAX = 1024 * 1024


class Method(NamedTuple):
    """One rpc: its command name, its path on the wire, its request and answer types."""

    name: str
    path: str
    request: Descriptor
    answer: Descriptor


def methods(places: dict[str, str], module: str, service: str) -> list[Method]:
    """The rpcs of a module's `Query` or `Msg` service."""
    imported = importlib.import_module("supercloud.pb." + places[module] + "_pb2")
    found: ServiceDescriptor = imported.DESCRIPTOR.services_by_name[service]
    return [
        Method(_kebab(rpc.name), f"/{found.full_name}/{rpc.name}", rpc.input_type, rpc.output_type)
        for rpc in found.methods
    ]


def build(descriptor: Any, assignments: tuple[str, ...], defaults: dict[str, Any]) -> Message:
    """A message from `field.path=value` words; `@file.json` or `{...}` gives a whole document. Raises UsageError."""
    document: dict[str, Any] = {}
    for word in assignments:
        if word.startswith("{"):
            document |= _object(word, word[:40])
        elif word.startswith("@"):
            with click.open_file(word[1:], "r") as file:
                document |= _object(file.read(DOCUMENT_CHARS_MAX + 1), word)
        else:
            _assign(document, word, descriptor)
    for path, value in defaults.items():
        _default(document, path.split("."), value)
    try:
        message: Message = proto_json.from_dict(document, GetMessageClass(descriptor))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return message


def _object(text: str, where: str) -> dict[str, Any]:
    if len(text) > DOCUMENT_CHARS_MAX:
        raise click.UsageError(f"{where}: more than {DOCUMENT_CHARS_MAX} characters")
    found = _json(text, where)
    if not isinstance(found, dict):
        raise click.UsageError(f"{where}: expected a JSON object")
    return found


def _json(text: str, where: str) -> Any:
    try:
        return proto_json.from_text(text)
    except ValueError as error:
        raise click.UsageError(f"{where}: not JSON: {error}") from error


def _assign(document: dict[str, Any], word: str, descriptor: Any) -> None:
    path, equals, text = word.partition("=")
    if not equals:
        raise click.UsageError(f"{word!r}: expected FIELD=VALUE; fields are {fields_text(descriptor)}")
    here, at = document, descriptor
    *parents, last = path.split(".")
    for name in parents:
        field = _field(at, name, path)
        if field.message_type is None or field.is_repeated:
            raise click.UsageError(f"{path!r}: {name} has no fields of its own; give it as {name}=JSON")
        here, at = here.setdefault(name, {}), field.message_type
        if not isinstance(here, dict):
            raise click.UsageError(f"{path!r}: {name} was given as a whole already")
    here[last] = _value(_field(at, last, path), text, path)


def _field(descriptor: Any, name: str, path: str) -> Any:
    field = descriptor.fields_by_name.get(name)
    if field is None:
        raise click.UsageError(
            f"{descriptor.name} has no field {path!r}; fields are {fields_text(descriptor)}"
        )
    return field


def _value(field: Any, text: str, path: str) -> Any:
    """JSON when it looks like a list, object, boolean or quoted text; else the text itself, as for text always."""
    plain = field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated
    if text[:1] == '"' or (not plain and (text[:1] in ("[", "{") or text in ("true", "false", "null"))):
        return _json(text, path)
    return text


def _default(document: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
        if not isinstance(document, dict):
            return  # What was given in its place is refused with a better reason.
    document.setdefault(path[-1], value)


def fields_text(descriptor: Any) -> str:
    """Names of a message's fields for help and errors."""
    return ", ".join(field.name for field in descriptor.fields) or "none"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
