"""Topping accounts up."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.escrow import types
from supercloud.pb.akash.escrow.id.v1 import id_pb2
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit


def top_up(world: Any, build: Any, amount: int = 5, **more: Any) -> MsgAccountDeposit:
    return MsgAccountDeposit(
        signer=world.text(more.get("signer", world.alice)),
        id=more.get("id") or types.account_to_pb(world.deployment(), world.bech32),
        deposit=build.deposit(amount, more.get("denom", "uact"), more.get("sources", (1,))),
    )


def test_anybody_may(world: Any, build: Any) -> None:
    world.send(world.create_deployment())
    world.blocks(3)
    events = world.send(top_up(world, build, signer=world.dave))
    assert {event.type for event in events} == {"coin_spent", "coin_received", "transfer", "message"}
    account = world.k.escrow.account(world.ctx(), world.deployment())
    assert [(each.payer, each.height) for each in account.deposits] == [(world.alice, 1), (world.dave, 4)]
    assert account.settled_at == 1, "a deposit does not settle"
    assert world.violations() == []


def test_a_bids_account_too(world: Any, build: Any) -> None:
    world.with_providers()
    world.send(world.create_deployment(), world.create_bid())
    dave = world.balance(world.dave)
    id = types.account_to_pb(world.bid_id(), world.bech32)
    world.send(top_up(world, build, signer=world.dave, id=id))
    world.send(world.close_bid())
    assert world.balance(world.dave) == dave


@pytest.mark.parametrize(
    ("id", "code"),
    [
        (id_pb2.Account(), 12),
        (id_pb2.Account(scope="deployment", xid="nobody/1"), 12),
        (id_pb2.Account(scope="bid", xid="{alice}/1"), 12),
        (id_pb2.Account(scope="deployment", xid="{alice}/01"), 12),
        (id_pb2.Account(scope="deployment", xid="{alice}/+1"), 12),
        (id_pb2.Account(scope="deployment", xid="{alice}/x"), 12),
        (id_pb2.Account(scope="deployment", xid="{ALICE}/1"), 12),
        (id_pb2.Account(scope="deployment", xid="x" * 300), 12),
        (id_pb2.Account(scope="deployment", xid="{alice}/2"), 3),
    ],
)
def test_ids(world: Any, build: Any, id: id_pb2.Account, code: int) -> None:
    world.send(world.create_deployment())
    alice = world.text(world.alice)
    id.xid = id.xid.replace("{alice}", alice).replace("{ALICE}", alice.upper())
    assert world.refused(top_up(world, build, id=id)) == ("escrow", code)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": 0}, ("escrow", 16)),
        ({"sources": ()}, ("akash", 4)),
        ({"amount": 10**12}, ("undefined", 1)),
        ({"denom": "?"}, ("sdk", 10)),
    ],
)
def test_deposits(world: Any, build: Any, given: dict[str, Any], code: tuple[str, int]) -> None:
    world.send(world.create_deployment())
    assert world.refused(top_up(world, build, **given)) == code


def test_a_shortage_says_so(world: Any, build: Any) -> None:
    world.send(world.create_deployment())
    with pytest.raises(Exception, match="insufficient balance"):
        world.send(top_up(world, build, 10**12))
    message = top_up(world, build)
    message.signer = "me"
    assert world.refused(message) == ("sdk", 7)
