"""`supercloud node snapshots list|export|import`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from supercloud.cli import session
from supercloud.cli.backup import advancing
from supercloud.cli.output import console, json_option, print_json, raise_as_click, table


@click.group()
def snapshots() -> None:
    """Snapshots that new nodes start from: list, take out as a file, put in."""


@contextmanager
def _refusing() -> Iterator[None]:
    """What was expected to go wrong is one line."""
    from supercloud.node.snapshot_file import SnapshotFileError

    try:
        yield
    except (SnapshotFileError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise


@snapshots.command("list")
@session.node_home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Show the snapshots that the node has and offers to others."""
    from supercloud.node.snapshot_file import kept

    where = session.node_home(home)
    with _refusing():
        found = kept(where)
    if as_json:
        print_json([each._asdict() for each in found])
    elif not found:
        console().print(
            f"{where} has no snapshots; state.snapshot_interval makes them.", soft_wrap=True, markup=False
        )
    else:
        rows = [(each.height, each.chunks, f"{each.bytes:,}", each.hash) for each in found]
        console().print(table(("height>", "chunks>", "bytes>", "hash"), rows))


@snapshots.command()
@session.node_home_option
@click.option(
    "--height", type=click.IntRange(0), default=0, help="Height of the state [the newest snapshot]."
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write (tar)."
)
@json_option
def export(home: Path | None, height: int, output: Path, as_json: bool) -> None:
    """Write a snapshot into one file. Where there is none of that height it is made. The node may be running."""
    from supercloud.node.snapshot_file import export as export_file

    with _refusing(), advancing("export", 0) as tell:
        made = export_file(session.node_home(home), output.absolute(), height, tell=tell)
    if as_json:
        print_json(made._asdict())
        return
    console().print(
        f"{made.file}: {made.chain_id}, state of height {made.height}, {made.chunks} chunks, {made.bytes:,} bytes, "
        f"app hash {made.app_hash}",
        soft_wrap=True,
        markup=False,
    )


@snapshots.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@session.node_home_option
@json_option
def import_(file: Path, home: Path | None, as_json: bool) -> None:
    """Put a snapshot among the node's, so that it is offered to others. The node may be running."""
    from supercloud.node.snapshot_file import take_in

    with _refusing(), advancing("import", file.stat().st_size) as tell:
        made = take_in(file, session.node_home(home), tell=tell)
    if as_json:
        print_json(made._asdict())
        return
    proven = (
        "as its own block says"
        if made.proven
        else "which no block here confirms; whoever starts from it checks it against the network"
    )
    console().print(
        f"{made.home} offers the state of height {made.height} now: app hash {made.app_hash}, {proven}.",
        soft_wrap=True,
        markup=False,
    )
