"""node/runner.py with programs of a few lines of shell: upgrades, steps before them, signals, deaths."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from supercloud.node import runner
from supercloud.node.programs import INFO, Programs, read_plan
from supercloud.node.runner import IN_USE, MISSING, STEP_FAILED, WRONG_TREE, Runner, Settings

STOPS_FOR = 'echo \'{{"name": "{0}", "height": {1}, "info": "look there"}}\' >"$DAEMON_HOME/data/upgrade-info.json"; exit 1'
PATIENCE_S = 20


class World:
    """A home, and what its programs wrote."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.programs = Programs(home)
        (home / "data").mkdir(parents=True)

    def put(self, folder: str, body: str, step: str = "exit 1") -> None:
        """A program that writes its folder and arguments, then does `body`, or, called with pre-upgrade, `step`."""
        path = self.programs.program(self.programs.root / folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'#!/bin/sh\necho "{folder} $*" >>"$DAEMON_HOME/said"\ncase "$1" in pre-upgrade) {step};; esac\n{body}\n'
        )
        path.chmod(0o755)

    def run(self, **settings: Any) -> int:
        return Runner(self.programs, Settings(**{"arguments": ("start",), **settings})).run()

    @property
    def said(self) -> list[str]:
        path = self.home / "said"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def current(self) -> str:
        return os.readlink(self.programs.root / "current")

    def apart(self, prelude: str = "", **settings: Any) -> subprocess.Popen[bytes]:
        """A runner as a process of its own."""
        code = (
            f"import sys, pathlib\nfrom supercloud.node import programs, runner\n{prelude}\n"
            f"settings = runner.Settings(**{ {'arguments': ('start',), **settings}!r})\n"
            f"tree = programs.Programs(pathlib.Path({str(self.home)!r}))\n"
            "sys.exit(runner.Runner(tree, settings).run())"
        )
        return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)

    def wait_said(self, line: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while line not in self.said:
            assert time.monotonic() < until, self.said
            time.sleep(0.01)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A first program that stops for v2 and one of v2 that ends well."""
    world = World(tmp_path / "home")
    world.put("genesis", STOPS_FOR.format("v2", 40))
    world.put("upgrades/v2", "exit 0")
    return world


def test_it_goes_on_with_the_program_of_the_upgrade(world: World) -> None:
    assert world.run() == 0
    assert world.said == ["genesis start", "upgrades/v2 pre-upgrade", "upgrades/v2 start"]
    assert world.current == "upgrades/v2"
    assert read_plan(world.programs.current() / INFO) == ("v2", 40, "look there")
    # The note is still there and does not count again.
    assert world.run() == 0
    assert world.said[3:] == ["upgrades/v2 start"]


def test_it_goes_through_all_that_a_node_meets_from_the_first_block_on(world: World) -> None:
    world.put("upgrades/v2", STOPS_FOR.format("V3", 50))
    world.put("upgrades/v3", "exit 0", "exit 0")
    assert world.run() == 0
    assert [line for line in world.said if line.endswith("start")] == [
        "genesis start",
        "upgrades/v2 start",
        "upgrades/v3 start",
    ]


def test_without_the_program_it_says_what_to_put_where_and_goes_on_once_it_is_there(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(world.programs.root / "upgrades")
    assert world.run() == MISSING
    (text,) = [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]
    place = world.home / "cosmovisor" / "upgrades" / "v2" / "bin" / "supercloud"
    for part in (
        "upgrade 'v2' is due at height 40",
        str(place),
        f"supercloud node add-program /path/to/supercloud --upgrade v2 --home {world.home}",
        "look there",
        "engine.skip_upgrade_height = 40",
    ):
        assert part in text
    # Started again it does not start the old one, which would stop at once.
    assert world.run() == MISSING
    assert world.said == ["genesis start"] and world.current == "genesis"
    world.put("upgrades/v2", "exit 0")
    assert world.run() == 0
    assert world.said[1:] == ["upgrades/v2 pre-upgrade", "upgrades/v2 start"]


def test_an_upgrade_may_be_skipped_by_taking_the_note_away(world: World) -> None:
    shutil.rmtree(world.programs.root / "upgrades")
    assert world.run() == MISSING
    (world.home / "data" / INFO).unlink()
    world.put("genesis", "exit 0")
    assert world.run() == 0
    assert world.said == ["genesis start", "genesis start"]


def test_a_backup_and_a_step_of_the_operators_come_before_it(world: World) -> None:
    backup = 'echo "backup $UPGRADE_NAME $UPGRADE_HEIGHT $(readlink $DAEMON_HOME/cosmovisor/current)" >>"$DAEMON_HOME/said"'
    step = world.home / "step"
    step.write_text('#!/bin/sh\necho "step $*" >>"$DAEMON_HOME/said"\n')
    step.chmod(0o755)
    assert world.run(backup=backup, step=(str(step),)) == 0
    assert world.said[1:4] == ["backup v2 40 genesis", "step v2 40", "upgrades/v2 pre-upgrade"]


def test_what_a_backups_command_says_is_in_no_log_and_no_list_of_processes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    seen = 'tr "\\0" " " </proc/$$/cmdline >"$DAEMON_HOME/seen"; : password; exit 3'
    assert world.run(backup=seen) == STEP_FAILED
    assert "eval" in (world.home / "seen").read_text() and "password" not in (world.home / "seen").read_text()
    told = [record.getMessage() + str(getattr(record, "command", "")) for record in caplog.records]
    assert any("the backup ended with status 3" in text for text in told)
    assert not any("password" in text for text in told)


def test_a_backup_that_fails_keeps_it_from_happening(world: World) -> None:
    assert world.run(backup="exit 3") == STEP_FAILED
    assert world.current == "genesis" and world.said == ["genesis start"]
    assert world.run(backup="true") == 0
    assert world.said[1:] == ["upgrades/v2 pre-upgrade", "upgrades/v2 start"]


def test_a_step_that_can_not_be_started_is_one_that_failed(world: World) -> None:
    assert world.run(step=(str(world.home / "nowhere"),)) == STEP_FAILED
    assert world.current == "genesis"


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(0, 0), (1, 0), (2, 0), (30, STEP_FAILED), (31, STEP_FAILED), (134, STEP_FAILED)],
)
def test_what_the_programs_own_step_says(world: World, status: int, wanted: int) -> None:
    world.put("upgrades/v2", "exit 0", f"exit {status}")
    assert world.run() == wanted
    assert world.current == ("genesis" if wanted else "upgrades/v2")
    assert world.said.count("upgrades/v2 pre-upgrade") == 1


def test_the_programs_own_step_may_ask_to_be_called_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RETRY_S", 0.01)
    thrice = 'test "$(grep -c pre-upgrade "$DAEMON_HOME/said")" -ge 3 && exit 0; exit 31'
    world.put("upgrades/v2", "exit 0", thrice)
    assert world.run(retries=1) == STEP_FAILED
    assert world.run(retries=2) == 0
    assert world.said.count("upgrades/v2 pre-upgrade") == 3


def test_the_new_program_may_be_left_to_whoever_starts_the_runner(world: World) -> None:
    assert world.run(start_after_upgrade=False) == 0
    assert world.current == "upgrades/v2" and world.said == ["genesis start", "upgrades/v2 pre-upgrade"]
    assert world.run(start_after_upgrade=False) == 0
    assert world.said[2:] == ["upgrades/v2 start"]


def test_a_crash_is_the_runners_status_too(world: World) -> None:
    world.put("genesis", "exit 9")
    assert world.run() == 9
    world.put("genesis", "kill -SEGV $$")
    assert world.run() == 128 + signal.SIGSEGV
    assert world.said == ["genesis start"] * 2


def test_a_crash_is_followed_by_another_start_only_when_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CRASH_DELAY_S", 0.01)
    world.put("genesis", 'test "$(grep -c genesis "$DAEMON_HOME/said")" -ge 3 && exit 0; exit 9')
    assert world.run(start_after_crash=True) == 0
    assert world.said == ["genesis start"] * 3


def test_a_note_that_can_not_be_read_is_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.put("genesis", 'echo "{" >"$DAEMON_HOME/data/upgrade-info.json"; exit 1')
    assert world.run() == WRONG_TREE
    assert "does not name an upgrade" in caplog.text


def test_a_home_without_programs_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Runner(Programs(tmp_path), Settings()).run() == MISSING
    assert "supercloud node add-program" in caplog.text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("obeys", ["", "trap '' TERM; "])
def test_a_program_that_hangs_after_its_note_is_ended(
    world: World, obeys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "WATCH_S", 0.02)
    hangs = STOPS_FOR.format("v2", 40).replace("exit 1", "while :; do sleep 0.02; done")
    world.put("genesis", obeys + hangs)
    assert world.run(end_s=0.1) == 0
    assert world.said[-1] == "upgrades/v2 start"


def test_signals_are_passed_on(world: World) -> None:
    world.put(
        "genesis",
        "trap 'echo usr1 >>\"$DAEMON_HOME/said\"' USR1; trap 'exit 7' TERM\n"
        'echo ready >>"$DAEMON_HOME/said"; while :; do sleep 0.02; done',
    )
    process = world.apart(start_after_crash=True)
    try:
        world.wait_said("ready")
        process.send_signal(signal.SIGUSR1)
        world.wait_said("usr1")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 7
    finally:
        process.kill()


def test_told_to_end_during_the_backup_it_has_not_switched(world: World) -> None:
    process = world.apart(backup='echo backup >>"$DAEMON_HOME/said"; exec sleep 60')
    try:
        world.wait_said("backup")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
    assert world.current == "genesis"
    assert world.run(backup="true") == 0
    assert world.said[-1] == "upgrades/v2 start"


def _runs(pid: str) -> bool:
    """Whether there is such a process; one that has ended and was not yet asked for has no command any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except FileNotFoundError:
        return False


@pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="without util-linux' setpriv a program outlives its runner"
)
def test_a_program_ends_with_a_runner_that_is_killed(world: World) -> None:
    world.put("genesis", 'echo $$ >"$DAEMON_HOME/pid"; echo ready >>"$DAEMON_HOME/said"; exec sleep 60')
    process = world.apart()
    world.wait_said("ready")
    process.kill()
    process.wait()
    world.put("genesis", "exit 0")
    # It waits for what the other one left behind, then runs.
    assert world.run() == 0
    assert not _runs((world.home / "pid").read_text().strip())


