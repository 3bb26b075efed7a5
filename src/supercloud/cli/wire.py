"""Every query and every message of the network, found from the protobuf services: what `query` and `tx` offer."""

from __future__ import annotations

import importlib
import re
from typing import Any, NamedTuple

import click
import orjson
from google.protobuf.descriptor import Descriptor, ServiceDescriptor
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
    "deployment": "akash.deployment.v1beta4.query",
    "market": "akash.market.v1beta5.query",
    "expiry": "supercloud.market.v1.query",
    "escrow": "akash.escrow.v1.query",
    "provider": "akash.provider.v1beta4.query",
    "audit": "akash.audit.v1.query",
    "cert": "akash.cert.v1.query",
    "take": "akash.take.v1.query",
    "bme": "akash.bme.v1.query",
    "oracle": "akash.oracle.v2.query",
    "epochs": "akash.epochs.v1beta1.query",
}
MESSAGES = {
    "auth": "cosmos.auth.v1beta1.tx",
    "authz": "cosmos.authz.v1beta1.tx",
    "bank": "cosmos.bank.v1beta1.tx",
    "feegrant": "cosmos.feegrant.v1beta1.tx",
    "consensus": "cosmos.consensus.v1.tx",
    "deployment": "akash.deployment.v1beta4.service",
    "market": "akash.market.v1beta5.service",
    "expiry": "supercloud.market.v1.msg",
    "escrow": "akash.escrow.v1.service",
    "provider": "akash.provider.v1beta4.msg",
    "audit": "akash.audit.v1.service",
    "cert": "akash.cert.v1.service",
    "take": "akash.take.v1.service",
    "bme": "akash.bme.v1.service",
    "oracle": "akash.oracle.v2.service",
}


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
    """A message from `field.path=value` words; `@file.json` or `{...}` gives a whole document."""
    document: dict[str, Any] = {}
    for word in assignments:
        if word.startswith("{"):
            document |= orjson.loads(word)
        elif word.startswith("@"):
            with click.open_file(word[1:], "r") as file:
                document |= orjson.loads(file.read(1024 * 1024))
        else:
            _assign(document, word, descriptor)
    for path, value in defaults.items():
        _default(document, path.split("."), value)
    message: Message = proto_json.from_dict(document, GetMessageClass(descriptor))
    return message


def _assign(document: dict[str, Any], word: str, descriptor: Any) -> None:
    path, equals, text = word.partition("=")
    if not equals:
        raise click.UsageError(f"{word!r}: expected FIELD=VALUE; fields are {fields_text(descriptor)}")
    here, at = document, descriptor
    names = path.split(".")
    for name in names:
        field = at.fields_by_name.get(name)
        if field is None:
            raise click.UsageError(f"{descriptor.name} has no field {path!r}; fields are {fields_text(at)}")
        if name != names[-1]:
            here, at = here.setdefault(name, {}), field.message_type
    here[names[-1]] = _value(text)


def _value(text: str) -> Any:
    """JSON when it looks like a list, object, boolean or quoted text; else the text itself."""
    if text[:1] in '[{"' or text in ("true", "false", "null"):
        return orjson.loads(text)
    return text


def _default(document: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document.setdefault(path[-1], value)


def fields_text(descriptor: Any) -> str:
    """Names of a message's fields for help and errors."""
    return ", ".join(field.name for field in descriptor.fields) or "none"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
