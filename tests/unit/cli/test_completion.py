"""Completion: the scripts, and what a shell is told when somebody presses Tab."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from supercloud.cli import main
from supercloud.cli.completion import completion
from supercloud.cli.main import COMMANDS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str) -> None:
    done = CliRunner().invoke(completion, [shell], prog_name="supercloud")
    assert done.exit_code == 0
    assert f"_SUPERCLOUD_COMPLETE={shell}_complete" in done.stdout and "_supercloud_completion" in done.stdout


def test_other_shells_are_named() -> None:
    done = CliRunner().invoke(completion, ["tcsh"])
    assert done.exit_code == 2 and "'bash', 'zsh', 'fish'" in done.stderr


def offered(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """What bash is offered after `line`."""
    monkeypatch.setenv("_SUPERCLOUD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    monkeypatch.setattr(sys, "argv", ["supercloud"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    return {row.partition(",")[2] for row in out.splitlines()}


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("supercloud ", set(COMMANDS)),
        ("supercloud de", {"deploy", "deposit"}),
        ("supercloud --", {"--help", "--version"}),
        ("supercloud keys ", {"add", "export", "list"}),
        ("supercloud deploy --pi", {"--pick"}),
        ("supercloud deploy --pick ", {"cheapest", "fastest", "first"}),
        ("supercloud tx bank ", {"send", "multi-send"}),
        ("supercloud query market b", {"bid", "bids"}),
    ],
)
def test_tab(
    line: str, some: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = offered(line, monkeypatch, capsys)
    assert some <= found
    last = line.rpartition(" ")[2]
    assert all(word.startswith(last) for word in found)
