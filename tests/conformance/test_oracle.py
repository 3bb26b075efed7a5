"""The price oracle by clients of others, with types that the node describes itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ledger import Ledger

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]


def test_reports_and_reads_prices(node_script: Callable[..., dict[str, Any]], ledger: Ledger) -> None:
    seen = node_script("oracle.mjs")
    assert seen["described"] > 100
    first = seen["prices"]
    assert (first["denom"], first["base"]) == ("akt", "usd") and first["count"] >= 1
    assert seen["sources"] == [ledger.accounts["oracle"]["address"]]
    assert seen["report"]["code"] == 0, seen["report"]
    assert "akash.oracle.v2.EventPriceData" in seen["report"]["events"]
    assert seen["reported"] == {"more": True, "same": True}
    assert "unauthorized" in seen["a stranger reports"]
    # gRPC has the digits of a decimal, the gateway the decimal.
    aggregated = seen["aggregated"]
    assert aggregated["sources"] == 1 and aggregated["healthy"] is True
    twap, healthy = seen["through the gateway"]
    assert healthy is True and Decimal(twap).scaleb(18) == Decimal(aggregated["price"])
