"""What people and scripts see: exact JSON, tables, no tricks from strangers, reasons instead of tracebacks."""

from __future__ import annotations

import asyncio
from typing import Any

import click
import pytest

from supercloud.cli import output
from supercloud.cli.output import (
    Marked,
    amount_text,
    clean,
    command,
    console,
    long_command,
    print_json,
    styled,
    table,
)
from supercloud.sdk.errors import PermanentError, TemporaryError
from supercloud.sdk.keyring import KeyringError
from supercloud.types.errors import InsufficientFunds


def shown(thing: Any, capsys: pytest.CaptureFixture[str]) -> str:
    console().print(thing)
    return capsys.readouterr().out


def test_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, "ü"], "b": ValueError("x")})
    assert capsys.readouterr().out == '{"a":[1,"ü"],"b":"x"}\n'


def test_what_is_piped_has_no_colours_and_no_broken_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = "akash1" + "x" * 500
    text = shown(table(("name", "number>"), [(long, 5), ("b", 1234)]), capsys)
    assert "\x1b" not in text and long in text
    rows = [line.rstrip() for line in text.splitlines() if line.strip()]
    assert len(rows) == 4 and rows[2].endswith("   5") and rows[3].endswith("1234")


def test_strangers_text_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither rich's marks nor a terminal's escapes work from within attributes, addresses or errors."""
    nasty = [
        "[red]x[/red]",
        "[/]",
        "[link=http://evil]a[/link]",
        "\x1b[2Jgone",
        "a\x07\r\x9bb",
        "right\u202eleft",
    ]
    text = shown(table(("value",), [(value,) for value in nasty]), capsys)
    for part in ("[red]x[/red]", "[/]", "[link=http://evil]a[/link]", "�[2Jgone", "a��", "right�left"):
        assert part in text
    assert not set("\x1b\x07\r\x9b\u202e") & set(text)


def test_our_own_marks_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert "plain" in shown(table(("a",), [(Marked("[bold]plain[/]"),)]), capsys)
    assert "[bold]" not in shown(table(("a",), [(Marked("[bold]plain[/]"),)]), capsys)


def test_clean_keeps_what_text_needs() -> None:
    assert clean("line\n\ttab ü 漢字 🙂") == "line\n\ttab ü 漢字 🙂"


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert styled("x", fg="red") == click.style("x", fg="red")
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", fg="red") == "x"


@pytest.mark.parametrize(
    ("raw", "denom", "text"),
    [
        (1_500_000, "uakt", "1.5 AKT"),
        (1, "uakt", "0.000001 AKT"),
        (0, "uact", "0 ACT"),
        (10**30, "uakt", "1" + "0" * 24 + " AKT"),
        (5, "ibc/AB", "5 ibc/AB"),
        (5, "u", "5 u"),
    ],
)
def test_amounts(raw: int, denom: str, text: str) -> None:
    assert amount_text(raw, denom) == text


def run(error: BaseException, wrap: Any = command) -> None:
    @wrap
    async def failing() -> None:
        await asyncio.sleep(0)
        raise error

    failing()


@pytest.mark.parametrize("wrap", [command, long_command])
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermanentError("no such thing"), "no such thing"),
        (TemporaryError("later"), "later"),
        (KeyringError("no key"), "no key"),
        (InsufficientFunds("not enough"), "not enough"),
        (FileNotFoundError(2, "No such file", "x"), "[Errno 2] No such file: 'x'"),
        (OSError(), "OSError"),
        (PermanentError("a\x1b[2Jb"), "a�[2Jb"),
        (ExceptionGroup("g", [PermanentError("one")]), "one"),
        (
            ExceptionGroup(
                "g", [PermanentError("one"), ExceptionGroup("h", [OSError("two"), OSError("two")])]
            ),
            "one\ntwo",
        ),
    ],
)
def test_what_was_expected_becomes_a_line(error: Exception, text: str, wrap: Any) -> None:
    with pytest.raises(click.ClickException) as refused:
        run(error, wrap)
    assert text in refused.value.format_message() and refused.value.exit_code == 1


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        ExceptionGroup("g", [PermanentError("x"), ZeroDivisionError()]),
        click.Abort(),
        BrokenPipeError(),
    ],
)
def test_bugs_and_goodbyes_are_let_through(error: Exception) -> None:
    with pytest.raises(type(error)):
        run(error)


@pytest.mark.parametrize("code", [0, 3, 130])
def test_a_commands_own_exit_code(code: int) -> None:
    with pytest.raises(click.exceptions.Exit) as ended:
        run(click.exceptions.Exit(code))
    assert ended.value.exit_code == code


def test_short_commands_run_on_the_ordinary_loop() -> None:
    loops: list[str] = []

    async def look() -> None:
        loops.append(type(asyncio.get_running_loop()).__module__)

    command(look)()
    long_command(look)()
    assert loops[0].startswith("asyncio") and len(loops) == 2


def test_numbers_of_deployments_are_bounded() -> None:
    assert (output.DSEQ.min, output.DSEQ.max) == (1, 2**64 - 1)
