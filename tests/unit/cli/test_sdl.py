"""`supercloud sdl`."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud import sdl as files
from supercloud.cli.main import root

SAMPLE = Path(__file__).parents[3] / "examples" / "hello" / "deploy.yaml"


def call(*words: Any) -> Any:
    return CliRunner().invoke(root, ["sdl", *map(str, words)], prog_name="supercloud")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(SAMPLE.read_text().replace("units: 100m", "units: lots"))
    return path


def test_a_valid_file() -> None:
    version = files.load(SAMPLE.read_bytes()).version.hex()
    done = call("check", SAMPLE)
    assert (done.exit_code, done.stdout) == (0, f"valid {SAMPLE} (version {version[:12]})\n")
    entry = {"file": str(SAMPLE), "valid": True, "version": version, "warnings": []}
    assert json.loads(call("check", SAMPLE, "--json").stdout) == [entry]


def test_one_bad_file_among_good_ones(bad: Path) -> None:
    done = call("check", SAMPLE, bad, SAMPLE)
    assert done.exit_code == 1 and done.stdout.count("valid ") == 2
    assert f"invalid {bad}:" in done.stderr and "'lots'" in done.stderr
    as_json = call("check", SAMPLE, bad, "--json")
    good, wrong = json.loads(as_json.stdout)
    assert as_json.exit_code == 1 and good["valid"] and not wrong["valid"] and "'lots'" in wrong["error"]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"a: [", b"5", b"version: x", b"&a [*a]", b"\x00"])
def test_files_that_are_something_else(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    for words in (("check", path), ("render", path)):
        done = call(*words)
        assert (done.exit_code, done.stdout) == (1, "") and str(path) in done.stderr
        assert "Traceback" not in done.stderr and isinstance(done.exception, SystemExit)


def test_a_file_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supercloud.cli.deploy.SDL_BYTES_MAX", 10)
    done = call("check", SAMPLE)
    assert done.exit_code == 1 and "an SDL file has at most 10" in done.stderr


def test_render() -> None:
    document = files.load(SAMPLE.read_bytes())
    found = json.loads(call("render", SAMPLE, "--json").stdout)
    assert found == {
        "groups": json.loads(json.dumps(document.groups_json)),
        "manifest": json.loads(json.dumps(document.manifest_json)),
        "version": document.version.hex(),
    }
    shown = call("render", SAMPLE).stdout
    for part in ("version " + document.version.hex(), "service", "image", "ports", "web"):
        assert part in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check"], "Missing argument"),
        (["check", "/nowhere"], "does not exist"),
        (["render", "/tmp"], "is a directory"),
    ],
)
def test_slips(words: list[str], said: str) -> None:
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "") and said in done.stderr


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_on_a_terminal_alone(variables: dict[str, str], coloured: bool) -> None:
    """A person at a terminal sees them, unless they asked for none."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    done = subprocess.run(
        [sys.executable, "-m", "supercloud", "sdl", "check", str(SAMPLE)],
        env={**environment, "TERM": "xterm", **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        timeout=60,
    )
    os.close(theirs)
    said = ""
    # What was written comes in pieces; once nobody has the other end and all is read, reading fails.
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            said += piece.decode()
    os.close(ours)
    assert done.returncode == 0 and "valid" in said and ("\x1b[32m" in said) is coloured
