"""CosmJS against a node: what it reads, sends, stakes, lends and hears."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ledger import CHAIN, COINS, STAKE, Ledger

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]

Outcomes = dict[str, Any]
Drive = Callable[..., Outcomes]
FIXED_GAS = {"33000", "120000", "200000", "300000"}


def check_gas(outcomes: Outcomes, multiplier: float = 1.4) -> None:
    """What was simulated is at least 1/1.2 of what delivery used; those with a fixed limit tell nothing."""
    seen = 0
    for name, value in outcomes.items():
        if isinstance(value, dict) and "gasUsed" in value and value["gasWanted"] not in FIXED_GAS:
            simulated = int(value["gasWanted"]) / multiplier
            assert int(value["gasUsed"]) <= 1.2 * simulated, (name, value)
            seen += 1
    assert seen > 2


def succeeded(outcomes: Outcomes, *names: str) -> None:
    """The transactions of these steps did what they should, and so said their typed responses."""
    for name in names:
        assert outcomes[name]["code"] == 0, (name, outcomes[name])
        assert outcomes[name]["responses"], name


@pytest.fixture(scope="module")
def read(node_script: Drive) -> Outcomes:
    return node_script("cosmjs_read.mjs")


def test_reads_the_chain(read: Outcomes) -> None:
    assert read["detected"] == "Comet38Client"
    assert read["chain id"] == CHAIN and read["height"] >= 2
    assert read["status"]["nodeInfo"]["network"] == CHAIN
    assert read["status"]["syncInfo"]["catchingUp"] is False
    assert read["genesis"]["chainId"] == CHAIN and "market" in read["genesis"]["modules"]
    assert read["first block"] == {"height": 1, "lastCommit": None}
    assert read["blockchain"]["heights"] == [3, 2, 1]
    assert read["commit"] == {"height": 1, "signatures": 1}
    assert read["validators"] == {"total": 1, "power": str(STAKE // 10**6), "key": "ed25519"}
    assert read["blockSearch"] == {"total": 3, "heights": [1, 2, 3]}
    assert read["batch"] == [1, 2, 1, 2]
    assert read["raw batch with a bad method"] == [0, -32601, 2]
    assert "Method not found" in read["unknown method"]
    assert "must be less than or equal to the current blockchain height" in read["future block"]
    assert "page should be within [1, 1] range, given 7" in read["page out of range"]
    assert read["unknown path"] == {"code": 6, "log": "unknown query path: unknown request"}
    assert read["unknown hash"] is None


def test_reads_accounts_and_modules(read: Outcomes, ledger: Ledger) -> None:
    assert read["account"]["address"] == ledger.accounts["founder"]["address"]
    assert read["no account"] is None and read["no delegation"] is None
    assert "does not exist on chain" in read["no sequence"]
    assert "(18): decoding bech32 failed" in read["bad address"]
    assert read["balance"] == {"denom": "uusdc", "amount": str(COINS["uusdc"])}
    assert read["no denom"]["amount"] == "0"
    assert [coin["denom"] for coin in read["all balances"]] == ["uact", "uakt", "uusdc"]
    assert read["delegation"] == {"denom": "uakt", "amount": str(STAKE)}
    _, tokens, commission = next(entry for entry in read["validator list"] if entry[0] == ledger.validator)
    assert int(tokens) >= STAKE and commission == "100000000000000000"
    assert read["inflation"] == "0.13" and float(read["provisions"]) > 0
    assert read["signing infos"] == 1
    assert "fee-grant not found" in read["no allowance"]
    assert "authorization not found" in read["no grant"]


def test_proofs_hold(read: Outcomes) -> None:
    """By a foreign verifier, up to the app hash of the next header."""
    both = {"ops": ["ics23:iavl", "ics23:simple"], "inStore": True, "inBlock": True}
    there, absent = read["proof of presence"], read["proof of absence"]
    assert there == {**both, "present": True, "value": there["value"]} and int(there["value"]) > 0
    assert absent == {**both, "present": False, "value": ""}


@pytest.fixture(scope="module")
def bank(node_script: Drive) -> Outcomes:
    return node_script("cosmjs_bank.mjs")


def test_sends(bank: Outcomes) -> None:
    succeeded(
        bank,
        "direct",
        "amino",
        "multisend direct",
        "multisend amino",
        "two messages",
        "multisig",
    )
    check_gas(bank)
    assert [coin["amount"] for coin in bank["received"]] == ["1234", "4321"]
    assert bank["two messages"]["responses"] == ["/cosmos.bank.v1beta1.MsgSendResponse"] * 2
    assert {"transfer", "coin_spent", "coin_received", "tx", "message"} <= set(bank["direct"]["events"])
    assert bank["multisig"]["account"]["pubkey"]["type"] == "tendermint/PubKeyMultisigThreshold"
    assert "code 4 " in bank["multisig"]["refusal"]


REFUSALS = {
    "wrong sequence": r"code 32 \(codespace: sdk\).*account sequence mismatch, expected \d+, got 999: incorrect",
    "wrong chain": r"code 4 .*verify account number \(\d+\) and chain-id \(supercloud-conformance\)",
    "wrong account number": r"code 4 .*verify account number",
    "low fee": r"code 13 .*insufficient fees; got: 2uakt required: 300uakt",
    "no fee": r"code 13 .*got:  required: 300uakt",
    "fee beyond funds": r"code 5 .*spendable balance \d+uakt is smaller than 1000000000000000uakt",
    "fee in an unknown denom": r"code 13 .*got: 5000unothing required: 300uakt",
    "no message": r"code 18 .*must contain at least one message",
    "long memo": r"code 12 .*maximum number of characters is 256 but received 257 characters",
    "past timeout": r"code 30 .*block height: \d+, timeout height: 1",
    "undecodable": r"code 2 .*tx parse error",
    "insufficient funds, simulated": r"\(6\): rpc error: code = Unknown .*insufficient funds with gas used: '\d+'",
    "the same bytes twice": r"tx already exists in cache",
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refuses(bank: Outcomes, case: str) -> None:
    assert re.search(REFUSALS[case], bank[case], re.DOTALL), bank[case]


def test_delivers_failures(bank: Outcomes) -> None:
    for case in ("insufficient funds, delivered", "unknown denom, delivered"):
        assert bank[case]["code"] == 5
        assert bank[case]["rawLog"].startswith(
            "failed to execute message; message index: 0: spendable balance "
        )


def test_finds_transactions(bank: Outcomes) -> None:
    assert bank["looked up"]["code"] == 0 and bank["looked up"]["same"]
    assert bank["with proof"]["total"] >= 1 and bank["with proof"]["same"]
    assert bank["searched"] == [True]
    assert bank["searched by height"] == [0]
    assert bank["pages"]["total"] == bank["pages"]["shown"] >= 5 and bank["pages"]["descends"]
    assert bank["broadcast and wait"]["check"] == bank["broadcast and wait"]["code"] == 0
    assert bank["broadcast and wait"]["height"] > 0
    assert bank["broadcast without waiting"] == 32


def test_runs_out_of_gas(bank: Outcomes) -> None:
    short = bank["out of gas"]
    assert short["code"] == 11 and int(short["gasUsed"]) > 33_000
    assert re.fullmatch(
        r"out of gas in location: \w+; gasWanted: 33000, gasUsed: \d+: out of gas", short["rawLog"]
    )


def test_stakes(node_script: Drive) -> None:
    stake = node_script("cosmjs_stake.mjs")
    succeeded(stake, "create validator", "edit validator", "delegate", "delegate amino", "withdraw address")
    succeeded(
        stake, "withdraw", "withdraw amino", "undelegate", "cancel unbonding", "redelegate", "commission"
    )
    check_gas(stake)
    assert stake["validator"] == ["second, edited", "https://example.com", 1, "1"]
    assert stake["delegation"]["amount"] == "6000000000"
    assert stake["rewards"] == ["uakt"] and stake["withdraw"]["got"] > 0
    assert [entry[0] for entry in stake["unbonding"]] == ["1000000"]
    assert stake["redelegations"] == "500000"
    assert stake["delegations"] == 2 and stake["delegator's validators"] == 2
    assert stake["staked"]["amount"] == str(6 * 10**9 - 600_000 + 1)
    assert "validator does not exist" in stake["no such validator"]
    assert "invalid coin denomination: got uact, expected uakt" in stake["wrong denom"]
    assert "invalid shares amount" in stake["more than there is"]


def test_lends(node_script: Drive) -> None:
    grants = node_script("cosmjs_grants.mjs")
    succeeded(
        grants,
        "allow",
        "paid by another",
        "paid by another, amino",
        "revoke allowance",
        "grant",
        "run",
        "the rest",
    )
    succeeded(grants, "allow one message, by the hour", "grant all sends", "run any", "revoke")
    check_gas(grants)
    assert grants["allowance"][1] == [{"denom": "uakt", "amount": "30000"}]
    assert grants["left"] == "20000"
    assert "code 38 (codespace: sdk)" in grants["no allowance yet"]
    assert "fee allowance already exists" in grants["a second allowance"]
    assert "code 2 (codespace: feegrant)" in grants["beyond the limit"]
    assert "code 7 (codespace: feegrant)" in grants["another message"]
    assert grants["grants"] == ["/cosmos.bank.v1beta1.SendAuthorization"] and grants["used up"] == 0
    assert "requested amount is more than spend limit" in grants["beyond the grant"]["rawLog"]
    assert grants["after revocation"]["code"] == 2
    assert [coin["amount"] for coin in grants["received"]] == ["102", "7"]
    # Signed as amino JSON: a oneof with either of its members, and with none.
    succeeded(grants, *(f"stake for another, {which}" for which in ("allowList", "denyList", "neither")))


def test_hears(node_script: Drive) -> None:
    heard = node_script("cosmjs_socket.mjs")
    assert heard["reads over the socket"] == [CHAIN, 1]
    first = heard["blocks"][0]
    assert heard["blocks"] == [first, first + 1, first + 2]
    sent = heard["transactions"]
    assert sent["heights"] == sent["expected"] and sent["hashes"] == sent["sent"] and sent["codes"] == [0, 0]
    assert heard["one transaction by its hash"] == 0
    frames = heard["raw frames"]
    assert frames["first"] == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert frames["twice"] == "already subscribed" and frames["malformed"]
    assert frames["push"] == [
        7,
        "tm.event='NewBlock'",
        "tendermint/event/NewBlock",
        ["block", "block_id", "result_finalize_block"],
    ]
    assert "failed to parse query" in heard["a query that does not parse"]


def test_converts_transactions_of_before_protobuf(node_script: Drive) -> None:
    seen = node_script("cosmjs_amino.mjs")
    assert seen["encode"].startswith("KCgWq") and seen["the key is where CosmJS writes it"] is True
    assert seen["decode"]["same"], seen["decode"]
    assert seen["decode"]["msgs"] == 7
    assert "400 3 invalid empty tx json" in seen["no document"]
    assert "400 3 invalid request: expected an object whose type is" in seen["another type"]
    assert "the bytes do not begin with 282816a9" in seen["no binary"]
    assert seen["there and back in protobuf"] == {"memo": "m", "gas": "5", "same": True}
