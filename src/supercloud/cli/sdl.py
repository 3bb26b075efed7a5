"""`supercloud sdl check|render`."""

from __future__ import annotations

from pathlib import Path

import click

from supercloud.cli.deploy import read_sdl
from supercloud.cli.output import console, json_option, print_json, raise_as_click, table
from supercloud.sdl import Sdl


@click.group()
def sdl() -> None:
    """Check and render SDL files."""


def _load(file: Path) -> Sdl:
    try:
        return read_sdl(file)
    except Exception as error:
        raise_as_click(error)
        raise


@sdl.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def check(files: tuple[Path, ...]) -> None:
    """Say whether FILES are valid; exit 1 when one is not."""
    bad = 0
    for file in files:
        try:
            document = read_sdl(file)
        except Exception as error:
            bad += 1
            click.echo(f"{click.style('invalid', fg='red')} {error}", err=True)
            continue
        click.echo(f"{click.style('valid', fg='green')} {file} (version {document.version.hex()[:12]})")
        for warning in document.warnings:
            click.echo(f"  warning: {warning}", err=True)
    if bad:
        raise click.exceptions.Exit(1)


@sdl.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def render(file: Path, as_json: bool) -> None:
    """Show what FILE becomes: groups for the ledger, manifest for the provider, version hash."""
    document = _load(file)
    if as_json:
        print_json(
            {
                "groups": document.groups_json,
                "manifest": document.manifest_json,
                "version": document.version.hex(),
            }
        )
        return
    out = console()
    out.print(f"version {document.version.hex()}")
    for group in document.manifest_json:
        rows = [
            (
                service["name"],
                service["image"],
                service["count"],
                ", ".join(str(expose["externalPort"] or expose["port"]) for expose in service["expose"])
                or "-",
            )
            for service in group["services"]
        ]
        out.print(table(("service", "image", "count>", "ports"), rows, f"group {group['name']}"))
