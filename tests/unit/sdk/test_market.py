"""A tenant's steps against the real state machine; a provider's answers are played where they matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from memory_node import MemoryNode

from supercloud import sdl
from supercloud.pb.akash.audit.v1.msg_pb2 import MsgSignProviderAttributes
from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCloseBid, MsgCreateBid
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin
from supercloud.sdk import market
from supercloud.sdk import tx as sending
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, QueryError, TemporaryError
from supercloud.sdk.gateway import GatewayError, LeasePath
from supercloud.sdk.sightings import Sightings, Uptime
from supercloud.sdk.tx import TxSender
from supercloud.testing.ledger import Actor
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec

DEPOSIT = Coin("uakt", 5_000_000)
DSEQ = 77
SDL = """
version: "2.0"
services:
  web: {image: example/web:1, expose: [{port: 80, to: [{global: true}]}]}
profiles:
  compute:
    web: {resources: {cpu: {units: 1}, memory: {size: 64Mi}, storage: {size: 64Mi}}}
  placement:
    west: {pricing: {web: {denom: uakt, amount: 1000}}}
deployment:
  web: {west: {profile: web, count: %d}}
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "POLL_S", 0.001)
    monkeypatch.setattr(market, "READY_POLL_S", 0.001)
    monkeypatch.setattr(market, "MANIFEST_PAUSE_S", 0.0)


def workload(count: int = 1) -> sdl.Sdl:
    return sdl.load(SDL % count)


@pytest.fixture
def alice(client: Client, node: MemoryNode) -> TxSender:
    return TxSender(client, node.ledger.alice.key)


def register(node: MemoryNode, actor: Actor, **attributes: str) -> None:
    message = MsgCreateProvider(owner=actor.text, host_uri=f"https://{actor.name}.invalid:8443")
    for key, value in attributes.items():
        message.attributes.add(key=key, value=value)
    assert node.ledger.deliver(message, by=actor).code == 0


def bid(node: MemoryNode, actor: Actor, price: str) -> MsgCreateBid:
    message = MsgCreateBid(
        price=DecCoin(denom="uakt", amount=Dec.from_text(price).to_wire()),
        deposit=deposit_pb2.Deposit(
            amount=CoinPb(denom="uakt", amount="5000000"), sources=[deposit_pb2.balance]
        ),
    )
    id_ = message.id
    id_.owner, id_.dseq, id_.gseq, id_.oseq, id_.provider = node.ledger.alice.text, DSEQ, 1, 1, actor.text
    result = node.ledger.deliver(message, by=actor)
    assert result.code == 0, result.log
    return message


async def offered(node: MemoryNode, alice: TxSender) -> list[market.Offer]:
    """Two offers for one order."""
    register(node, node.ledger.bob, region="eu")
    register(node, node.ledger.carol)
    await market.create_deployment(alice, workload(), DEPOSIT, DSEQ)
    bid(node, node.ledger.bob, "2.5")
    bid(node, node.ledger.carol, "1")
    return await market.offers(alice.client, alice.address_text, DSEQ)


async def test_an_order_has_the_files_groups_hash_and_deposit(alice: TxSender, node: MemoryNode) -> None:
    file = workload()
    number = await market.create_deployment(alice, file, DEPOSIT)
    assert number <= node.ledger.next_height, "without a number it gets the height"
    found = await market.deployment(alice.client, alice.address_text, number)
    assert found.deployment.hash == file.version and len(found.groups) == 1
    (fund,) = found.escrow_account.state.funds
    assert Dec.from_wire(fund.amount) == Dec.of(5_000_000)
    assert [d.deployment.id.dseq for d in await market.deployments(alice.client, alice.address_text)] == [
        number
    ]
    with pytest.raises(PermanentError):
        await market.create_deployment(alice, file, DEPOSIT, number)


async def test_offers_are_sorted_and_say_what_the_ledger_knows(alice: TxSender, node: MemoryNode) -> None:
    found = await offered(node, alice)
    assert [(offer.provider, offer.price.text()[:3]) for offer in found] == [
        (node.ledger.carol.text, "1.0"),
        (node.ledger.bob.text, "2.5"),
    ]
    cheap, dear = found
    assert dear.attributes == {"region": "eu"} and dear.host_uri == "https://bob.invalid:8443"
    assert (cheap.group, cheap.denom, cheap.audited_by, cheap.reliability) == (1, "uakt", (), "no history")
    assert cheap.round_trip_s is None


