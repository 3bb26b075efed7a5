"""ABCI queries: paths, heights, proofs, simulation, and the words of refusals (queries, status)."""

from __future__ import annotations

import json

import pytest
from google.protobuf.message import DecodeError

from supercloud.chain.baseapp.status import SimulationFailed, abci_failure, grpc_status
from supercloud.codec.tx import decode
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2, tx_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.testing.ledger import Ledger
from supercloud.types.errors import (
    InvalidArgument,
    KeyNotFound,
    QueryNotFound,
    Unauthorized,
    Undefined,
    define,
)

BALANCE = "/cosmos.bank.v1beta1.Query/Balance"


def balance_at(ledger: Ledger, height: int) -> str:
    request = bank.QueryBalanceRequest(address=ledger.bob.text, denom="uakt")
    answer = ledger.query(BALANCE, request, height)
    assert (answer.code, answer.height) == (0, height or ledger.app.store.height)
    return bank.QueryBalanceResponse.FromString(answer.value).balance.amount


def send(ledger: Ledger, amount: int = 7) -> MsgSend:
    coins = [Coin(denom="uakt", amount=str(amount))]
    return MsgSend(from_address=ledger.alice.text, to_address=ledger.bob.text, amount=coins)


def test_a_height_shows_its_own_state(ledger: Ledger) -> None:
    before = int(balance_at(ledger, 0))
    ledger.deliver(send(ledger), by=ledger.alice)
    assert [int(balance_at(ledger, height)) for height in (0, 1, 2)] == [before + 7, before, before + 7]
    assert ledger.context(1).time < ledger.context(2).time == ledger.time


def test_a_missing_account_reads_as_clients_expect(ledger: Ledger) -> None:
    nobody = ledger.actor("nobody").text
    answer = ledger.query("/cosmos.auth.v1beta1.Query/Account", auth.QueryAccountRequest(address=nobody))
    assert (answer.codespace, answer.code) == ("sdk", 22)
    assert answer.log == f"rpc error: code = NotFound desc = account {nobody} not found: key not found"
    assert answer.height == 1


@pytest.mark.parametrize(
    ("path", "height", "code", "log"),
    [
        ("/akash.market.v1beta4.Query/Orders", 0, 6, "unknown query path: unknown request"),
        ("", 0, 6, "unknown query path: unknown request"),
        (
            "/cosmos.tx.v1beta1.Service/BroadcastTx",
            0,
            18,
            "can't route a broadcast tx message: invalid request",
        ),
        (
            BALANCE,
            99,
            26,
            "cannot query with height in the future; please provide a valid height: invalid height",
        ),
        (BALANCE, -1, 18, "cannot query with height < 0; please provide a valid height: invalid request"),
        (BALANCE, 0, 18, "rpc error: code = InvalidArgument desc = invalid denom: : invalid request"),
        ("/app/other", 0, 6, None),
        ("/store/none/key", 0, 6, None),
        ("/store/bank/subspace", 0, 6, None),
        ("/store/bank/key", 0, 18, None),
    ],
)
def test_refusals(ledger: Ledger, path: str, height: int, code: int, log: str | None) -> None:
    answer = ledger.app.query(abci.RequestQuery(path=path, height=height))
    assert (answer.codespace, answer.code) == ("sdk", code)
    assert log is None or answer.log == log


def test_a_request_that_cannot_be_decoded_is_refused(ledger: Ledger) -> None:
    assert ledger.app.query(abci.RequestQuery(path=BALANCE, data=b"\xff")).code == 18


def test_pruned_heights_are_not_found() -> None:
    from supercloud.chain.app import Options

    ledger = Ledger(options=Options(keep_heights=2))
    ledger.blocks(6)
    request = bank.QueryBalanceRequest(address=ledger.bob.text, denom="uakt")
    answer = ledger.query(BALANCE, request, 1)
    assert (answer.codespace, answer.code) == ("sdk", 38)
    assert answer.log.startswith("failed to load state at height 1; ")


def test_stores_are_read_with_proofs(ledger: Ledger) -> None:
    key = b"\x00uakt"
    plain = ledger.app.query(abci.RequestQuery(path="/store/bank/key", data=key))
    proven = ledger.app.query(abci.RequestQuery(path="/store/bank/key", data=key, prove=True))
    assert plain.value == proven.value == str(4 * 10**15).encode()
    assert (len(plain.proof_ops.ops), len(proven.proof_ops.ops)) == (0, 2)
    absent = ledger.app.query(abci.RequestQuery(path="/store/bank/key", data=b"\x00no", prove=True))
    assert (absent.value, len(absent.proof_ops.ops)) == (b"", 2)


