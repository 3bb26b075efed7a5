"""Manifests at the door: for leases that exist, as the ledger's hash says, all of it kept or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.deployment.v1 import deployment_pb2
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.provider.event import LeaseRef, OrderRef
from supercloud.provider.hostname.desk import NameDesk
from supercloud.provider.manifest.service import ManifestDesk, ManifestRefused, first_value
from supercloud.provider.state import State
from supercloud.sdk.errors import TemporaryError
from supercloud.sdl import Sdl
from supercloud.sdl import manifest as forms
from supercloud.testing.ledger import Actor, Ledger
from tests.unit.provider.ledger_client import LedgerClient, accept, close, order, register, workload


class Stage:
    """Bob's desk; `lease` makes somebody his tenant."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger()
        register(self.ledger, self.ledger.bob)
        self.state = State(folder / "state.sqlite")
        self.client: Any = LedgerClient(self.ledger)
        names = NameDesk(self.state, (".ours.example",))
        self.desk = ManifestDesk(self.client, self.state, names, self.ledger.bob.text)
        self.alice = self.ledger.alice.text

    def lease(self, dseq: int, file: Sdl | None = None, tenant: Actor | None = None) -> LeaseRef:
        tenant = tenant or self.ledger.alice
        order(self.ledger, tenant, dseq, file)
        bid = bidmsg_pb2.MsgCreateBid(
            deposit=deposit_pb2.Deposit(
                amount=coin_pb2.Coin(denom="uakt", amount="500000"), sources=[deposit_pb2.balance]
            )
        )
        bid.id.owner, bid.id.dseq, bid.id.gseq, bid.id.oseq = tenant.text, dseq, 1, 1
        bid.id.provider = self.ledger.bob.text
        bid.price.denom, bid.price.amount = "uakt", str(10**18)
        for unit in (file or workload()).group_specs()[0].resources:
            bid.resources_offer.add(count=unit.count).resources.CopyFrom(unit.resource)
        assert self.ledger.deliver(bid, by=self.ledger.bob).code == 0
        accept(self.ledger, tenant, self.ledger.bob, dseq)
        return LeaseRef(OrderRef(tenant.text, dseq, 1, 1), self.ledger.bob.text)

    async def refusal(self, dseq: int, body: bytes, owner: str = "") -> tuple[int, str]:
        with pytest.raises(ManifestRefused) as caught:
            await self.desk.receive(owner or self.alice, dseq, body)
        return caught.value.status, caught.value.text


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_a_manifest_for_a_lease_is_kept(stage: Stage) -> None:
    file = workload()
    lease = stage.lease(1, file)
    assert await stage.desk.receive(stage.alice, 1, file.canonical_manifest) == [lease]
    stored = stage.state.manifest(stage.alice, 1)
    assert stored is not None and stored.version == file.version
    assert stage.state.hostnames() == [("a.example", str(lease), "web")]
    group = stage.desk.group(lease, "west")
    assert group is not None and [service.name for service in group.services] == ["web"]
    assert stage.desk.group(lease, "east") is None


@pytest.mark.parametrize(
    ("wrap", "kept"),
    [(b"%s", True), (b" \n\t%s", True), (b"%s trailing", True), (b"%s\n[]", True), (b"x%s", False)],
)
async def test_the_first_value_counts(stage: Stage, wrap: bytes, kept: bool) -> None:
    file = workload()
    stage.lease(1, file)
    body = wrap % file.canonical_manifest
    if kept:
        await stage.desk.receive(stage.alice, 1, body)
    else:
        assert (await stage.refusal(1, body))[0] == 422


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "invalid manifest"),
        (b"{}", "invalid manifest: expected a list of groups"),
        (b"[", "invalid manifest"),
        (b"[1]", "invalid manifest"),
        (b"\xff\xfe", "invalid manifest"),
        (b"[" * 100_000, "invalid manifest"),
        (b"[]", "manifest version validation failed"),
        (workload("b.example").canonical_manifest, "manifest version validation failed"),
    ],
)
async def test_what_is_refused_leaves_nothing(stage: Stage, body: bytes, text: str) -> None:
    stage.lease(1)
    status, found = await stage.refusal(1, body)
    assert status == 422 and text in found
    assert stage.state.manifest(stage.alice, 1) is None
    assert stage.state.hostnames() == []


async def test_only_for_leases_that_run(stage: Stage) -> None:
    file = workload()
    body = file.canonical_manifest
    expected = (404, "no lease for deployment")
    assert await stage.refusal(1, body) == expected
    order(stage.ledger, stage.ledger.alice, 2, file)
    assert await stage.refusal(2, body) == expected
    stage.lease(3, file)
    assert await stage.refusal(3, body, stage.ledger.dave.text) == expected
    close(stage.ledger, stage.ledger.alice, 3)
    assert await stage.refusal(3, body) == expected


async def test_a_node_that_does_not_answer_is_not_a_missing_lease(stage: Stage) -> None:
    stage.lease(1)
    stage.client.down = True
    with pytest.raises(TemporaryError):
        await stage.desk.receive(stage.alice, 1, workload().canonical_manifest)


async def test_the_groups_on_the_ledger_count_too(stage: Stage) -> None:
    """A hash is easily made to match; resources beyond the order are not given for that."""
    file = workload()
    document = orjson.loads(file.canonical_manifest)
    document[0]["services"][0]["resources"]["cpu"]["units"]["val"] = "64000"
    greedy = forms.canonical(document)
    stage.lease(1, file)
    update = deploymentmsg_pb2.MsgUpdateDeployment(
        id=deployment_pb2.DeploymentID(owner=stage.alice, dseq=1), hash=forms.version(greedy)
    )
    assert stage.ledger.deliver(update, by=stage.ledger.alice).code == 0
    status, text = await stage.refusal(1, greedy)
    assert status == 422 and "cross-validation" in text


async def test_names_and_manifest_are_kept_together(stage: Stage) -> None:
    stage.lease(1, workload("mine.example"), stage.ledger.dave)
    await stage.desk.receive(stage.ledger.dave.text, 1, workload("mine.example").canonical_manifest)
    for dseq, name in enumerate(("mine.example", "x.ours.example"), 2):
        file = workload(name)
        stage.lease(dseq, file)
        status, text = await stage.refusal(dseq, file.canonical_manifest)
        assert status == 500 and text.startswith("hostname not allowed")
        assert stage.state.manifest(stage.alice, dseq) is None
    assert len(stage.state.hostnames()) == 1


async def test_migration(stage: Stage) -> None:
    file = workload()
    first, second = stage.lease(1, file), stage.lease(2, file)
    for dseq in (1, 2):
        await stage.desk.receive(stage.alice, dseq, file.canonical_manifest)
    assert stage.state.hostnames()[0][1] == str(first)
    group = stage.desk.group(second, "west")
    assert group is not None
    assert stage.desk.migrate(second, group, ["a.example"]) == ["a.example"]
    assert stage.state.hostnames()[0][1] == str(second)
    with pytest.raises(ManifestRefused, match=r'"b\.example" is not used by this deployment'):
        stage.desk.migrate(second, group, ["a.example", "b.example"])


def test_nothing_is_read_beyond_the_first_value() -> None:
    assert first_value(b'  [{"a": "b"}] garbage {') == b'[{"a": "b"}]'
    with pytest.raises(ManifestRefused):
        first_value(b"")
