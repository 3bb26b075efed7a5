"""`supercloud deploy`: from a file to an address, with the choice left to whoever runs it."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.cli import deploy
from supercloud.sdk.market import Offer
from supercloud.types.dec import Dec

from .town import SDL, Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_what_json_says(town: Town, running: Any) -> None:
    assert running["provider"] == town.addresses["provider"]
    assert running["lease"] == f"{town.addresses['tenant']}/{running['dseq']}/1/1/{running['provider']}"
    assert running["price"]["denom"] == "uakt" and float(running["price"]["amount"]) > 0
    assert running["uris"] and all(uri.startswith("http://") for uri in running["uris"])
    assert list(running["ports"]) == ["web:5432/tcp"]
    assert 0 < running["seconds"] < 60


@pytest.mark.parametrize("choice", [("--pick", "first"), ("--pick", "fastest"), ("--bid", "PROVIDER")])
def test_ways_to_choose(town: Town, choice: tuple[str, str]) -> None:
    words = [word.replace("PROVIDER", town.addresses["provider"]) for word in choice]
    done = town.run("deploy", town.file(), *words)
    assert done.code == 0, done.err
    for part in (
        "is on the ledger",
        town.addresses["provider"],
        "west",
        "nobody",
        "Chosen:",
        "Running after",
    ):
        assert part in done.out
    assert "\x1b" not in done.out + done.err
    dseq = done.out.partition("supercloud close ")[2].split()[0]
    assert town.run("close", dseq).code == 0


def test_nobody_is_there_to_choose(town: Town) -> None:
    done = town.run("deploy", town.file())
    assert (done.code, done.out) == (2, "") and "--bid PROVIDER or --pick" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "text", "code", "said"),
    [
        (["--deposit", "5"], SDL, 2, "expected one amount with its denom"),
        (["--deposit", "1uakt,2uact"], SDL, 2, "expected one amount with its denom"),
        (
            ["--deposit", "1uakt"],
            SDL,
            1,
            "Error: the network would refuse this: minimum is 500000uakt, given 1uakt",
        ),
        (["--dseq", "0"], SDL, 2, "not in the range"),
        (["--dseq", "99999999999999999999999"], SDL, 2, "not in the range"),
        (["--from", "nobody"], SDL, 1, "no key named 'nobody'"),
        (["--gas-price", "much"], SDL, 1, "expected a number and a denom"),
        (["--node", "localhost"], SDL, 1, "no address to connect to"),
        ([], SDL.replace("100m", "lots"), 1, "deploy.yaml:17"),
        ([], "", 1, "deploy.yaml"),
    ],
)
def test_slips(town: Town, words: list[str], text: str, code: int, said: str) -> None:
    done = town.run("deploy", town.file(text), "--pick", "cheapest", "--json", *words)
    assert (done.code, done.out) == (code, ""), done.out
    assert said in done.err and "Traceback" not in done.err


def test_no_bid_in_time_says_what_is_locked_and_how_to_go_on(town: Town) -> None:
    huge = SDL.replace("100m", "300000m")
    done = town.run("deploy", town.file(huge), "--pick", "cheapest", "--wait", "0.3")
    assert done.code == 1
    assert "0 bid(s) for 1 group(s)" in done.err and "`supercloud close " in done.err
    dseq = done.err.partition("`supercloud close ")[2].split("`")[0]
    assert town.run("close", dseq, "--json").document["dseq"] == int(dseq)


def test_a_provider_that_does_not_bid(town: Town) -> None:
    words = ("--bid", town.addresses["auditor"], "--wait", "0.5", "--json")
    done = town.run("deploy", town.file(), *words)
    assert done.code == 1 and "has not bid within 0.5 s" in done.err


def offer(provider: str, round_trip_s: float | None = None) -> Offer:
    values = dict.fromkeys(Offer._fields, 0)
    return Offer(**{**values, "provider": provider, "round_trip_s": round_trip_s, "price": Dec.of(1)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "rows", "chosen", "why"),
    [
        ("cheapest", [(2, offer("a")), (1, offer("b"))], "a", "the cheapest of 2"),
        ("first", [(2, offer("a")), (1, offer("b"))], "b", "the first to arrive"),
        (
            "fastest",
            [(1, offer("a", 0.5)), (2, offer("b", 0.1)), (3, offer("c"))],
            "b",
            "the shortest round trip",
        ),
        ("fastest", [(2, offer("a")), (1, offer("b"))], "a", "no provider answered in time; the cheapest"),
    ],
)
async def test_rules_do_what_they_say(rule: str, rows: Any, chosen: str, why: str) -> None:
    found, reason = await deploy._pick(rows, deploy.Options(None, rule, 1.0, False))
    assert (found.provider, reason) == (chosen, why)
