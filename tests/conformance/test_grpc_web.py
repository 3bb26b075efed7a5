"""gRPC-web by a client of others: Connect's transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ledger import COINS

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]


def test_calls(node_script: Callable[..., dict[str, Any]]) -> None:
    seen = node_script("grpc_web.mjs")
    assert seen["balance"] == seen["at a height"] == str(COINS["uusdc"])
    assert "[invalid_argument]" in seen["bad address"]
    assert (
        "[unimplemented] unknown method Nothing for service cosmos.bank.v1beta1.Query"
        in seen["no such method"]
    )
    status, headers, origin = seen["preflight"]
    assert status == 204 and "x-grpc-web" in headers and origin == "*"
