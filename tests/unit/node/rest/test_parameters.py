"""Query strings as fields."""

from typing import Any

import pytest

from supercloud.node.rest.parameters import BadParameter, fill
from supercloud.pb.akash.deployment.v1beta4 import query_pb2 as deployment_pb2
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_pb2
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2


def test_dotted_names() -> None:
    request = deployment_pb2.QueryDeploymentsRequest()
    pairs = [
        ("filters.owner", "akash1x"),
        ("filters.dseq", "18446744073709551615"),
        ("filters.state", "active"),
        ("pagination.limit", "5"),
        ("pagination.countTotal", "true"),
        ("pagination.key", "_-8"),
        ("unknown", "x"),
        ("filters.unknown.deep", "x"),
    ]
    fill(request, pairs)
    assert (request.filters.owner, request.filters.dseq, request.filters.state) == (
        "akash1x",
        2**64 - 1,
        "active",
    )
    assert (request.pagination.limit, request.pagination.count_total) == (5, True)
    assert request.pagination.key == b"\xff\xef"


@pytest.mark.parametrize("text", ["//8=", "//8", "__8", "//8%3D".replace("%3D", "=")])
def test_base64_in_all_its_forms(text: str) -> None:
    request = bank_pb2.QueryAllBalancesRequest()
    fill(request, [("pagination.key", text)])
    assert request.pagination.key == b"\xff\xff"


def test_a_plus_that_became_a_space() -> None:
    request = bank_pb2.QueryAllBalancesRequest()
    fill(request, [("pagination.key", "  8=")])
    assert request.pagination.key == b"\xfb\xef"


def test_lists_and_enums() -> None:
    request = service_pb2.GetTxsEventRequest()
    fill(request, [("events", "a='b'"), ("events", "c=1"), ("order_by", "ORDER_BY_DESC")])
    assert list(request.events) == ["a='b'", "c=1"] and request.order_by == service_pb2.ORDER_BY_DESC
    fill(request, [("order_by", "1"), ("query", "x=1"), ("page", "2")])
    assert (request.order_by, request.query, request.page) == (service_pb2.ORDER_BY_ASC, "x=1", 2)


@pytest.mark.parametrize(
    "pair",
    [
        ("pagination.limit", "x"),
        ("pagination.limit", "1.5"),
        ("pagination.limit", "-1"),
        ("pagination.limit", "18446744073709551616"),
        ("pagination.reverse", "yes"),
        ("pagination.key", "!"),
        ("pagination", "x"),
        ("address.x", "1"),
    ],
)
def test_values_that_do_not_fit(pair: tuple[str, str]) -> None:
    request: Any = bank_pb2.QueryAllBalancesRequest()
    with pytest.raises(BadParameter):
        fill(request, [pair])


def test_an_enum_without_that_number() -> None:
    with pytest.raises(BadParameter):
        fill(service_pb2.GetTxsEventRequest(), [("order_by", "77")])
