"""JSON-RPC 2.0 as CometBFT speaks it: envelopes, errors, and parameters by name, by position or in a URI."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import orjson

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000

_TITLES = {
    PARSE_ERROR: "Parse error. Invalid JSON",
    INVALID_REQUEST: "Invalid Request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
    INTERNAL_ERROR: "Internal error",
    SERVER_ERROR: "Server error",
}

URI_ID = -1
"""The id of answers to GET requests, which have none of their own."""

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_HASH = re.compile(r"[0-9A-Fa-f]{64}")

RequestId = int | str | None


class RpcError(Exception):
    """A failure that is answered with an error object."""

    def __init__(self, code: int, data: str = "") -> None:
        super().__init__(data)
        self.code = code
        self.data = data


class Kind(Enum):
    """What a parameter is made of."""

    TEXT = "text"
    INTEGER = "integer"
    FLAG = "flag"
    BASE64 = "base64"
    HEX = "hex"
    OBJECT = "object"


class Parameter(NamedTuple):
    """A named parameter. All are optional; absent ones are None."""

    name: str
    kind: Kind


class Method(NamedTuple):
    """A callable method."""

    handler: Callable[..., Awaitable[Any]]
    parameters: Sequence[Parameter]


class Request(NamedTuple):
    """A parsed request object."""

    id: RequestId
    method: str
    params: Any


def parse_request(document: Any) -> Request | None:
    """A request object; None for a notification, which gets no answer. Raises RpcError."""
    if not isinstance(document, dict):
        raise RpcError(INVALID_REQUEST, "a request is an object")
    id_ = document.get("id")
    if id_ is None:
        return None
    if isinstance(id_, float):
        id_ = int(id_)
    if isinstance(id_, bool) or not isinstance(id_, int | str) or len(str(id_)) > 256:
        raise RpcError(INVALID_REQUEST, "an id is a number or a text")
    # An answer could not repeat any other.
    if isinstance(id_, int) and not -(2**63) <= id_ < 2**64:
        raise RpcError(INVALID_REQUEST, "an id that is a number has 64 bits")
    method = document.get("method")
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, "method is missing")
    return Request(id_, method, document.get("params"))


def arguments(parameters: Sequence[Parameter], params: Any) -> list[Any]:
    """Values for a method from its params, an object or an array. Raises RpcError."""
    if params is None:
        return [None] * len(parameters)
    if isinstance(params, list):
        if len(params) != len(parameters):
            names = ", ".join(parameter.name for parameter in parameters)
            text = f"expected {len(parameters)} parameters ({names}), got {len(params)}"
            raise RpcError(INVALID_PARAMS, f"error converting json params to arguments: {text}")
        return [_from_json(*pair) for pair in zip(parameters, params, strict=True)]
    if isinstance(params, dict):
        return [_from_json(parameter, params.get(parameter.name)) for parameter in parameters]
    raise RpcError(INVALID_PARAMS, "params must be an object or an array")


def uri_arguments(parameters: Sequence[Parameter], query: Mapping[str, str]) -> list[Any]:
    """Values for a method from a URI's query. Raises RpcError."""
    return [_from_uri(parameter, query.get(parameter.name, "")) for parameter in parameters]


def _refuse(parameter: Parameter, value: object) -> RpcError:
    text = f"error converting json params to arguments: {parameter.name} is not {parameter.kind.value}"
    return RpcError(INVALID_PARAMS, f"{text}: {str(value)[:80]!r}")


def _from_json(parameter: Parameter, value: Any) -> Any:
    if value is None:
        return None
    kind = parameter.kind
    if kind is Kind.FLAG and isinstance(value, bool):
        return value
    if kind is Kind.OBJECT and isinstance(value, dict):
        return value
    if kind is Kind.INTEGER:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        # An empty text is how some clients leave a height out.
        if value == "":
            return None
    if isinstance(value, str):
        try:
            if kind is Kind.TEXT:
                return value
            if kind is Kind.BASE64:
                return base64.b64decode(value, validate=True)
            if kind is Kind.HEX:
                return bytes.fromhex(value.removeprefix("0x"))
        except (ValueError, binascii.Error) as error:
            raise _refuse(parameter, value) from error
    raise _refuse(parameter, value)


def _from_uri(parameter: Parameter, text: str) -> Any:
    if not text:
        return None
    kind = parameter.kind
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    try:
        if kind in (Kind.BASE64, Kind.HEX):
            if text[:2].lower() == "0x":
                return bytes.fromhex(text[2:])
            if quoted:
                return str(orjson.loads(text)).encode()
            if _HASH.fullmatch(text):
                return bytes.fromhex(text)
        elif kind is Kind.TEXT:
            if text[:2].lower() == "0x":
                return bytes.fromhex(text[2:]).decode()
            return str(orjson.loads(text)) if quoted else text
        elif kind is Kind.OBJECT:
            if isinstance(value := orjson.loads(text), dict):
                return value
        elif quoted:
            text = text[1:-1]
        if kind is Kind.INTEGER and _INTEGER.fullmatch(text):
            return int(text)
        if kind is Kind.FLAG and text in ("true", "false"):
            return text == "true"
    except ValueError as error:
        raise _refuse(parameter, text) from error
    raise _refuse(parameter, text)


def success(id_: RequestId, result: Any) -> bytes:
    """An answer. A result that is bytes already is put in as it is."""
    if isinstance(result, bytes):
        return b'{"jsonrpc":"2.0","id":' + orjson.dumps(id_) + b',"result":' + result + b"}"
    return orjson.dumps({"jsonrpc": "2.0", "id": id_, "result": result})


def failure(id_: RequestId, code: int, data: str = "") -> bytes:
    """An error answer."""
    error: dict[str, Any] = {"code": code, "message": _TITLES[code]}
    if data:
        error["data"] = data
    document: dict[str, Any] = {"jsonrpc": "2.0", "error": error}
    # Without an id (it could not be read) CometBFT leaves the member out.
    if id_ is not None:
        document["id"] = id_
    # Texts may carry raw address bytes; what is no UTF-8 becomes a replacement character.
    return _dump(document)


def _dump(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:
        error = document["error"]
        error["data"] = error["data"].encode("utf-8", "replace").decode()
        return orjson.dumps(document)
