"""Results that wait for their blocks, as files."""

from __future__ import annotations

from pathlib import Path

from supercloud.node.engine.cometbft.executed import Executed, WaitingResults
from supercloud.node.engine.state import genesis_state
from supercloud.node.engine.validators import Validator, ValidatorSet
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2


def test_results_come_back_in_order_and_without_gaps(tmp_path: Path) -> None:
    waiting = WaitingResults(tmp_path / "executed")
    assert list(waiting.after(0)) == []
    for height in (4, 5, 7):
        waiting.put(
            Executed(height, bytes([height]) * 32, abci.ResponseFinalizeBlock(app_hash=bytes([height])))
        )
    again = WaitingResults(tmp_path / "executed")
    assert [(e.height, e.hash, e.response.app_hash) for e in again.after(3)] == [
        (4, b"\4" * 32, b"\4"),
        (5, b"\5" * 32, b"\5"),
    ]
    assert [e.height for e in again.after(4)] == [5] and list(again.after(5)) == []
    assert again.has(7) and not again.has(6)


def test_clearing_keeps_the_first_state(tmp_path: Path) -> None:
    waiting = WaitingResults(tmp_path / "executed")
    waiting.clear()
    assert waiting.first_state() is None
    first = genesis_state(
        chain_id="c",
        initial_height=1,
        time=3,
        validators=ValidatorSet.of([Validator(b"\1" * 32, 5)]),
        params=params_pb2.ConsensusParams(),
        app_hash=b"x",
    )
    waiting.put_first_state(first)
    waiting.put(Executed(1, b"\1" * 32, abci.ResponseFinalizeBlock()))
    waiting.clear()
    assert waiting.first_state() == first and not waiting.has(1)
