"""`supercloud light`: what a node says, checked against a block hash you trust; the node may be anybody's.

The newest verified header is remembered in `light.json` of the home, by chain, so that `--trust` is given once.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from supercloud.cli import session
from supercloud.cli.output import amount_text, command, console, json_option, print_json
from supercloud.codec import json as proto_json
from supercloud.sdk.client import Client
from supercloud.sdk.light import LightClient, Proven
from supercloud.sdk.rpc import RpcClient
from supercloud.types.ids import BidID

FILE = "light.json"


@click.group()
@click.option("--trust", metavar="HEIGHT:HASH", help="A block you know to be right, from a source you trust.")
@click.option("--witness", multiple=True, metavar="URL", help="Another node that has to have the same block.")
@click.pass_context
def light(ctx: click.Context, trust: str | None, witness: tuple[str, ...]) -> None:
    """Verify headers, balances, leases and escrow of a node you need not trust."""
    ctx.obj = (trust, witness)


@asynccontextmanager
async def _verified(settings: session.Settings, given: Any) -> AsyncIterator[tuple[Client, LightClient]]:
    """A light client whose trusted header is the newest one, agreed on by all witnesses."""
    trust, witnesses = given
    async with session.connected(settings) as client:
        height, hash = _trusted(settings.home, client.chain_id, trust)
        checked = await LightClient.begin(client.rpc, height, hash)
        if checked.trusted.header.chain_id != client.chain_id:
            raise click.ClickException(f"the trusted block is not of {client.chain_id}")
        await checked.advance()
        for url in witnesses:
            async with RpcClient(url) as other:
                if not await checked.agrees(other):
                    raise click.ClickException(
                        f"{url} has another block at height {checked.trusted.height}: one of the two lies"
                    )
        _remember(settings.home, client.chain_id, checked)
        yield client, checked


def _trusted(home: Path, chain_id: str, trust: str | None) -> tuple[int, bytes]:
    if trust:
        height, _, hash = trust.partition(":")
        try:
            if len(hash) != 64:
                raise ValueError("not 32 bytes")
            return int(height), bytes.fromhex(hash)
        except ValueError as error:
            raise click.BadParameter("expected HEIGHT:HASH, the hash in hex", param_hint="--trust") from error
    known = _known(home).get(chain_id)
    if known is None:
        raise click.ClickException(
            f"no trusted block of {chain_id} yet; name one: supercloud light --trust HEIGHT:HASH ..."
        )
    return int(known["height"]), bytes.fromhex(known["hash"])


def _account(settings: session.Settings, client: Client, name: str | None) -> bytes:
    """The account that was named, by its address or as a key of this home; the signing key's where none was."""
    if name is None:
        return settings.signing_key().address
    return session.address_of(settings, client, name)


def _known(home: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = orjson.loads((home / FILE).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return document


def _remember(home: Path, chain_id: str, checked: LightClient) -> None:
    home.mkdir(parents=True, exist_ok=True)
    known = _known(home)
    known[chain_id] = {"height": checked.trusted.height, "hash": checked.trusted.hash.hex().upper()}
    temporary = home / f".{FILE}.{os.getpid()}"
    temporary.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2))
    temporary.replace(home / FILE)


@light.command()
@json_option
@session.network_options
@click.pass_obj
def header(given: Any, settings: session.Settings, as_json: bool) -> None:
    """Verify the newest header."""
    _header(given, settings, as_json)


@command
async def _header(given: Any, settings: session.Settings, as_json: bool) -> None:
    async with _verified(settings, given) as (client, checked):
        found = checked.trusted
        document = {
            "chain_id": client.chain_id,
            "height": found.height,
            "hash": found.hash.hex().upper(),
            "app_hash": found.header.app_hash.hex().upper(),
            "validators": len(found.validators),
        }
    if as_json:
        print_json(document)
    else:
        console().print(
            f"{document['chain_id']}: header {found.height} is verified, hash {document['hash']}",
            soft_wrap=True,
        )


@light.command()
@click.argument("address", required=False)
@click.option("--denom", default=None, help="Coin [the network's own].")
@json_option
@session.network_options
@click.pass_obj
def balance(
    given: Any, settings: session.Settings, address: str | None, denom: str | None, as_json: bool
) -> None:
    """Prove what ADDRESS (default: your key's account) has of a coin."""
    _balance(given, settings, (address, denom), as_json)


@command
async def _balance(given: Any, settings: session.Settings, which: Any, as_json: bool) -> None:
    address, denom = which
    async with _verified(settings, given) as (client, checked):
        # A lie about it proves a balance of another coin, whose name is told.
        denom = denom or (settings.gas_price or await session.gas_price_of(client)).lstrip("0123456789.")
        raw = _account(settings, client, address)
        found = await checked.balance(raw, denom)
        document = {"address": client.bech32.text(raw), "denom": denom, "amount": str(found.value)}
    _show(document, f"{document['address']} has {amount_text(found.value, denom)}", found, as_json)


@light.command()
@click.argument("dseq", type=int)
@click.argument("provider")
@click.option("--owner", help="Tenant [your key's account].")
@click.option("--gseq", default=1, show_default=True, help="Group of the deployment.")
@click.option("--oseq", default=1, show_default=True, help="Order of the group.")
@json_option
@session.network_options
@click.pass_obj
def lease(given: Any, /, settings: session.Settings, as_json: bool, **which: Any) -> None:
    """Prove a lease, or that there is none."""
    _lease(given, settings, which, as_json)


@command
async def _lease(given: Any, settings: session.Settings, which: Any, as_json: bool) -> None:
    async with _verified(settings, given) as (client, checked):
        owner = _account(settings, client, which["owner"])
        provider = _account(settings, client, which["provider"])
        found = await checked.lease(BidID(owner, which["dseq"], which["gseq"], which["oseq"], provider))
    document = {"lease": found.value and proto_json.to_dict(found.value)}
    text = (
        f"lease {which['dseq']} is {document['lease']['state']}" if found.value else "there is no such lease"
    )
    _show(document, text, found, as_json)


@light.command()
@click.argument("dseq", type=int)
@click.option("--owner", help="Tenant [your key's account].")
@json_option
@session.network_options
@click.pass_obj
def escrow(given: Any, settings: session.Settings, dseq: int, owner: str | None, as_json: bool) -> None:
    """Prove the escrow account of deployment DSEQ, or that there is none."""
    _escrow(given, settings, (dseq, owner), as_json)


@command
async def _escrow(given: Any, settings: session.Settings, which: Any, as_json: bool) -> None:
    dseq, owner = which
    async with _verified(settings, given) as (client, checked):
        account = client.bech32.text(_account(settings, client, owner))
        found = await checked.escrow(account, dseq)
    document = {"account": found.value and proto_json.to_dict(found.value)}
    text = "there is no such account"
    if found.value:
        funds = (
            ", ".join(f"{fund.amount[:-18] or '0'}{fund.denom}" for fund in found.value.funds) or "nothing"
        )
        text = f"escrow of {dseq} is {document['account']['state']} and holds {funds}"
    _show(document, text, found, as_json)


def _show(document: dict[str, Any], text: str, found: Proven, as_json: bool) -> None:
    if as_json:
        print_json(document | {"height": found.height, "proven": True})
    else:
        console().print(f"{text}: proven at height {found.height}", soft_wrap=True)
