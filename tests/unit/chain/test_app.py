"""The application as a consensus engine meets it: genesis, blocks, crashes, failures, exports."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from supercloud.chain.app import MODULE_ACCOUNTS, RESERVED, violations
from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.store.backend import MemoryBackend
from supercloud.codec import registry
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.abci.v1beta1.abci_pb2 import TxMsgData
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.ed25519 import keys_pb2 as ed25519_keys
from supercloud.pb.cosmos.distribution.v1beta1.tx_pb2 import MsgWithdrawDelegatorReward
from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import CommissionRates, Description
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgCreateValidator
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.testing.ledger import CHAIN_ID, Actor, Ledger
from supercloud.types.address import module_address
from supercloud.types.errors import ProgrammerError


def send(src: Actor, dst: Actor, amount: int = 7, denom: str = "uakt") -> MsgSend:
    return MsgSend(from_address=src.text, to_address=dst.text, amount=[Coin(denom=denom, amount=str(amount))])


def attributes(result: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(event.type, [(each.key, each.value) for each in event.attributes]) for event in result.events]


def test_info_tells_where_the_chain_stands(ledger: Ledger) -> None:
    info = ledger.app.info(abci.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (1, ledger.last.app_hash)


def test_a_transfer_moves_coins_and_tells_it_in_the_order_that_clients_know(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    raw = ledger.sign(send(alice, bob), by=alice)
    assert ledger.check(raw).code == 0
    before = ledger.balance(bob)
    result = ledger.block(raw).tx_results[0]
    assert (result.code, result.codespace, result.log) == (0, "", "")
    assert ledger.balance(bob) == before + 7
    collector = ledger.profile.bech32.text(module_address("fee_collector"))
    signature = attributes(result)[6][1][0][1]
    number = ("msg_index", "0")
    assert attributes(result) == [
        ("coin_spent", [("spender", alice.text), ("amount", "5000uakt")]),
        ("coin_received", [("receiver", collector), ("amount", "5000uakt")]),
        ("transfer", [("recipient", collector), ("sender", alice.text), ("amount", "5000uakt")]),
        ("message", [("sender", alice.text)]),
        ("tx", [("fee", "5000uakt"), ("fee_payer", alice.text)]),
        ("tx", [("acc_seq", f"{alice.text}/0")]),
        ("tx", [("signature", signature)]),
        (
            "message",
            [("action", "/cosmos.bank.v1beta1.MsgSend"), ("sender", alice.text), ("module", "bank"), number],
        ),
        ("coin_spent", [("spender", alice.text), ("amount", "7uakt"), number]),
        ("coin_received", [("receiver", bob.text), ("amount", "7uakt"), number]),
        ("transfer", [("recipient", bob.text), ("sender", alice.text), ("amount", "7uakt"), number]),
        ("message", [("sender", alice.text), number]),
    ]
    assert all(each.index for event in result.events for each in event.attributes)
    responses = TxMsgData.FromString(result.data).msg_responses
    assert [each.type_url for each in responses] == ["/cosmos.bank.v1beta1.MsgSendResponse"]
    assert violations(ledger.context(), ledger.app.keepers) == []


def test_a_failed_message_keeps_fee_and_sequence_and_undoes_all_messages(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    before = ledger.balance(alice), ledger.balance(bob)
    result = ledger.deliver(send(alice, bob), send(alice, bob, 10**18), by=alice)
    assert (result.codespace, result.code) == ("sdk", 5)
    spendable = before[0] - 5000 - 7
    assert result.log == (
        "failed to execute message; message index: 1: "
        f"spendable balance {spendable}uakt is smaller than {10**18}uakt: insufficient funds"
    )
    assert (ledger.balance(alice), ledger.balance(bob)) == (before[0] - 5000, before[1])
    assert ledger.account(alice).sequence == 1
    assert [kind for kind, _ in attributes(result)][-1] == "tx"
    assert result.data == b""


def test_a_refused_ante_leaves_nothing(ledger: Ledger) -> None:
    before = ledger.balance(ledger.alice)
    result = ledger.deliver(send(ledger.alice, ledger.bob), by=ledger.alice, sequence=3)
    assert (result.codespace, result.code) == ("sdk", 32)
    assert result.log == "account sequence mismatch, expected 0, got 3: incorrect account sequence"
    assert (ledger.balance(ledger.alice), ledger.account(ledger.alice).sequence) == (before, 0)
    assert not result.events


def test_gas_that_ends_in_a_message_is_told_in_words_that_clients_parse(ledger: Ledger) -> None:
    result = ledger.deliver(send(ledger.alice, ledger.bob), by=ledger.alice, gas=30_000)
    assert (result.codespace, result.code, result.gas_wanted) == ("sdk", 11, 30_000)
    assert result.log == (
        f"out of gas in location: {result.log.split('; ')[0].split(': ')[1]}; "
        f"gasWanted: 30000, gasUsed: {result.gas_used}: out of gas"
    )
    assert result.gas_used > 30_000


@pytest.mark.parametrize("raw", [b"", b"\xff\xff", b"\x0a\x00", b"\x12\x01"])
def test_a_block_with_an_undecodable_transaction_goes_on(ledger: Ledger, raw: bytes) -> None:
    good = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    first, second = ledger.block(raw, good).tx_results
    assert (first.codespace, second.code) == ("sdk", 0)
    assert first.code in (2, 18)


def test_an_exception_in_a_handler_fails_the_transaction_only(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise ZeroDivisionError("a defect")

    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    before = ledger.balance(ledger.alice)
    with monkeypatch.context() as patch:
        patch.setattr(ledger.app.keepers.bank, "_add", broken)
        patch.setattr(ledger.app.keepers.bank, "send_to_module", lambda *given: None)
        result = ledger.block(raw).tx_results[0]
    assert (result.codespace, result.code) == ("undefined", 111222)
    assert ledger.balance(ledger.alice) == before
    assert ledger.account(ledger.alice).sequence == 1


def test_an_error_of_the_machine_stops_the_node(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise OSError("disk")

    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    monkeypatch.setattr(ledger.app.keepers.bank, "send", broken)
    with pytest.raises(OSError, match="disk"):
        ledger.finalize([raw])


def test_a_defect_in_begin_block_stops_the_node(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise ProgrammerError("a state that cannot be")

    monkeypatch.setattr(ledger.app.keepers.authz, "prune", broken)
    with pytest.raises(ProgrammerError):
        ledger.finalize()


def test_a_defect_in_end_block_stops_the_node_and_leaves_the_last_block_whole(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise ZeroDivisionError("a defect")

    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    before = ledger.app.info(abci.RequestInfo())
    balance, stored = ledger.balance(ledger.alice), ledger.backend.latest()
    with monkeypatch.context() as patch:
        # The block's transactions have run by then, and modules before this one have ended theirs.
        patch.setattr("supercloud.chain.x.feeauction.abci.end_block", broken)
        with pytest.raises(ZeroDivisionError):
            ledger.finalize([raw])
        with pytest.raises(ProgrammerError):
            ledger.app.commit()
    assert ledger.app.info(abci.RequestInfo()) == before
    assert (ledger.balance(ledger.alice), ledger.backend.latest()) == (balance, stored)
    ledger.restart()
    assert ledger.app.info(abci.RequestInfo()) == before
    assert ledger.block(raw).tx_results[0].code == 0


def test_a_block_decided_again_gives_the_same_hash(ledger: Ledger) -> None:
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    first = ledger.finalize([raw])
    other = ledger.finalize([])
    again = ledger.finalize([raw])
    assert first.app_hash == again.app_hash != other.app_hash
    ledger.commit()
    assert ledger.app.info(abci.RequestInfo()).last_block_app_hash == first.app_hash


def test_a_crash_between_finalize_and_commit_is_replayed_to_the_same_hash(ledger: Ledger) -> None:
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    first = ledger.finalize([raw])
    ledger.restart()
    assert ledger.app.info(abci.RequestInfo()).last_block_height == 1
    assert ledger.finalize([raw]).app_hash == first.app_hash
    ledger.commit()
    ledger.restart()
    info = ledger.app.info(abci.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (2, first.app_hash)
    assert ledger.app.chain_id == CHAIN_ID


def test_what_was_executed_and_checked_is_forgotten(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    app, raw = ledger.app, ledger.sign(send(alice, bob), by=alice)
    first = ledger.finalize([raw])
    assert ledger.check(raw).code == 0 and ledger.check(raw).code == 32
    app.forget()
    # Neither a mempool that is gone nor a block that nobody committed leaves anything.
    with pytest.raises(ProgrammerError, match="commit without finalize_block"):
        app.commit()
    assert ledger.check(raw).code == 0
    assert ledger.finalize([raw]) == first
    ledger.commit()
    assert app.info(abci.RequestInfo()).last_block_app_hash == first.app_hash
    assert ledger.check(raw).code == 32


def test_the_first_block_can_be_decided_twice() -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 10}})
    request = abci.RequestInitChain(chain_id=CHAIN_ID, app_state_bytes=json.dumps(state).encode())
    ledger.app.init_chain(request)
    ledger.next_height = 1
    first = ledger.finalize()
    assert ledger.finalize() == first
    ledger.app.forget()
    assert ledger.finalize() == first
    # An engine that is gone before the first block is followed by one that begins with the genesis.
    ledger.app.forget()
    ledger.app.init_chain(request)
    assert ledger.finalize() == first


def test_a_chain_may_begin_at_a_greater_height() -> None:
    ledger = Ledger(start=False)
    ledger.init(ledger.genesis({"alice": {"uakt": 10}}), initial_height=100)
    assert ledger.app.info(abci.RequestInfo()).last_block_height == 100
    with pytest.raises(ProgrammerError, match="expected: 101"):
        ledger.app.finalize_block(abci.RequestFinalizeBlock(height=103))


def test_calls_out_of_order_are_refused() -> None:
    ledger = Ledger(start=False)
    with pytest.raises(ProgrammerError):
        ledger.app.finalize_block(abci.RequestFinalizeBlock(height=1))
    with pytest.raises(ProgrammerError):
        ledger.app.commit()
    running = Ledger()
    with pytest.raises(ProgrammerError):
        running.app.init_chain(abci.RequestInitChain())


def test_the_mempool_takes_transactions_one_after_the_other(ledger: Ledger) -> None:
    first = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    assert ledger.check(first).code == 0
    second = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    assert ledger.check(second).code == 0
    assert ledger.check(first).code == 32
    results = ledger.block(first, second).tx_results
    assert [result.code for result in results] == [0, 0]


def test_recheck_drops_what_a_block_has_made_stale(ledger: Ledger) -> None:
    stale = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    fresh = ledger.sign(send(ledger.bob, ledger.alice), by=ledger.bob)
    assert [ledger.check(raw).code for raw in (stale, fresh)] == [0, 0]
    ledger.block(ledger.sign(send(ledger.alice, ledger.dave), by=ledger.alice, sequence=0))
    assert [ledger.check(raw, recheck=True).code for raw in (stale, fresh)] == [32, 0]


def test_an_empty_memory_of_signatures_changes_no_result(ledger: Ledger) -> None:
    other = Ledger()
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    assert ledger.check(raw).code == 0
    remembered, verified = ledger.block(raw), other.block(raw)
    assert remembered.SerializeToString() == verified.SerializeToString()


def test_gas_and_events_are_the_same_with_a_cold_and_a_warm_cache() -> None:
    """One ledger starts anew before every block, the other has read, checked and simulated all of it before."""
    cold, warm = Ledger(), Ledger()
    for number in range(4):
        messages = [send(cold.alice, actor) for actor in (cold.bob, cold.actor(f"new {number}"))]
        raw = warm.sign(*messages, by=warm.alice)
        failing = warm.sign(send(warm.bob, warm.alice, 10**30), by=warm.bob)
        for each in (raw, failing):
            warm.app.simulate(each)
            warm.check(each)
        list(warm.context().kv("bank").prefix(b""))
        cold.restart()
        results = [ledger.block(raw, failing) for ledger in (cold, warm)]
        assert [result.code for result in results[0].tx_results] == [0, 5]
        assert results[0].SerializeToString() == results[1].SerializeToString()


def test_a_withdrawal_of_rewards_is_priced_with_those_of_the_next_block() -> None:
    """In the block of the withdrawal before there are none yet."""
    ledger = Ledger()
    alice = ledger.alice
    operator, key = ledger.profile.bech32.valoper(alice.address), ed25519_keys.PubKey(key=b"k" * 32)
    founding = MsgCreateValidator(
        description=Description(moniker="alice"),
        commission=CommissionRates(rate="0", max_rate="0", max_change_rate="0"),
        min_self_delegation="1",
        validator_address=operator,
        pubkey=registry.pack(key),
        value=Coin(denom="uakt", amount="5000000"),
    )
    assert ledger.deliver(founding, by=alice).code == 0
    withdraw = MsgWithdrawDelegatorReward(delegator_address=alice.text, validator_address=operator)
    vote = abci.VoteInfo(validator=abci.Validator(address=sha256(key.key).digest()[:20], power=5))
    for _ in range(2):
        raw = ledger.sign(withdraw, by=alice)
        simulated = ledger.app.simulate(raw)
        result = ledger.finalize([raw], [vote]).tx_results[0]
        ledger.commit()
    paid = [event for event in result.events if event.type == "withdraw_rewards"]
    assert (result.code, paid[0].attributes[0].value) == (0, "4900uakt")
    assert simulated.gas_used * 12 // 10 >= result.gas_used


def test_simulations_leave_nothing_behind(ledger: Ledger) -> None:
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice)
    gas = [ledger.app.simulate(raw).gas_used for _ in range(2)]
    assert gas[0] == gas[1] and ledger.app.check_context().height == 1
    twin = Ledger()
    assert ledger.block(raw).SerializeToString() == twin.block(raw).SerializeToString()


def test_export_import_export_is_the_same(ledger: Ledger) -> None:
    ledger.deliver(send(ledger.alice, ledger.actor("erin")), by=ledger.alice)
    exported = ledger.app.export_state()
    again = Ledger(app_state=exported)
    # The first block of the new chain collects no fees, so nothing has moved.
    assert again.app.export_state() == exported


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("bank"), "no document of module bank"),
        (lambda state: state.update(wasm={}), "unknown modules: wasm"),
        (
            lambda state: state["bank"].update(supply=[{"denom": "uakt", "amount": "1"}]),
            "differs from the sum",
        ),
        (lambda state: state["bank"]["balances"].append(state["bank"]["balances"][0]), "given twice"),
        (lambda state: state["auth"]["accounts"].append(state["auth"]["accounts"][0]), "given twice"),
        (lambda state: state["bank"].update(no_such_field=1), "no_such_field"),
        (lambda state: state["bank"]["params"].update(default_send_enabled="yes"), "default_send_enabled"),
    ],
)
def test_a_genesis_document_that_cannot_be_true_is_refused(change: Any, words: str) -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 10}})
    change(state)
    with pytest.raises(GenesisError, match=words):
        ledger.init(state)


def test_proposals_keep_to_bytes_and_leave_out_what_cannot_be_decoded(ledger: Ledger) -> None:
    txs = [
        ledger.sign(send(actor, ledger.dave), by=actor) for actor in (ledger.alice, ledger.bob, ledger.carol)
    ]
    request = abci.RequestPrepareProposal(txs=[txs[0], b"junk", *txs[1:]], max_tx_bytes=len(txs[0]) * 2 + 20)
    assert list(ledger.app.prepare_proposal(request).txs) == txs[:2]
    wrapped = abci.Response()
    wrapped.prepare_proposal.CopyFrom(ledger.app.prepare_proposal(abci.RequestPrepareProposal()))
    assert wrapped.WhichOneof("value") == "prepare_proposal"
    process = ledger.app.process_proposal
    assert process(abci.RequestProcessProposal(txs=txs)).status == abci.ResponseProcessProposal.ACCEPT
    assert process(abci.RequestProcessProposal(txs=[b"junk"])).status == abci.ResponseProcessProposal.REJECT


def test_snapshots_are_refused_cleanly(ledger: Ledger) -> None:
    app = ledger.app
    assert not app.list_snapshots(abci.RequestListSnapshots()).snapshots
    assert app.offer_snapshot(abci.RequestOfferSnapshot()).result == abci.ResponseOfferSnapshot.ABORT
    assert app.load_snapshot_chunk(abci.RequestLoadSnapshotChunk()).chunk == b""
    chunk = app.apply_snapshot_chunk(abci.RequestApplySnapshotChunk())
    assert chunk.result == abci.ResponseApplySnapshotChunk.ABORT


def test_every_module_account_exists_and_is_closed_to_users(ledger: Ledger) -> None:
    keepers = ledger.app.keepers
    for name in MODULE_ACCOUNTS:
        account = keepers.auth.account(ledger.context(), module_address(name))
        assert account is not None and account.url.endswith("ModuleAccount")
    for name in (*MODULE_ACCOUNTS, *RESERVED):
        assert keepers.bank.is_blocked(module_address(name))


def test_old_blocks_are_kept_as_long_as_asked() -> None:
    from supercloud.chain.app import Options

    ledger = Ledger(options=Options(retain_blocks=2), backend=MemoryBackend())
    ledger.finalize()
    ledger.time += 10**9
    assert ledger.app.commit().retain_height == 0
    ledger.next_height += 1
    ledger.blocks(2)
    ledger.finalize()
    assert ledger.app.commit().retain_height == 3
