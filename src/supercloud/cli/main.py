"""Entry point: the list of commands, and what becomes of errors.

Commands are imported when they are called, so that `--help` and completion answer at once.
Exit codes: 0 done, 1 refused or failed (the reason is on stderr), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple

import click

from supercloud.cli.called import Formatter, called, show

# gRPC warns on stderr when a process that uses it starts another one; ours never use it in the child.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")


class Lazy(NamedTuple):
    """Where a command lives and the line `--help` shows for it."""

    place: str
    summary: str


COMMANDS: dict[str, Lazy] = {
    "up": Lazy("up:up", "Start a local supercloud: ledger, provider, funded keys."),
    "deploy": Lazy("deploy:deploy", "Post an SDL file, watch bids arrive, choose one, get a URL."),
    "bids": Lazy("deployment:bids", "List the bids on a deployment."),
    "lease": Lazy("deployment:lease", "Accept a bid and send the manifest."),
    "ps": Lazy("deployment:ps", "List your deployments."),
    "status": Lazy("deployment:status", "Show one deployment, or the network when none is named."),
    "url": Lazy("deployment:url", "Print the addresses of a deployment."),
    "logs": Lazy("workload:logs", "Print what the containers wrote; -f follows."),
    "exec": Lazy("workload:exec_", "Run a command in a container."),
    "shell": Lazy("workload:shell", "Open a shell in a container."),
    "events": Lazy("workload:events", "Show what happened to the containers."),
    "update": Lazy("deployment:update", "Put a changed SDL file into a running deployment."),
    "deposit": Lazy("deployment:deposit", "Add to a deployment's escrow account."),
    "close": Lazy("deployment:close", "End a deployment; what is left comes back."),
    "balance": Lazy("account:balance", "Show what an account holds."),
    "keys": Lazy("keys:keys", "Make, restore, list and export keys."),
    "providers": Lazy("providers:providers", "List the providers of the network."),
    "provider": Lazy("provider:provider", "Run a provider on this machine: init, start, status."),
    "node": Lazy("node:node", "Run a node of the ledger: init, join, start, run, status, export."),
    "network": Lazy("network:network", "Make and run a network of several validators: new, up."),
    "genesis": Lazy(
        "genesis:genesis", "Write a network's genesis together: add-account, gentx, collect, validate."
    ),
    "light": Lazy("light:light", "Check what a node says against a block hash you trust."),
    "tx": Lazy("tx:tx", "Send any message of any module."),
    "query": Lazy("query:query", "Ask any question of any module."),
    "sdl": Lazy("sdl:sdl", "Check and render SDL files."),
    "pre-upgrade": Lazy("run:pre_upgrade", "Say whether this program can go on in a node's home."),
    "completion": Lazy("completion:completion", "Print the completion script for your shell."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].place.partition(":")
        command: click.Command = getattr(importlib.import_module(f"supercloud.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `--help`, without importing any of it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names that begin so, without importing any of them."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=lazy.summary)
            for name, lazy in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which one was probably meant."""
        if args and args[0] not in COMMANDS:
            from supercloud.cli.output import require_command

            require_command(ctx, args[0], COMMANDS)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="supercloud")
def root() -> None:
    """An open market for computers: describe a workload, see offers, choose, get a URL.

    Start with `supercloud up` in one terminal and `supercloud deploy examples/hello/deploy.yaml` in another.
    """


def main() -> None:
    """Run the command line; turns expected errors into one line on stderr and exit code 1."""
    click.Context.formatter_class = Formatter
    try:
        code = root(standalone_mode=False, prog_name=called(), complete_var="_SUPERCLOUD_COMPLETE")
        sys.stdout.flush()
    except click.exceptions.Exit as finished:
        sys.exit(finished.exit_code)
    except click.ClickException as error:
        show(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    # Outside its standalone mode click returns the code of `ctx.exit(code)`.
    sys.exit(code if isinstance(code, int) else 0)
