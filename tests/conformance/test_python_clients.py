"""cosmpy over both its doors, and the Python package `akash`, each in an environment of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ledger import CHAIN, COINS, Ledger

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]

Outcomes = dict[str, Any]
Drive = Callable[..., Outcomes]
GAS_MULTIPLIER = 1.65


@pytest.fixture(scope="module", params=["grpc", "rest"])
def cosmpy(request: pytest.FixtureRequest, python_script: Drive) -> Outcomes:
    return {**python_script("drive_cosmpy.py", "cosmpy", request.param), "door": request.param}


def test_cosmpy_reads(cosmpy: Outcomes, ledger: Ledger) -> None:
    assert cosmpy["chain id"] == CHAIN and cosmpy["height"] >= 2 and cosmpy["block"] == 2
    assert cosmpy["node info"].startswith("2.1.0+supercloud")
    assert cosmpy["account"]["address"] == ledger.accounts[f"cosmpy{cosmpy['door']}"]["address"]
    assert cosmpy["balance"] == COINS["uusdc"] and cosmpy["balances"] == ["uact", "uakt", "uusdc"]
    assert cosmpy["consensus params"] == "-1"
    assert ledger.validator in cosmpy["validators"]


def test_cosmpy_sends_and_stakes(cosmpy: Outcomes) -> None:
    for name in ("send", "delegate", "undelegate", "claim", "grant", "execute"):
        assert cosmpy[name][0] == 0, (name, cosmpy[name])
    assert cosmpy["received"] == 1234
    assert cosmpy["summary"] == 5_000_000_000 and cosmpy["unbonding"] == 1_000_000
    assert cosmpy["looked up"] == [True, 0, True]
    assert len(cosmpy["sent"]) >= 7
    for sent in cosmpy["sent"]:
        assert sent["gasUsed"] <= 1.2 * sent["gasWanted"] / GAS_MULTIPLIER, sent


def test_cosmpy_understands_refusals(cosmpy: Outcomes) -> None:
    assert cosmpy["unknown hash"].startswith("NotFoundError")
    assert "not found" in cosmpy["no account"]
    assert "insufficient funds" in cosmpy["beyond funds"]
    assert "account sequence mismatch, expected" in cosmpy["wrong sequence"]
    assert cosmpy["low fee"] == "InsufficientFeesError: Insufficient Fees (minimum required: 300uakt)"


@pytest.fixture(scope="module")
def akash(python_script: Drive) -> Outcomes:
    return python_script("drive_akash.py", "akash")


def test_akash_reads(akash: Outcomes, ledger: Ledger) -> None:
    assert akash["health"] is True and akash["status"]["network"] == CHAIN and akash["address"] is True
    assert akash["balance"] == str(COINS["uact"]) and akash["balances"] == ["uact", "uakt", "uusdc"]
    assert akash["account"]["type_url"] == "/cosmos.auth.v1beta1.BaseAccount"
    assert akash["auth params"]["max_memo_characters"] == "256"
    assert akash["module account"]["name"] == "distribution"
    assert ledger.validator in akash["validators"] and int(akash["validator"]) > 0
    assert akash["staking params"]["bond_denom"] == "uakt"
    assert akash["distribution params"]["community_tax"] == "0.02"
    assert akash["slashing params"]["signed_blocks_window"] == "100"


def test_akash_sends_stakes_and_lends(akash: Outcomes) -> None:
    """With its multiplier of 1.2, the smallest of all clients."""
    done = ("send", "send act", "delegate", "undelegate", "withdraw", "withdraw address", "grant", "revoke")
    for name in (*done, "allow", "disallow"):
        assert akash[name] == [0, True, ""], name
    assert akash["sequence"] == 2
    assert akash["delegations"][0]["balance"]["amount"] == "700000000"
    assert akash["unbonding"][0]["entries"][0]["balance"] == "1000"
    assert akash["grants"] == akash["granter's grants"] == akash["allowances"] == 1


def test_akash_is_told_what_is_obsolete(akash: Outcomes) -> None:
    assert akash["beyond funds"][0] == 5
    code, success, text = akash["obsolete deployment"]
    assert (code, success) == (2, False)
    assert text.startswith(
        "unable to resolve type URL /akash.deployment.v1beta3.MsgCloseDeployment: tx parse error"
    )
    assert akash["obsolete orders"]["log"] == "unknown query path: unknown request"
