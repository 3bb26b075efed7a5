"""Deposit grants: rules, use in MsgExec, use as a source of deposits, and their return."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.x.escrow import grants, types
from supercloud.chain.x.escrow.settlement import Source
from supercloud.codec import registry
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgExec, MsgGrant
from supercloud.types.errors import ChainError, InsufficientFunds, InvalidCoins, InvalidType, Unauthorized


def authorization(limits: dict[str, int], scopes: tuple[int, ...] = (1, 2)) -> DepositAuthorization:
    made = DepositAuthorization(scopes=scopes)
    for denom, amount in limits.items():
        made.spend_limits.add(denom=denom, amount=str(amount))
    return made


def grant(world: Any, granter: bytes, grantee: bytes, limits: dict[str, int], **more: Any) -> MsgGrant:
    message = MsgGrant(granter=world.text(granter), grantee=world.text(grantee))
    message.grant.authorization.CopyFrom(registry.pack(authorization(limits, more.get("scopes", (1, 2)))))
    if "expires_in_s" in more:
        message.grant.expiration.CopyFrom(Timestamp(seconds=world.time // 10**9 + more["expires_in_s"]))
    return message


def limits_left(world: Any, granter: bytes, grantee: bytes) -> dict[str, int] | None:
    found = world.k.authz.grant(world.ctx(), granter, grantee, types.DEPOSIT_TYPE_URL)
    if found is None:
        return None
    stored = DepositAuthorization.FromString(found.authorization.value)
    return grants.limits_of(stored)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda g: g.ClearField("scopes"), types.InvalidAuthzScope),
        (lambda g: g.scopes.append(1), types.InvalidAuthzScope),
        (lambda g: g.scopes.append(3), types.InvalidAuthzScope),
        (lambda g: g.spend_limits.add(denom="uact", amount="1"), InvalidCoins),
        (lambda g: g.spend_limits.add(denom="uzz", amount="0"), InvalidCoins),
        (lambda g: g.spend_limits.add(denom="uzz", amount="-1"), InvalidCoins),
        (lambda g: g.spend_limits.add(denom="aaa", amount="1"), InvalidCoins),
        (lambda g: setattr(g.spend_limit, "amount", "5"), InvalidCoins),
        (lambda g: setattr(g.spend_limit, "amount", "x"), InvalidCoins),
    ],
)
def test_rules_of_a_grant(spoil: Any, error: type[ChainError]) -> None:
    good = authorization({"uact": 5})
    grants.check_authorization(good)
    good.spend_limit.amount = "0"
    grants.check_authorization(good)
    spoil(good)
    with pytest.raises(error):
        grants.check_authorization(good)


def test_an_old_single_limit_counts_in() -> None:
    old = authorization({"uact": 5})
    old.spend_limit.denom, old.spend_limit.amount = "uact", "7"
    assert grants.limits_of(old) == {"uact": 12}
    new = grants.with_limits(old, {"uact": 3, "uakt": 0}, "uakt")
    assert [(each.denom, each.amount) for each in new.spend_limits] == [("uact", "3")]
    assert (new.spend_limit.denom, new.spend_limit.amount) == ("uakt", "0")


def test_accept(world: Any, build: Any) -> None:
    ctx, full = world.ctx(), authorization({"uact": 500_000, "uakt": 1})
    create = world.create_deployment()
    updated, delete = grants.accept(ctx, full, create)
    assert delete is False
    assert grants.limits_of(updated) == {"uakt": 1}
    assert grants.accept(ctx, authorization({"uact": 500_000}), world.create_bid()) == (None, True)
    deposit = MsgAccountDeposit(
        id=types.account_to_pb(world.deployment(), world.bech32), deposit=build.deposit(1)
    )
    assert grants.accept(ctx, authorization({"uact": 1}), deposit) == (None, True)
    for given, message, error in (
        (authorization({"uact": 500_000}, (2,)), create, types.UnauthorizedDepositScope),
        (authorization({"uact": 500_000}, (1,)), world.create_bid(), types.UnauthorizedDepositScope),
        (authorization({"uakt": 500_000}), create, Unauthorized),
        (authorization({"uact": 499_999}), create, InsufficientFunds),
        (full, world.create_lease(), InvalidType),
    ):
        with pytest.raises(error):
            grants.accept(ctx, given, message)


def test_several_granters_and_the_own_purse_pay_together(world: Any) -> None:
    granters = sorted([world.carol, world.dave])
    for granter in granters:
        world.send(grant(world, granter, world.alice, {"uact": 200_000}))
    purses = {each: world.balance(each) for each in (*granters, world.alice)}
    world.send(world.create_deployment(amount=500_000, sources=(2, 1)))
    account = world.k.escrow.account(world.ctx(), world.deployment())
    assert [(each.payer, each.source, each.amount // 10**18) for each in account.deposits] == [
        (granters[0], Source.GRANT, 200_000),
        (granters[1], Source.GRANT, 200_000),
        (world.alice, Source.BALANCE, 100_000),
    ]
    assert [limits_left(world, each, world.alice) for each in granters] == [{}, {}]
    assert world.balance(world.alice) == purses[world.alice] - 100_000
    world.send(world.close_deployment())
    assert {each: world.balance(each) for each in purses} == purses
    assert [limits_left(world, each, world.alice) for each in granters] == [{"uact": 200_000}] * 2
    assert world.violations() == []


def test_the_own_purse_first_leaves_the_grant_alone(world: Any) -> None:
    world.send(grant(world, world.dave, world.alice, {"uact": 200_000}))
    world.send(world.create_deployment(sources=(1, 2)))
    assert limits_left(world, world.dave, world.alice) == {"uact": 200_000}


def test_what_was_spent_comes_back_to_nobody(world: Any) -> None:
    world.with_providers()
    world.send(grant(world, world.dave, world.alice, {"uact": 500_000}))
    world.send(world.create_deployment(sources=(2,)), world.create_bid(), world.create_lease())
    world.blocks(100)
    dave = world.balance(world.dave)
    world.send(world.close_deployment())
    assert world.balance(world.dave) == dave + 499_900
    assert limits_left(world, world.dave, world.alice) == {"uact": 499_900}


@pytest.mark.parametrize(
    ("limits", "more", "code"),
    [
        ({"uact": 499_999}, {}, ("undefined", 1)),
        ({"uakt": 500_000}, {}, ("undefined", 1)),
        ({"uact": 500_000}, {"scopes": (2,)}, ("undefined", 1)),
        ({"uact": 10**12}, {}, ("sdk", 5)),
    ],
)
def test_a_grant_that_does_not_do(
    world: Any, limits: dict[str, int], more: Any, code: tuple[str, int]
) -> None:
    world.send(grant(world, world.dave, world.alice, limits, **more))
    if code == ("sdk", 5):
        drained = world.k.bank
        from supercloud.types.coin import Coin

        left = world.balance(world.dave)
        drained.send(world.ctx(), world.dave, world.carol, [Coin("uact", left)])
    assert world.refused(world.create_deployment(sources=(2,))) == code
    assert limits_left(world, world.dave, world.alice) == limits


def test_an_expired_grant_pays_nothing_and_gets_nothing_back(world: Any) -> None:
    world.send(grant(world, world.dave, world.alice, {"uact": 600_000}, expires_in_s=60))
    world.send(world.create_deployment(sources=(2,)))
    dave = world.balance(world.dave)
    world.blocks(10)
    assert world.refused(world.create_deployment(2, sources=(2,))) == ("undefined", 1)
    world.send(world.close_deployment())
    assert world.balance(world.dave) == dave + 500_000
    assert limits_left(world, world.dave, world.alice) == {"uact": 100_000}


def test_a_strangers_top_up_by_grant_raises_nobody_elses_grant(world: Any, build: Any) -> None:
    """carol gives alice and dave a grant each; dave tops alice's account up from his."""
    world.send(grant(world, world.carol, world.alice, {"uact": 1_000}))
    world.send(grant(world, world.carol, world.dave, {"uact": 1_000}))
    world.send(world.create_deployment())
    world.send(
        MsgAccountDeposit(
            signer=world.text(world.dave),
            id=types.account_to_pb(world.deployment(), world.bech32),
            deposit=build.deposit(1_000, sources=(2,)),
        )
    )
    carol = world.balance(world.carol)
    world.send(world.close_deployment())
    assert world.balance(world.carol) == carol + 1_000
    assert limits_left(world, world.carol, world.alice) == {"uact": 1_000}
    assert limits_left(world, world.carol, world.dave) == {}


def test_exec_of_a_deposit(world: Any, build: Any) -> None:
    world.send(world.create_deployment())
    world.send(grant(world, world.dave, world.bob, {"uact": 100}))

    def run(amount: int) -> MsgExec:
        deposit = MsgAccountDeposit(
            signer=world.text(world.dave),
            id=types.account_to_pb(world.deployment(), world.bech32),
            deposit=build.deposit(amount),
        )
        return MsgExec(grantee=world.text(world.bob), msgs=[registry.pack(deposit)])

    assert world.refused(run(101)) == ("sdk", 5)
    world.send(run(60))
    assert limits_left(world, world.dave, world.bob) == {"uact": 40}
    world.send(run(40))
    assert limits_left(world, world.dave, world.bob) is None
    assert world.pool() == 500_100
