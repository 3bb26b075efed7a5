"""What people and scripts see: tables and colour on a terminal, JSON with `--json`, reasons on stderr."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import click
import orjson

from supercloud.sdk.errors import SdkError
from supercloud.types.errors import ChainError

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    sys.stdout.flush()


def console(stderr: bool = False) -> Any:
    """A rich console; colours appear on terminals alone."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Any:
    """A table; columns whose name ends in `>` are right-aligned."""
    from rich import box
    from rich.table import Table

    grid = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        grid.add_column(
            column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold"
        )
    for row in rows:
        grid.add_row(*(str(cell) for cell in row))
    return grid


def command(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine as a command: expected errors become one line on stderr and exit code 1."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(function(*args, **kwargs))
        except Exception as error:
            raise_as_click(error)

    return run


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one: `up` and `provider start` spend a good part of their time in the loop."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def raise_as_click(error: BaseException) -> None:
    """Turn what was expected to go wrong into a message; let the rest through with its traceback."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        raise error
    if isinstance(error, SdkError | ChainError | OSError) or type(error).__name__ in _EXPECTED:
        raise click.ClickException(str(error) or type(error).__name__) from error
    raise error


_EXPECTED = {
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
