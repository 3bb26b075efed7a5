"""The Akash chain-sdk against a node: a deployment from SDL to its end, over native gRPC and the REST gateway."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ledger import CHAIN, COINS, SDL, Ledger

from supercloud import sdl

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]

Outcomes = dict[str, Any]

# What the client misreads over REST, whoever serves it: it looks for type_url where an Any says @type, for seconds
# where a duration is text, and it can not fill path variables whose proto names differ from its own.
MISREAD = re.compile(
    r"(\.typeUrl: .* is not \"\"$)|((Duration|[tT]ime)\.seconds: .* is not \"0\"$)|Cannot construct url"
)


@pytest.fixture(scope="module")
def sdk(node_script: Callable[..., Outcomes]) -> Outcomes:
    return node_script("akash_sdk.mjs")


def test_reads_over_native_grpc(sdk: Outcomes, ledger: Ledger) -> None:
    assert sdk["balances"][0] == {"denom": "uact", "amount": str(COINS["uact"])}
    assert sdk["account"] == ledger.accounts["tenant"]["address"]
    assert sdk["latest block"] == CHAIN
    assert sdk["node"].startswith("v0.53.") and sdk["node config"] == "0.0025uakt"
    assert sdk["version hash"] == sdl.load(SDL.read_text()).version.hex()
    assert {"uakt", "uact"} <= set(sdk["deployment params"]) and sdk["market params"] == 20


def test_provider_and_auditor(sdk: Outcomes, ledger: Ledger) -> None:
    provider = ledger.accounts["provider"]["address"]
    assert sdk["provider"] == [
        provider,
        "https://provider.example.com:8443",
        "q@example.com",
        ["region", "host"],
    ]
    assert sdk["audited"] == [[provider, ["region"]]]
    count, serial, same = sdk["certificates"]
    assert count == 1 and int(serial) > 10**14 and same


def test_deployment_to_lease(sdk: Outcomes) -> None:
    found = sdk["deployment"]
    assert found["state"] == 1 and found["hash"] and found["group"] == ["dc", 1] and found["cpu"] == "500"
    assert found["price"] == {"denom": "uact", "amount": "1000"} and found["listed"] == 1
    assert found["funds"] == [{"denom": "uact", "amount": "5000000"}]
    assert sdk["orders"] == [[1, 1, "dc"]]
    assert sdk["bids"] == [[1, {"denom": "uact", "amount": "700.5"}, 1]]
    assert sdk["leases"] == [[1, "700.5", "700.5"]]
    assert sdk["escrow accounts"][0][1] == 2 and sdk["payments"] == 1
    assert sdk["closed"] == [2, 2, [3]]


def test_every_transaction_fits_the_default_gas(sdk: Outcomes) -> None:
    """With the client's own multiplier of 1.3; and what was simulated is at least 1/1.2 of what was used."""
    sent = {entry["name"]: entry for entry in sdk["sent"]}
    assert {"bid", "lease", "withdraw", "grant a deposit", "deposit by another", "close deployment"} <= set(
        sent
    )
    assert len(sent) >= 18 and sdk["several at once"] == 0
    for entry in sent.values():
        assert entry["code"] == 0, entry
        assert int(entry["gasUsed"]) <= 1.2 * int(entry["gasWanted"]) / 1.3, entry


def test_the_gateway_says_the_same(sdk: Outcomes) -> None:
    both = sdk["both ways"]
    assert both["asked"] >= 60
    unexplained = {
        path: left
        for path, differences in both["differences"].items()
        if not any("Cannot construct url" in text for text in differences)
        and (left := [text for text in differences if not MISREAD.search(text)])
    }
    assert unexplained == {}


REFUSALS = {
    "no deployment, native": "5: [not_found] [not_found] codespace deployment code 4: Deployment not found",
    "no deployment, gateway": "5: [not_found] codespace deployment code 4: Deployment not found",
    "bad owner, native": "3: [invalid_argument] [invalid_argument] invalid owner address",
    "bad owner, gateway": "3: [invalid_argument] invalid owner address",
    "not served, native": "12: [unimplemented] [unimplemented] unknown service cosmos.nft.v1beta1.Query",
    "the same deployment again": "Deployment exists with gas used",
    "too small a deposit": "Deposit invalid with gas used",
    "a second bid": "with gas used",
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refuses(sdk: Outcomes, case: str) -> None:
    assert REFUSALS[case] in sdk[case]


def test_governance_and_credit(node_script: Callable[..., Outcomes], ledger: Ledger) -> None:
    """Proposals of both kinds, decided by vote; credit minted and burned."""
    seen = node_script("governance.mjs")
    for name in ("submit", "deposit", "vote"):
        assert seen[name]["code"] == 0, seen[name]
        assert int(seen[name]["gasUsed"]) <= 1.2 * int(seen[name]["gasWanted"]) / 1.4
    assert seen["proposal"] == [
        1,
        "/cosmos.gov.v1beta1.TextProposal",
        [{"denom": "uakt", "amount": "4000000"}],
    ]
    assert (
        seen["votes"] == [ledger.accounts["founder"]["address"]]
        and seen["tally"] is True
        and seen["passed"] is True
    )
    assert seen["deposits"] == [[{"denom": "uakt", "amount": "10000000"}]]
    assert "inactive proposal" in seen["a vote too late"]
    assert [seen["submit, newer"], "Newer"] in seen["proposals, newer"]
    executed = seen["executed, newer"]
    assert executed["weights"] == [0.7, 0.3] and executed["tally"] == [True, True]
    assert executed["deposits"] == ["10000000"] and executed["failure"] == ""
    assert executed["received"] == "777"
    assert "doesn't exist" in seen["canceled, newer"]
    assert 49_000_000 < seen["credit"] < 50_000_000
    assert seen["status"] == [True, True] and "uakt" in seen["vault"]
    done = "ledger_record_status_executed"
    assert seen["records"] == [["uact", done], ["uakt", done]]
    assert {"day", "hour"} <= set(seen["epochs"])
