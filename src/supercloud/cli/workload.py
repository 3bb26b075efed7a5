"""Commands about running containers: logs, exec, shell, events."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import click

from supercloud.cli import session
from supercloud.cli.called import say
from supercloud.cli.output import DSEQ, clean, command, json_option, print_json, styled
from supercloud.sdk import gateway as wire
from supercloud.sdk import market
from supercloud.sdk.errors import PermanentError, SdkError
from supercloud.sdk.gateway import Gateway, GatewayError, LeasePath
from supercloud.sdk.http import from_json

STDIN_BYTES = 32 * 1024
NOT_STARTED = (126, 127)
OUTPUT_BYTES_MAX = 16 * 1024 * 1024
SHELL = ["/bin/sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh"]


@asynccontextmanager
async def _lease(
    settings: session.Settings, dseq: int, provider: str | None
) -> AsyncIterator[tuple[Gateway, LeasePath]]:
    """The gateway and path of the one active lease of a deployment that is meant."""
    async with session.signing(settings) as tenant:
        active = await market.leases(tenant.client, tenant.owner, dseq, "active", provider or "")
        if not active:
            await session.deployment_of(tenant, dseq)
            raise PermanentError(
                f"deployment {dseq} has no active lease; `supercloud status {dseq}` says how it stands"
            )
        if len(active) > 1:
            names = ", ".join(entry.lease.id.provider for entry in active)
            raise PermanentError(
                f"deployment {dseq} has {len(active)} leases; name one with --provider ({names})"
            )
        id_ = active[0].lease.id
        async with await Gateway.of(tenant.client, id_.provider, tenant.key.signer) as gateway:
            yield gateway, LeasePath(dseq, id_.gseq, id_.oseq)


provider_option = click.option("--provider", metavar="ADDRESS", help="Which lease, when there are several.")


@click.command()
@click.argument("dseq", type=DSEQ)
@click.argument("service", required=False, default="")
@click.option("-f", "--follow", is_flag=True, help="Keep printing.")
@click.option("--tail", type=int, default=-1, help="Only the last N lines [all].")
@provider_option
@json_option
@session.network_options
@command
async def logs(
    settings: session.Settings,
    dseq: int,
    service: str,
    follow: bool,
    tail: int,
    provider: str | None,
    as_json: bool,
) -> None:
    """Print what the containers of deployment DSEQ wrote; SERVICE limits to one or more (a,b)."""
    async with _lease(settings, dseq, provider) as (gateway, lease):
        try:
            async for item in gateway.logs(lease, service, follow, tail):
                if as_json:
                    print_json(item)
                else:
                    click.echo(f"{styled(item['name'], fg='cyan')} {item['message']}")
        except GatewayError as error:
            if error.status != wire.NOTHING_RUNS:
                raise
            for name in filter(None, service.split(",")):
                await _say_services(gateway, lease, name)
            raise PermanentError(
                f"nothing of deployment {dseq} that could have written runs; `supercloud status {dseq}` says how it "
                f"stands, `supercloud events {dseq}` what happened"
            ) from error


@click.command()
@click.argument("dseq", type=DSEQ)
@click.option("-f", "--follow", is_flag=True, help="Keep printing.")
@provider_option
@json_option
@session.network_options
@command
async def events(
    settings: session.Settings, dseq: int, follow: bool, provider: str | None, as_json: bool
) -> None:
    """Show what happened to the containers of deployment DSEQ."""
    async with _lease(settings, dseq, provider) as (gateway, lease):
        async for item in gateway.events(lease, "", follow):
            if as_json:
                print_json(item)
            else:
                name = item.get("object", {}).get("name", "")
                line = f"{item.get('type', ''):8} {item.get('reason', ''):16} {name} {item.get('note', '')}"
                click.echo(clean(line))


@click.command(
    name="exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument("dseq", type=DSEQ)
@click.argument("service")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal.")
@click.option("-i", "--stdin", is_flag=True, help="Pass on what is typed or piped in.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document when the command has ended.")
@click.option("--replica", type=click.IntRange(0, 10_000), default=0, show_default=True, help="Which one.")
@provider_option
@session.network_options
@command
async def exec_(
    settings: session.Settings,
    dseq: int,
    service: str,
    words: tuple[str, ...],
    tty: bool,
    stdin: bool,
    as_json: bool,
    replica: int,
    provider: str | None,
) -> None:
    """Run a command in a container of SERVICE; its exit code becomes ours."""
    kept: dict[int, bytearray] | None = (
        {wire.STDOUT: bytearray(), wire.STDERR: bytearray()} if as_json else None
    )
    async with _lease(settings, dseq, provider) as (gateway, lease):
        shell_ = await gateway.shell(lease, service, list(words), tty, stdin, replica)
        code = await _session(shell_, tty, stdin, kept)
        if code:
            await _say_services(gateway, lease, service)
    if kept is not None:
        out, err = (kept[kind].decode(errors="replace") for kind in (wire.STDOUT, wire.STDERR))
        print_json({"exit_code": code, "stdout": out, "stderr": err})
    raise click.exceptions.Exit(code)


@click.command()
@click.argument("dseq", type=DSEQ)
@click.argument("service", required=False)
@click.option("--replica", type=click.IntRange(0, 10_000), default=0, show_default=True, help="Which one.")
@provider_option
@session.network_options
@command
async def shell(
    settings: session.Settings, dseq: int, service: str | None, replica: int, provider: str | None
) -> None:
    """Open a shell in a container of deployment DSEQ."""
    async with _lease(settings, dseq, provider) as (gateway, lease):
        if service is None:
            names = sorted((await gateway.lease_status(lease)).get("services") or {})
            if len(names) != 1:
                raise PermanentError(f"which service? deployment {dseq} has {', '.join(names) or 'none'}")
            service = names[0]
        tty = sys.stdin.isatty()
        code = await _session(await gateway.shell(lease, service, SHELL, tty, True, replica), tty, True)
        if code:
            await _say_services(gateway, lease, service)
    if code in NOT_STARTED:
        say(
            f"If its image has no shell, `supercloud exec {dseq} {service} PROGRAM` runs what it has.",
            err=True,
        )
    raise click.exceptions.Exit(code)


async def _say_services(gateway: Gateway, lease: LeasePath, service: str) -> None:
    """Name the services when the one that was asked for is none of them."""
    with contextlib.suppress(SdkError):
        names = sorted((await gateway.lease_status(lease)).get("services") or {})
        if names and service not in names:
            click.echo(clean(f"no service {service!r}; there are {', '.join(names)}"), err=True)


async def _session(
    shell_: wire.Shell, tty: bool, stdin: bool, kept: dict[int, bytearray] | None = None
) -> int:
    """Carry bytes both ways until the command ends; returns its exit code. Output goes to `kept`, if given."""
    code = 1
    with _raw_terminal(tty and sys.stdin.isatty()):
        async with asyncio.TaskGroup() as tasks:
            typing = tasks.create_task(_forward_stdin(shell_)) if stdin else None
            if tty and sys.stdin.isatty():
                await _follow_size(shell_)
            async for frame in shell_.frames():
                if frame.kind not in (wire.STDOUT, wire.STDERR):
                    code = _ended(frame)
                    break
                if kept is not None:
                    kept[frame.kind] += frame.data
                    if len(kept[frame.kind]) > OUTPUT_BYTES_MAX:
                        raise PermanentError(
                            f"more than {OUTPUT_BYTES_MAX} bytes of output; leave out --json"
                        )
                else:
                    _write(sys.stdout if frame.kind == wire.STDOUT else sys.stderr, frame.data)
            else:
                click.echo("the provider ended the session before the command ended", err=True)
            if typing is not None:
                typing.cancel()
            await shell_.close()
    return code


def _ended(frame: wire.ShellFrame) -> int:
    """Exit code that a session's last frame tells; what else it tells goes to stderr."""
    if frame.kind != wire.RESULT:
        click.echo("the provider could not run the command", err=True)
        return 1
    result = from_json(frame.data or b"{}", "the provider")
    told = result if isinstance(result, dict) else {}
    code = told.get("exit_code", 0)
    if told.get("message"):
        click.echo(clean(str(told["message"])), err=True)
        code = code or 1
    return code & 0xFF if isinstance(code, int) else 1


