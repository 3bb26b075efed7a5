"""Market's ladders: each refusal with its code, in documented order, and what happens when all is well."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.market import types
from supercloud.pb.akash.audit.v1.msg_pb2 import MsgSignProviderAttributes
from supercloud.pb.akash.market.v1beta5 import leasemsg_pb2, paramsmsg_pb2
from supercloud.pb.supercloud.market.v1 import msg_pb2 as expiry_pb2
from supercloud.types.ids import BidID

UNDEFINED = ("undefined", 1)


@pytest.fixture
def open_order(world: Any) -> Any:
    world.with_providers(world.bob, world.erin)
    world.send(world.create_deployment())
    return world


def changed(message: Any, **fields: Any) -> Any:
    for path, value in fields.items():
        *parents, last = path.split("__")
        at = message
        for parent in parents:
            at = getattr(at, parent)
        setattr(at, last, value)
    return message


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id__owner": "akash1nonsense"}, ("sdk", 7)),
        ({"id__provider": ""}, ("sdk", 7)),
        ({"id__dseq": 0}, ("sdk", 3)),
        ({"id__gseq": 0}, ("sdk", 3)),
        ({"id__oseq": 0}, ("sdk", 3)),
        ({"id__bseq": 1}, ("sdk", 36)),
        ({"deposit__amount__amount": "-1"}, ("sdk", 10)),
        ({"deposit__amount__amount": "1" + "0" * 60}, ("sdk", 10)),
        ({"deposit__amount__denom": "!"}, ("sdk", 10)),
        ({"price__amount": "0"}, ("market", 19)),
        ({"price__amount": "-5"}, ("market", 22)),
        ({"price__amount": "one"}, ("market", 22)),
    ],
)
def test_create_bid_stateless(open_order: Any, fields: dict[str, Any], code: tuple[str, int]) -> None:
    assert open_order.refused(changed(open_order.create_bid(), **fields)) == code


@pytest.mark.parametrize(("sources", "code"), [((), 4), ((0,), 4), ((3,), 4), ((1, 1), 4)])
def test_deposit_sources(open_order: Any, sources: tuple[int, ...], code: int) -> None:
    assert open_order.refused(open_order.create_bid(sources=sources)) == ("akash", code)


def test_bidding_on_ones_own_order(open_order: Any) -> None:
    own = BidID(open_order.alice, 1, 1, 1, open_order.alice)
    assert open_order.refused(open_order.create_bid(own)) == ("sdk", 36)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"deposit_denom": "uxyz"}, UNDEFINED),
        ({"amount": 499_999}, UNDEFINED),
        ({"price": "1000.000000000000000001"}, ("market", 22)),
        ({"denom": "uakt"}, ("market", 22)),
        ({"price": "1000"}, None),
        ({"amount": 10**12}, UNDEFINED),
        ({"window_s": 60}, ("market", 39)),
        ({"window_s": 721 * 3600}, ("market", 39)),
        ({"window_s": 3600}, None),
    ],
)
def test_create_bid(open_order: Any, given: dict[str, Any], code: tuple[str, int] | None) -> None:
    message = open_order.create_bid(**given)
    if code is None:
        open_order.send(message)
    else:
        assert open_order.refused(message) == code
    assert open_order.violations() == []


def test_create_bid_on_what_is_not_there(open_order: Any) -> None:
    refused, bid = open_order.refused, open_order.create_bid
    assert refused(bid(open_order.bid_id(oseq=2))) == ("market", 15)
    assert refused(bid(open_order.bid_id(provider=open_order.dave))) == ("market", 30)
    open_order.send(bid())
    assert refused(bid()) == ("market", 21)
    open_order.send(open_order.close_bid())
    assert refused(bid()) == ("market", 21), "a provider bids once on an order, ever"
    other = open_order.bid_id(provider=open_order.erin)
    open_order.send(bid(other), open_order.create_lease(other))
    open_order.send(open_order.create_provider(open_order.frank))
    late = open_order.bid_id(provider=open_order.frank)
    assert refused(bid(late)) == ("market", 23)
    open_order.send(open_order.close_deployment())
    assert refused(bid(late)) == ("market", 24)


def test_too_many_bids_means_more_than_the_parameter(world: Any) -> None:
    """Exactly order_max_bids stand at once; withdrawn ones make room."""
    providers = [bytes((n,)) * 20 for n in range(1, 5)]
    params = types.default_params()
    params.order_max_bids = 2
    world.k.market.set_params(world.ctx(), params)
    for provider in providers:
        world.k.bank.send(world.ctx(), world.dave, provider, [coin(1_000_000)])
        world.send(world.create_provider(provider))
    world.send(world.create_deployment())
    bids = [world.bid_id(provider=provider) for provider in providers]
    world.send(world.create_bid(bids[0]), world.create_bid(bids[1]))
    with pytest.raises(Exception, match="too many existing bids"):
        world.send(world.create_bid(bids[2]))
    assert world.refused(world.create_bid(bids[2])) == UNDEFINED
    world.send(world.close_bid(bids[0]))
    world.send(world.create_bid(bids[2]))
    assert world.refused(world.create_bid(bids[3])) == UNDEFINED


def coin(amount: int) -> Any:
    from supercloud.types.coin import Coin

    return Coin("uact", amount)


@pytest.mark.parametrize(
    ("offers", "refused"),
    [
        ([(1, 1)], False),
        ([], False),
        ([(1, 2)], True),
        ([(2, 1)], True),
        ([(1, 1), (1, 1)], True),
    ],
)
def test_resource_offers(open_order: Any, offers: list[tuple[int, int]], refused: bool) -> None:
    message = open_order.create_bid()
    for unit, count in offers:
        message.resources_offer.add(count=count).resources.id = unit
    if refused:
        assert open_order.refused(message) == ("market", 32)
    else:
        open_order.send(message)


def test_attributes_and_audits(world: Any, build: Any) -> None:
    world.send(world.create_provider(world.bob, region="eu"), world.create_provider(world.erin, region="us"))
    plain, audited = build.group_spec("plain"), build.group_spec("audited")
    for spec in (plain, audited):
        spec.requirements.attributes.add(key="reg*", value="eu")
    audited.requirements.signed_by.all_of.append(world.text(world.carol))
    world.send(world.create_deployment(specs=[plain, audited]))
    world.send(world.create_bid())
    assert world.refused(world.create_bid(world.bid_id(provider=world.erin))) == ("market", 5)
    assert world.refused(world.create_bid(world.bid_id(gseq=2))) == ("market", 5)
    sign = MsgSignProviderAttributes(owner=world.text(world.bob), auditor=world.text(world.carol))
    sign.attributes.add(key="region", value="eu")
    world.send(sign)
    world.send(world.create_bid(world.bid_id(gseq=2)))


def test_capabilities(world: Any, build: Any) -> None:
    attributes = {
        "capabilities_gpu_vendor_nvidia_model_a100": "true",
        "capabilities_storage_1_class": "beta3",
    }
    world.send(world.create_provider(world.bob, **attributes), world.create_provider(world.erin))
    spec = build.group_spec()
    gpu = spec.resources[0].resource.gpu
    gpu.units.val = b"1"
    gpu.attributes.add(key="vendor/nvidia/model/*", value="true")
    spec.resources[0].resource.storage[0].attributes.add(key="class", value="beta3")
    world.send(world.create_deployment(specs=[spec]))
    world.send(world.create_bid())
    assert world.refused(world.create_bid(world.bid_id(provider=world.erin))) == ("market", 32)


def test_create_lease_refunds_every_loser(open_order: Any) -> None:
    """The network's node refunds only the first (support#441)."""
    world = open_order
    world.send(world.create_provider(world.frank), world.create_provider(world.grace))
    losers = [world.bid_id(provider=each) for each in (world.erin, world.frank, world.grace)]
    purses = [world.balance(bid.provider) for bid in losers]
    for bid in (world.bid_id(), *losers):
        world.send(world.create_bid(bid))
    events = world.send(world.create_lease())
    assert [world.bid_state(bid) for bid in losers] == ["lost"] * 3
    assert [world.balance(bid.provider) for bid in losers] == purses
    assert [world.account_state(bid) for bid in losers] == ["CLOSED"] * 3
    assert [event.type for event in events if event.type.startswith("akash")] == [
        "akash.market.v1.EventLeaseCreated"
    ]
    assert dict(events[0].attributes)["price"] == '{"denom":"uact","amount":"1.000000000000000000"}'
    assert world.violations() == []
    assert world.refused(world.create_lease(losers[0])) == ("market", 12)


