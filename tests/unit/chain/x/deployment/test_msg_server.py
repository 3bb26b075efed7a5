"""Deployment's ladders."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.deployment import types
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgUpdateDeployment
from supercloud.pb.akash.deployment.v1beta4.groupmsg_pb2 import MsgCloseGroup, MsgPauseGroup, MsgStartGroup
from supercloud.pb.akash.deployment.v1beta4.paramsmsg_pb2 import MsgUpdateParams
from supercloud.types.dec import ONE
from supercloud.types.ids import GroupID

UNDEFINED = ("undefined", 1)


def test_what_creating_does(world: Any) -> None:
    alice = world.balance(world.alice)
    events = world.send(world.create_deployment(groups=2, window_s=7200))
    assert [event.type.rpartition(".")[2] for event in events if "akash" in event.type] == [
        "EventDeploymentCreated",
        "EventOrderCreated",
        "EventOrderCreated",
    ]
    created = dict(events[0].attributes)
    assert created["id"] == f'{{"owner":"{world.text(world.alice)}","dseq":"1"}}'
    assert list(created) == ["hash", "id"]
    assert world.balance(world.alice) == alice - 500_000
    assert world.pool() == 500_000
    assert (world.deployment_state(), world.group_state(1), world.group_state(2)) == (
        "active",
        "open",
        "open",
    )
    order = world.k.market.order(world.ctx(), world.bid_id(gseq=2).order)
    assert (order.spec.name, order.reclamation.min_window.seconds) == ("g2", 7200)
    account = world.k.escrow.account(world.ctx(), world.deployment())
    assert account.funds == {"uact": 500_000 * ONE}
    assert world.violations() == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": 499_999}, ("deployment", 20)),
        ({"denom": "uxyz"}, UNDEFINED),
        ({"denom": "uakt"}, None),
        ({"denom": "uusdc"}, None),
        ({"window_s": 3599}, ("deployment", 26)),
        ({"window_s": 720 * 3600 + 1}, ("deployment", 26)),
        ({"window_s": -1}, ("deployment", 26)),
        ({"window_s": 3600}, None),
        ({"amount": 10**12}, UNDEFINED),
        ({"sources": ()}, ("akash", 4)),
        ({"sources": (2,)}, UNDEFINED),
        ({"price": "10000000.000000000000000001"}, UNDEFINED),
        ({"price": "0"}, None),
        ({"groups": 101}, ("deployment", 7)),
        ({"groups": 30}, None),
    ],
)
def test_create(world: Any, given: dict[str, Any], code: tuple[str, int] | None) -> None:
    message = world.create_deployment(**given)
    if code is None:
        world.send(message)
        assert world.refused(message) == ("deployment", 3)
    else:
        assert world.refused(message) == code
    assert world.violations() == []


def spoiled(message: Any, spoil: Any) -> Any:
    spoil(message)
    return message


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda m: setattr(m.id, "owner", "nobody"), ("sdk", 7)),
        (lambda m: setattr(m.id, "dseq", 0), ("sdk", 3)),
        (lambda m: m.ClearField("groups"), ("deployment", 7)),
        (lambda m: setattr(m, "hash", b""), ("deployment", 9)),
        (lambda m: setattr(m, "hash", b"short"), ("deployment", 10)),
        (lambda m: setattr(m.groups[0], "name", ""), UNDEFINED),
        (lambda m: m.groups[0].ClearField("resources"), UNDEFINED),
        (lambda m: m.groups[0].resources[0].resource.ClearField("cpu"), UNDEFINED),
        (lambda m: m.groups[0].resources[0].resource.ClearField("storage"), UNDEFINED),
        (lambda m: setattr(m.groups[0].resources[0].resource, "id", 0), UNDEFINED),
        (lambda m: setattr(m.groups[0].resources[0].resource.cpu.units, "val", b"9"), UNDEFINED),
        (lambda m: setattr(m.groups[0].resources[0], "count", 0), UNDEFINED),
        (lambda m: setattr(m.groups[0].resources[0], "count", 10_001), UNDEFINED),
        (lambda m: setattr(m.groups[0].resources[0].price, "denom", "uakt"), ("deployment", 20)),
        (lambda m: m.groups.add().CopyFrom(m.groups[0]), ("deployment", 7)),
        (lambda m: [m.groups[0].requirements.attributes.add() for _ in range(201)], UNDEFINED),
        (lambda m: m.groups[0].requirements.signed_by.all_of.extend(["a"] * 101), UNDEFINED),
    ],
)
def test_create_with_something_wrong(world: Any, spoil: Any, code: tuple[str, int]) -> None:
    assert world.refused(spoiled(world.create_deployment(), spoil)) == code


def test_price_in_a_denom_the_network_does_not_settle_in(world: Any) -> None:
    params = types.default_params()
    params.min_deposits[1].amount = "0"
    world.k.deployment.set_params(world.ctx(), params)
    message = world.create_deployment(amount=0)
    message.groups[0].resources[0].price.denom = "uxyz"
    assert world.refused(message) == ("deployment", 24)
    message.groups[0].resources[0].price.denom = "uakt"
    assert world.refused(message) == ("deployment", 20)
    message.groups[0].resources[0].price.denom = "uact"
    world.send(message)
    assert world.violations() == []


def test_a_dseq_is_taken_for_good(world: Any) -> None:
    world.send(world.create_deployment(), world.close_deployment())
    assert world.refused(world.create_deployment()) == ("deployment", 3)


def test_update(world: Any) -> None:
    def update(hash: bytes, dseq: int = 1) -> MsgUpdateDeployment:
        return MsgUpdateDeployment(id=world.deployment(dseq).to_pb(world.bech32), hash=hash)

    first = world.create_deployment()
    world.send(first)
    assert world.refused(update(b"x" * 32, 2)) == ("deployment", 4)
    assert world.refused(update(b"")) == ("deployment", 9)
    assert world.refused(update(b"x")) == ("deployment", 10)
    assert world.refused(update(first.hash)) == ("deployment", 10)
    events = world.send(update(b"x" * 32))
    assert events[0].type == "akash.deployment.v1.EventDeploymentUpdated"
    world.send(world.close_deployment())
    assert world.refused(update(b"y" * 32)) == ("deployment", 5)


def test_close_refusals(world: Any) -> None:
    assert world.refused(world.close_deployment()) == ("deployment", 4)
    world.send(world.create_deployment(), world.close_deployment())
    assert world.refused(world.close_deployment()) == ("deployment", 5)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([MsgCloseGroup, MsgCloseGroup], 15),
        ([MsgCloseGroup, MsgPauseGroup], 15),
        ([MsgCloseGroup, MsgStartGroup], 15),
        ([MsgPauseGroup, MsgPauseGroup], 17),
        ([MsgStartGroup], 16),
        ([MsgPauseGroup, MsgStartGroup, MsgStartGroup], 16),
        ([MsgPauseGroup, MsgCloseGroup], None),
    ],
)
def test_group_states(world: Any, steps: list[Any], code: int | None) -> None:
    world.send(world.create_deployment(groups=2))
    messages = [step(id=GroupID(world.alice, 1, 2).to_pb(world.bech32)) for step in steps]
    for message in messages[:-1]:
        world.send(message)
    if code is None:
        world.send(messages[-1])
    else:
        assert world.refused(messages[-1]) == ("deployment", code)
    assert world.group_state(1) == "open"
    assert world.violations() == []


@pytest.mark.parametrize("kind", [MsgCloseGroup, MsgPauseGroup, MsgStartGroup])
def test_groups_of_a_closed_deployment_stay(world: Any, kind: Any) -> None:
    world.with_lease()
    world.blocks(500_001)
    world.send(world.withdraw())
    assert world.group_state() == "insufficient_funds"
    assert world.refused(kind(id=GroupID(world.alice, 1, 1).to_pb(world.bech32))) == ("deployment", 5)
    assert world.refused(kind(id=GroupID(world.alice, 1, 2).to_pb(world.bech32))) == ("deployment", 14)
    assert world.refused(kind(id=GroupID(world.alice, 1, 0).to_pb(world.bech32))) == ("sdk", 3)


def test_all_groups_closed_leaves_the_deployment(world: Any) -> None:
    world.send(world.create_deployment())
    world.send(MsgCloseGroup(id=GroupID(world.alice, 1, 1).to_pb(world.bech32)))
    assert world.deployment_state() == "active"
    assert world.account_state() == "OPEN"
    world.send(world.close_deployment())
    assert world.pool() == 0


def test_parameters(world: Any) -> None:
    params = types.default_params()
    params.min_deposits[0].amount = "7"
    message = MsgUpdateParams(authority=world.text(world.alice), params=params)
    assert world.refused(message) == ("gov", 13)
    message.authority = world.text(world.profile.authority)
    world.send(message)
    world.send(world.create_deployment(amount=7, denom="uakt"))
    message.params.min_deposits.add(denom="uakt", amount="1")
    assert world.refused(message) == ("deployment", 22)