def test_a_backup_that_goes_on_without_its_runner_is_waited_for(world: World) -> None:
    """What a shell has started outlives it; two backups into one file would be none."""
    process = world.apart(
        backup='sleep 2 & echo $! >"$DAEMON_HOME/pid"; echo backup >>"$DAEMON_HOME/said"; wait'
    )
    world.wait_said("backup")
    process.kill()
    process.wait()
    assert world.run(backup='echo again >>"$DAEMON_HOME/said"') == 0
    assert not _runs((world.home / "pid").read_text().strip())
    assert world.said[1:] == ["backup", "again", "upgrades/v2 pre-upgrade", "upgrades/v2 start"]


def test_two_do_not_run_one_node(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOCK_S", 0.1)
    world.put("genesis", 'echo ready >>"$DAEMON_HOME/said"; exec sleep 60')
    process = world.apart()
    try:
        world.wait_said("ready")
        assert world.run() == IN_USE
        assert world.said == ["genesis start", "ready"]
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


DIES = """
import os, signal, sys
left = [{at}]
NAMES = ("_upgrade", "_step", "_programs_own_step", "switch", "_point", "write_durably", "sync")
def strike(frame, event, argument):
    if event == "line":
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
    return strike
def trace(frame, event, argument):
    return strike if frame.f_code.co_name in NAMES else None
programs.Programs(pathlib.Path({home!r})).current()
sys.settrace(trace)
"""
"""Kills the runner before the so-manieth line of what an upgrade does."""
BACKUP = 'echo backup >>"$DAEMON_HOME/said"'


def _dies_at(folder: Path, at: int) -> bool:
    """Whether a runner gets as far as to be killed there; whoever comes after it does what is left."""
    world = World(folder / str(at))
    world.put("genesis", STOPS_FOR.format("v2", 40))
    world.put("upgrades/v2", "exit 0", "exit 0")
    status = world.apart(DIES.format(at=at, home=str(world.home)), backup=BACKUP).wait(PATIENCE_S)
    if status == 0:
        return False
    assert status == -signal.SIGKILL
    died = world.said
    assert world.run(backup=BACKUP) == 0
    assert world.said.count("genesis start") == 1, "the old program was started again"
    assert world.said[-1] == "upgrades/v2 start" and "upgrades/v2 start" not in died
    assert world.said.index("backup") < world.said.index("upgrades/v2 pre-upgrade")
    assert world.current == "upgrades/v2"
    assert json.loads((world.programs.current() / INFO).read_text())["height"] == 40
    return True


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_anywhere_in_an_upgrade_the_next_one_goes_on(tmp_path: Path, stride: int) -> None:
    deaths = 0
    while _dies_at(tmp_path, 1 + deaths * stride):
        deaths += 1
    assert deaths * stride >= 30


def test_the_example_of_a_unit_does_not_start_again_what_waits_for_an_operator() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(Path(__file__).parents[3] / "examples" / "validator" / "supercloud-run.service")
    kept_from = unit["Service"]["RestartPreventExitStatus"].split()
    assert [int(status) for status in kept_from] == [MISSING, STEP_FAILED, WRONG_TREE]
    assert unit["Service"]["ExecStart"].endswith("supercloud node run") and IN_USE not in kept_from
