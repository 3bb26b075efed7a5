"""`supercloud genesis add-account|gentx|collect|validate`: a genesis document that several people found a network with.

supercloud node init --home NODE --chain-id my-net          everybody: keys and settings; the first one's document
supercloud genesis add-account ADDRESS 1000000uakt ...      one person, for all
supercloud genesis gentx KEY 500000uakt --home NODE         every founder, with that document
supercloud genesis collect --home NODE                      one person; the document then goes to everybody
supercloud genesis validate NODE/config/genesis.json
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from supercloud.cli import session
from supercloud.cli.output import console, json_option, print_json, raise_as_click
from supercloud.cli.validator_terms import terms_options
from supercloud.sdk.keyring import Backend
from supercloud.types.coin import Coin, coins_text, parse_coins

FOUNDERS = "gentx"
"""Folder beside the document where founders' transactions are put."""


@click.group()
def genesis() -> None:
    """Write a network's genesis document together, in the network's own form."""


Decorated = Callable[..., Any]


def _place(function: Decorated) -> Decorated:
    function = click.option(
        "--home", type=click.Path(path_type=Path), help="Folder of the node [~/.supercloud/node]."
    )(function)
    return click.option(
        "--genesis",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The document [that of the node].",
    )(function)


def _keyring(function: Decorated) -> Decorated:
    function = click.option(
        "--keyring-home", type=click.Path(path_type=Path), help="Folder of the keys [~/.supercloud]."
    )(function)
    return click.option(
        "--keyring-backend", type=click.Choice([each.value for each in Backend]), help="Where keys live."
    )(function)


def _document_path(home: Path | None, file: Path | None) -> Path:
    return file or session.node_home(home) / "config" / "genesis.json"


def _settings(keyring_home: Path | None, backend: str | None) -> session.Settings:
    return session.Settings(keyring_home or session.default_home(), None, None, backend, "")


@contextmanager
def _refusals() -> Iterator[None]:
    """Refusals as one line."""
    try:
        yield
    except click.ClickException:
        raise
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise


def _read(path: Path) -> dict[str, Any]:
    import orjson

    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise click.ClickException(f"{path} is no JSON object")
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    import orjson

    from supercloud.node.files import write_durably

    write_durably(path, orjson.dumps(document, option=orjson.OPT_INDENT_2))


# --- Accounts


@genesis.command("add-account")
@click.argument("account", metavar="ADDRESS_OR_KEY")
@click.argument("coins", metavar="COINS")
@_place
@_keyring
@click.option("--append", is_flag=True, help="Add the coins to an account that is there already.")
@click.option("--vesting-amount", default="", metavar="COINS", help="Those of the coins that vest.")
@click.option("--vesting-start-time", default=0, help="Vest evenly from this second since 1970 on.")
@click.option("--vesting-end-time", default=0, help="Until then, or, without a start, all at once then.")
@click.option(
    "--vesting-period",
    multiple=True,
    metavar="SECONDS=COINS",
    help="Vest in parts instead, one after the other from the start on. May be given often.",
)
@click.option("--vesting-locked", is_flag=True, help="Lock the vesting amount for ever: to be staked only.")
@json_option
def add_account(
    account: str, coins: str, home: Path | None, file: Path | None, append: bool, as_json: bool, **given: Any
) -> None:
    """Give ADDRESS_OR_KEY an account with COINS in the document."""
    from supercloud.node import founding

    path = _document_path(home, file)
    with _refusals():
        document = _read(path)
        keyring = _settings(given["keyring_home"], given["keyring_backend"]).keyring()
        if keyring.has(account):
            account = founding.profile_of(document).bech32.text(keyring.address(account))
        schedule = _schedule(given)
        founding.add_account(document, account, parse_coins(coins), schedule, append=append)
        _write(path, document)
    if as_json:
        vests = coins_text(schedule.total()) if schedule else ""
        print_json({"address": account, "coins": coins, "vesting": vests, "genesis": str(path)})
    else:
        console().print(f"{account} has {coins} in {path}", soft_wrap=True)


