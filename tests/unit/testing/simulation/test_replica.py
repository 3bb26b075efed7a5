"""A replica comes to the same, says where it does not, and really starts anew in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from supercloud.testing.simulation import Simulation, replica
from supercloud.testing.simulation.tape import Tape, Writer


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """Sixty blocks."""
    path = tmp_path / "tape"
    run = Simulation(21, tape=path)
    run.run(60)
    run.close()
    return path


@pytest.mark.parametrize("kind", ["memory", "disk", "warm"])
def test_the_same_blocks_again(
    tape: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = {"memory": [], "disk": ["--home", str(tmp_path / "home")], "warm": ["--warm"]}[kind]
    assert replica.main([str(tape), *extra, "--seed", "4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["blocks"] == 61
    assert (told["starts"] > 1) == (kind == "disk")


def test_a_difference_is_named(tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read = Tape(tape)
    forged = tmp_path / "forged"
    writer = Writer(forged, read.app_state, read.time)
    for frame in read:
        outcome = frame.outcome
        if frame.height == 40:
            outcome = {**outcome, "gas": [gas + 1 for gas in outcome["gas"]] or [1]}
        writer.write(frame._replace(outcome=outcome))
    writer.close()
    assert replica.main([str(forged)]) == 1
    assert "block 40" in capsys.readouterr().err
