"""`supercloud deploy`: from a file to an address, with the choice left to whoever runs it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from supercloud import sdl
from supercloud.cli import deploy
from supercloud.sdk.market import Offer
from supercloud.types.coin import Coin
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
        (["--deposit", f"{10**18}uakt"], SDL, 1, "`supercloud balance` shows all it holds"),
        (["--bid", "akash1x"], SDL, 2, "'akash1x' is no address"),
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
    provider = town.addresses["provider"]
    assert f"  {provider[:12]}…{provider[-6:]}: has no room: cpu 300 asked for" in done.err
    dseq = done.err.partition("`supercloud close ")[2].split("`")[0]
    assert town.run("close", dseq, "--json").document["dseq"] == int(dseq)


def test_a_provider_that_does_not_bid(town: Town) -> None:
    words = ("--bid", town.addresses["provider"], "--wait", "0.5", "--json")
    done = town.run("deploy", town.file(SDL.replace("100m", "300000m")), *words)
    assert done.code == 1 and "has not bid within 0.5 s" in done.err
    dseq = done.err.partition("`supercloud close ")[2].split("`")[0]
    assert town.run("close", dseq).code == 0


def test_for_one_who_is_no_provider_no_order_is_posted(town: Town) -> None:
    before = town.run("balance", "--json").document
    done = town.run("deploy", town.file(), "--bid", town.addresses["auditor"])
    assert (
        done.code == 1 and "is no provider of supercloud-test; `supercloud providers` lists them" in done.err
    )
    assert town.run("balance", "--json").document == before


def test_a_name_that_another_deployment_has_is_said_to_stay_there(town: Town) -> None:
    named = SDL.replace("as: 80\n", "as: 80\n        accept: [shop.example]\n", 1)
    first, second = (town.run("deploy", town.file(named), "--pick", "cheapest") for _ in range(2))
    assert first.code == second.code == 0, second.err
    has_names = "http://shop.example" in first.out
    assert ("shop.example stays with another deployment of yours" in second.out) == has_names
    for done in (first, second):
        assert town.run("close", done.out.partition("supercloud close ")[2].split()[0]).code == 0


@pytest.mark.parametrize("has_lease", [False, True])
async def test_who_stops_waiting_is_told_what_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], has_lease: bool
) -> None:
    async def posted(*_: Any) -> int:
        return 7

    async def chosen(*_: Any) -> Any:
        if not has_lease:
            raise asyncio.CancelledError
        return []

    async def stopped(*_: Any) -> None:
        raise asyncio.CancelledError

    async def accepted(*_: Any) -> None:
        return None

    monkeypatch.setattr(deploy.market, "create_deployment", posted)
    monkeypatch.setattr(deploy.market, "accept", accepted)
    monkeypatch.setattr(deploy, "_choose", chosen)
    monkeypatch.setattr(deploy, "_start", stopped)
    tenant: Any = SimpleNamespace(sender=None, client=None)
    with pytest.raises(asyncio.CancelledError):
        await deploy.run(
            tenant, sdl.load(SDL), Coin("uakt", 1), deploy.Options(None, "first", 1.0, as_json=True)
        )
    said = capsys.readouterr().err
    assert "`supercloud close 7` ends it" in said
    assert ("has a lease" in said) == has_lease


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
