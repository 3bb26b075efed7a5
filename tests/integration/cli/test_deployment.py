"""Commands about deployments that exist."""

from __future__ import annotations

from typing import Any

import pytest

from .town import SDL, Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_ps(town: Town, running: Any) -> None:
    rows = {row["dseq"]: row for row in town.run("ps", "--json").document}
    row = rows[running["dseq"]]
    assert (row["state"], row["leases"], row["providers"]) == ("active", "active", [running["provider"]])
    assert row["funds"][0]["denom"] == "uakt"
    assert row["lasts"].endswith("days")
    assert float(row["funds"][0]["amount"]) < 5_000_000, "what is owed since the last settlement is not left"
    for columns in ("80", "200"):
        shown = town.run("ps", COLUMNS=columns)
        assert shown.code == 0 and str(running["dseq"]) in shown.out and "\x1b" not in shown.out
        assert (running["provider"] in shown.out) == (columns == "200")


def test_ps_of_somebody_who_has_none(town: Town) -> None:
    done = town.run("ps", "--from", "savings")
    assert (
        done.code == 0
        and f"{town.addresses['savings']} has no active deployments; `supercloud deploy" in done.out
    )
    assert "--all also" not in town.run("ps", "--from", "savings", "--all").out
    assert town.run("ps", "--from", "savings", "--json").document == []


def test_status_of_a_deployment(town: Town, running: Any) -> None:
    document = town.run("status", running["dseq"], "--json").document
    assert document["deployment"]["deployment"]["id"]["dseq"] == str(running["dseq"])
    (lease,) = document["leases"]
    assert lease["services"]["web"]["available"] == 1
    shown = town.run("status", running["dseq"])
    assert "active" in shown.out and "1/1" in shown.out and "a month" in shown.out


def test_status_of_the_network(town: Town) -> None:
    assert town.run("status", "--json").document["node_info"]["network"] == "supercloud-test"
    shown = town.run("status")
    assert "supercloud-test at http" in shown.out and "s a block" in shown.out


def test_url(town: Town, running: Any) -> None:
    found = town.run("url", running["dseq"], "--json").document
    assert found["uris"] == running["uris"] and found["ports"] == list(running["ports"].values())
    assert town.run("url", running["dseq"]).out.splitlines() == found["uris"] + found["ports"]


def test_bids_and_lease(town: Town) -> None:
    """The steps one by one: order, bids, lease, manifest."""
    dseq = str(town.order())
    for _ in range(100):
        if town.run("bids", dseq, "--json").document:
            break
    (offer,) = town.run("bids", dseq, "--json").document
    assert offer["provider"] == town.addresses["provider"] and offer["attributes"]["region"] == "west"
    assert offer["bid"]["dseq"] == dseq and offer["round_trip_s"] > 0
    shown = town.run("bids", dseq)
    for part in (
        "per hour",
        "per month",
        "region",
        "audited by",
        "away",
        offer["provider"],
        "west",
        "nobody",
    ):
        assert part in shown.out
    assert "has no open bid" in town.run("lease", dseq, town.addresses["auditor"]).err
    done = town.run("lease", dseq, offer["provider"], "--sdl", town.file(), "--json").document
    assert done["height"] > 0 and len(done["hash"]) == 64
    assert town.run("bids", dseq).out == f"no open bids on {dseq}\n"
    closed = town.run("close", dseq, "--json").document
    assert closed["refunded"][0]["denom"] == "uakt"


def test_a_lease_without_its_manifest(town: Town) -> None:
    dseq = str(town.order())
    for _ in range(100):
        if town.run("bids", dseq, "--json").document:
            break
    leased = town.run("lease", dseq, town.addresses["provider"])
    assert f"`supercloud update {dseq} FILE` sends the manifest" in leased.out
    assert f"nothing runs; `supercloud update {dseq} FILE`" in town.run("status", dseq).out
    # The ledger has this file's hash already: it is only sent.
    done = town.run("update", dseq, town.file(), "--json").document
    assert done["hash"] is None and len(done["version"]) == 64
    assert "1/1" in town.run("status", dseq).out
    assert town.run("close", dseq).code == 0
    assert "closed at height" in (ended := town.run("status", dseq).out) and "by its tenant" in ended


