"""Authorizations: grants, execution, expiry, queries, genesis.

Covers keeper, keys, types, msg_server, query_server, genesis and abci.
"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.baseapp.timestamps import to_timestamp
from supercloud.chain.x.authz import keys
from supercloud.chain.x.authz.abci import begin_block
from supercloud.chain.x.authz.types import PRUNED_PER_BLOCK_MAX, pack
from supercloud.codec import registry
from supercloud.pb.cosmos.authz.v1beta1 import query_pb2
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import GenericAuthorization
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import Grant as GrantPb
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgExec, MsgExecResponse, MsgGrant, MsgRevoke
from supercloud.pb.cosmos.bank.v1beta1.authz_pb2 import SendAuthorization
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend, MsgSendResponse
from supercloud.pb.cosmos.base.abci.v1beta1.abci_pb2 import TxMsgData
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.testing.ledger import GENESIS_TIME, Actor, Ledger
from supercloud.types.address import module_address
from supercloud.types.errors import ChainError

SEND = "/cosmos.bank.v1beta1.MsgSend"
START = GENESIS_TIME * 10**9
GENERIC = GenericAuthorization(msg=SEND)


def uakt(amount: int) -> list[Coin]:
    return [Coin(denom="uakt", amount=str(amount))]


def grant(granter: Actor, grantee: Actor, authorization: Any = GENERIC, seconds: int = 0) -> MsgGrant:
    message = MsgGrant(granter=granter.text, grantee=grantee.text)
    message.grant.authorization.CopyFrom(pack(authorization))
    if seconds:
        message.grant.expiration.CopyFrom(to_timestamp(START + seconds * 10**9))
    return message


def send(src: Actor, dst: Actor, amount: int = 5) -> MsgSend:
    return MsgSend(from_address=src.text, to_address=dst.text, amount=uakt(amount))


def execute(grantee: Actor, *messages: Any) -> MsgExec:
    return MsgExec(grantee=grantee.text, msgs=[registry.pack(message) for message in messages])


def outcome(ledger: Ledger, message: Any, by: Actor) -> tuple[str, int]:
    result = ledger.deliver(message, by=by)
    return result.codespace, result.code


def test_keys_are_public() -> None:
    granter, grantee = b"r" * 20, b"e" * 32
    assert keys.grant_key(granter, grantee, "/m") == b"\x01\x14" + granter + b"\x20" + grantee + b"/m"
    assert keys.parse_tail(keys.grant_key(granter, grantee, "/m")[1:]) == (granter, grantee, "/m")
    assert keys.parse_queue_key(keys.queue_key(7, granter, grantee, "/m")) == (granter, grantee, "/m")
    assert keys.type_key(grantee, "/m", granter) == b"\x04\x20" + grantee + b"\x02/m" + granter
    tail = keys.grantee_key(grantee, granter, "/m")[len(keys.grantee_prefix(grantee)) :]
    assert keys.parse_second(tail) == (granter, "/m")


def test_a_generic_authorization_lets_another_send(ledger: Ledger) -> None:
    alice, bob, carol = ledger.alice, ledger.bob, ledger.carol
    exec_ = execute(bob, send(alice, carol))
    assert outcome(ledger, exec_, bob) == ("authz", 2)
    granted = ledger.deliver(grant(alice, bob), by=alice)
    assert granted.code == 0
    typed = granted.events[-1]
    assert typed.type == "cosmos.authz.v1beta1.EventGrant"
    assert {each.key: each.value for each in typed.attributes} == {
        "grantee": f'"{bob.text}"',
        "granter": f'"{alice.text}"',
        "msg_type_url": f'"{SEND}"',
        "msg_index": "0",
    }
    before = ledger.balance(alice), ledger.balance(carol)
    result = ledger.deliver(exec_, by=bob)
    assert result.code == 0
    assert (ledger.balance(alice), ledger.balance(carol)) == (before[0] - 5, before[1] + 5)
    inner = [
        event.type
        for event in result.events
        if any(each.key == "authz_msg_index" and each.value == "0" for each in event.attributes)
    ]
    assert inner == ["coin_spent", "coin_received", "transfer", "message"]
    (action,) = [event for event in result.events if event.attributes[0].key == "action"]
    assert [(each.key, each.value) for each in action.attributes] == [
        ("action", "/cosmos.authz.v1beta1.MsgExec"),
        ("sender", bob.text),
        ("module", "authz"),
        ("msg_index", "0"),
    ]
    response = TxMsgData.FromString(result.data).msg_responses[0]
    assert list(MsgExecResponse.FromString(response.value).results) == [MsgSendResponse().SerializeToString()]


def test_own_messages_need_no_grant(ledger: Ledger) -> None:
    assert outcome(ledger, execute(ledger.bob, send(ledger.bob, ledger.alice)), ledger.bob) == ("", 0)


def test_all_or_nothing(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    ledger.deliver(grant(alice, bob), by=alice)
    before = ledger.balance(alice)
    result = ledger.deliver(execute(bob, send(alice, bob), send(alice, bob, 10**18)), by=bob)
    assert (result.codespace, result.code) == ("sdk", 5)
    assert ledger.balance(alice) == before


def test_a_send_authorization_is_used_up_and_keeps_to_its_list(ledger: Ledger) -> None:
    alice, bob, carol, dave = ledger.alice, ledger.bob, ledger.carol, ledger.dave
    limited = SendAuthorization(spend_limit=uakt(10), allow_list=[carol.text])
    assert outcome(ledger, grant(alice, bob, limited), alice) == ("", 0)
    assert outcome(ledger, execute(bob, send(alice, dave)), bob) == ("sdk", 4)
    assert outcome(ledger, execute(bob, send(alice, carol, 11)), bob) == ("sdk", 5)
    assert outcome(ledger, execute(bob, send(alice, carol, 6)), bob) == ("", 0)
    found = ledger.app.keepers.authz.authorization(ledger.context(), alice.address, bob.address, SEND)
    assert found == (SendAuthorization(spend_limit=uakt(4), allow_list=[carol.text]), None)
    assert outcome(ledger, execute(bob, send(alice, carol, 4)), bob) == ("", 0)
    assert outcome(ledger, execute(bob, send(alice, carol, 1)), bob) == ("authz", 2)
    assert not list(ledger.context().kv(keys.STORE).prefix(b""))


def test_a_new_grant_replaces_the_old_with_its_expiry(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    ledger.deliver(grant(alice, bob, seconds=60), by=alice)
    ledger.deliver(grant(alice, bob, seconds=600), by=alice)
    assert len(list(ledger.context().kv(keys.STORE).prefix(keys.QUEUE_PREFIX))) == 1
    ledger.block(seconds=120)
    assert outcome(ledger, execute(bob, send(alice, bob)), bob) == ("", 0)
    ledger.deliver(grant(alice, bob), by=alice)
    assert not list(ledger.context().kv(keys.STORE).prefix(keys.QUEUE_PREFIX))
    ledger.block(seconds=1000)
    assert outcome(ledger, execute(bob, send(alice, bob)), bob) == ("", 0)


def test_an_expired_grant_vanishes_with_its_indexes(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    ledger.deliver(grant(alice, bob, seconds=30), by=alice)
    keeper = ledger.app.keepers.authz
    assert [each[0] for each in keeper.grants_of_grantee(ledger.context(), bob.address, SEND)] == [
        alice.address
    ]
    late = ledger.context()
    late.time = START + 31 * 10**9
    assert keeper.grants_of_grantee(late, bob.address, SEND) == []
    assert keeper.authorization(late, alice.address, bob.address, SEND) is None
    with pytest.raises(ChainError, match="authorization expired"):
        keeper.dispatch(late, bob.address, [send(alice, bob)])
    ledger.block(seconds=60)
    assert not list(ledger.context().kv(keys.STORE).prefix(b""))


def test_revoking(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    revoke = MsgRevoke(granter=alice.text, grantee=bob.text, msg_type_url=SEND)
    assert outcome(ledger, revoke, alice) == ("authz", 2)
    ledger.deliver(grant(alice, bob, seconds=600), by=alice)
    result = ledger.deliver(revoke, by=alice)
    assert result.events[-1].type == "cosmos.authz.v1beta1.EventRevoke"
    assert not list(ledger.context().kv(keys.STORE).prefix(b""))
    revoke.msg_type_url = ""
    assert outcome(ledger, revoke, alice) == ("sdk", 18)


def test_grantees_get_accounts_unless_they_are_modules(ledger: Ledger) -> None:
    erin = ledger.actor("erin")
    assert outcome(ledger, grant(ledger.alice, erin), ledger.alice) == ("", 0)
    assert ledger.account(erin).address == erin.text
    message = grant(ledger.alice, erin)
    message.grantee = ledger.profile.bech32.text(module_address("transfer"))
    assert outcome(ledger, message, ledger.alice) == ("sdk", 4)


@pytest.mark.parametrize(
    ("authorization", "seconds", "refusal"),
    [
        (GenericAuthorization(), 0, ("undefined", 1)),
        (GenericAuthorization(msg="/no.such.Msg"), 0, ("sdk", 29)),
        (MsgSend(), 0, ("sdk", 29)),
        (SendAuthorization(), 0, ("sdk", 10)),
        (SendAuthorization(spend_limit=uakt(0)), 0, ("sdk", 10)),
        (SendAuthorization(spend_limit=uakt(5), allow_list=["a", "a"]), 0, ("bank", 8)),
        (SendAuthorization(spend_limit=uakt(5), allow_list=[str(n) for n in range(257)]), 0, ("sdk", 18)),
        (GENERIC, 3, ("authz", 3)),
        (GENERIC, 2**38, ("sdk", 18)),
    ],
)
def test_grants_must_make_sense(
    ledger: Ledger, authorization: Any, seconds: int, refusal: tuple[str, int]
) -> None:
    message = grant(ledger.alice, ledger.bob, authorization)
    if seconds:
        message.grant.expiration.seconds = GENESIS_TIME + seconds
    assert outcome(ledger, message, ledger.alice) == refusal


def test_refused_messages(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    assert outcome(ledger, grant(alice, alice), alice) == ("authz", 7)
    empty = MsgGrant(granter=alice.text, grantee=bob.text, grant=GrantPb())
    assert outcome(ledger, empty, alice) == ("sdk", 29)
    strange = grant(alice, bob)
    strange.grantee = "nonsense1"
    assert outcome(ledger, strange, alice) == ("sdk", 7)
    assert outcome(ledger, MsgExec(grantee=bob.text), bob) == ("sdk", 18)
    assert outcome(ledger, execute(bob, *[send(bob, alice)] * 65), bob) == ("sdk", 18)
    assert outcome(ledger, execute(bob, MsgMultiSend()), bob) == ("authz", 9)
    assert outcome(ledger, execute(bob, MsgSend(from_address="nonsense1")), bob) == ("sdk", 7)
    assert outcome(ledger, execute(bob, MsgSendResponse()), bob) == ("sdk", 6)


def test_execution_inside_execution_is_bounded(ledger: Ledger) -> None:
    bob = ledger.bob
    message: Any = send(bob, ledger.alice)
    for _ in range(6):
        message = execute(bob, message)
    assert outcome(ledger, message, bob) == ("", 0)
    for _ in range(2):
        message = execute(bob, message)
    assert outcome(ledger, message, bob) == ("sdk", 6)


def test_pruning_is_bounded_per_block(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.authz
    ctx.time = START
    for number in range(PRUNED_PER_BLOCK_MAX + 1):
        keeper.save(ctx, ledger.alice.address, number.to_bytes(20, "big"), GENERIC, START + 10**9)
    ctx.time = START + 2 * 10**9
    begin_block(ctx, keeper)
    assert len(list(keeper.grants(ctx))) == 1
    begin_block(ctx, keeper)
    assert not list(ctx.kv(keys.STORE).prefix(b""))


def test_queries(ledger: Ledger) -> None:
    alice, bob, carol = ledger.alice, ledger.bob, ledger.carol
    ledger.deliver(grant(alice, bob, seconds=600), by=alice)
    ledger.deliver(grant(alice, carol), by=alice)
    ledger.deliver(grant(carol, bob, SendAuthorization(spend_limit=uakt(5))), by=carol)
    path = "/cosmos.authz.v1beta1.Query/"

    def ask(method: str, request: Any, response: Any) -> Any:
        answer = ledger.query(path + method, request)
        assert answer.code == 0, answer.log
        return response.FromString(answer.value).grants

    request = query_pb2.QueryGrantsRequest(granter=alice.text, grantee=bob.text)
    assert len(ask("Grants", request, query_pb2.QueryGrantsResponse)) == 1
    request.msg_type_url = SEND
    assert ask("Grants", request, query_pb2.QueryGrantsResponse)[0].expiration.seconds == GENESIS_TIME + 600
    request.msg_type_url = "/other"
    missing = ledger.query(path + "Grants", request)
    assert missing.log == "authorization not found for /other type: authorization not found: unknown request"
    given = ask(
        "GranterGrants",
        query_pb2.QueryGranterGrantsRequest(granter=alice.text),
        query_pb2.QueryGranterGrantsResponse,
    )
    assert sorted(each.grantee for each in given) == sorted([bob.text, carol.text])
    received = ask(
        "GranteeGrants",
        query_pb2.QueryGranteeGrantsRequest(grantee=bob.text),
        query_pb2.QueryGranteeGrantsResponse,
    )
    assert sorted(each.granter for each in received) == sorted([alice.text, carol.text])
    assert ledger.query(path + "GranteeGrants", query_pb2.QueryGranteeGrantsRequest(grantee="x")).code == 18


def test_genesis_there_and_back(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    ledger.deliver(grant(alice, bob, seconds=10_000), by=alice)
    ledger.deliver(grant(bob, alice, SendAuthorization(spend_limit=uakt(5))), by=bob)
    state = ledger.app.export_state()
    assert len(state["authz"]["authorization"]) == 2
    assert Ledger(app_state=state).app.export_state()["authz"] == state["authz"]
    state["authz"]["authorization"] *= 2
    with pytest.raises(GenesisError, match="given twice"):
        Ledger(app_state=state)