async def test_audits_stand_in_the_offer(alice: TxSender, node: MemoryNode) -> None:
    dave = node.ledger.dave
    register(node, node.ledger.bob, region="eu")
    message = MsgSignProviderAttributes(owner=node.ledger.bob.text, auditor=dave.text)
    message.attributes.add(key="region", value="eu")
    assert node.ledger.deliver(message, by=dave).code == 0
    assert await market.audits(alice.client, node.ledger.bob.text) == {dave.text: {"region": "eu"}}
    assert await market.audits(alice.client, node.ledger.carol.text) == {}
    await market.create_deployment(alice, workload(), DEPOSIT, DSEQ)
    bid(node, node.ledger.bob, "1")
    (offer,) = await market.offers(alice.client, alice.address_text, DSEQ)
    assert offer.audited_by == (dave.text,)


async def test_a_choice_becomes_a_lease_and_a_history(alice: TxSender, node: MemoryNode) -> None:
    cheap, _ = await offered(node, alice)
    result = await market.accept(alice, [cheap])
    assert result.height > 0
    (lease,) = await market.leases(alice.client, alice.address_text, DSEQ, "active")
    assert lease.lease.id.provider == node.ledger.carol.text
    assert await market.bids(alice.client, alice.address_text, DSEQ) == []
    states = {b.id.provider: b.state for b in await market.bids(alice.client, alice.address_text, DSEQ, "")}
    assert len(set(states.values())) == 2, "one became a lease, one was lost"
    end = MsgCloseBid(id=cheap.bid_id, reason=10002)
    assert node.ledger.deliver(end, by=node.ledger.carol).code == 0
    bob = node.ledger.bob
    await market.create_deployment(alice, workload(), DEPOSIT, DSEQ + 1)
    message = bid_for(node, bob, DSEQ + 1)
    assert node.ledger.deliver(message, by=bob).code == 0
    (offer,) = await market.offers(alice.client, alice.address_text, DSEQ + 1)
    assert offer.reliability == "no history"
    assert (await market.leases(alice.client, "", provider=node.ledger.carol.text))[0].lease.reason == 10002


def bid_for(node: MemoryNode, actor: Actor, dseq: int) -> MsgCreateBid:
    message = MsgCreateBid(price=DecCoin(denom="uakt", amount=Dec.of(1).to_wire()))
    message.deposit.amount.denom, message.deposit.amount.amount = "uakt", "5000000"
    message.deposit.sources.append(deposit_pb2.balance)
    id_ = message.id
    id_.owner, id_.dseq, id_.gseq, id_.oseq, id_.provider = node.ledger.alice.text, dseq, 1, 1, actor.text
    return message


async def test_a_provider_that_ends_its_leases_has_that_on_record(alice: TxSender, node: MemoryNode) -> None:
    cheap, _ = await offered(node, alice)
    await market.accept(alice, [cheap])
    carol = node.ledger.carol
    assert node.ledger.deliver(MsgCloseBid(id=cheap.bid_id, reason=10002), by=carol).code == 0
    await market.create_deployment(alice, workload(), DEPOSIT, DSEQ + 1)
    assert node.ledger.deliver(bid_for(node, carol, DSEQ + 1), by=carol).code == 0
    (offer,) = await market.offers(alice.client, alice.address_text, DSEQ + 1)
    assert (offer.leases_active, offer.leases_ended_by_provider) == (0, 1)
    assert offer.reliability == "0 of 1"


async def test_deposit_update_and_close(alice: TxSender, node: MemoryNode) -> None:
    await market.create_deployment(alice, workload(), DEPOSIT, DSEQ)
    await market.deposit(alice, DSEQ, Coin("uakt", 7))
    found = await market.deployment(alice.client, alice.address_text, DSEQ)
    assert Dec.from_wire(found.escrow_account.state.funds[0].amount) == Dec.of(5_000_007)
    changed = workload(1)
    with pytest.raises(PermanentError):
        await market.update_deployment(alice, changed, DSEQ + 1)
    await market.update_deployment(alice, sdl.load((SDL % 1).replace("web:1", "web:2")), DSEQ)
    found = await market.deployment(alice.client, alice.address_text, DSEQ)
    assert found.deployment.hash != changed.version
    before = node.ledger.balance(node.ledger.alice)
    await market.close_deployment(alice, DSEQ)
    assert node.ledger.balance(node.ledger.alice) > before
    assert await market.deployments(alice.client, alice.address_text, "active") == []
    with pytest.raises(PermanentError):
        await market.close_deployment(alice, DSEQ)


