"""Genesis of all market modules together: export, import, export again; refusals of what is there twice."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from supercloud.chain.app import default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.types.errors import ChainError


@pytest.fixture
def busy(world: Any) -> Any:
    """Open, leased, closed, overdrawn and reclaiming things."""
    world.with_providers(world.bob, world.erin)
    for dseq in range(1, 6):
        world.send(world.create_deployment(dseq, groups=2, window_s=7200 if dseq == 5 else None))
        window = 7200 if dseq == 5 else None
        world.send(
            world.create_bid(world.bid_id(dseq), window_s=window, price="0.7"),
            world.create_bid(world.bid_id(dseq, provider=world.erin), window_s=window),
        )
        if dseq > 1:
            world.send(world.create_lease(world.bid_id(dseq)))
    world.blocks(100)
    world.send(world.close_deployment(3))
    world.send(world.close_lease(world.bid_id(4)))
    world.blocks(800_000)
    world.send(world.withdraw(world.bid_id(2)))
    return world


def test_round_trip(busy: Any) -> None:
    assert busy.violations() == []
    document = busy.export()
    text = json.dumps(document)
    busy.load(json.loads(text))
    assert busy.violations() == []
    assert json.dumps(busy.export()) == text
    busy.send(busy.close_deployment(4))
    assert busy.violations() == []


def test_json_is_in_the_networks_form(busy: Any) -> None:
    document = busy.export()
    lease = next(each for each in document["market"]["leases"] if each["id"]["dseq"] == "4")
    assert lease["state"] == "closed"
    assert lease["reason"] == "lease_closed_owner"
    assert lease["price"] == {"denom": "uact", "amount": "0.700000000000000000"}
    account = document["escrow"]["accounts"][0]
    assert account["id"]["scope"] == "bid"
    dry = next(
        each
        for each in document["escrow"]["accounts"]
        if each["id"]["scope"] == "deployment" and each["id"]["xid"].endswith("/2")
    )
    assert dry["state"]["state"] == "overdrawn"
    assert dry["state"]["funds"] == [{"denom": "uact", "amount": "-60070.000000000000000000"}]
    unit = document["deployment"]["deployments"][0]["groups"][0]
    assert "group_spec" in unit or "spec" in unit


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("market", ("orders",)),
        ("market", ("bids",)),
        ("market", ("leases",)),
        ("deployment", ("deployments",)),
        ("escrow", ("accounts",)),
        ("escrow", ("payments",)),
        ("provider", ("providers",)),
    ],
)
def test_duplicates_are_refused(busy: Any, module: str, path: tuple[str, ...]) -> None:
    document = busy.export()
    entries = document[module]
    for name in path:
        entries = entries[name]
    entries.append(copy.deepcopy(entries[0]))
    with pytest.raises((ChainError, GenesisError)):
        busy.load(document)


@pytest.mark.parametrize("module", ["take", "market", "deployment", "escrow", "cert", "audit", "provider"])
def test_unknown_fields_are_refused(busy: Any, module: str) -> None:
    document = busy.export()
    document[module]["surprise"] = 1
    with pytest.raises(GenesisError):
        busy.load(document)


def test_a_network_document_without_expiry(world: Any) -> None:
    document = default_genesis(Profile(), {})
    document.pop("market_expiry", None)
    world.load(document)
    assert world.k.market.expiry(world.ctx()).order_max_age_blocks == 0


def test_a_pool_that_is_short_is_seen(busy: Any) -> None:
    document = busy.export()
    for account in document["escrow"]["accounts"]:
        for deposit in account["state"]["deposits"]:
            deposit["balance"]["amount"] = "999999999999.000000000000000000"
    busy.load(document)
    assert any("escrow holds" in text for text in busy.violations())


def test_deadlines_go_along(world: Any) -> None:
    params = world.k.market.expiry(world.ctx())
    params = type(params)(order_max_age_blocks=10, bid_max_age_blocks=4, max_expiries_per_block=5)
    world.k.market.set_expiry(world.ctx(), params)
    world.with_providers()
    world.send(world.create_deployment(), world.create_bid())
    params.order_max_age_blocks = params.bid_max_age_blocks = 0
    world.k.market.set_expiry(world.ctx(), params)
    world.send(world.create_deployment(2))
    world.blocks(2)
    document = world.export()
    first, second = document["market_expiry"]["deadlines"]
    assert (first["height"], first["order"], first["bid"]["provider"]) == ("5", None, world.text(world.bob))
    assert (second["height"], second["order"]["dseq"], second["bid"]) == ("11", "1", None)
    world.load(json.loads(json.dumps(document)))
    assert world.export() == document
    assert world.blocks(1) == []
    world.blocks(1)
    assert (world.bid_state(), world.order_state()) == ("closed", "open")
    world.blocks(6)
    assert (world.order_state(), world.order_state(dseq=2)) == ("closed", "open")
    assert world.export()["market_expiry"]["deadlines"] == []


@pytest.mark.parametrize("wrong", ["twice", "height", "neither", "both"])
def test_wrong_deadlines_are_refused(world: Any, wrong: str) -> None:
    document = default_genesis(Profile(), {})
    owner = world.text(world.alice)
    order = {"owner": owner, "dseq": "1", "gseq": 1, "oseq": 1}
    bid = {**order, "provider": world.text(world.bob), "bseq": 0}
    deadline: dict[str, Any] = {"height": "7", "order": order, "bid": None}
    listed = {
        "twice": [deadline, deadline],
        "height": [{**deadline, "height": "0"}],
        "neither": [{**deadline, "order": None}],
        "both": [{**deadline, "bid": bid}],
    }[wrong]
    world.load({**document, "market_expiry": {**document["market_expiry"], "deadlines": [deadline]}})
    document["market_expiry"]["deadlines"] = listed
    with pytest.raises((ChainError, GenesisError)):
        world.load(document)
