"""Envelopes and parameters."""

from typing import Any

import orjson
import pytest

from supercloud.node.rpc.jsonrpc import (
    INTERNAL_ERROR,
    Kind,
    Parameter,
    Request,
    RpcError,
    arguments,
    failure,
    parse_request,
    success,
    uri_arguments,
)

PARAMETERS = (
    Parameter("height", Kind.INTEGER),
    Parameter("tx", Kind.BASE64),
    Parameter("data", Kind.HEX),
    Parameter("prove", Kind.FLAG),
    Parameter("path", Kind.TEXT),
)


@pytest.mark.parametrize(
    "document, expected",
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "status", "params": {}}, Request(1, "status", {})),
        ({"id": "x", "method": "status"}, Request("x", "status", None)),
        ({"id": 2.0, "method": "status"}, Request(2, "status", None)),
        ({"id": 2**64 - 1, "method": "status"}, Request(2**64 - 1, "status", None)),
        ({"method": "status"}, None),
    ],
)
def test_requests(document: Any, expected: Request | None) -> None:
    assert parse_request(document) == expected


@pytest.mark.parametrize(
    "document",
    [
        [],
        5,
        "x",
        {"id": 1},
        {"id": 1, "method": 5},
        {"id": [1], "method": "m"},
        {"id": True, "method": "m"},
        {"id": 1e200, "method": "m"},
        {"id": 2.0**64, "method": "m"},
        {"id": -(2**63) - 1, "method": "m"},
    ],
)
def test_what_is_no_request(document: Any) -> None:
    with pytest.raises(RpcError):
        parse_request(document)


@pytest.mark.parametrize(
    "params, expected",
    [
        (None, [None] * 5),
        ({}, [None] * 5),
        (
            {"height": "5", "tx": "AQI=", "data": "0a", "prove": True, "path": "/p"},
            [5, b"\1\2", b"\n", True, "/p"],
        ),
        ({"height": 5, "data": "0x0A", "strange": 1}, [5, None, b"\n", None, None]),
        ({"height": "", "path": ""}, [None, None, None, None, ""]),
        (["7", "", "", False, "x"], [7, b"", b"", False, "x"]),
    ],
)
def test_arguments_by_name_and_position(params: Any, expected: list[Any]) -> None:
    assert arguments(PARAMETERS, params) == expected


@pytest.mark.parametrize(
    "params",
    [
        5,
        "x",
        ["1"],
        {"height": "x"},
        {"height": True},
        {"height": 1.5},
        {"tx": "!"},
        {"tx": 5},
        {"data": "0"},
        {"prove": "true"},
        {"path": 5},
    ],
)
def test_arguments_that_do_not_fit(params: Any) -> None:
    with pytest.raises(RpcError):
        arguments(PARAMETERS, params)


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"height": "5"}, [5, None, None, None, None]),
        ({"height": '"5"'}, [5, None, None, None, None]),
        ({"tx": "0x0aFF"}, [None, b"\n\xff", None, None, None]),
        ({"tx": '"a=1"'}, [None, b"a=1", None, None, None]),
        ({"data": "AB" * 32}, [None, None, b"\xab" * 32, None, None]),
        ({"prove": "true", "path": '"/p"'}, [None, None, None, True, "/p"]),
        ({"path": "tx.height=5"}, [None, None, None, None, "tx.height=5"]),
    ],
)
def test_arguments_of_a_uri(query: dict[str, str], expected: list[Any]) -> None:
    assert uri_arguments(PARAMETERS, query) == expected


@pytest.mark.parametrize("query", [{"height": "x"}, {"tx": "zz"}, {"tx": "0xzz"}, {"prove": "yes"}])
def test_uri_values_that_do_not_fit(query: dict[str, str]) -> None:
    with pytest.raises(RpcError):
        uri_arguments(PARAMETERS, query)


def test_answers() -> None:
    assert orjson.loads(success(1, {"a": 1})) == {"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}
    assert orjson.loads(success("x", b'{"a":1}')) == {"jsonrpc": "2.0", "id": "x", "result": {"a": 1}}
    assert orjson.loads(failure(3, INTERNAL_ERROR, "why")) == {
        "jsonrpc": "2.0",
        "id": 3,
        "error": {"code": -32603, "message": "Internal error", "data": "why"},
    }
    assert "id" not in orjson.loads(failure(None, INTERNAL_ERROR))


def test_text_that_is_no_unicode_is_answered_all_the_same() -> None:
    assert orjson.loads(failure(1, INTERNAL_ERROR, "bytes \udcff here"))["error"]["data"] == "bytes ? here"


def test_objects_are_taken_whole() -> None:
    wanted = (Parameter("evidence", Kind.OBJECT),)
    document = {"type": "t", "value": {"a": "1"}}
    assert arguments(wanted, {"evidence": document}) == [document]
    assert uri_arguments(wanted, {"evidence": '{"type":"t","value":{"a":"1"}}'}) == [document]
    for other in ("x", "[1]", 5, [1]):
        with pytest.raises(RpcError):
            arguments(wanted, {"evidence": other})
        with pytest.raises(RpcError):
            uri_arguments(wanted, {"evidence": str(other)})
