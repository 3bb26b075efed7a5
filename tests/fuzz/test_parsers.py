"""What reads text and bytes of strangers, without a node: each returns a value or raises the error it documents."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import orjson
from chain_client import transfer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supercloud import sdl
from supercloud.codec import unknown
from supercloud.codec.json import from_dict
from supercloud.codec.tx import decode, encode
from supercloud.node.indexer.query import QueryError, parse
from supercloud.node.rest.parameters import BadParameter, fill
from supercloud.node.rpc import jsonrpc
from supercloud.pb.akash.market.v1beta5.query_pb2 import QueryLeasesRequest
from supercloud.pb.cosmos.tx.v1beta1.tx_pb2 import Tx
from supercloud.types.errors import ChainError

LONG = bool(os.environ.get("SUPERCLOUD_FUZZ_S"))
many = settings(
    max_examples=20_000 if LONG else 150,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
GOOD = transfer(5, 0)
PARAMETERS = [jsonrpc.Parameter(kind.value, kind) for kind in jsonrpc.Kind]
SAMPLE = """version: "2.0"
services: {web: {image: nginx, expose: [{port: 80, to: [{global: true}]}]}}
profiles:
  compute: {web: {resources: {cpu: {units: 100m}, memory: {size: 128Mi}, storage: {size: 1Gi}}}}
  placement: {west: {pricing: {web: {denom: uakt, amount: 50}}}}
deployment: {web: {west: {profile: web, count: 1}}}
"""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(
    [
        "tm.event",
        "'Tx'",
        "=",
        ">",
        "<=",
        "AND",
        "EXISTS",
        "CONTAINS",
        "TIME 2020-01-01T00:00:00Z",
        "DATE 2020-01-01",
        "5",
        "8.",
        "x.y",
        "'",
    ]
)


@st.composite
def spliced(draw: Callable[..., Any]) -> bytes:
    """A good transaction with a part replaced."""
    start = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(start, len(GOOD)))
    return GOOD[:start] + bytes(draw(st.binary(max_size=30))) + GOOD[end:]


@many
@given(st.binary(max_size=300) | spliced())
def test_transactions(raw: bytes) -> None:
    """What decodes is canonical: it is made of exactly these bytes."""
    try:
        tx = decode(raw)
    except ChainError as error:
        assert (error.codespace, error.code) in (("sdk", 2), ("sdk", 7), ("sdk", 18))
        return
    assert encode(tx.body_bytes, tx.auth_info_bytes, tx.signatures) == raw


@many
@given(st.binary(max_size=120))
def test_unknown_fields(raw: bytes) -> None:
    try:
        message = Tx.FromString(raw)
    except Exception:
        return
    try:
        unknown.refuse(message, raw)
    except ChainError as error:
        assert error.code == 2


@many
@given(st.text(max_size=600) | st.lists(words, max_size=20).map(" ".join))
def test_queries_of_events(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    query.matches({"tm.event": ["Tx"], "x.y": ["5uakt", "", "2020-01-01", "é"]})
    assert 0 < len(query.conditions) <= 16


@many
@given(documents)
def test_request_envelopes(document: Any) -> None:
    for value in (
        document,
        {"id": document, "method": "m"},
        {"id": 1, "method": document, "params": document},
    ):
        try:
            request = jsonrpc.parse_request(value)
        except jsonrpc.RpcError as error:
            orjson.loads(jsonrpc.failure(None, error.code, error.data))
            continue
        if request is not None:
            orjson.loads(jsonrpc.success(request.id, {}))


@many
@given(documents, st.text(max_size=30))
def test_arguments(document: Any, text: str) -> None:
    for ask in (
        lambda: jsonrpc.arguments(PARAMETERS, document),
        lambda: jsonrpc.arguments(PARAMETERS, [document] * len(PARAMETERS)),
        lambda: jsonrpc.uri_arguments(PARAMETERS, {parameter.name: text for parameter in PARAMETERS}),
    ):
        try:
            values = ask()
        except jsonrpc.RpcError as error:
            orjson.loads(jsonrpc.failure(1, error.code, error.data))
            continue
        assert len(values) == len(PARAMETERS)


@many
@given(
    st.sampled_from(
        [
            "filters",
            "filters.owner",
            "filters.dseq",
            "pagination",
            "pagination.key",
            "pagination.limit",
            "x.y",
        ]
    )
    | st.text(max_size=20),
    st.text(max_size=30),
)
def test_parameters_of_requests(name: str, text: str) -> None:
    request = QueryLeasesRequest()
    try:
        fill(request, [(name, text)])
    except BadParameter:
        return
    request.SerializeToString()


@many
@given(st.dictionaries(st.sampled_from(["body", "auth_info", "signatures", "x"]), documents, max_size=4))
def test_messages_from_json(document: Any) -> None:
    try:
        from_dict(document, Tx)
    except (ValueError, TypeError):
        return


@many
@given(st.integers(0, len(SAMPLE)), st.integers(0, 30), st.text(max_size=20) | documents.map(json.dumps))
def test_deployment_files(start: int, length: int, text: str) -> None:
    try:
        sdl.load(SAMPLE[:start] + text + SAMPLE[start + length :])
    except sdl.SdlError as error:
        assert str(error)
