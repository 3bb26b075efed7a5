"""Block gas limits, the memory of decoded transactions, swallowed refusals.

Covers execution, and of application what the whole-application tests leave out.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import textwrap
from collections.abc import Callable

import pytest

from supercloud.chain.baseapp import execution
from supercloud.chain.baseapp.context import Context, Mode
from supercloud.chain.store.gas import GasMeter
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend, MsgSendResponse
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2
from supercloud.testing.ledger import CHAIN_ID, Ledger, stamp
from supercloud.types.errors import ChainError


def send(ledger: Ledger) -> MsgSend:
    coins = [Coin(denom="uakt", amount="1")]
    return MsgSend(from_address=ledger.alice.text, to_address=ledger.bob.text, amount=coins)


@pytest.fixture
def bounded() -> Ledger:
    """A chain whose blocks hold 100,000 gas."""
    ledger = Ledger(start=False)
    ledger.app.init_chain(
        abci.RequestInitChain(
            chain_id=CHAIN_ID,
            time=stamp(ledger.time),
            app_state_bytes=json.dumps(ledger.genesis({"alice": {"uakt": 10**9}})).encode(),
            consensus_params=params_pb2.ConsensusParams(
                block=params_pb2.BlockParams(max_bytes=10_000, max_gas=100_000)
            ),
        )
    )
    ledger.next_height = 1
    ledger.block()
    return ledger


def test_a_block_stops_when_its_gas_is_spent(bounded: Ledger) -> None:
    txs = [bounded.sign(send(bounded), by=bounded.alice, gas=60_000, sequence=number) for number in range(4)]
    response = bounded.block(*txs)
    codes = [(result.codespace, result.code) for result in response.tx_results]
    assert codes == [("", 0), ("", 0), ("sdk", 11), ("sdk", 11)]
    assert response.tx_results[3].log == "no block gas left to run tx: out of gas"
    assert not response.tx_results[2].events


def test_proposals_keep_to_the_gas_of_a_block(bounded: Ledger) -> None:
    txs = [bounded.sign(send(bounded), by=bounded.alice, gas=gas) for gas in (60_000, 50_000, 40_000)]
    chosen = bounded.app.prepare_proposal(abci.RequestPrepareProposal(txs=txs, max_tx_bytes=10**6)).txs
    assert list(chosen) == [txs[0], txs[2]]
    judge = lambda txs: bounded.app.process_proposal(abci.RequestProcessProposal(txs=txs)).status
    assert judge([txs[0], txs[2]]) == abci.ResponseProcessProposal.ACCEPT
    assert judge(txs[:2]) == abci.ResponseProcessProposal.REJECT
    assert judge([txs[2]] * 40) == abci.ResponseProcessProposal.REJECT


def test_more_gas_than_a_block_has_is_refused(bounded: Ledger) -> None:
    answer = bounded.check(bounded.sign(send(bounded), by=bounded.alice, gas=100_001))
    assert (answer.code, answer.log) == (
        41,
        "tx gas limit 100001 exceeds block max gas 100000: invalid gas limit",
    )


def test_changed_parameters_are_reported_once(bounded: Ledger) -> None:
    keeper = bounded.app.keepers.consensus
    assert not bounded.block().HasField("consensus_param_updates")
    params = params_pb2.ConsensusParams()
    params.CopyFrom(keeper.params(bounded.context()))
    params.block.max_gas = 200_000
    original = bounded.app.keepers.feegrant.prune
    try:
        bounded.app.keepers.feegrant.prune = lambda ctx, most: keeper.set_params(ctx, params)  # type: ignore
        assert bounded.block().consensus_param_updates.block.max_gas == 200_000
    finally:
        bounded.app.keepers.feegrant.prune = original  # type: ignore
    assert not bounded.block().HasField("consensus_param_updates")


def test_a_handler_that_swallows_the_meters_refusal_still_fails(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(ctx: Context, msg: MsgSend) -> MsgSendResponse:
        try:
            ctx.gas.consume(10**9, "too much")
        except ChainError:
            ctx.kv("base").set(b"\x99stolen", b"work")
        return MsgSendResponse()

    route = ledger.app.router._by_type[MsgSend]
    monkeypatch.setitem(ledger.app.router._by_type, MsgSend, route._replace(handler=greedy))
    result = ledger.deliver(send(ledger), by=ledger.alice)
    assert (result.codespace, result.code) == ("sdk", 11)
    assert ledger.context().kv("base").get(b"\x99stolen") is None


def test_decoded_transactions_are_kept_for_their_block_in_bounds(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "DECODED_KEPT_MAX", 2)
    executor = ledger.app._executor
    actors = (ledger.alice, ledger.bob, ledger.carol)
    raws = [
        ledger.sign(
            MsgSend(from_address=actor.text, to_address=actor.text, amount=[Coin(denom="uakt", amount="1")]),
            by=actor,
        )
        for actor in actors
    ]
    for raw in raws:
        assert ledger.check(raw).code == 0
    large = ledger.sign(*[send(ledger)] * 40, by=ledger.alice)
    assert (ledger.check(large).code, len(large) > execution.DECODED_BYTES_MAX) == (0, True)
    assert ledger.check(ledger.sign(send(ledger), by=ledger.alice, sequence=99)).code == 32
    assert list(executor._decoded) == raws[1:]
    ledger.block(raws[2])
    assert list(executor._decoded) == raws[1:2]


def test_the_observer_of_defects_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from supercloud.chain.app import Options

    seen: list[BaseException] = []
    ledger = Ledger(options=Options(on_defect=seen.append))
    monkeypatch.setattr(ledger.app.keepers.bank, "require_send_enabled", lambda *given: 1 // 0)
    result = ledger.deliver(send(ledger), by=ledger.alice)
    assert (result.codespace, result.code) == ("undefined", execution.PANIC_CODE)
    assert [type(error) for error in seen] == [ZeroDivisionError]


def test_an_unhandled_message_is_refused(ledger: Ledger) -> None:
    answer = ledger.check(ledger.sign(MsgSendResponse(), by=ledger.alice))
    assert (answer.codespace, answer.code) == ("sdk", 6)


def test_stateless_checks_are_made_once_and_know_no_state(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Mode, int]] = []
    route = ledger.app.router._by_type[MsgSend]

    def validate(ctx: Context, message: MsgSend) -> None:
        seen.append((ctx.mode, ctx.gas.used))

    monkeypatch.setitem(ledger.app.router._by_type, MsgSend, route._replace(validate=validate))
    raw = ledger.sign(send(ledger), by=ledger.alice)
    assert ledger.check(raw).code == 0
    assert ledger.block(raw).tx_results[0].code == 0
    assert seen == [(Mode.CHECK, 0)]
    assert ledger.block(ledger.sign(send(ledger), by=ledger.alice)).tx_results[0].code == 0
    assert seen == [(Mode.CHECK, 0), (Mode.DELIVER, 0)]


def asked_of_context(function: Callable[..., object]) -> set[str]:
    """What a check asks its context for, and what others do to whom it hands the whole of it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    above = {below: node for node in ast.walk(tree) for below in ast.iter_child_nodes(node)}
    asked: set[str] = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Name) and node.id == "ctx"):
            continue
        user = above[node]
        if isinstance(user, ast.Attribute):
            asked.add(user.attr)
        else:
            assert isinstance(user, ast.Call), f"{function.__qualname__}: {ast.unparse(user)}"
            asked |= asked_of_context(eval(ast.unparse(user.func), function.__globals__))
    return asked


def test_stateless_checks_ask_for_nothing_that_a_block_may_change(ledger: Ledger) -> None:
    """One node has seen a transaction in CheckTx and checks it no more, another sees it in its block for the first time."""
    asked = {url: asked_of_context(route.validate) for url, route in ledger.app.router.messages.items()}
    assert {
        url: found - {"bech32", "profile"} for url, found in asked.items() if found - {"bech32", "profile"}
    } == {}
    assert sum(map(bool, asked.values())) > 20


def test_no_stateless_check_touches_the_state(ledger: Ledger) -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"a stateless check asks for {name}")

    for route in ledger.app.router.messages.values():
        ctx = Context(ledger.context().block, Untouchable(), GasMeter(), Mode.CHECK, ledger.profile)  # type: ignore[arg-type]
        with contextlib.suppress(ChainError):
            route.validate(ctx, route.message_type())
        assert (ctx.gas.used, ctx.events) == (0, []), route.type_url
