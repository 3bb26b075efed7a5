"""Reading blocks: signers, coins, events; and that a difference in any of them is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supercloud.pb.akash.audit.v1.msg_pb2 import MsgSignProviderAttributes
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCreateBid
from supercloud.pb.akash.market.v1beta5.leasemsg_pb2 import MsgCreateLease
from supercloud.pb.cosmos.feegrant.v1beta1.tx_pb2 import MsgGrantAllowance
from supercloud.testing.auditor import audit
from supercloud.testing.auditor.money import POOL, Disagreement
from supercloud.testing.simulation import Failure, Simulation


@pytest.mark.parametrize(
    ("message", "signer"),
    [
        (MsgCreateBid(id={"owner": "o", "provider": "p"}), "p"),
        (MsgCreateLease(bid_id={"owner": "o", "provider": "p"}), "o"),
        (MsgSignProviderAttributes(owner="o", auditor="a"), "a"),
        (MsgGrantAllowance(granter="g", grantee="e"), "g"),
    ],
)
def test_signers(message: object, signer: str) -> None:
    assert audit.signer_of(message) == signer


def test_coins() -> None:
    assert audit._coins("5uakt,70uusdc") == {"uakt": 5, "uusdc": 70}
    assert audit._coins("") == {}


@pytest.fixture
def run() -> Simulation:
    """A market that ran for a while and agrees."""
    simulation = Simulation(12)
    simulation.run(150)
    simulation.check_all()
    return simulation


def swindles() -> list[tuple[str, Callable[[Simulation], None]]]:
    """What somebody who cooks the books might do to the auditor's."""

    def lot(run: Simulation) -> None:
        account = next(each for each in run.auditor.money.accounts.values() if each.lots)
        account.lots[0].left -= 1

    def stream(run: Simulation) -> None:
        account = next(each for each in run.auditor.money.accounts.values() if each.streams)
        next(iter(account.streams.values())).paid += 1

    def pool(run: Simulation) -> None:
        run.auditor.money.purses[POOL]["uakt"] += 1

    def state(run: Simulation) -> None:
        next(
            each for each in run.auditor.market.things["bid"].values() if each.state == "lost"
        ).state = "open"

    def settled(run: Simulation) -> None:
        next(iter(run.auditor.money.accounts.values())).settled_at += 1

    def missing(run: Simulation) -> None:
        run.auditor.market.things["order"].popitem()

    return [(each.__name__, each) for each in (lot, stream, pool, state, settled, missing)]


@pytest.mark.parametrize("swindle", [each for _, each in swindles()], ids=[name for name, _ in swindles()])
def test_every_difference_is_seen(run: Simulation, swindle: Callable[[Simulation], None]) -> None:
    swindle(run)
    with pytest.raises(Failure, match="seed 12, block"):
        run.check_all()


def test_an_event_too_few_is_seen(run: Simulation) -> None:
    run.auditor.market.told.append(("EventOrderClosed", "somebody/1/1/1"))
    with pytest.raises(Disagreement, match="not told"):
        run.auditor._compare_events([], "here")


def test_supply_changes_only_with_a_reason(run: Simulation) -> None:
    run.auditor._compare_supply()
    run.auditor.money.supply["uakt"] += 1
    with pytest.raises(Disagreement, match="supply"):
        run.auditor._compare_supply()
    run.auditor.money.supply["uakt"] -= 1
    run.auditor.money.purses["module/grants"]["uakt"] += 1
    with pytest.raises(Disagreement, match="all purses hold"):
        run.auditor._compare_supply()
