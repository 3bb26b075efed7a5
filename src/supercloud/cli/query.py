"""`supercloud query MODULE METHOD [FIELD=VALUE ...]`: every query of every module, as JSON."""

from __future__ import annotations

from typing import Any

import click
import orjson
from google.protobuf.message_factory import GetMessageClass

from supercloud.cli import session, wire
from supercloud.cli.output import Suggesting, command
from supercloud.codec import json as proto_json


class _Modules(Suggesting):
    """Modules as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(wire.QUERIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _Methods(cmd_name, help=f"Questions about {cmd_name}.") if cmd_name in wire.QUERIES else None


class _Methods(Suggesting):
    """The queries of one module as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [method.name for method in wire.methods(wire.QUERIES, str(self.name), "Query")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for method in wire.methods(wire.QUERIES, str(self.name), "Query"):
            if method.name == cmd_name:
                return _ask(method)
        return None


def _ask(method: wire.Method) -> click.Command:
    @click.command(
        name=method.name,
        help=f"{method.path}\n\nFields: {wire.fields_text(method.request)}",
        short_help=f"by {wire.fields_text(method.request)}" if method.request.fields else "everything",
    )
    @click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
    @click.option(
        "--height", type=click.IntRange(0, 2**63 - 1), default=0, help="Ask about this height [latest]."
    )
    @click.option("--json", "as_json", is_flag=True, help="One line instead of indented JSON.")
    @session.network_options
    @command
    async def ask(settings: session.Settings, fields: tuple[str, ...], height: int, as_json: bool) -> None:
        request = wire.build(method.request, fields, {})
        async with session.connected(settings) as client:
            answer = await client.query(method.path, request, GetMessageClass(method.answer), height)
        _print(proto_json.to_dict(answer), as_json)

    return ask


def _print(document: Any, as_json: bool) -> None:
    click.echo(orjson.dumps(document, option=0 if as_json else orjson.OPT_INDENT_2).decode())


query = _Modules(
    "query", help="Ask any question of any module: `supercloud query bank balance address=... denom=uakt`."
)
