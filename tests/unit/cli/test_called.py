"""Messages name the command as it was typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from supercloud.cli import called as named
from supercloud.cli.called import Formatter, called, in_words, say
from supercloud.cli.output import console

TYPED = {named.VARIABLE: "bin/supercloud", "PATH": "/nowhere"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`supercloud ps` lists", "`bin/supercloud ps` lists"),
        ("Try: supercloud deploy a.yaml", "Try: bin/supercloud deploy a.yaml"),
        ("with `supercloud\n  up` in", "with `bin/supercloud\n  up` in"),
        ("a local supercloud runs", "a local supercloud runs"),
        ("/opt/supercloud node", "/opt/supercloud node"),
        ("supercloud-local: supercloud", "supercloud-local: supercloud"),
    ],
)
def test_only_commands_are_renamed(text: str, shown: str) -> None:
    assert in_words(text, TYPED) == shown
    assert in_words(text, {"PATH": "/nowhere"}) == text


def test_the_plain_name_where_it_is_found(tmp_path: Path) -> None:
    program = tmp_path / "checkout with a space" / "supercloud"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    typed = {named.VARIABLE: str(program), "PATH": "/nowhere"}
    assert called(typed) == f"'{program}'"
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "supercloud").symlink_to(program)
    assert called({**typed, "PATH": str(tmp_path / "path")}) == "supercloud"
    assert called({}) == "supercloud"


def test_help_and_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in TYPED.items():
        monkeypatch.setenv(name, value)
    say("`supercloud keys add NAME` makes one")
    console().print("Go on: supercloud node start")
    formatter = Formatter()
    formatter.write_text("Start with `supercloud up`.")
    click.echo(formatter.getvalue() + "`supercloud` of somebody else")
    assert capsys.readouterr().out.split("\n")[:4] == [
        "`bin/supercloud keys add NAME` makes one",
        "Go on: bin/supercloud node start",
        "Start with `bin/supercloud up`.",
        "`supercloud` of somebody else",
    ]


def test_refusals_of_the_whole_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "supercloud", "ps", "--home", "/nowhere"],
        env={**os.environ, named.VARIABLE: "bin/supercloud"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "make one with `bin/supercloud keys add NAME`" in done.stderr
