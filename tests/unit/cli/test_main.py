"""The front door: every command is there, help is light, codes are true, slips are told in a line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from supercloud.cli import main
from supercloud.cli.main import COMMANDS, root

EXPECTED = [
    *("up", "keys", "balance", "deploy", "bids", "lease", "ps", "status", "url", "logs", "exec", "shell"),
    *("events", "update", "deposit", "close", "providers", "provider", "node", "network", "tx", "query"),
    *("sdl", "completion"),
]
WITHOUT_JSON = {"completion", "shell", "tx", "query", "keys", "provider", "node", "network", "sdl"}
"""Interactive, a script, or a group whose commands have it."""


def call(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    environment = {**os.environ, "COLUMNS": "110", **more}
    return subprocess.run(
        [sys.executable, "-m", "supercloud", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def walk(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command below one; the many of `tx` and `query` have tests of their own."""
    found = [(path, command)]
    if isinstance(command, click.Group) and path not in (("tx",), ("query",)):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            assert inner is not None
            found += walk(inner, (*path, name))
    return found


def test_every_command_is_there() -> None:
    assert set(EXPECTED) <= set(COMMANDS)
    groups = {"keys": "add list show import export delete restore rename", "sdl": "check render"}
    groups |= {"provider": "init start status", "node": "init start status export"}
    for name, inner in groups.items():
        group = root.get_command(click.Context(root), name)
        assert isinstance(group, click.Group) and set(inner.split()) <= set(
            group.list_commands(click.Context(group))
        )


def test_every_command_and_option_explains_itself() -> None:
    for path, command in walk(root):
        assert command.help and command.help.strip().endswith((".", ")", "`")), path
        done = CliRunner().invoke(root, [*path, "--help"], prog_name="supercloud")
        assert done.exit_code == 0 and done.output.startswith(
            f"Usage: supercloud {' '.join(path)}".rstrip()
        ), path
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, (path, option.name)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - WITHOUT_JSON))
def test_every_command_prints_json_on_request(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert any("--json" in option.opts for option in command.params), name


def test_the_list_matches_the_commands() -> None:
    done = call("--help")
    assert done.returncode == 0
    for name, lazy in COMMANDS.items():
        assert f"  {name} " in done.stdout and lazy.summary.split(";")[0][:40] in done.stdout


def test_help_imports_nothing_heavy() -> None:
    """What takes long to load is not needed to say what there is."""
    code = (
        "import sys; from supercloud.cli.main import root\n"
        "try: root(['--help'], prog_name='supercloud')\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'google.protobuf', 'grpc', 'rich', 'cryptography', 'asyncio', 'yaml'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["sdl", "check", "BAD"], 1, "unsupported version"),
        (["sdl", "check", "/nowhere"], 2, "does not exist"),
        (["dploy"], 2, "no command `dploy`; did you mean `deploy`?"),
        (["xyzzy"], 2, "`supercloud --help` lists all"),
        (["deploy"], 2, "Missing argument 'FILE'"),
        (["close", "1", "--colour"], 2, "No such option"),
        (["ps", "--home", "/nowhere"], 1, "make one with `supercloud keys add NAME`"),
    ],
)
def test_exit_codes_and_words(
    words: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: x\n")
    monkeypatch.setenv("SUPERCLOUD_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["supercloud", *(word.replace("BAD", str(bad)) for word in words)])
    with pytest.raises(SystemExit) as ended:
        main.main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (code, "") and said in err and "Traceback" not in err


def test_a_failure_is_a_failure_to_the_shell(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: x\n")
    done = call("sdl", "check", str(bad))
    assert (done.returncode, done.stdout) == (1, "") and "unsupported version" in done.stderr


def test_version() -> None:
    done = call("--version")
    assert done.returncode == 0 and done.stdout.startswith("supercloud, version ")


def test_a_reader_that_has_gone() -> None:
    """`supercloud ... | head -0` ends quietly, with a code that says the output was not all read."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "supercloud", "completion", "zsh"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert done.returncode == 1 and done.stderr == ""


@pytest.mark.parametrize("error", [click.Abort(), KeyboardInterrupt()])
def test_interrupted(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise error

    monkeypatch.setattr(main, "root", interrupted)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 130
