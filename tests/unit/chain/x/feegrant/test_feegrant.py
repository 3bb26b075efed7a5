"""Allowances: kinds, limits, periods, expiry, queries, genesis.

Covers keeper, keys, types, msg_server, query_server, genesis and abci.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.baseapp.timestamps import to_ns, to_timestamp
from supercloud.chain.x.feegrant import keys
from supercloud.chain.x.feegrant.abci import end_block
from supercloud.chain.x.feegrant.types import PRUNED_BY_BLOCK_MAX, accept, expires_at, pack, unpack, validate
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.pb.cosmos.feegrant.v1beta1 import feegrant_pb2 as pb
from supercloud.pb.cosmos.feegrant.v1beta1 import query_pb2, tx_pb2
from supercloud.testing.ledger import GENESIS_TIME, Actor, Ledger
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.errors import ChainError

SEND = "/cosmos.bank.v1beta1.MsgSend"
DAY = 86_400
START = GENESIS_TIME * 10**9


def uakt(amount: int) -> list[CoinPb]:
    return [CoinPb(denom="uakt", amount=str(amount))]


def basic(limit: int = 0, seconds: int = 0) -> pb.BasicAllowance:
    allowance = pb.BasicAllowance(spend_limit=uakt(limit) if limit else [])
    if seconds:
        allowance.expiration.CopyFrom(to_timestamp(START + seconds * 10**9))
    return allowance


def periodic(limit: int = 0, period: int = 100, can: int = 100, reset: int = DAY) -> pb.PeriodicAllowance:
    return pb.PeriodicAllowance(
        basic=basic(limit),
        period=Duration(seconds=DAY),
        period_spend_limit=uakt(period),
        period_can_spend=uakt(can) if can else [],
        period_reset=to_timestamp(START + reset * 10**9),
    )


def only(allowance: Any, *urls: str) -> pb.AllowedMsgAllowance:
    return pb.AllowedMsgAllowance(allowance=pack(allowance), allowed_messages=urls)


def grant(granter: Actor, grantee: Actor, allowance: Any) -> tx_pb2.MsgGrantAllowance:
    return tx_pb2.MsgGrantAllowance(granter=granter.text, grantee=grantee.text, allowance=pack(allowance))


def use(ledger: Ledger, fee: str, allowance_of: Actor, seconds: int = 5) -> tuple[str, int]:
    message = MsgSend(from_address=ledger.alice.text, to_address=ledger.dave.text, amount=uakt(1))
    raw = ledger.sign(message, by=ledger.alice, fee=fee, granter=allowance_of.text)
    result = ledger.block(raw, seconds=seconds).tx_results[0]
    return result.codespace, result.code


def left(ledger: Ledger) -> pb.BasicAllowance | None:
    found = ledger.app.keepers.feegrant.grant(ledger.context(), ledger.bob.address, ledger.alice.address)
    return None if found is None else unpack(found.allowance)  # type: ignore[return-value]


def test_keys_are_public() -> None:
    granter, grantee = b"r" * 20, b"e" * 32
    assert keys.grant_key(granter, grantee) == b"\x00\x20" + grantee + b"\x14" + granter
    key = keys.queue_key(5, granter, grantee)
    assert keys.parse_queue_key(key) == (granter, grantee)
    assert keys.queue_end(5) <= key < keys.queue_end(6)


def test_a_basic_allowance_is_used_up(ledger: Ledger) -> None:
    assert ledger.deliver(grant(ledger.bob, ledger.alice, basic(100)), by=ledger.bob).code == 0
    assert use(ledger, "60uakt", ledger.bob) == ("", 0)
    assert left(ledger) == basic(40)
    assert use(ledger, "41uakt", ledger.bob) == ("feegrant", 2)
    assert use(ledger, "40uakt", ledger.bob) == ("", 0)
    assert left(ledger) is None
    assert use(ledger, "1uakt", ledger.bob) == ("sdk", 38)


def test_an_allowance_without_limit_lasts(ledger: Ledger) -> None:
    ledger.deliver(grant(ledger.bob, ledger.alice, basic()), by=ledger.bob)
    for _ in range(3):
        assert use(ledger, "99uusdc", ledger.bob) == ("", 0)
    assert left(ledger) == basic()


def test_an_expired_allowance_is_refused_and_then_removed(ledger: Ledger) -> None:
    ledger.deliver(grant(ledger.bob, ledger.alice, basic(100, 30)), by=ledger.bob)
    assert use(ledger, "1uakt", ledger.bob) == ("", 0)
    assert use(ledger, "1uakt", ledger.bob, seconds=60) == ("feegrant", 3)
    assert left(ledger) is None
    assert not list(ledger.context().kv(keys.STORE).prefix(keys.QUEUE_PREFIX))


def test_a_revoked_and_renewed_allowance_lives_as_long_as_the_new_one(ledger: Ledger) -> None:
    ledger.deliver(grant(ledger.bob, ledger.alice, basic(100, 60)), by=ledger.bob)
    revoke = tx_pb2.MsgRevokeAllowance(granter=ledger.bob.text, grantee=ledger.alice.text)
    assert ledger.deliver(revoke, by=ledger.bob).code == 0
    ledger.deliver(grant(ledger.bob, ledger.alice, basic(100, 600)), by=ledger.bob)
    ledger.block(seconds=120)
    assert left(ledger) is not None


def test_periods_follow_one_another() -> None:
    ledger = Ledger()
    allowance = periodic(can=30)
    ctx = ledger.context()
    ctx.time = START + 10**9
    fee = [Coin("uakt", 30)]
    assert not accept(ctx, allowance, fee, [])
    assert not allowance.period_can_spend
    with pytest.raises(ChainError, match="period limit: fee limit exceeded"):
        accept(ctx, periodic(can=29), fee, [])
    ctx.time = START + (DAY + 5) * 10**9
    assert not accept(ctx, allowance, fee, [])
    assert list(allowance.period_can_spend) == uakt(70)
    assert to_ns(allowance.period_reset) == START + 2 * DAY * 10**9
    ctx.time = START + 10 * DAY * 10**9
    accept(ctx, allowance, fee, [])
    assert to_ns(allowance.period_reset) == START + 11 * DAY * 10**9


def test_a_period_ends_with_the_whole_limit() -> None:
    ctx = Ledger().context()
    ctx.time = START + (DAY + 1) * 10**9
    allowance = periodic(limit=50)
    assert accept(ctx, allowance, [Coin("uakt", 50)], [])
    assert not allowance.basic.spend_limit
    with pytest.raises(ChainError, match="period limit"):
        accept(ctx, periodic(limit=50), [Coin("uakt", 51)], [])


def test_only_named_messages_are_paid_for(ledger: Ledger) -> None:
    ledger.deliver(grant(ledger.bob, ledger.alice, only(basic(100), "/other")), by=ledger.bob)
    assert use(ledger, "1uakt", ledger.bob) == ("feegrant", 7)
    ledger.deliver(grant(ledger.carol, ledger.alice, only(basic(100), SEND)), by=ledger.carol)
    assert use(ledger, "1uakt", ledger.carol) == ("", 0)
    found = ledger.app.keepers.feegrant.grant(ledger.context(), ledger.carol.address, ledger.alice.address)
    assert found is not None
    assert unpack(unpack(found.allowance).allowance) == basic(99)  # type: ignore[union-attr]


def test_a_grantee_gets_an_account_unless_it_is_a_module(ledger: Ledger) -> None:
    erin = ledger.actor("erin")
    assert ledger.deliver(grant(ledger.bob, erin, basic(5)), by=ledger.bob).code == 0
    assert ledger.account(erin).address == erin.text
    message = grant(ledger.bob, erin, basic(5))
    message.grantee = ledger.profile.bech32.text(module_address("transfer"))
    assert ledger.deliver(message, by=ledger.bob).code == 4


@pytest.mark.parametrize(
    ("allowance", "refusal"),
    [
        (basic(5, -60), ("sdk", 18)),
        (pb.BasicAllowance(spend_limit=[CoinPb(denom="uakt", amount="-1")]), ("sdk", 10)),
        (pb.BasicAllowance(spend_limit=uakt(1) * 2), ("sdk", 10)),
        (periodic(period=0), ("sdk", 10)),
        (periodic(limit=1), ("", 0)),
        (only(basic(5)), ("feegrant", 6)),
        (only(only(only(basic(5), SEND), SEND), SEND), ("sdk", 18)),
        (only(only(basic(5), SEND), SEND), ("", 0)),
        (pb.AllowedMsgAllowance(allowed_messages=[SEND]), ("feegrant", 5)),
        (only(MsgSend(), SEND), ("feegrant", 5)),
        (MsgSend(), ("feegrant", 5)),
        (only(basic(5), *[str(number) for number in range(257)]), ("sdk", 18)),
    ],
)
def test_allowances_must_make_sense(ledger: Ledger, allowance: Any, refusal: tuple[str, int]) -> None:
    result = ledger.deliver(grant(ledger.bob, ledger.alice, allowance), by=ledger.bob)
    assert (result.codespace, result.code) == refusal, result.log


def test_periods_of_other_denoms_or_negative_length_are_refused() -> None:
    allowance = periodic(limit=5)
    allowance.period_spend_limit[0].denom = "uusdc"
    with pytest.raises(ChainError, match="different currency"):
        validate(allowance)
    allowance = periodic()
    allowance.period.seconds = -1
    with pytest.raises(ChainError, match="negative clock step"):
        validate(allowance)
    allowance = periodic()
    allowance.period_can_spend[0].amount = "x"
    with pytest.raises(ChainError, match="can spend amount is invalid"):
        validate(allowance)
    assert expires_at(only(periodic(), SEND)) is None


def test_refused_messages(ledger: Ledger) -> None:
    bob, alice = ledger.bob, ledger.alice
    cases = [
        (grant(bob, bob, basic(5)), ("sdk", 7)),
        (tx_pb2.MsgGrantAllowance(granter=bob.text, grantee="nonsense1"), ("undefined", 1)),
        (tx_pb2.MsgRevokeAllowance(granter=bob.text, grantee=bob.text), ("sdk", 7)),
        (tx_pb2.MsgRevokeAllowance(granter=bob.text, grantee=alice.text), ("sdk", 38)),
    ]
    for message, refusal in cases:
        result = ledger.deliver(message, by=bob)
        assert (result.codespace, result.code) == refusal, result.log
    assert ledger.deliver(grant(bob, alice, basic(5)), by=bob).code == 0
    assert ledger.deliver(grant(bob, alice, basic(5)), by=bob).code == 18


def test_pruning_is_bounded_per_block_and_by_message(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.feegrant
    for number in range(PRUNED_BY_BLOCK_MAX + 1):
        ctx.time = START
        grantee = number.to_bytes(20, "big")
        keeper.open_allowance(ctx, ledger.bob.address, grantee, basic(5, 10))
    ctx.time = START + 11 * 10**9
    end_block(ctx, keeper)
    assert len(list(keeper.grants(ctx))) == 1
    end_block(ctx, keeper)
    assert not list(keeper.grants(ctx))
    result = ledger.deliver(tx_pb2.MsgPruneAllowances(pruner=ledger.bob.text), by=ledger.bob)
    assert [event.type for event in result.events][-1] == "prune_feegrant"


def test_queries(ledger: Ledger) -> None:
    ledger.deliver(grant(ledger.bob, ledger.alice, basic(5)), by=ledger.bob)
    ledger.deliver(grant(ledger.bob, ledger.carol, basic(6)), by=ledger.bob)
    ledger.deliver(grant(ledger.dave, ledger.alice, basic(7)), by=ledger.dave)
    path = "/cosmos.feegrant.v1beta1.Query/"
    request = query_pb2.QueryAllowanceRequest(granter=ledger.bob.text, grantee=ledger.alice.text)
    answer = query_pb2.QueryAllowanceResponse.FromString(ledger.query(path + "Allowance", request).value)
    assert unpack(answer.allowance.allowance) == basic(5)
    to_alice = query_pb2.QueryAllowancesResponse.FromString(
        ledger.query(path + "Allowances", query_pb2.QueryAllowancesRequest(grantee=ledger.alice.text)).value
    )
    assert sorted(each.granter for each in to_alice.allowances) == sorted([ledger.bob.text, ledger.dave.text])
    of_bob = query_pb2.QueryAllowancesByGranterResponse.FromString(
        ledger.query(
            path + "AllowancesByGranter", query_pb2.QueryAllowancesByGranterRequest(granter=ledger.bob.text)
        ).value
    )
    assert len(of_bob.allowances) == 2
    request.granter = ledger.carol.text
    missing = ledger.query(path + "Allowance", request)
    assert missing.log == "rpc error: code = Internal desc = fee-grant not found: not found: unknown request"
    assert ledger.query(path + "Allowances", query_pb2.QueryAllowancesRequest(grantee="x")).code == 18


def test_genesis_there_and_back(ledger: Ledger) -> None:
    ledger.deliver(grant(ledger.bob, ledger.alice, only(basic(5, 10_000), SEND)), by=ledger.bob)
    state = ledger.app.export_state()
    assert len(state["feegrant"]["allowances"]) == 1
    assert Ledger(app_state=state).app.export_state()["feegrant"] == state["feegrant"]
    state["feegrant"]["allowances"] *= 2
    with pytest.raises(GenesisError, match="already exists"):
        Ledger(app_state=state)