async def test_providers(client: Client, node: MemoryNode) -> None:
    assert await market.providers(client) == []
    register(node, node.ledger.bob)
    assert [item.owner for item in await market.providers(client)] == [node.ledger.bob.text]
    assert (await market.provider_record(client, node.ledger.bob.text)).host_uri.startswith("https://bob")
    with pytest.raises(QueryError):
        await market.provider_record(client, node.ledger.dave.text)


async def test_no_deployment(alice: TxSender) -> None:
    with pytest.raises(QueryError):
        await market.deployment(alice.client, alice.address_text, 1)
    assert await market.offers(alice.client, alice.address_text, 1) == []


class Answers:
    """A gateway whose answers are played: errors are raised, the last one stays."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def _next(self) -> Any:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def lease_status(self, lease: LeasePath) -> Any:
        return await self._next()

    async def send_manifest(self, dseq: int, manifest: bytes) -> None:
        assert (dseq, manifest) == (DSEQ, workload().canonical_manifest)
        await self._next()


def services(available: int, total: int = 2, **more: Any) -> dict[str, Any]:
    return {"services": {"web": {"available": available, "total": total}}, **more}


async def test_ready_is_when_every_replica_is_available() -> None:
    gateway: Any = Answers(
        GatewayError(404, ""), {}, services(0), services(1), TemporaryError("x"), services(2)
    )
    assert await market.wait_ready(gateway, LeasePath(DSEQ), 5) == services(2)
    assert gateway.asked == 6


async def test_replicas_of_the_manifest_before_are_not_what_is_waited_for() -> None:
    old, new = services(1, 1), services(1, 1)
    old["services"]["web"]["updated_replicas"], new["services"]["web"]["updated_replicas"] = 0, 1
    gateway: Any = Answers(old, old, new)
    assert await market.wait_ready(gateway, LeasePath(DSEQ), 5) == new
    assert gateway.asked == 3


async def test_what_failed_for_good_is_not_waited_for() -> None:
    gateway: Any = Answers(services(0), services(0, errors=["web: no such image", "web: again"]))
    with pytest.raises(PermanentError, match="web: no such image; web: again"):
        await market.wait_ready(gateway, LeasePath(DSEQ), 5)
    refused: Any = Answers(GatewayError(403, "not yours"))
    with pytest.raises(GatewayError, match="not yours"):
        await market.wait_ready(refused, LeasePath(DSEQ), 5)


@pytest.mark.parametrize(
    ("answer", "words"),
    [({}, "has not started it"), (services(1), "web 1/2"), (TemporaryError("away"), "has not started it")],
)
async def test_waiting_in_vain_says_how_it_stands(answer: Any, words: str) -> None:
    gateway: Any = Answers(answer)
    with pytest.raises(TemporaryError, match=f"lease 77/1/1 is not running after 0.05 s: .*{words}"):
        await market.wait_ready(gateway, LeasePath(DSEQ), 0.05)


async def test_a_provider_that_has_not_seen_the_lease_yet_is_asked_again() -> None:
    unseen = GatewayError(404, "no lease for deployment 77")
    gateway: Any = Answers(unseen, TemporaryError("starting"), None)
    await market.send_manifest(gateway, DSEQ, workload())
    assert gateway.asked == 3


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (GatewayError(404, "no lease for deployment 77"), market.MANIFEST_RETRIES),
        (TemporaryError("away"), market.MANIFEST_RETRIES),
        (GatewayError(422, "hash mismatch"), 1),
    ],
)
async def test_a_manifest_that_is_refused(answer: Exception, asked: int) -> None:
    gateway: Any = Answers(answer)
    with pytest.raises(type(answer)):
        await market.send_manifest(gateway, DSEQ, workload())
    assert gateway.asked == asked


async def test_a_provider_that_is_away_has_no_round_trip_and_is_counted(
    alice: TxSender, node: MemoryNode, tmp_path: Path
) -> None:
    await offered(node, alice)
    sightings = Sightings(tmp_path)
    for times in (1, 2):
        found = await market.offers(alice.client, alice.address_text, DSEQ, sightings)
        assert [(offer.round_trip_s, offer.uptime) for offer in found] == [(None, Uptime(0, times))] * 2