def test_what_can_not_be_updated_is_noticed_before_the_ledger_has_it(town: Town, running: Any) -> None:
    def stored() -> str:
        found: str = town.run("status", running["dseq"], "--json").document["deployment"]["deployment"][
            "hash"
        ]
        return found

    before = stored()
    done = town.run("update", running["dseq"], town.file(SDL.replace("100m", "200m")))
    assert (
        done.code == 1 and "does not fit what was leased" in done.err and "need a new deployment" in done.err
    )
    assert stored() == before


def test_what_is_wrong_stands_in_the_status(town: Town) -> None:
    dseq = town.deploy()["dseq"]
    town.machine.machine.missing_images.add("example/gone:1")
    done = town.run("update", dseq, town.file(SDL.replace("example/web:1", "example/gone:1")))
    assert done.code == 1 and "image example/gone:1 can not be pulled" in done.err
    assert "image example/gone:1 can not be pulled" in town.run("status", dseq).out
    assert town.run("update", dseq, town.file()).code == 0
    assert "can not be pulled" not in town.run("status", dseq).out
    assert town.run("close", dseq).code == 0


def test_update_and_deposit(town: Town) -> None:
    dseq = town.deploy()["dseq"]
    changed = town.file(SDL.replace("echo hello", "echo changed"))
    done = town.run("update", dseq, changed, "--json").document
    assert len(bytes.fromhex(done["version"])) == 32
    logs = town.run("logs", dseq).out
    assert "changed" in logs
    before = town.run("ps", "--json").document
    assert town.run("deposit", dseq, "7uakt", "--json").document["height"] > 0
    assert "added 0.000007 AKT" in town.run("deposit", dseq, "7uakt").out
    after = {row["dseq"]: float(row["funds"][0]["amount"]) for row in town.run("ps", "--json").document}
    assert after[dseq] > {row["dseq"]: float(row["funds"][0]["amount"]) for row in before}[dseq]
    shown = town.run("close", dseq)
    assert shown.code == 0 and "is closed. It cost" in shown.out and "came back" in shown.out
    assert dseq not in {row["dseq"] for row in town.run("ps", "--json").document}
    assert dseq in {row["dseq"] for row in town.run("ps", "--all", "--json").document}
    again = town.run("close", dseq)
    assert again.code == 1 and "Traceback" not in again.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["status", "1"], 1, "has no deployment 1 on supercloud-test; `supercloud ps --all`"),
        (["url", "1"], 1, "has no deployment 1"),
        (["close", "1"], 1, "has no deployment 1"),
        (["bids", "1"], 1, "has no deployment 1"),
        (["deposit", "1", "1uakt"], 1, "has no deployment 1"),
        (["close"], 2, "Missing argument 'DSEQ'"),
        (["close", "0"], 2, "not in the range"),
        (["close", "-1"], 2, "No such option"),
        (["close", "18446744073709551616"], 2, "not in the range"),
        (["close", "five"], 2, "'five' is not the number of a deployment"),
        (["lease", "1", "akash1x"], 1, "has no deployment 1"),
        (["deposit", "1", "much"], 2, "expected one amount with its denom"),
        (["deposit", "1", "1uakt,2uact"], 2, "expected one amount with its denom"),
        (["update", "1", "/nowhere"], 2, "does not exist"),
        (["ps", "--from", "nobody"], 1, "no key named 'nobody'"),
        (["ps", "--keyring-backend", "vault"], 2, "is not one of"),
    ],
)
def test_slips(town: Town, words: list[str], code: int, said: str) -> None:
    done = town.run(*words)
    assert (done.code, done.out) == (code, ""), done
    assert said.lower() in done.err.lower() and "Traceback" not in done.err


def test_a_home_without_keys_says_how_to_get_one(town: Town, tmp_path: Any) -> None:
    done = town.run("ps", SUPERCLOUD_HOME=str(tmp_path))
    assert done.code == 1 and "make one with `supercloud keys add NAME`" in done.err
