"""What people and scripts see: tables and colour on a terminal, JSON with `--json`, reasons on stderr."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any

import click
import orjson

from supercloud.cli.called import in_words
from supercloud.descriptors import raise_limit
from supercloud.sdk.errors import SdkError
from supercloud.types.errors import ChainError

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that move the cursor, change colours or turn writing around; a tab and a new line are neither."""
PIPED_COLUMNS = 100_000
"""Width of what is not a terminal: a program that reads a table wants every row on one line."""


class Suggesting(click.Group):
    """A group that knows which of its commands was probably meant."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or name the nearest."""
        require_command(ctx, args[0] if args else "", self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def require_command(ctx: click.Context, name: str, names: Iterable[str]) -> None:
    """Refuse a name that is no command, with the one that was probably meant. Raises click.UsageError."""
    known = list(names)
    if name and name not in known:
        import difflib

        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"`{ctx.command_path} --help` lists all"
        raise click.UsageError(f"no command `{name}`; {hint}")


class _Dseq(click.IntRange):
    """Numbers that a deployment may have."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]+", value):
            self.fail(f"{value!r} is not the number of a deployment; `supercloud ps` lists yours", param, ctx)
        return super().convert(value, param, ctx)


DSEQ = _Dseq(1, 2**64 - 1)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    sys.stdout.flush()


class Marked(str):
    """Text of our own making whose `[bold]` marks are meant; all other text is shown as it is."""

    __slots__ = ()


def clean(text: str) -> str:
    """Text of strangers (attributes, addresses, errors) without what could play tricks with a terminal."""
    return CONTROL.sub("�", text)


def styled(text: str, **style: Any) -> str:
    """Coloured where it is seen by a person who did not ask for none (no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def console(stderr: bool = False) -> Any:
    """A rich console; colours appear on terminals alone, and only there lines are broken."""
    from rich.console import Console

    class Words(Console):
        """A console that names the command as it was called."""

        def print(self, *objects: Any, **options: Any) -> None:
            super().print(*(in_words(each) if type(each) is str else each for each in objects), **options)

    made = Words(stderr=stderr, highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made = Words(stderr=stderr, highlight=False, width=PIPED_COLUMNS)
    return made


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Any:
    """A table; columns whose name ends in `>` are right-aligned. Cells are plain text unless they are Marked."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    grid = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        grid.add_column(
            column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold"
        )
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Marked) else escape(clean(str(cell))) for cell in row))
    return grid


def command(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine as a command: expected errors become one line on stderr and exit code 1."""
    return _as_command(function, None)


def long_command(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The same on uvloop where there is one: what serves for long spends a good part of its time in the loop.

    Not for short commands: with TLS connections that are about to close uvloop ends in "resource busy".
    """
    return _as_command(function, _uvloop(), before=raise_limit)


def _as_command(
    function: Callable[..., Coroutine[Any, Any, None]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
    before: Callable[[], Any] = lambda: None,
) -> Callable[..., None]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            before()
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(function(*args, **kwargs))
        except Exception as error:
            raise_as_click(error)

    return run


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def raise_as_click(error: BaseException) -> None:
    """Turn what was expected to go wrong into a message; let the rest through with its traceback."""
    causes = list(_flat(error))
    error = causes[0] if len(causes) == 1 else error
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort | BrokenPipeError):
        raise error
    if all(isinstance(cause, SdkError | ChainError | OSError) or _is_expected(cause) for cause in causes):
        texts = dict.fromkeys(clean(str(cause) or type(cause).__name__) for cause in causes)
        raise click.ClickException("\n".join(texts)) from error
    raise error


def _flat(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _flat(inner)
    else:
        yield error


def _is_expected(error: BaseException) -> bool:
    return type(error).__name__ in _EXPECTED


_EXPECTED = {
    "HomeInUse",
    "KeyFileError",
    "EngineError",
    "CometError",
    "HomeError",
    "PeersError",
    "HeightUnavailable",
    "SnapshotError",
    "StateCorrupt",
    "ManifestError",
    "PortTaken",
    "WrongPassphrase",
    "NodeFailed",
    "StorageFull",
    "StorageDamaged",
    "NetworkError",
    "SdlError",
    "KeyringError",
    "ConfigError",
    "GenesisError",
    "DriverError",
    "PermanentError",
    "TemporaryError",
}


def amount_text(raw: int, denom: str) -> str:
    """Micro-units for people: 1500000uakt -> 1.5 AKT; other denoms stay as they are."""
    if denom.startswith("u") and len(denom) > 1:
        whole, part = divmod(raw, 10**6)
        digits = f"{whole}.{part:06d}".rstrip("0").rstrip(".")
        return f"{digits} {denom[1:].upper()}"
    return f"{raw} {denom}"