def _schedule(given: dict[str, Any]) -> Any:
    """The schedule of the options, or None."""
    from supercloud.node.founding import Schedule

    periods: list[tuple[int, list[Coin]]] = []
    for text in given["vesting_period"]:
        length, _, part = text.partition("=")
        if not (length.isascii() and length.isdigit()) or not part:
            raise click.ClickException(f"--vesting-period {text!r}: expected SECONDS=COINS")
        periods.append((int(length), parse_coins(part)))
    amount = parse_coins(given["vesting_amount"])
    start, end, locked = given["vesting_start_time"], given["vesting_end_time"], given["vesting_locked"]
    if not (amount or periods):
        if start or end or locked:
            raise click.ClickException("what vests? --vesting-amount says it")
        return None
    if periods and (amount or end or locked or not start):
        raise click.ClickException("--vesting-period needs --vesting-start-time and nothing else")
    if locked and (start or end):
        raise click.ClickException("what is locked for ever has neither start nor end")
    return Schedule(amount, start, end, periods, locked)


# --- Founders


@genesis.command()
@click.argument("key", metavar="KEY")
@click.argument("stake", metavar="COIN")
@_place
@_keyring
@terms_options
@click.option("--place", default="", metavar="HOST:PORT", help="Where others reach the node.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write [config/gentx/...]."
)
@json_option
def gentx(
    key: str,
    stake: str,
    home: Path | None,
    file: Path | None,
    output: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Sign a transaction by which KEY stakes COIN and the node of --home validates from the first block on."""
    import os

    from supercloud.node import founding
    from supercloud.node.config import load
    from supercloud.node.home import Home

    where = session.node_home(home)
    with _refusals():
        document = _read(_document_path(home, file))
        keyring = _settings(given.pop("keyring_home"), given.pop("keyring_backend")).keyring()
        coins = parse_coins(stake)
        if len(coins) != 1:
            raise click.ClickException(f"{stake!r}: one coin is staked")
        given["moniker"] = given["moniker"] or load(Home(where).config, os.environ).node.moniker
        validator = founding.validator_keys(where)
        made = founding.found(document, keyring.key(key).signer, validator, coins[0], founding.Terms(**given))
        path = output or where / "config" / FOUNDERS / f"gentx-{validator.node_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, made)
    if as_json:
        print_json({"gentx": str(path), "node_id": validator.node_id})
    else:
        console().print(f"Written to {path}; send it to whoever collects.", soft_wrap=True)


@genesis.command()
@_place
@click.option(
    "--gentx-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the founders' transactions [config/gentx].",
)
@json_option
def collect(home: Path | None, file: Path | None, gentx_dir: Path | None, as_json: bool) -> None:
    """Put the founders' transactions into the document and check that a chain can start from it."""
    from supercloud.node import founding

    where = session.node_home(home)
    path = _document_path(home, file)
    folder = gentx_dir or where / "config" / FOUNDERS
    with _refusals():
        document = _read(path)
        peers = founding.collect(document, [_read(each) for each in sorted(folder.glob("*.json"))])
        checked = founding.validate(document)
        _write(path, document)
    if as_json:
        print_json({"genesis": str(path), "founders": checked.founders, "peers": peers})
        return
    console().print(f"{path} has {checked.founders} founders.", soft_wrap=True)
    if peers:
        console().print(f"Their nodes, for p2p.persistent_peers: {','.join(peers)}", soft_wrap=True)


# --- Checking


@genesis.command()
@click.argument("path", metavar="[FILE]", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the node [~/.supercloud/node].")
@click.option("--drop", multiple=True, metavar="MODULE", help="Leave out a module that is unknown here.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the document as it was checked, in CometBFT's form.",
)
@json_option
def validate(
    path: Path | None, home: Path | None, drop: tuple[str, ...], output: Path | None, as_json: bool
) -> None:
    """Start a chain from the document in memory and say what it holds; a document of another network too."""
    from supercloud.node import founding
    from supercloud.node.genesis import format_time, load

    place = _document_path(home, path)
    with _refusals():
        document = load(place).document
        done = founding.adopt(document, drop)
        checked = founding.validate(document)
        if output is not None:
            _write(output, checked.genesis.document)
    found = {
        "chain_id": checked.genesis.chain_id,
        "genesis_time": format_time(checked.genesis.time),
        "initial_height": checked.genesis.initial_height,
        "accounts": checked.accounts,
        "validators": checked.validators,
        "founders": checked.founders,
        "supply": coins_text(checked.supply),
        "changes": done,
    }
    if as_json:
        print_json(found)
        return
    for change in done:
        console(stderr=True).print(change, soft_wrap=True)
    if done and output is None:
        console(stderr=True).print("Nodes start from the changed document only: --output FILE writes it.")
    console().print(
        f"{place} is good: {found['chain_id']} begins at {found['genesis_time']} with {checked.accounts} accounts, "
        f"{checked.validators} validators and {found['supply']}.",
        soft_wrap=True,
    )