def test_version_and_peers(ledger: Ledger) -> None:
    assert ledger.app.query(abci.RequestQuery(path="/app/version")).value == b"0"
    assert ledger.app.query(abci.RequestQuery(path="/p2p/filter/addr/1.2.3.4:5")).code == 0


def test_simulation_by_both_forms_of_the_request(ledger: Ledger) -> None:
    raw = ledger.sign(send(ledger), by=ledger.alice)
    tx = decode(raw)
    whole = tx_pb2.Tx(body=tx.body, auth_info=tx.auth_info, signatures=tx.signatures)
    answers = []
    for request in (service_pb2.SimulateRequest(tx_bytes=raw), service_pb2.SimulateRequest(tx=whole)):
        answer = ledger.query("/cosmos.tx.v1beta1.Service/Simulate", request)
        assert answer.code == 0
        answers.append(service_pb2.SimulateResponse.FromString(answer.value))
    assert answers[0] == answers[1]
    assert answers[0].gas_info.gas_wanted == 2**64 - 1
    assert answers[0].gas_info.gas_used > 30_000
    assert answers[0].result.msg_responses[0].type_url == "/cosmos.bank.v1beta1.MsgSendResponse"
    document = json.loads(ledger.app.query(abci.RequestQuery(path="/app/simulate", data=raw)).value)
    assert document["gas_info"]["gas_used"] == str(answers[0].gas_info.gas_used)


def test_a_failing_simulation_says_what_it_used(ledger: Ledger) -> None:
    raw = ledger.sign(send(ledger, 10**18), by=ledger.alice)
    answer = ledger.query("/cosmos.tx.v1beta1.Service/Simulate", service_pb2.SimulateRequest(tx_bytes=raw))
    assert answer.code == 6
    assert answer.log.startswith(
        "rpc error: code = Unknown desc = failed to execute message; message index: 0: "
    )
    assert answer.log.endswith("': unknown request")
    assert " with gas used: '" in answer.log
    assert ledger.app.query(abci.RequestQuery(path="/app/simulate", data=raw)).code == 5
    empty = ledger.query("/cosmos.tx.v1beta1.Service/Simulate", service_pb2.SimulateRequest())
    assert (
        empty.log == "rpc error: code = InvalidArgument desc = empty txBytes is not allowed: invalid request"
    )


Missing = define("deployment", 4, "Deployment not found", 5)


@pytest.mark.parametrize(
    ("error", "status", "failure"),
    [
        (
            QueryNotFound("account x not found"),
            (5, "account x not found"),
            (22, "rpc error: code = NotFound desc = account x not found: key not found"),
        ),
        (
            InvalidArgument("bad"),
            (3, "bad"),
            (18, "rpc error: code = InvalidArgument desc = bad: invalid request"),
        ),
        (
            Missing(),
            (5, "codespace deployment code 4: Deployment not found"),
            (22, "Deployment not found: key not found"),
        ),
        (
            Missing("a/1"),
            (5, "codespace deployment code 4: Deployment not found: a/1"),
            (22, "a/1: Deployment not found: key not found"),
        ),
        (
            DecodeError("cut short"),
            (13, "DecodeError: cut short"),
            (18, "the request cannot be decoded: cut short: invalid request"),
        ),
        (Undefined("plain"), (2, "plain"), (18, "plain: invalid request")),
        (
            SimulationFailed("text"),
            (2, "text"),
            (6, "rpc error: code = Unknown desc = text: unknown request"),
        ),
        (
            Unauthorized("who"),
            (16, "codespace sdk code 4: unauthorized: who"),
            (4, "who: unauthorized: unauthorized"),
        ),
        (KeyNotFound(), (5, "codespace sdk code 22: key not found"), (22, "key not found: key not found")),
        (
            ValueError("oops"),
            (13, "ValueError: oops"),
            (6, "rpc error: code = Internal desc = ValueError: oops: unknown request"),
        ),
    ],
)
def test_errors_in_both_forms(error: Exception, status: tuple[int, str], failure: tuple[int, str]) -> None:
    assert tuple(grpc_status(error)) == status
    assert tuple(abci_failure(error)) == ("sdk", *failure)
