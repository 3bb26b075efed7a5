"""The embedded engine over a real small state machine: blocks that verify, crashes at every step, backups,
cadence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kv_app import KvApp
from memory_blocks import MemoryBlocks

from supercloud.crypto import ed25519
from supercloud.node import genesis as genesis_document
from supercloud.node.engine import block as blocks
from supercloud.node.engine.embedded import Cadence, Embedded, EngineError, Settings
from supercloud.node.engine.ports import Committed
from supercloud.node.engine.signer import (
    DoubleSign,
    Signer,
    create_key_file,
    create_record_file,
    read_key_file,
)
from supercloud.node.engine.state import EngineState
from supercloud.node.mempool import Limits, Mempool
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2, types_pb2

START = 1_700_000_000 * 10**9
OTHER = ed25519.PrivateKey(b"\7" * 32)


class Home:
    """A node's durable parts, and the processes that come and go over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = create_key_file(folder / "key.json")
        create_record_file(folder / "record.json")
        self.blocks = MemoryBlocks()
        self.now = START + 10**9
        self.powers = [(self.key.public_key, 10)]
        self.settings = Settings()
        self.updates: dict[int, list[abci.ValidatorUpdate]] = {}
        self.mempool: Mempool

    def engine(self, app: KvApp | None = None, **document: Any) -> Embedded:
        self.app = app or KvApp(self.folder / "state.json")
        self.app.updates = self.updates
        validators = [genesis_document.GenesisValidator(key, power) for key, power in self.powers]
        genesis = genesis_document.parse({**genesis_document.build("c", START, validators, {}), **document})
        self.mempool = Mempool(self.app, Limits(), lambda: self.now / 1e9)
        engine = Embedded(
            self.app,
            self.blocks,
            Signer(read_key_file(self.folder / "key.json"), self.folder / "record.json"),
            genesis,
            self.mempool,
            folder=self.folder,
            settings=self.settings,
            clock=lambda: self.now,
        )
        engine.load()
        return engine

    def block(self, height: int) -> block_pb2.Block:
        stored = self.blocks.block(height)
        assert stored is not None
        return block_pb2.Block.FromString(stored)

    def commit(self, height: int) -> types_pb2.Commit:
        stored = self.blocks.commit(height)
        assert stored is not None
        return types_pb2.Commit.FromString(stored)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def verify_chain(home: Home) -> None:
    """What a light client and a full node check, from the first kept block on."""
    previous = None
    for height in range(home.blocks.base, home.blocks.height + 1):
        block, commit = home.block(height), home.commit(height)
        header = block.header
        serialised = home.blocks.block(height)
        assert serialised is not None
        named = blocks.block_id(block, serialised)
        assert blocks.BlockID.from_pb(commit.block_id) == named
        own = [entry for entry in commit.signatures if entry.block_id_flag == blocks.FLAG_COMMIT]
        assert [entry.validator_address for entry in own] == [home.key.address]
        signed = blocks.vote_sign_bytes("c", height, commit.round, named, blocks.time_ns(own[0].timestamp))
        assert ed25519.verify(home.key.public_key, signed, own[0].signature)
        assert header.data_hash == blocks.data_hash(block.data.txs)
        assert header.last_commit_hash == blocks.commit_hash(block.last_commit)
        if previous is not None:
            state = EngineState.from_bytes(home.blocks.state(height - 1) or b"")
            assert block.last_commit == home.commit(height - 1)
            assert header.app_hash == state.app_hash
            assert header.last_results_hash == state.results_hash
            assert header.validators_hash == previous.next_validators_hash
            assert blocks.time_ns(header.time) > blocks.time_ns(previous.time)
        previous = header


def test_blocks_link_verify_and_carry_transactions(home: Home) -> None:
    engine = home.engine()
    home.mempool.admit(b"a=1")
    home.mempool.admit(b"fail=x")
    engine.step()
    home.now += 10**9
    home.mempool.admit(b"b=2")
    engine.step()
    home.now += 10**9
    engine.step()
    assert list(home.block(1).data.txs) == [b"a=1", b"fail=x"]
    assert list(home.block(2).data.txs) == [b"b=2"]
    assert home.app.data == {"a": "1", "b": "2"}
    assert len(home.mempool) == 0
    verify_chain(home)


