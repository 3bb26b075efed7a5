"""`supercloud node run|add-program` and `supercloud pre-upgrade`: a node that goes on by itself over upgrades.

The settings may come as the variables that Cosmovisor reads, so that a unit file of one works with the other.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from supercloud.cli import session
from supercloud.cli.output import console, json_option, print_json
from supercloud.node.programs import GENESIS, PROGRAM, ProgramError, Programs

_HOME = click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=None,
    envvar="DAEMON_HOME",
    show_envvar=True,
    help="Folder of the node [~/.supercloud/node].",
)
_NAME = click.option(
    "--name",
    default=PROGRAM,
    envvar="DAEMON_NAME",
    show_default=True,
    show_envvar=True,
    help="How the program is called in `bin/`.",
)


class Refusal(click.ClickException):
    """A program that can not go on: it has the exit status that keeps a runner from switching to it."""

    exit_code = 30


def _programs(home: Path | None, name: str) -> Programs:
    try:
        return Programs(session.node_home(home), name)
    except ProgramError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@_HOME
@_NAME
@click.option(
    "--backup",
    default="",
    metavar="COMMAND",
    envvar="SUPERCLOUD_BACKUP_COMMAND",
    show_envvar=True,
    help="Shell command before an upgrade; it finds DAEMON_HOME, UPGRADE_NAME and UPGRADE_HEIGHT in its environment.",
)
@click.option(
    "--skip-backup", is_flag=True, envvar="UNSAFE_SKIP_BACKUP", show_envvar=True, help="Leave --backup out."
)
@click.option(
    "--before-upgrade",
    default="",
    metavar="FILE",
    envvar="COSMOVISOR_CUSTOM_PREUPGRADE",
    show_envvar=True,
    help="Program in HOME/cosmovisor, called before an upgrade with its name and height.",
)
@click.option(
    "--restart/--no-restart",
    default=True,
    envvar="DAEMON_RESTART_AFTER_UPGRADE",
    show_default=True,
    show_envvar=True,
    help="Start the new program after an upgrade, or end with status 0.",
)
@click.option(
    "--pre-upgrade-retries",
    type=click.IntRange(0),
    default=0,
    envvar="DAEMON_PREUPGRADE_MAX_RETRIES",
    show_envvar=True,
    help="How often the new program's `pre-upgrade` may ask to be called again.",
)
@click.option("--restart-after-crash", is_flag=True, help="Start a program that failed again.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    home: Path | None,
    name: str,
    before_upgrade: str,
    arguments: tuple[str, ...],
    backup: str,
    **given: bool | int,
) -> None:
    """Run the node, and when it stops for an upgrade the program that was put in place for it.

    The programs are in HOME/cosmovisor, as Cosmovisor has them (`supercloud node add-program`). ARGUMENTS, behind `--`,
    are the program's [node start --home HOME]. Nothing is downloaded. Exit status: the program's; 69 a program is not in
    its place, 70 a step before an upgrade failed, 78 the folder is not as it has to be, 75 another runner is at work.
    """
    import logging

    from supercloud.node.log import log_to_stderr
    from supercloud.node.runner import Settings, become

    programs = _programs(home, name)
    if os.environ.get("DAEMON_ALLOW_DOWNLOAD_BINARIES", "").lower() == "true":
        log_to_stderr("info")
        logging.getLogger(__name__).warning("programs are not downloaded: put them in place beforehand")
    settings = Settings(
        arguments=arguments or ("node", "start", "--home", str(programs.home)),
        backup="" if given["skip_backup"] else backup,
        step=(str(programs.root / before_upgrade),) if before_upgrade else (),
        start_after_upgrade=bool(given["restart"]),
        retries=given["pre_upgrade_retries"],
        start_after_crash=bool(given["restart_after_crash"]),
    )
    become(programs, settings)


@click.command("add-program")
@click.argument("program", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--upgrade", default="", metavar="NAME", help="The upgrade it is for [none: the first program]."
)
@click.option("--replace", is_flag=True, help="In place of one that is there.")
@_HOME
@_NAME
@json_option
def add_program(
    program: Path, upgrade: str, replace: bool, home: Path | None, name: str, as_json: bool
) -> None:
    """Put PROGRAM where `supercloud node run` finds it. A script is linked, anything else is copied."""
    try:
        place = _programs(home, name).add(program, upgrade, replace=replace)
    except (ProgramError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json({"upgrade": upgrade or None, "program": str(place)})
    else:
        what = f"the upgrade {upgrade}" if upgrade else GENESIS
        console().print(f"The program of {what} is in {place}", soft_wrap=True)


@click.command("pre-upgrade")
@_HOME
def pre_upgrade(home: Path | None) -> None:
    """Say whether this program can go on in a node's home. Runners call the new program so before an upgrade.

    Exit status 0, or 30: the settings can not be read by this program, or CometBFT, which they need, is not found.
    """
    from supercloud.node.config import ConfigError, load
    from supercloud.node.engine.cometbft.engine import CometError, find_program
    from supercloud.node.home import Home

    where = Home(session.node_home(home))
    try:
        if not where.genesis.exists():
            raise ConfigError(f"{where.folder} has no genesis: it is no home of a node")
        engine = load(where.config, os.environ).engine
        if engine.kind == "cometbft" and engine.start_cometbft:
            find_program()
    except (ConfigError, CometError) as error:
        raise Refusal(str(error)) from error
