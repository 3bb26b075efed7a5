"""`supercloud tx`: any message of any module."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .town import Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def coins(amount: str) -> str:
    return "amount=" + json.dumps([{"denom": "uakt", "amount": amount}])


def test_a_transfer(town: Town) -> None:
    to = town.addresses["provider"]
    done = town.run(
        "tx", "bank", "send", f"to_address={to}", coins("5"), "--memo", "hello", "--json"
    ).document
    assert done["height"] > 0 and len(done["hash"]) == 64 and done["gas_used"] <= done["gas_wanted"]
    transfers = [event for event in done["events"] if event["type"] == "transfer"]
    assert {"recipient": to, "amount": "5uakt"}.items() <= transfers[-1].items()
    shown = town.run("tx", "bank", "send", f"to_address={to}", coins("5"))
    assert shown.code == 0 and " in block " in shown.out


def test_typed_events_have_their_fields(town: Town) -> None:
    done = town.run(
        "tx", "provider", "update-provider", "--from", "provider", provider(town), "--json"
    ).document
    (found,) = [event for event in done["events"] if event["type"].endswith("EventProviderUpdated")]
    assert found["owner"] == town.addresses["provider"]


def provider(town: Town) -> str:
    """The provider's record as it is, as a message that changes nothing."""
    (row,) = town.run("providers", "--json").document
    attributes = [{"key": key, "value": value} for key, value in row["attributes"].items()]
    return json.dumps({"owner": row["owner"], "host_uri": row["host_uri"], "attributes": attributes})


def test_a_dry_run_sends_nothing(town: Town) -> None:
    words = ("tx", "bank", "send", f"to_address={town.addresses['provider']}", coins("5"), "--dry-run")
    before = town.run("balance", "provider", "--json").document
    done = town.run(*words).document
    assert done["gas"] > 0
    assert done["message"]["from_address"] == town.addresses["tenant"], "the signer is filled in"
    assert town.run("balance", "provider", "--json").document == before


@pytest.mark.parametrize(
    ("words", "field", "signer"),
    [
        (["staking", "delegate"], "delegator_address", "tenant"),
        (["distribution", "withdraw-validator-commission"], "validator_address", "valoper"),
        (["slashing", "unjail"], "validator_addr", "valoper"),
        (["cert", "revoke-certificate"], "id.owner", "tenant"),
        (["deployment", "close-deployment"], "id.owner", "tenant"),
        (["market", "withdraw-lease"], "bid_id.provider", "tenant"),
        (["authz", "revoke"], "granter", "tenant"),
    ],
)
def test_the_signer_is_filled_in_everywhere(
    town: Town, words: list[str], field: str, signer: str, tmp_path: Path
) -> None:
    from supercloud.cli import session, tx, wire
    from supercloud.sdk.client import Client
    from supercloud.sdk.sightings import Sightings
    from supercloud.sdk.tx import TxSender
    from supercloud.types.address import Bech32

    module, name = words
    (method,) = [m for m in wire.methods(wire.MESSAGES, module, "Msg") if m.name == name]
    key, bech32 = town.keys.key("tenant"), Bech32("akash")
    client = Client(None, "c", bech32)  # type: ignore[arg-type]
    tenant = session.Session(client, TxSender(client, key.signer), key, Sightings(tmp_path))
    found = tx._signer(method, tenant)
    value = bech32.valoper(key.address) if signer == "valoper" else town.addresses[signer]
    assert found == {field if not field.startswith("bid_id") else "bid_id.provider": value} or found == {
        "id.provider": value
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["bank", "send", "to_address=x"], 1, "Error:"),
        (["bank", "send", "amount=["], 2, "amount: not JSON"),
        (["bank", "send", "amount=5"], 2, "MsgSend.amount: expected a list"),
        (
            ["bank", "send", "nonsense"],
            2,
            "expected FIELD=VALUE; fields are from_address, to_address, amount",
        ),
        (["bank", "send", "colour=red"], 2, "MsgSend has no field 'colour'"),
        (["bank", "send", "{"], 2, "not JSON"),
        (["bank", "send", "@/nowhere"], 1, "No such file"),
        (["bank", "fly"], 2, "no command `fly`; `supercloud tx bank --help` lists all"),
        (["bank", "sned"], 2, "did you mean `send`?"),
        (["bnak", "send"], 2, "did you mean `bank`?"),
        (["bank", "send", "--gas", "0"], 2, "not in the range"),
    ],
)
def test_slips(town: Town, words: list[str], code: int, said: str) -> None:
    done = town.run("tx", *words)
    assert (done.code, done.out) == (code, ""), done
    assert said in done.err and "Traceback" not in done.err


def test_a_refusal_of_the_network(town: Town) -> None:
    done = town.run("tx", "bank", "send", f"to_address={town.addresses['auditor']}", coins("9" * 20))
    assert (
        done.code == 1 and "the network would refuse this: " in done.err and "insufficient funds" in done.err
    )
