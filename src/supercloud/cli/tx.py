"""`supercloud tx MODULE METHOD [FIELD=VALUE ...]`: every message of every module, signed with `--from`.

The field that names the signer may be left out; it is filled with the signing account.
"""

from __future__ import annotations

from typing import Any

import click
from google.protobuf.descriptor import Descriptor

from supercloud.cli import session, wire
from supercloud.cli.output import Suggesting, command, console, json_option, print_json
from supercloud.codec import json as proto_json
from supercloud.pb.cosmos.msg.v1 import msg_pb2
from supercloud.sdk.events import is_typed

VALIDATOR_FIELDS = ("validator_address", "validator_addr")
"""Fields that name the signer as a validator's operator."""
PROVIDER_SIGNS = ("create-bid", "close-bid", "withdraw-lease", "lease-start-reclaim")


class _Modules(Suggesting):
    """Modules as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(wire.MESSAGES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _Methods(cmd_name, help=f"Messages of {cmd_name}.") if cmd_name in wire.MESSAGES else None


class _Methods(Suggesting):
    """The messages of one module as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [method.name for method in wire.methods(wire.MESSAGES, str(self.name), "Msg")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for method in wire.methods(wire.MESSAGES, str(self.name), "Msg"):
            if method.name == cmd_name:
                return _send(method)
        return None


def _send(method: wire.Method) -> click.Command:
    @click.command(
        name=method.name,
        help=f"{method.request.full_name}\n\nFields: {wire.fields_text(method.request)}",
        short_help=f"with {wire.fields_text(method.request)}",
    )
    @click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
    @click.option("--memo", default="", help="Text that travels with the transaction.")
    @click.option("--gas", type=click.IntRange(1, 2**63 - 1), help="Gas limit [simulated].")
    @click.option("--dry-run", is_flag=True, help="Simulate and print the gas; send nothing.")
    @json_option
    @session.network_options
    @command
    async def send(
        settings: session.Settings,
        fields: tuple[str, ...],
        memo: str,
        gas: int | None,
        dry_run: bool,
        as_json: bool,
    ) -> None:
        async with session.signing(settings) as account:
            message = wire.build(method.request, fields, _signer(method, account))
            if dry_run:
                print_json(
                    {"gas": await account.sender.simulate([message]), "message": proto_json.to_dict(message)}
                )
                return
            result = await account.sender.send([message], memo, gas)
        if as_json:
            print_json(_document(result))
        else:
            console().print(f"{result.hash} in block {result.height}, {result.gas_used} gas")

    return send


def _signer(method: wire.Method, account: session.Session) -> dict[str, Any]:
    """The default for the field that names the signer, which most messages' types declare; nested ids do not."""
    descriptor: Descriptor = method.request
    for name in descriptor.GetOptions().Extensions[msg_pb2.signer]:
        if name in VALIDATOR_FIELDS:
            return {name: account.client.bech32.valoper(account.key.address)}
        if descriptor.fields_by_name[name].message_type is None:
            return {name: account.owner}
    for name in ("id", "bid_id"):
        if name in descriptor.fields_by_name:
            role = "provider" if method.name in PROVIDER_SIGNS else "owner"
            return {f"{name}.{role}": account.owner}
    return {}


def _document(result: Any) -> dict[str, Any]:
    """The result as JSON, its events in order: typed ones with their fields, others with their attributes as text."""
    typed = iter(result.events)
    events = []
    for event in result.raw_events:
        if is_typed(event):
            found = next(typed)
            events.append({"type": found.name, **found.fields})
        else:
            words = {item["key"]: item.get("value") or "" for item in event.get("attributes") or []}
            events.append({**words, "type": event.get("type", "")})
    return {
        "hash": result.hash,
        "height": result.height,
        "gas_wanted": result.gas_wanted,
        "gas_used": result.gas_used,
        "events": events,
    }


tx = _Modules(
    "tx", help="Send any message of any module: `supercloud tx bank send to_address=... amount='[...]'`."
)
