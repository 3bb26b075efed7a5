"""`supercloud keys`: make, restore, list, show, export, import, delete."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from supercloud.cli import session
from supercloud.cli.called import say
from supercloud.cli.output import console, json_option, print_json, raise_as_click, table
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.sdk.keyring import Backend, Key, Keyring, KeyringError
from supercloud.sdk.keyring.armor import ARMOR_CHARS_MAX, export_armor, import_armor
from supercloud.sdk.keyring.seal import WrongPassphrase
from supercloud.types.address import Bech32


class _Keys(click.Group):
    """Turns keyring refusals into messages."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (KeyringError, WrongPassphrase, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise_as_click(error)
            return None


@click.group(cls=_Keys)
@click.option("--home", type=click.Path(path_type=Path), help="Folder of keys and settings [~/.supercloud].")
@click.option(
    "--keyring-backend",
    type=click.Choice([backend.value for backend in Backend]),
    help="file (sealed), test (plain), memory.",
)
@click.option("--prefix", help="Address prefix of the network [akash, or that of the home's network].")
@click.pass_context
def keys(ctx: click.Context, home: Path | None, keyring_backend: str | None, prefix: str | None) -> None:
    """Make, restore, list and export keys. Sealed under a passphrase unless the home is a local supercloud's."""
    settings = session.Settings(home or session.default_home(), None, None, keyring_backend, "0uakt")
    ctx.obj = (settings.keyring(), Bech32(prefix or settings.local().get("bech32_prefix", "akash")))


def _show(ctx: click.Context, key: Key, as_json: bool, mnemonic: str | None) -> None:
    _, bech32 = ctx.obj
    document = {"name": key.name, "address": bech32.text(key.address)}
    if mnemonic:
        document["mnemonic"] = mnemonic
    if as_json:
        print_json(document)
        return
    console().print(f"{key.name}  {document['address']}")
    if mnemonic:
        console(stderr=True).print(
            "\nWrite these words down and keep them where nobody else looks; they are the key:\n"
        )
        click.echo(mnemonic)


@keys.command()
@click.argument("name")
@click.option("--recover", is_flag=True, help="From words on stdin instead, as `keys restore` does.")
@json_option
@click.pass_context
def add(ctx: click.Context, name: str, recover: bool, as_json: bool) -> None:
    """Make a new key called NAME and print its 24 words once."""
    if recover:
        ctx.invoke(restore, name=name, as_json=as_json)
        return
    key = ctx.obj[0].create(name)
    _show(ctx, key, as_json, key.mnemonic)


@keys.command()
@click.argument("name")
@click.option(
    "--account", default=0, show_default=True, help="Account of the path m/44'/118'/ACCOUNT'/0/INDEX."
)
@click.option("--index", default=0, show_default=True, help="Index of the path.")
@json_option
@click.pass_context
def restore(ctx: click.Context, name: str, as_json: bool, account: int = 0, index: int = 0) -> None:
    """Restore key NAME from its words, the first line of stdin. A passphrase may follow as the second."""
    words = session.ask_secret("Mnemonic", "SUPERCLOUD_MNEMONIC")
    _show(ctx, ctx.obj[0].restore(name, " ".join(words.split()), account, index), as_json, None)


@keys.command(name="list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List keys with their addresses."""
    keyring, bech32 = ctx.obj
    rows = []
    for name in keyring.names():
        try:
            rows.append((name, bech32.text(keyring.address(name))))
        except KeyringError as error:
            click.echo(f"Warning: {error}", err=True)
    if as_json:
        print_json([{"name": name, "address": address} for name, address in rows])
    elif rows:
        console().print(table(("name", "address"), rows))
    else:
        say(f"no keys in {keyring.folder}; `supercloud keys add NAME` makes one")


@keys.command()
@click.argument("name")
@click.option("--address-only", "-a", is_flag=True, help="Print the address alone.")
@json_option
@click.pass_context
def show(ctx: click.Context, name: str, address_only: bool, as_json: bool) -> None:
    """Show key NAME."""
    keyring, bech32 = ctx.obj
    address = bech32.text(keyring.address(name))
    if as_json:
        print_json({"name": name, "address": address})
    else:
        click.echo(address if address_only else f"{name}  {address}")


@keys.command()
@click.argument("name")
@click.option("--mnemonic", is_flag=True, help="Print the words instead of armour.")
@json_option
@click.pass_context
def export(ctx: click.Context, name: str, mnemonic: bool, as_json: bool) -> None:
    """Print key NAME as armour under a passphrase of its own (stdin's line after the keyring's, if that is sealed)."""
    key = ctx.obj[0].key(name)
    if mnemonic:
        if key.mnemonic is None:
            raise click.ClickException(f"{name} was imported without words")
        if as_json:
            print_json({"name": name, "mnemonic": key.mnemonic})
        else:
            click.echo(key.mnemonic)
        return
    armor = export_armor(key.private.secret, _armor_passphrase(twice=True))
    if as_json:
        print_json({"name": name, "armor": armor})
    else:
        click.echo(armor, nl=False)


@keys.command(name="import")
@click.argument("name")
@click.argument("file", type=click.File("r"))
@json_option
@click.pass_context
def import_(ctx: click.Context, name: str, file: TextIO, as_json: bool) -> None:
    """Import armour from FILE as key NAME."""
    keyring: Keyring = ctx.obj[0]
    secret = import_armor(file.read(ARMOR_CHARS_MAX + 1), _armor_passphrase())
    _show(ctx, keyring.add_private(name, PrivateKey(secret)), as_json, None)


def _armor_passphrase(twice: bool = False) -> str:
    given = session.ask_secret("Passphrase of the armour", "SUPERCLOUD_ARMOR_PASSPHRASE", twice)
    if not given:
        raise click.ClickException("an empty passphrase protects nothing; choose one for the armour")
    return given


@keys.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def delete(ctx: click.Context, name: str, yes: bool, as_json: bool) -> None:
    """Delete key NAME for good."""
    if not ctx.obj[0].has(name):
        ctx.obj[0].address(name)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(f"nobody is there to confirm that {name} is deleted for good: say --yes")
        click.confirm(f"Delete {name}? Without its words it is lost", abort=True, err=True)
    ctx.obj[0].delete(name)
    if as_json:
        print_json({"deleted": name})
    else:
        click.echo(f"deleted {name}")


@keys.command()
@click.argument("name")
@click.argument("new")
@json_option
@click.pass_context
def rename(ctx: click.Context, name: str, new: str, as_json: bool) -> None:
    """Call key NAME by the name NEW."""
    _show(ctx, ctx.obj[0].rename(name, new), as_json, None)
