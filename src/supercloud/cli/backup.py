"""`supercloud node backup|restore`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from supercloud.cli import session
from supercloud.cli.output import console, json_option, print_json, raise_as_click


@contextmanager
def advancing(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A line on stderr that tells how far it is, where somebody watches; to be told the bytes as they are done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total or None)
        yield lambda done: shown.advance(task, done)


@click.command()
@session.node_home_option
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write (tar)."
)
@click.option(
    "--with-keys",
    is_flag=True,
    help="With the validator's key, the node's key and the record of what was signed. One key runs in one place only.",
)
@json_option
def backup(home: Path | None, output: Path, with_keys: bool, as_json: bool) -> None:
    """Write the node's home into one file. The node may be running; it goes on."""
    from supercloud.descriptors import raise_limit
    from supercloud.node.backup.standstill import StandstillError
    from supercloud.node.backup.taking import BackupError, back_up, total_bytes

    where = session.node_home(home)
    raise_limit()
    try:
        with advancing("backup", total_bytes(where)) as tell:
            taken = back_up(where, output.absolute(), with_keys=with_keys, tell=tell)
    except (BackupError, StandstillError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise
    if as_json:
        print_json(taken._asdict())
        return
    held = f"; CometBFT stood still for {taken.held_ms:g} ms" if taken.held_ms else ""
    lines = [
        f"{taken.file}: {taken.chain_id}, state of height {taken.height}, blocks {taken.first_block} to "
        f"{taken.last_block}, {taken.bytes:,} bytes in {taken.seconds:.1f} s{held}",
    ]
    if with_keys:
        lines.append(
            "It holds the validator's key. Keep it as you keep that key: who has it can sign, and if it ever runs in two "
            "places the validator loses stake and never comes back."
        )
    else:
        lines.append("Keys and the record of what was signed are not in it; --with-keys takes them along.")
    if _names_a_database(where):
        lines.append("Its settings name the index's database, with its password if it has one.")
    for line in lines:
        console().print(line, soft_wrap=True, markup=False)


def _names_a_database(home: Path) -> bool:
    from supercloud.node.config import ConfigError, load
    from supercloud.node.home import Home

    with suppress(ConfigError):
        return bool(load(Home(home).config, {}).index.database)
    return False


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@session.node_home_option
@click.option(
    "--new-keys", is_flag=True, help="Give the node keys of its own: it follows, and signs for nobody."
)
@click.option(
    "--with-record",
    is_flag=True,
    help="Take the record of what was signed out of the backup: only where nothing was signed since.",
)
@json_option
def restore(file: Path, home: Path | None, new_keys: bool, with_record: bool, as_json: bool) -> None:
    """Make a home out of a backup, in a folder that has nothing in it."""
    from supercloud.node.backup.restoring import RestoreError
    from supercloud.node.backup.restoring import restore as restore_home

    where = session.node_home(home)
    try:
        with advancing("restore", file.stat().st_size) as tell:
            made = restore_home(file, where, new_keys=new_keys, with_record=with_record, tell=tell)
    except (RestoreError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise
    if as_json:
        print_json(made._asdict())
        return
    out = console()
    out.print(
        f"{made.home} is a home of {made.chain_id}: state of height {made.height}, blocks to {made.last_block}.",
        soft_wrap=True,
        markup=False,
    )
    for number, step in enumerate([*made.next, f"supercloud node start --home {made.home}"], 1):
        out.print(f"{number}. {step}", soft_wrap=True, markup=False)