def test_create_lease_refusals(open_order: Any) -> None:
    world = open_order
    assert world.refused(world.create_lease()) == ("market", 18)
    world.send(world.create_bid(), world.create_lease())
    assert world.refused(world.create_lease()) == ("market", 12)


def test_create_lease_on_an_account_that_ran_dry(world: Any) -> None:
    world.with_providers()
    world.send(world.create_deployment(groups=2))
    for gseq in (1, 2):
        world.send(world.create_bid(world.bid_id(gseq=gseq)))
    world.send(world.create_lease())
    world.blocks(500_001)
    assert world.refused(world.create_lease(world.bid_id(gseq=2))) == ("escrow", 4)
    assert world.deployment_state() == "active", "the overdraw is not recorded by a failed transaction"


def test_close_bid_refusals(open_order: Any) -> None:
    world = open_order
    assert world.refused(world.close_bid()) == ("market", 6)
    world.send(world.create_bid())
    for reason in (0, 1, 9999, 20000):
        assert world.refused(world.close_bid(reason=reason)) == ("market", 33)
    bob = world.balance(world.bob)
    world.send(world.close_bid(reason=10003))
    assert (world.bid_state(), world.order_state(), world.group_state()) == ("closed", "open", "open")
    assert world.balance(world.bob) == bob + 500_000
    assert world.refused(world.close_bid()) == ("market", 8)


