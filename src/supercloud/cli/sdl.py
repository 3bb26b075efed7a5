"""`supercloud sdl check|render`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from supercloud.cli.deploy import read_sdl
from supercloud.cli.output import console, json_option, print_json, raise_as_click, styled, table
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
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Say whether FILES are valid; exit 1 when one is not."""
    found = [_checked(file) for file in files]
    if as_json:
        print_json(found)
    for entry in () if as_json else found:
        if entry["valid"]:
            click.echo(f"{styled('valid', fg='green')} {entry['file']} (version {entry['version'][:12]})")
        else:
            click.echo(f"{styled('invalid', fg='red')} {entry['error']}", err=True)
        for warning in entry["warnings"]:
            click.echo(f"  warning: {warning}", err=True)
    if not all(entry["valid"] for entry in found):
        raise click.exceptions.Exit(1)


def _checked(file: Path) -> dict[str, Any]:
    try:
        document = _load(file)
    except click.ClickException as error:
        return {"file": str(file), "valid": False, "error": error.format_message(), "warnings": []}
    warnings = [str(warning) for warning in document.warnings]
    return {"file": str(file), "valid": True, "version": document.version.hex(), "warnings": warnings}


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