def test_times_follow_the_rule(home: Home) -> None:
    engine = home.engine()
    votes = []
    for _ in range(3):
        votes.append(home.now)
        engine.step()
        home.now += 10**9
    assert blocks.time_ns(home.block(1).header.time) == START
    assert blocks.time_ns(home.block(2).header.time) == votes[0]
    assert blocks.time_ns(home.block(3).header.time) == votes[1]


def test_time_goes_on_when_the_clock_runs_backwards(home: Home) -> None:
    engine = home.engine()
    for _ in range(4):
        engine.step()
        home.now -= 10**9
    verify_chain(home)
    assert blocks.time_ns(home.block(4).header.time) == START + 10**9 + 2 * 10**6


def test_finalize_block_gets_the_last_commits_votes(home: Home) -> None:
    engine = home.engine()
    engine.step()
    engine.step()
    first, second = home.app.requests
    assert not first.decided_last_commit.votes
    assert [
        (v.validator.address, v.validator.power, v.block_id_flag) for v in second.decided_last_commit.votes
    ] == [(home.key.address, 10, blocks.FLAG_COMMIT)]
    assert second.hash == blocks.header_hash(home.block(2).header)
    assert second.proposer_address == home.key.address


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["signed", "finalized", "saved", "committed", "proposed"])
def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(
    home: Home, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = home.engine()
    engine.step()
    home.mempool.admit(b"a=1")

    def die(*_: Any, **__: Any) -> None:
        raise Died

    target, name = {
        "proposed": (engine._signer, "sign_precommit"),
        "signed": (home.app, "finalize_block"),
        "finalized": (home.blocks, "save"),
        "saved": (home.app, "commit"),
        "committed": (home.mempool, "update"),
    }[step]
    with monkeypatch.context() as patch:
        patch.setattr(target, name, die)
        with pytest.raises(Died):
            engine.step()
    home.now += 60 * 10**9
    revived = home.engine()
    while revived.state.height < 3:
        revived.step()
    assert list(home.block(2).data.txs) == [b"a=1"]
    assert home.app.data == {"a": "1"}
    verify_chain(home)


def test_a_state_machine_left_behind_is_replayed(home: Home) -> None:
    engine = home.engine()
    for number in range(5):
        home.mempool.admit(f"k{number}=v".encode())
        engine.step()
        if number == 1:
            old = (home.folder / "state.json").read_bytes()
    (home.folder / "state.json").write_bytes(old)
    revived = home.engine()
    assert home.app.height == 5 and len(home.app.data) == 5
    assert [len(request.decided_last_commit.votes) for request in home.app.requests] == [1, 1, 1]
    revived.step()
    verify_chain(home)


def test_replay_from_nothing_starts_at_genesis(home: Home) -> None:
    engine = home.engine()
    for _ in range(3):
        engine.step()
    (home.folder / "state.json").unlink()
    assert home.engine().state.height == 3
    assert home.app.height == 3


def test_a_replay_with_another_outcome_stops(home: Home) -> None:
    engine = home.engine()
    home.mempool.admit(b"a=1")
    engine.step()
    (home.folder / "state.json").unlink()
    broken = KvApp(home.folder / "state.json")
    broken.app_hash = lambda data: b"\0" * 32  # type: ignore[method-assign]
    with pytest.raises(EngineError, match="replay of height 1"):
        home.engine(broken)


def test_a_restored_backup_refuses_to_go_on(home: Home) -> None:
    engine = home.engine()
    engine.step()
    kept, state = dict(home.blocks.kept), (home.folder / "state.json").read_bytes()
    proposal = (home.folder / "proposal.block").read_bytes()
    engine.step()
    engine.step()
    # Everything goes back to height 1 but the signing record.
    home.blocks.kept = kept
    (home.folder / "state.json").write_bytes(state)
    (home.folder / "proposal.block").write_bytes(proposal)
    with pytest.raises(EngineError, match="restored from an older copy"):
        home.engine()


def test_a_lost_proposal_is_never_replaced_by_another(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = home.engine()
    engine.step()
    with monkeypatch.context() as patch:
        patch.setattr(home.app, "finalize_block", lambda request: (_ for _ in ()).throw(Died()))
        with pytest.raises(Died):
            engine.step()
    (home.folder / "proposal.block").unlink()
    with pytest.raises(EngineError, match="signed height 2"):
        home.engine()
    # Even without that check the guard itself would refuse.
    signer = Signer(read_key_file(home.folder / "key.json"), home.folder / "record.json")
    with pytest.raises(DoubleSign):
        signer.sign_precommit("c", 2, 0, blocks.BlockID(b"x" * 32, 1, b"y" * 32), home.now)


def test_state_ahead_of_blocks_is_refused(home: Home) -> None:
    engine = home.engine()
    engine.step()
    home.blocks.kept.clear()
    with pytest.raises(EngineError, match="blocks end at 0"):
        home.engine()


def test_another_chains_home_is_refused(home: Home) -> None:
    home.engine().step()
    with pytest.raises(EngineError, match="of chain c"):
        home.engine(chain_id="d")


def test_small_validators_are_absent_and_changes_hold_two_blocks_later(home: Home) -> None:
    joined = abci.ValidatorUpdate(power=2)
    joined.pub_key.ed25519 = OTHER.public_key
    home.updates = {2: [joined]}
    engine = home.engine()
    for _ in range(5):
        engine.step()
    assert [len(home.commit(height).signatures) for height in (2, 3, 4, 5)] == [1, 1, 2, 2]
    flags = [vote.block_id_flag for vote in home.app.requests[4].decided_last_commit.votes]
    assert flags == [blocks.FLAG_COMMIT, blocks.FLAG_ABSENT]
    verify_chain(home)


def test_a_node_without_two_thirds_does_not_decide(home: Home) -> None:
    home.powers.append((OTHER.public_key, 5))
    with pytest.raises(EngineError, match="two thirds"):
        home.engine()


def test_a_chain_may_start_at_another_height(home: Home) -> None:
    engine = home.engine(initial_height="100")
    engine.step()
    engine.step()
    assert home.block(100).header.last_block_id.hash == b""
    assert home.block(101).header.height == 101
    assert home.engine(initial_height="100").state.height == 101
    verify_chain(home)


def test_pruning_keeps_the_newest(home: Home) -> None:
    home.settings = Settings(blocks_kept=3)
    engine = home.engine()
    for _ in range(10):
        engine.step()
    assert (home.blocks.base, home.blocks.height) == (7, 10)
    home.engine().step()
    verify_chain(home)


def test_listeners_hear_of_blocks_after_commit(home: Home) -> None:
    heard: list[tuple[int, int]] = []

    class Listener:
        def block_committed(self, committed: Committed) -> None:
            heard.append((committed.block.header.height, home.app.height))

    engine = home.engine()
    engine.listeners.append(Listener())
    engine.step()
    engine.step()
    assert heard == [(1, 1), (2, 2)]


def test_cadence_is_steady_and_missed_blocks_stay_missed() -> None:
    cadence = Cadence(2.0, 0.0)
    now, at = 0.0, []
    for took in (0.5, 0.5, 9.0, 0.5, 0.5):
        at.append(now)
        now += took
        now += cadence.rest(now)
    # The third block took nine seconds: the next comes two seconds later, and then the rhythm goes on.
    assert [*at, now] == [0.0, 2.0, 4.0, 15.0, 17.0, 19.0]


async def test_blocks_are_made_to_the_halt_height(home: Home) -> None:
    home.settings = Settings(interval_s=0.001, halt_height=6)
    engine = home.engine()
    await engine.run()
    assert engine.state.height == 6
