"""upgrades: a proposal plans one, the old program stops, the new one migrates the stores of the same disk and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from supercloud.chain import app as application
from supercloud.chain import upgrades
from supercloud.chain.app import Founder, default_genesis
from supercloud.chain.baseapp.context import Context
from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.upgrades.upgrade import Upgrade, clear, rewrite
from supercloud.chain.x.upgrade.types import UpgradeForgotten, UpgradeNeeded
from supercloud.codec import registry
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as gov
from supercloud.pb.cosmos.upgrade.v1beta1.tx_pb2 import MsgSoftwareUpgrade
from supercloud.pb.cosmos.upgrade.v1beta1.upgrade_pb2 import Plan
from supercloud.testing.ledger import RICHES, Ledger
from supercloud.testing.staked import StakedChain

DAY = 86_400


def staked_ledger() -> Ledger:
    """A ledger whose one validator is alice's."""
    ledger = Ledger(start=False, backend=MemoryBackend())
    purses = {ledger.actor(name).address: RICHES for name in ("alice", "bob")}
    founder = Founder(ledger.alice.address, b"\1" * 32, 10**12, "alice")
    document = default_genesis(ledger.profile, purses, [founder])
    for entry in document["staking"]["delegations"]:
        assert entry["delegator_address"] == ledger.alice.text
    ledger.init(document)
    return ledger


def test_a_voted_upgrade_changes_program_and_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = staked_ledger()
    height = ledger.next_height + 5
    plan = MsgSoftwareUpgrade(
        authority=ledger.profile.bech32.text(ledger.profile.authority),
        plan=Plan(name="v2", height=height, info="there"),
    )
    proposal = gov.MsgSubmitProposal(
        messages=[registry.pack(plan)],
        initial_deposit=[Coin(denom="uakt", amount="10000000")],
        proposer=ledger.alice.text,
        title="Upgrade",
        summary="To v2",
    )
    assert ledger.deliver(proposal, by=ledger.alice).code == 0
    vote = gov.MsgVote(proposal_id=1, voter=ledger.alice.text, option=gov.MsgVote(option=1).option)
    assert ledger.deliver(vote, by=ledger.alice).code == 0
    ledger.block(seconds=2 * DAY)
    while ledger.next_height < height:
        ledger.block()
    before = ledger.app.store.app_hash
    for _ in range(2):
        # Stopped, and started again: the block is not executed, nothing is written.
        with pytest.raises(UpgradeNeeded, match='UPGRADE "v2" NEEDED'):
            ledger.finalize()
        ledger.restart()
        assert (ledger.app.store.height, ledger.app.store.app_hash) == (height - 1, before)
    seen: list[Mapping[str, int]] = []

    def migrate(ctx: Context, keepers: Any, versions: Mapping[str, int]) -> None:
        seen.append(versions)
        params = keepers.consensus.params(ctx)
        changed = type(params)()
        changed.CopyFrom(params)
        changed.block.max_gas = 7_777_777
        keepers.consensus.set_params(ctx, changed)
        ctx.kv("fresh").set(b"\x00", b"new store")

    monkeypatch.setattr(upgrades, "UPGRADES", (Upgrade("v2", migrate),))
    monkeypatch.setattr(application, "STORES", (*application.STORES, "fresh"))
    ledger.restart()
    response = ledger.block()
    assert response.consensus_param_updates.block.max_gas == 7_777_777
    assert len(seen) == 1 and seen[0]["bank"] == 1
    assert ledger.app.keepers.upgrade.applied_height(ledger.context(), "v2") == height
    assert ledger.context().kv("fresh").get(b"\x00") == b"new store"
    ledger.restart()
    ledger.blocks(3)
    monkeypatch.setattr(upgrades, "UPGRADES", ())
    ledger.restart()
    with pytest.raises(UpgradeForgotten):
        ledger.finalize()


def test_records_are_rewritten_moved_and_removed() -> None:
    ctx = StakedChain((1,)).ctx()
    kv = ctx.kv("evidence")
    for number in range(4):
        kv.set(b"\x77" + bytes([number]), bytes([number + 1]))

    def change(key: bytes, value: bytes) -> tuple[bytes, bytes] | None:
        return None if value == b"\1" else (b"\x77" + bytes([key[1] + 1]), value + b"!")

    assert rewrite(ctx, "evidence", b"\x77", change) == 4
    assert list(kv.prefix(b"\x77")) == [
        (b"\x77\2", b"\2!"),
        (b"\x77\3", b"\3!"),
        (b"\x77\4", b"\4!"),
    ]
    kv.set(b"\x88", b"x")
    assert clear(ctx, "evidence") == 4
    assert list(kv.prefix(b"")) == []


def test_the_names_of_upgrades_differ() -> None:
    names = [each.name for each in upgrades.UPGRADES]
    assert sorted(dict.fromkeys(names)) == sorted(names)