def test_close_lease_refusals(open_order: Any) -> None:
    world = open_order
    assert world.refused(world.close_lease(world.bid_id(oseq=3))) == ("market", 15)
    assert world.refused(world.close_lease()) == ("market", 24)
    world.send(world.create_bid(), world.create_lease())
    assert world.refused(world.close_lease(world.bid_id(provider=world.erin))) == ("market", 18)
    world.send(world.close_lease())
    assert world.refused(world.close_lease()) == ("market", 24)
    assert world.refused(world.close_bid()) == ("market", 10)


def test_withdraw_refusals(open_order: Any) -> None:
    world = open_order
    assert world.refused(world.withdraw()) == ("market", 7)
    world.send(world.create_bid(), world.create_lease(), world.close_lease())
    assert world.refused(world.withdraw()) == ("escrow", 7)


# Reclamation.


def reclaim(world: Any, reason: int = 10001) -> leasemsg_pb2.MsgLeaseStartReclaim:
    return leasemsg_pb2.MsgLeaseStartReclaim(id=world.bid_id().to_lease_pb(world.bech32), reason=reason)


def with_reclaimable_lease(world: Any) -> Any:
    world.with_providers()
    world.send(world.create_deployment(window_s=7200))
    world.send(world.create_bid(window_s=7200), world.create_lease())
    return world


def test_an_order_with_reclamation_wants_it_of_bids(world: Any) -> None:
    world.with_providers()
    world.send(world.create_deployment(window_s=7200))
    assert world.refused(world.create_bid()) == ("market", 40)
    assert world.refused(world.create_bid(window_s=7199)) == ("market", 41)
    assert world.refused(world.create_bid(window_s=-1)) == ("market", 39)
    world.send(world.create_bid(window_s=7200))


def test_reclaiming(world: Any) -> None:
    with_reclaimable_lease(world)
    assert world.refused(world.close_bid()) == ("market", 37)
    assert world.refused(reclaim(world, 1)) == ("market", 33)
    events = world.send(reclaim(world))
    stored = world.k.market.lease(world.ctx(), world.bid_id())
    deadline = world.time // 10**9 + 7200
    assert (stored.reclamation.started_at, stored.reclamation.deadline) == (world.height, deadline)
    assert dict(events[0].attributes)["deadline"] == f'"{deadline}"'
    assert world.lease_state()[0] == "reclaiming"
    assert world.violations() == []
    assert world.refused(reclaim(world)) == ("market", 10)
    assert world.refused(world.close_bid()) == ("market", 38)
    world.blocks(1199)
    assert world.refused(world.close_bid()) == ("market", 38)
    world.send(world.withdraw())
    world.blocks(1)
    world.send(world.close_bid(reason=10001))
    assert world.lease_state() == ("closed", 10001)
    assert world.payment().withdrawn == 1200
    assert world.violations() == []


def test_a_tenant_closes_whenever_it_likes(world: Any) -> None:
    with_reclaimable_lease(world)
    world.send(reclaim(world))
    world.send(world.close_lease())
    assert world.lease_state() == ("closed", 1)
    assert world.order_state(2) == "open"
    relisted = world.k.market.order(world.ctx(), world.bid_id(oseq=2).order)
    assert relisted.reclamation.min_window.seconds == 7200
    assert world.violations() == []


def test_reclaiming_lease_that_runs_dry(world: Any) -> None:
    with_reclaimable_lease(world)
    world.send(reclaim(world))
    world.blocks(500_001)
    world.send(world.withdraw())
    assert world.lease_state() == ("insufficient_funds", 20000)
    assert world.violations() == []


def test_reclaim_refusals(world: Any) -> None:
    world.with_lease()
    assert world.refused(reclaim(world)) == ("market", 35)
    world.send(world.close_lease())
    assert world.refused(reclaim(world)) == ("market", 10)
    message = reclaim(world)
    message.id.oseq = 5
    assert world.refused(message) == ("market", 7)


# Parameters.


@pytest.mark.parametrize("kind", ["network", "expiry"])
def test_parameters_are_the_authoritys(world: Any, kind: str) -> None:
    def message(authority: bytes) -> Any:
        if kind == "network":
            return paramsmsg_pb2.MsgUpdateParams(
                authority=world.text(authority), params=types.default_params()
            )
        params = types.default_expiry()
        params.order_max_age_blocks = 5
        params.max_expiries_per_block = 1
        return expiry_pb2.MsgUpdateParams(authority=world.text(authority), params=params)

    assert world.refused(message(world.alice)) == ("gov", 13)
    world.send(message(world.profile.authority))
    bad = message(world.profile.authority)
    if kind == "network":
        bad.params.order_max_bids = 501
    else:
        bad.params.max_expiries_per_block = 0
    assert world.refused(bad) == ("market", 29)
    bad.authority = "nobody"
    assert world.refused(bad) == ("sdk", 7)
