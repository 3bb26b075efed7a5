"""The description against the routes it is made of and the answers they give."""

import re
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from small_node import ALICE_TEXT, BOB_TEXT, SmallNode, transfer

from supercloud.codec.json import to_dict
from supercloud.node.rest import openapi
from supercloud.node.rest.parameters import fill
from supercloud.node.rest.routes import Routes

Json = dict[str, Any]


@pytest.fixture
def routes(small: SmallNode) -> Routes:
    return Routes(small.dispatch.table.values())


@pytest.fixture
def described(routes: Routes) -> Json:
    return openapi.document(routes, "v1")


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(references(item) for item in value))
    return set()


def test_every_route_is_described_once(routes: Routes, described: Json) -> None:
    assert described["openapi"] == "3.0.3" and described["info"]["version"] == "v1"
    operations = [entry for verbs in described["paths"].values() for entry in verbs.values()]
    assert len(operations) == len(routes) >= 130
    assert len({entry["operationId"] for entry in operations}) == len(operations)


def test_every_reference_leads_somewhere(described: Json) -> None:
    schemas = described["components"]["schemas"]
    wanted = {reference.removeprefix("#/components/schemas/") for reference in references(described)}
    assert wanted == set(schemas)


def test_path_variables_are_parameters(described: Json) -> None:
    for path, verbs in described["paths"].items():
        for operation in verbs.values():
            named = [entry["name"] for entry in operation["parameters"] if entry["in"] == "path"]
            assert sorted(named) == sorted(re.findall(r"\{([^}]+)\}", path)), path


def test_queries_are_dotted_names_that_the_door_takes(routes: Routes, described: Json) -> None:
    verbs = described["paths"]["/akash/deployment/v1beta4/deployments/list"]
    names = {entry["name"] for entry in verbs["get"]["parameters"] if entry["in"] == "query"}
    assert {"filters.owner", "filters.dseq", "pagination.key", "pagination.count_total"} <= names
    match = routes.match("GET", "/akash/deployment/v1beta4/deployments/list")
    assert match is not None
    request: Any = match.route.served.request_type()
    fill(request, [("filters.owner", ALICE_TEXT), ("pagination.limit", "3")])
    assert (request.filters.owner, request.pagination.limit) == (ALICE_TEXT, 3)


def fits(value: Any, schema: Json, schemas: dict[str, Json], where: str) -> None:
    """The part of JSON Schema that the description uses."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "allOf" in schema:
        if value is None:
            assert schema.get("nullable"), where
            return
        schema = schema["allOf"][0]
        fits(value, schema, schemas, where)
        return
    if value is None:
        assert schema.get("nullable"), where
        return
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    assert isinstance(value, kinds[schema["type"]]), (where, value)
    if "enum" in schema:
        assert value in schema["enum"], where
    if isinstance(value, list):
        for item in value:
            fits(item, schema["items"], schemas, f"{where}[]")
    if isinstance(value, dict):
        known, free = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            assert name in known or free, f"{where}.{name} is not described"
            if name in known:
                fits(item, known[name], schemas, f"{where}.{name}")


@pytest.mark.parametrize(
    "path",
    [
        f"/cosmos/bank/v1beta1/balances/{BOB_TEXT}",
        f"/cosmos/auth/v1beta1/accounts/{ALICE_TEXT}",
        "/cosmos/auth/v1beta1/params",
        "/cosmos/bank/v1beta1/denoms_metadata",
        "/cosmos/base/tendermint/v1beta1/blocks/latest",
        "/cosmos/base/tendermint/v1beta1/node_info",
        "/cosmos/base/node/v1beta1/status",
        "/cosmos/consensus/v1/params",
        "/akash/market/v1beta5/params",
        "/akash/deployment/v1beta4/params",
        "/cosmos/tx/v1beta1/txs/block/2",
    ],
)
async def test_answers_fit_their_description(
    small: SmallNode, routes: Routes, described: Json, path: str
) -> None:
    small.block()
    small.block(transfer(5, 0))
    match = routes.match("GET", path)
    assert match is not None
    request = match.route.served.request_type()
    fill(request, match.values.items())
    answer = await small.dispatch.call(match.route.served, request)
    operation = described["paths"][match.route.template]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    fits(to_dict(answer.response), schema, described["components"]["schemas"], path)


def test_the_page_names_every_path(described: Json) -> None:
    text = openapi.page(described).decode()
    assert all(f"<code>{path}</code>" in text for path in described["paths"])
    assert "src=" not in text and "http" not in text, "it needs nothing from elsewhere"


def test_all_kinds_of_fields_are_known() -> None:
    assert openapi._KINDS[FieldDescriptor.TYPE_UINT64] == "uint64"
    assert openapi._KINDS[FieldDescriptor.TYPE_MESSAGE] == "message"
