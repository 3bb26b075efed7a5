"""staking/grants.py: staking for somebody else, through authz."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.staking import grants
from supercloud.codec import registry
from supercloud.pb.cosmos.authz.v1beta1 import authz_pb2
from supercloud.pb.cosmos.authz.v1beta1 import tx_pb2 as authz_tx
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.staking.v1beta1 import authz_pb2 as pb
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2
from supercloud.testing.staked import UNIT, StakedChain
from supercloud.types.errors import ChainError

DELEGATE = pb.AUTHORIZATION_TYPE_DELEGATE


def coin(amount: int, denom: str = "uakt") -> Coin:
    return Coin(denom=denom, amount=str(amount))


@pytest.fixture
def chain() -> StakedChain:
    return StakedChain()


def grant(chain: StakedChain, authorization: pb.StakeAuthorization) -> authz_tx.MsgGrant:
    return authz_tx.MsgGrant(
        granter=chain.text("alice"),
        grantee=chain.text("bob"),
        grant=authz_pb2.Grant(authorization=registry.pack(authorization)),
    )


def execute(chain: StakedChain, number: int, amount: int) -> authz_tx.MsgExec:
    message = tx_pb2.MsgDelegate(
        delegator_address=chain.text("alice"),
        validator_address=chain.validators[number].text,
        amount=coin(amount),
    )
    return authz_tx.MsgExec(grantee=chain.text("bob"), msgs=[registry.pack(message)])


def allowed(chain: StakedChain, *numbers: int) -> pb.StakeAuthorization.Validators:
    return pb.StakeAuthorization.Validators(address=[chain.validators[number].text for number in numbers])


def test_a_grant_is_used_up(chain: StakedChain) -> None:
    limit = pb.StakeAuthorization(
        max_tokens=coin(5 * UNIT), authorization_type=DELEGATE, allow_list=allowed(chain, 0)
    )
    chain.send(grant(chain, limit))
    chain.send(execute(chain, 0, 2 * UNIT))
    for number, amount in ((1, UNIT), (0, 4 * UNIT)):
        with pytest.raises(ChainError):
            chain.send(execute(chain, number, amount))
    chain.send(execute(chain, 0, 3 * UNIT))
    with pytest.raises(ChainError, match="authorization not found"):
        chain.send(execute(chain, 0, UNIT))
    staked = chain.k.staking.require_validator(chain.ctx(), chain.validators[0].operator)
    assert staked.tokens == str(15 * UNIT)


def test_a_grant_without_a_limit_stays(chain: StakedChain) -> None:
    chain.send(grant(chain, pb.StakeAuthorization(authorization_type=DELEGATE, deny_list=allowed(chain, 2))))
    chain.send(execute(chain, 0, UNIT), execute(chain, 1, UNIT))
    with pytest.raises(ChainError, match="cannot delegate/undelegate to"):
        chain.send(execute(chain, 2, UNIT))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (1, "MsgDelegate"),
        (2, "MsgUndelegate"),
        (3, "MsgBeginRedelegate"),
        (4, "MsgCancelUnbondingDelegation"),
    ],
)
def test_each_kind_is_for_its_message(kind: Any, name: str) -> None:
    given = pb.StakeAuthorization(authorization_type=kind)
    assert grants.message_url(given) == f"/cosmos.staking.v1beta1.{name}"


@pytest.mark.parametrize(
    ("given", "codespace", "code"),
    [
        (pb.StakeAuthorization(), "authz", 4),
        (pb.StakeAuthorization(authorization_type=DELEGATE, max_tokens=coin(-1)), "authz", 8),
        (pb.StakeAuthorization(authorization_type=DELEGATE, max_tokens=coin(1, "!")), "sdk", 10),
        (
            pb.StakeAuthorization(authorization_type=DELEGATE, max_tokens=Coin(denom="uakt", amount="x")),
            "sdk",
            10,
        ),
    ],
)
def test_grants_that_mean_nothing(given: pb.StakeAuthorization, codespace: str, code: int) -> None:
    with pytest.raises(ChainError) as caught:
        grants.check_authorization(given)
    assert (caught.value.codespace, caught.value.code) == (codespace, code)


def test_other_messages_are_not_covered(chain: StakedChain) -> None:
    with pytest.raises(ChainError, match="unknown msg type"):
        grants.accept(chain.ctx(), pb.StakeAuthorization(authorization_type=DELEGATE), MsgSend())
