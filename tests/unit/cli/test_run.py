"""`supercloud node run|add-program`, `supercloud pre-upgrade`: options, variables, words; the runner has its own test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli.main import root
from supercloud.node import runner
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE


def call(*words: Any, **env: str) -> Any:
    done = CliRunner().invoke(root, [*map(str, words)], prog_name="supercloud", env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def in_a_process(*words: Any, **env: str) -> subprocess.CompletedProcess[str]:
    """A command that becomes another program."""
    command = [sys.executable, "-m", "supercloud", *map(str, words)]
    return subprocess.run(
        command, env=os.environ | env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A script that writes its arguments and its environment, and ends with 5."""
    path = tmp_path / "release" / "program"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\necho "$DAEMON_NAME$SUPERCLOUD_RUNNER $*" >"$DAEMON_HOME/said"\nexit 5\n')
    path.chmod(0o755)
    return path


def test_a_program_is_put_in_its_place_and_run(tmp_path: Path, program: Path) -> None:
    home = tmp_path / "home"
    added = json.loads(call("node", "add-program", program, "--home", home, "--json").stdout)
    place = home / "cosmovisor" / "genesis" / "bin" / "supercloud"
    assert added == {"upgrade": None, "program": str(place)}
    assert in_a_process("node", "run", "--home", home).returncode == 5
    assert (home / "said").read_text() == f"supercloud node start --home {home}\n"


def test_words_for_the_program_stand_behind_two_dashes(tmp_path: Path, program: Path) -> None:
    home = tmp_path / "home"
    call("node", "add-program", program, "--home", home)
    assert in_a_process("node", "run", "--home", home, "--", "start", "--x", "1").returncode == 5
    assert (home / "said").read_text() == "supercloud start --x 1\n"


def test_the_variables_are_those_of_cosmovisor(
    tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[runner.Settings] = []

    monkeypatch.setattr(runner, "become", lambda programs, settings: seen.append(settings))
    home = tmp_path / "home"
    names = {"DAEMON_HOME": str(home), "DAEMON_NAME": "noded"}
    added = call("node", "add-program", program, "--upgrade", "V2", "--json", **names)
    assert json.loads(added.stdout)["program"] == str(home / "cosmovisor/upgrades/v2/bin/noded")
    assert call("node", "run", **names).exit_code == 0
    plain = runner.Settings(arguments=("node", "start", "--home", str(home)))
    assert seen.pop() == plain
    more = {
        "SUPERCLOUD_BACKUP_COMMAND": "save",
        "COSMOVISOR_CUSTOM_PREUPGRADE": "before.sh",
        "DAEMON_RESTART_AFTER_UPGRADE": "false",
        "DAEMON_PREUPGRADE_MAX_RETRIES": "3",
    }
    assert call("node", "run", "--restart-after-crash", "--", "go", **names, **more).exit_code == 0
    assert seen.pop() == runner.Settings(
        arguments=("go",),
        backup="save",
        step=(str(home / "cosmovisor" / "before.sh"),),
        start_after_upgrade=False,
        retries=3,
        start_after_crash=True,
    )
    done = call("node", "run", **names, **more, UNSAFE_SKIP_BACKUP="true")
    assert done.exit_code == 0 and seen.pop().backup == ""


def test_nothing_is_downloaded_and_that_is_said(tmp_path: Path) -> None:
    done = in_a_process("node", "run", "--home", tmp_path, DAEMON_ALLOW_DOWNLOAD_BINARIES="true")
    assert done.returncode == runner.MISSING
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "critical"]
    assert "not downloaded" in lines[0]["text"] and "supercloud node add-program" in lines[1]["text"]


def test_slips_are_told(tmp_path: Path, program: Path) -> None:
    home = ("--home", tmp_path / "home")
    assert call("node", "add-program", program, *home).exit_code == 0
    again = call("node", "add-program", program, *home)
    assert again.exit_code == 1 and "--replace" in again.stderr
    assert call("node", "add-program", program, *home, "--replace").exit_code == 0
    assert call("node", "add-program", program, *home, "--upgrade", "..").exit_code == 1
    assert call("node", "add-program", tmp_path / "none", *home).exit_code == 2
    assert call("node", "run", *home, "--name", "a/b").exit_code == 1


def test_a_home_is_looked_at_before_an_upgrade(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refused = call("pre-upgrade", "--home", home)
    assert refused.exit_code == 30 and "no home of a node" in refused.stderr
    assert call("node", "init", "--home", home).exit_code == 0
    assert call("pre-upgrade", DAEMON_HOME=str(home)).exit_code == 0
    settings = home / "config" / "config.toml"
    settings.write_text(settings.read_text().replace('kind = "embedded"', 'kind = "cometbft"'))
    absent = call("pre-upgrade", "--home", home, **{PROGRAM_VARIABLE: str(tmp_path / "nowhere")})
    assert absent.exit_code == 30 and "CometBFT is not installed" in absent.stderr
    settings.write_text(settings.read_text().replace("start_cometbft = true", "start_cometbft = false"))
    assert call("pre-upgrade", "--home", home, **{PROGRAM_VARIABLE: str(tmp_path / "nowhere")}).exit_code == 0
    with settings.open("a") as file:
        file.write(f"{os.linesep}[of_another_version]{os.linesep}")
    unknown = call("pre-upgrade", "--home", home)
    assert unknown.exit_code == 30 and "of_another_version" in unknown.stderr