def _write(stream: Any, data: bytes) -> None:
    stream.buffer.write(data)
    stream.buffer.flush()


async def _forward_stdin(shell_: wire.Shell) -> None:
    """Everything from stdin, then its end: without that, what reads to the end would wait for ever."""
    kind = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or os.isatty(0)):
        # A file is nothing to wait for, and no loop can.
        while data := await asyncio.to_thread(os.read, 0, STDIN_BYTES):
            await shell_.send(data)
    else:
        reader = asyncio.StreamReader()
        with os.fdopen(os.dup(0), "rb") as pipe:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
            try:
                while data := await reader.read(STDIN_BYTES):
                    await shell_.send(data)
            finally:
                transport.close()
                # Stdin is shared with the shell that started us, which does not expect it changed.
                os.set_blocking(0, True)
    await shell_.send(b"")


async def _follow_size(shell_: wire.Shell) -> None:
    size = shutil.get_terminal_size()
    await shell_.resize(size.columns, size.lines)
    loop = asyncio.get_running_loop()

    def changed() -> None:
        size = shutil.get_terminal_size()
        pending.add(task := loop.create_task(shell_.resize(size.columns, size.lines)))
        task.add_done_callback(pending.discard)

    pending: set[asyncio.Task[None]] = set()
    loop.add_signal_handler(signal.SIGWINCH, changed)


@contextlib.contextmanager
def _raw_terminal(wanted: bool) -> Any:
    if not wanted:
        yield
        return
    import termios
    import tty as terminal

    before = termios.tcgetattr(0)
    try:
        terminal.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
