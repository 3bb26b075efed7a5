"""akashjs with akash-api, CosmJS 0.32 and grpc-js: what of them still meets today's messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ledger import CHAIN, COINS

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]


@pytest.fixture(scope="module")
def akashjs(node_script: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return node_script("akashjs.mjs", "akashjs")


def test_reads_and_sends(akashjs: dict[str, Any]) -> None:
    assert akashjs["balance"] == {"denom": "uact", "amount": str(COINS["uact"])}
    assert akashjs["older CometBFT clients"] == [CHAIN, CHAIN]
    assert akashjs["CosmJS 0.32"] == [CHAIN, 0, 2]
    assert akashjs["send"]["code"] == 0
    assert int(akashjs["send"]["gasUsed"]) <= 1.2 * int(akashjs["send"]["gasWanted"]) / 1.4


def test_calls_with_grpc_js(akashjs: dict[str, Any]) -> None:
    assert akashjs["grpc-js"] is True and akashjs["grpc-js at a height"] == "2"
    assert akashjs["grpc-js, an obsolete service"].startswith(
        "12 UNIMPLEMENTED: unknown service akash.market.v1beta4"
    )
    assert akashjs["grpc-js, a height to come"].startswith("3 INVALID_ARGUMENT")


def test_is_told_what_is_obsolete(akashjs: dict[str, Any]) -> None:
    assert "(6): unknown query path: unknown request" in akashjs["obsolete orders"]
