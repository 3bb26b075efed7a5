"""The REST door described as an OpenAPI 3.0 document, made of the same routes and descriptors that serve it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources
from string import Template
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from supercloud.node.rest.routes import Route, Routes
from supercloud.pb.gogoproto import gogo_pb2

Json = dict[str, Any]

QUERY_DEPTH_MAX = 4
"""How deep messages are opened into dotted names of a query."""

_LONG = {"int64", "uint64", "sint64", "fixed64", "sfixed64"}
_KINDS = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}
_SPECIAL: dict[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "description": "Seconds, such as 3600s."},
    "google.protobuf.Any": {
        "type": "object",
        "description": "A message with its type's URL.",
        "properties": {"@type": {"type": "string"}},
        "additionalProperties": True,
    },
}
_ERROR: Json = {
    "type": "object",
    "description": "A refusal.",
    "required": ["code", "message", "details"],
    "properties": {
        "code": {"type": "integer", "description": "gRPC status code."},
        "message": {"type": "string"},
        "details": {"type": "array", "items": {}},
    },
}
_HEIGHT: Json = {
    "name": "x-cosmos-block-height",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[0-9]*$"},
    "description": "Height of the state that is asked; the last one when absent.",
}


def document(routes: Routes, version: str) -> Json:
    """The whole document."""
    schemas: dict[str, Json] = {"Error": _ERROR}
    paths: dict[str, Json] = {}
    for route in routes:
        path = _path(route)
        paths.setdefault(path, {})[route.verb.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Supercloud node",
            "version": version,
            "description": "Queries of the ledger as JSON. 64-bit integers are text, enums are names, bytes are base64.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def page(described: Json) -> bytes:
    """The same for people: every route by its service, to be found, filled in and sent, in one page that needs nothing
    else."""
    groups: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for verb, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_shown(path, verb.upper(), operation))
    template = Template(resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=escape(described["info"]["title"]),
        version=escape(described["info"]["version"]),
        count=sum(map(len, groups.values())),
        groups="\n".join(
            f"<section><h2>{escape(name)}</h2>{''.join(groups[name])}</section>" for name in sorted(groups)
        ),
    ).encode()


def _shown(path: str, verb: str, operation: Json) -> str:
    """A route with a form."""
    fields = [
        f"<label>{name}</label><input name='{name}' data-in='{entry['in']}' aria-label='{name}'"
        f"{' required' if entry['in'] == 'path' else ''}>"
        for entry in operation["parameters"]
        if entry["in"] in ("path", "query")
        for name in (escape(entry["name"]),)
    ]
    if "requestBody" in operation:
        fields.append("<textarea class=wide rows=4 placeholder='JSON' aria-label='body' required></textarea>")
    words = escape(f"{path} {operation['summary']}".lower())
    return (
        f"<details data-words='{words}'><summary><b>{verb}</b> <code>{escape(path)}</code></summary>"
        f"<form data-path='{escape(path)}' data-verb='{verb}'>"
        f"<span class='wide quiet'>{escape(operation['summary'])}</span>{''.join(fields)}"
        "<button class=wide>Send</button><pre class=wide hidden></pre></form></details>"
    )


def _path(route: Route) -> str:
    path = route.template
    for variable in route.variables:
        path = path.replace("{" + variable + "=**}", "{" + variable + "}")
    return path


def _operation(route: Route, schemas: dict[str, Json]) -> Json:
    method = route.served.descriptor
    operation: Json = {
        "operationId": f"{method.full_name}.{route.verb}.{_path(route)}",
        "summary": method.full_name,
        "tags": [method.containing_service.full_name],
        "parameters": list(_parameters(route, schemas)),
        "responses": {
            "200": {"description": "The answer.", "content": _json(_reference(method.output_type, schemas))},
            "default": {
                "description": "A refusal.",
                "content": _json({"$ref": "#/components/schemas/Error"}),
            },
        },
    }
    if route.body:
        operation["requestBody"] = {
            "required": True,
            "content": _json(_reference(method.input_type, schemas)),
        }
    return operation


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _parameters(route: Route, schemas: dict[str, Json]) -> Iterator[Json]:
    fields = dict(_query_fields(route.served.descriptor.input_type, "", 1))
    for variable in route.variables:
        yield {"name": variable, "in": "path", "required": True, "schema": _value(fields[variable], schemas)}
    if not route.body:
        for name, field in fields.items():
            if name not in route.variables:
                schema = _value(field, schemas)
                if field.is_repeated:
                    schema = {"type": "array", "items": schema}
                yield {"name": name, "in": "query", "required": False, "schema": schema}
    if not route.served.of_node:
        yield _HEIGHT


def _query_fields(descriptor: Descriptor, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Fields that a query can set, by dotted name: all but lists of messages."""
    for field in descriptor.fields:
        name = prefix + field.name
        inner = field.message_type
        if inner is None or inner.full_name in _SPECIAL:
            yield name, field
        elif not field.is_repeated and depth < QUERY_DEPTH_MAX:
            yield from _query_fields(inner, name + ".", depth + 1)


def _reference(descriptor: Descriptor, schemas: dict[str, Json]) -> Json:
    if descriptor.full_name in _SPECIAL:
        return _SPECIAL[descriptor.full_name]
    if descriptor.full_name not in schemas:
        # Entered before it is filled, so that messages may hold themselves.
        schema: Json = {"type": "object", "properties": {}}
        schemas[descriptor.full_name] = schema
        schema["properties"] = {field.name: _field(field, schemas) for field in descriptor.fields}
    return {"$ref": f"#/components/schemas/{descriptor.full_name}"}


def _field(field: Any, schemas: dict[str, Json]) -> Json:
    inner = field.message_type
    if field.is_repeated:
        if inner is not None and inner.GetOptions().map_entry:
            return {
                "type": "object",
                "additionalProperties": _value(inner.fields_by_name["value"], schemas),
            }
        return {"type": "array", "items": _value(field, schemas)}
    schema = _value(field, schemas)
    if inner is not None and not _by_value(field):
        return {"nullable": True, "allOf": [schema]}
    if schema.get("format") == "byte":
        return {**schema, "nullable": True}
    return schema


def _value(field: Any, schemas: dict[str, Json]) -> Json:
    kind = _KINDS[field.type]
    if kind == "message":
        return _reference(field.message_type, schemas)
    if kind == "enum":
        return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
    if kind in _LONG:
        return {"type": "string", "format": "uint64" if kind in ("uint64", "fixed64") else "int64"}
    if kind == "bool":
        return {"type": "boolean"}
    if kind == "bytes" and not field.GetOptions().Extensions[gogo_pb2.customtype]:
        return {"type": "string", "format": "byte"}
    if kind in ("string", "bytes"):
        return {"type": "string"}
    return {"type": "integer"}


def _by_value(field: Any) -> bool:
    options = field.GetOptions()
    return bool(options.HasExtension(gogo_pb2.nullable) and not options.Extensions[gogo_pb2.nullable])
