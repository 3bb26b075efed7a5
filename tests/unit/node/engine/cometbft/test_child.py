"""CometBFT as a child: what it writes is passed on, that it gave up is heard, it ends when it is told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import orjson
import pytest

from supercloud.node.engine.cometbft import child as children
from supercloud.node.engine.cometbft.child import LINE_BYTES_MAX, REASON_CHARACTERS_MAX, Child, Ear

GAVE_UP = orjson.dumps(
    {
        "_msg": "CONSENSUS FAILURE!!!",
        "err": "disk\n full",
        "level": "error",
        "module": "consensus",
        "stack": "x\ny",
    }
)
SPEAKS_OF_IT = orjson.dumps({"_msg": "Error on peer", "err": "CONSENSUS FAILURE!!!", "level": "error"})


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_it_is_heard_however_the_bytes_are_cut(step: int) -> None:
    written = b"panic\n" + SPEAKS_OF_IT + b"\n\n" + GAVE_UP + b"\n" + SPEAKS_OF_IT + b"\n"
    ear = Ear()
    heard = [ear.hear(written[at : at + step]) for at in range(0, len(written), step)]
    assert [reason for reason in heard if reason] == ["CONSENSUS FAILURE: disk full"]


@pytest.mark.parametrize(
    "line",
    [
        SPEAKS_OF_IT,
        b"CONSENSUS FAILURE!!!",
        b'["CONSENSUS FAILURE!!!"]',
        b'{"err":"CONSENSUS FAILURE!!!"}',
        b'{"_msg":"CONSENSUS FAILURE!!! not"}',
    ],
)
def test_other_lines_say_nothing(line: bytes) -> None:
    assert Ear().hear(line + b"\n") == ""


def test_a_state_sync_that_failed_is_heard_too() -> None:
    line = b'{"_msg":"State sync failed","err":"state sync aborted","level":"error","module":"statesync"}\n'
    assert Ear().hear(line) == "State sync failed: state sync aborted"


def test_what_is_kept_is_bounded() -> None:
    ear = Ear()
    for _ in range(3):
        assert ear.hear(b"x" * LINE_BYTES_MAX) == ""
    assert ear.hear(b"\n" + GAVE_UP + b"\n")
    long = orjson.dumps({"_msg": "CONSENSUS FAILURE!!!", "err": "y" * 10_000})
    assert len(ear.hear(long + b"\n")) == REASON_CHARACTERS_MAX


def program(folder: Path, text: str) -> str:
    script = folder / "comet"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    return str(script)


async def test_its_lines_are_passed_on_and_its_status_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    child = await Child.start(program(tmp_path, 'echo "$@"; echo oh >&2; exit 3'), tmp_path / "home")
    assert await asyncio.wait_for(child.ended, 10) == 3
    assert capfd.readouterr() == ("", f"start --home {tmp_path}/home\noh\n")
    assert not child.gave_up.done()
    await child.end()


async def test_one_that_gave_up_stays_and_is_ended(tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(GAVE_UP + b"\n")
    child = await Child.start(program(tmp_path, f"cat {tmp_path}/said; exec sleep 1000"), tmp_path)
    assert await asyncio.wait_for(child.gave_up, 10) == "CONSENSUS FAILURE: disk full"
    assert not child.ended.done()
    await child.end()
    assert child.ended.result() == -15


async def test_one_that_does_not_obey_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_TIMEOUT_S", 0.05)
    (tmp_path / "said").write_bytes(GAVE_UP + b"\n")
    text = f"trap '' TERM; cat {tmp_path}/said; while :; do read -r line < {tmp_path}/pipe; done"
    os.mkfifo(tmp_path / "pipe")
    child = await Child.start(program(tmp_path, text), tmp_path)
    await asyncio.wait_for(child.gave_up, 10)
    await child.end()
    assert child.ended.result() == -9
