"""`supercloud deploy`: from an SDL file to a URL, with the offers on screen and the choice left to whoever runs it.

Steps: read the SDL, post the order with a deposit, show bids as they arrive, take the choice, make the lease, hand over
the manifest, wait until every service runs. `--pick RULE` is a choice made beforehand by whoever typed it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from supercloud import sdl as sdl_files
from supercloud.cli import session
from supercloud.cli.called import say
from supercloud.cli.offers import Board, Book, choose, short
from supercloud.cli.output import DSEQ, command, console, json_option, print_json
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, QueryError, SdkError
from supercloud.sdk.gateway import Gateway, LeasePath
from supercloud.sdk.market import Offer
from supercloud.sdk.obstacles import obstacles
from supercloud.sdl import Sdl
from supercloud.types.coin import Coin, parse_coins

SDL_BYTES_MAX = 512 * 1024
DEFAULT_DEPOSIT = 5_000_000
RULES = ("cheapest", "fastest", "first")
BID_POLL_S = 0.1
# A first bid is often not the best: wait this long after it for others, unless told otherwise.
SETTLE_S = 0.5


class Options(NamedTuple):
    """How to choose and how long to wait."""

    bid: str | None
    pick: str | None
    wait_s: float
    as_json: bool


class Deployed(NamedTuple):
    """What `deploy` brought about."""

    dseq: int
    chosen: list[Offer]
    statuses: dict[str, dict[str, Any]]
    ports: dict[str, str]
    seconds: float


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--deposit",
    "deposit_text",
    metavar="COIN",
    help=f"Escrow deposit [{DEFAULT_DEPOSIT} of the SDL's denom].",
)
@click.option("--dseq", type=DSEQ, help="Number of the deployment [the current height].")
@click.option("--bid", metavar="PROVIDER", help="Accept the bid of this provider as soon as it arrives.")
@click.option("--pick", type=click.Choice(RULES), help="Choose by rule instead of asking.")
@click.option("--wait", "wait_s", default=60.0, show_default=True, help="Seconds to wait for bids.")
@json_option
@session.network_options
@command
async def deploy(
    settings: session.Settings,
    file: Path,
    deposit_text: str | None,
    dseq: int | None,
    bid: str | None,
    pick: str | None,
    wait_s: float,
    as_json: bool,
) -> None:
    """Post the workload of FILE, watch bids arrive, choose one, get a URL."""
    document = read_sdl(file)
    options = Options(bid, pick, wait_s, as_json)
    if not (bid or pick) and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("nobody is there to choose: say how with --bid PROVIDER or --pick cheapest")
    coin = _deposit(deposit_text, document)
    async with session.signing(settings) as tenant:
        done = await run(tenant, document, coin, options, dseq)
    if as_json:
        print_json(summary(done))


def read_sdl(file: Path) -> Sdl:
    """Load an SDL file; its errors name file and line."""
    if file.stat().st_size > SDL_BYTES_MAX:
        raise click.ClickException(
            f"{file}: {file.stat().st_size} bytes; an SDL file has at most {SDL_BYTES_MAX}"
        )
    return sdl_files.load(file.read_bytes(), str(file))


async def run(
    tenant: session.Session, document: Sdl, deposit: Coin, options: Options, dseq: int | None = None
) -> Deployed:
    """Carry out a deployment. Raises SdkError; what was posted by then stays and is named in the error."""
    begun = time.monotonic()
    out = console(stderr=options.as_json)
    if options.bid:
        await _require_provider(tenant.client, options.bid)
    async with session.paying(tenant, deposit):
        number = await market.create_deployment(tenant.sender, document, deposit, dseq)
    has_lease = False
    groups = len(document.group_specs())
    out.print(f"Order [bold]{number}[/] is on the ledger. Waiting for bids ...")
    try:
        chosen = await _choose(tenant, number, groups, options, out)
        await market.accept(tenant.sender, chosen)
        has_lease = True
        for offer in chosen:
            out.print(f"Lease with [bold]{offer.provider}[/] at {offer.price.text()} {offer.denom} a block.")
        statuses, ports = await _start(tenant, document, number, chosen)
    except _NoOffers as error:
        why = await _why_nobody(tenant.client, document)
        raise PermanentError(f"{error}\n{why}{_how_to_go_on(number, has_lease)}") from error
    except SdkError as error:
        raise PermanentError(f"{error}\n{_how_to_go_on(number, has_lease)}") from error
    except asyncio.CancelledError:
        say(_how_to_go_on(number, has_lease), err=True)
        raise
    done = Deployed(number, chosen, statuses, ports, time.monotonic() - begun)
    _announce(done, out)
    for name in names_elsewhere(document, done):
        out.print(f"{name} stays with another deployment of yours; it comes here when that one is closed.")
    return done


def _how_to_go_on(dseq: int, has_lease: bool) -> str:
    if has_lease:
        return (
            f"deployment {dseq} has a lease; `supercloud status {dseq}` says how it stands, `supercloud update {dseq} "
            f"FILE` sends a corrected file, `supercloud close {dseq}` ends it"
        )
    return (
        f"deployment {dseq} exists and its deposit is locked; `supercloud close {dseq}` ends it, "
        f"`supercloud bids {dseq}` shows offers, `supercloud lease {dseq} PROVIDER --sdl FILE` takes one"
    )


class _NoOffers(PermanentError):
    """Nobody bid in time."""


async def _why_nobody(client: Client, document: Sdl) -> str:
    """A line for each provider that can be asked, or nothing; never an error on top of another."""
    try:
        found = await obstacles(client, document.group_specs())
    except SdkError:
        return ""
    if not found:
        return "nobody has registered as a provider\n"
    return "".join(f"  {short(item.provider)}: {item.reason}\n" for item in found)


async def _require_provider(client: Client, address: str) -> None:
    """Nobody else's bid would be taken, so an order for one who is not there would only lock the deposit."""
    try:
        client.bech32.parse(address)
        await market.provider_record(client, address)
    except ValueError as error:
        raise click.BadParameter(f"{address!r} is no address: {error}", param_hint="--bid") from error
    except QueryError as error:
        if not error.not_found:
            raise
        raise PermanentError(
            f"{address} is no provider of {client.chain_id}; `supercloud providers` lists them"
        ) from error


async def _choose(tenant: session.Session, dseq: int, groups: int, options: Options, out: Any) -> list[Offer]:
    """One offer for each group, as the person or the rule they gave says."""
    block_s = float(await tenant.client.block_interval_s())
    book, chosen = Book(tenant, dseq), []
    with Board(out, block_s) as board:
        if not (options.bid or options.pick) and out.is_terminal:
            typed = await choose(book, board, groups, BID_POLL_S, options.wait_s)
            if typed is None:
                raise _NoOffers(_nothing_arrived(options, 0, groups))
            board.settle(book.rows)
            chosen, why = typed, "your choice"
        else:
            await _wait_for_offers(tenant.client, book, board, groups, options)
            board.settle(book.rows)
    if not chosen:
        for group in sorted({offer.group for offer in book.offers}):
            mine = [(number, offer) for number, offer in book.rows if offer.group == group]
            offer, why = await _pick(mine, options)
            chosen.append(offer)
    for offer in chosen:
        which = f" for group {offer.group}" if groups > 1 else ""
        out.print(f"Chosen{which}: [bold]{offer.provider}[/] ({why}).")
    return chosen


async def _wait_for_offers(client: Client, book: Book, board: Board, groups: int, options: Options) -> None:
    """Until each group has an offer that may be taken, and a little longer for better ones."""
    begun, complete_since = time.monotonic(), None
    everybody = await market.provider_count(client)
    while True:
        if await book.refresh():
            board.show(book.rows, "Waiting for more bids ...")
        if len(book.offers) >= groups * everybody > 0 and not options.bid:
            return  # nobody is left who could bid
        wanted = {offer.group for offer in book.offers if options.bid in (None, offer.provider)}
        if len(wanted) == groups:
            complete_since = complete_since or time.monotonic()
            if options.bid or options.pick == "first" or time.monotonic() - complete_since >= SETTLE_S:
                return
        if time.monotonic() - begun > options.wait_s:
            raise _NoOffers(_nothing_arrived(options, len(book.offers), groups))
        await asyncio.sleep(BID_POLL_S)


def _nothing_arrived(options: Options, arrived: int, groups: int) -> str:
    if options.bid:
        return f"{options.bid} has not bid within {options.wait_s:g} s"
    return (
        f"{arrived} bid(s) for {groups} group(s) within {options.wait_s:g} s: providers may lack the resources or "
        "attributes asked for, or the price is below theirs; `supercloud providers` lists them"
    )


async def _pick(rows: Sequence[tuple[int, Offer]], options: Options) -> tuple[Offer, str]:
    """One of a group's offers, cheapest first, each with the number under which it arrived."""
    offers = [offer for _, offer in rows]
    if options.bid:
        return next(offer for offer in offers if offer.provider == options.bid), "named with --bid"
    match options.pick:
        case "cheapest":
            return offers[0], f"the cheapest of {len(offers)}"
        case "fastest":
            timed = [(offer.round_trip_s, at) for at, offer in enumerate(offers) if offer.round_trip_s]
            if timed:
                return offers[min(timed)[1]], "the shortest round trip"
            return offers[0], "no provider answered in time; the cheapest"
        case "first":
            return min(rows, key=lambda row: row[0])[1], "the first to arrive"
    numbers = [str(number) for number, _ in rows]
    answer = await asyncio.to_thread(
        click.prompt, "Number of the offer to accept", type=click.Choice(numbers), err=True
    )
    return dict(rows)[int(answer)], "your choice"


async def _start(
    tenant: session.Session, document: Sdl, dseq: int, chosen: Sequence[Offer]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    async def one(provider: str, lease: LeasePath) -> tuple[str, dict[str, Any]]:
        async with await Gateway.of(tenant.client, provider, tenant.key.signer) as gateway:
            await market.send_manifest(gateway, dseq, document)
            return str(lease.gseq), await market.wait_ready(gateway, lease)

    tasks = [one(offer.provider, LeasePath(dseq, offer.bid_id.gseq, offer.bid_id.oseq)) for offer in chosen]
    statuses = dict(await asyncio.gather(*tasks))
    ports = {}
    for status in statuses.values():
        for service, forwarded in (status.get("forwarded_ports") or {}).items():
            for port in forwarded:
                ports[f"{service}:{port['port']}/{str(port['proto']).lower()}"] = (
                    f"{port['host']}:{port['externalPort']}"
                )
    return statuses, ports


def uris(done: Deployed) -> list[str]:
    """All web addresses."""
    found = []
    for status in done.statuses.values():
        for service in (status.get("services") or {}).values():
            found += [
                address if "://" in address else f"http://{address}" for address in service.get("uris") or []
            ]
    return found


def names_elsewhere(document: Sdl, done: Deployed) -> list[str]:
    """Names that the file asks for and the lease has not: a provider leaves them where their tenant has them already."""
    asked = {
        host
        for group in document.manifest_json
        for service in group["services"]
        for expose in service["expose"]
        for host in expose.get("hosts") or ()
    }
    there = {address.partition("://")[2].partition(":")[0] for address in uris(done)}
    # Without a web proxy a provider has no names at all, only addresses.
    return sorted(asked - there) if any(part.isalpha() for name in there for part in name) else []


def summary(done: Deployed) -> dict[str, Any]:
    """The JSON of `deploy --json`; a single lease stands alone, several are lists."""
    leases = [
        f"{offer.bid_id.owner}/{done.dseq}/{offer.bid_id.gseq}/{offer.bid_id.oseq}/{offer.provider}"
        for offer in done.chosen
    ]
    prices = [{"denom": offer.denom, "amount": offer.price.text()} for offer in done.chosen]
    return {
        "dseq": done.dseq,
        "lease": leases[0] if len(leases) == 1 else leases,
        "provider": done.chosen[0].provider
        if len(leases) == 1
        else [offer.provider for offer in done.chosen],
        "price": prices[0] if len(prices) == 1 else prices,
        "uris": uris(done),
        "ports": done.ports,
        "seconds": round(done.seconds, 3),
    }


def _announce(done: Deployed, out: Any) -> None:
    for address in uris(done):
        out.print(f"[bold green]{address}[/]")
    for name, address in done.ports.items():
        out.print(f"{name} at {address}")
    out.print(
        f"Running after {done.seconds:.1f} s. Logs: supercloud logs {done.dseq}  End: supercloud close {done.dseq}"
    )


def _deposit(text: str | None, document: Sdl) -> Coin:
    if text is None:
        return Coin(document.denom, DEFAULT_DEPOSIT)
    with contextlib.suppress(ValueError):
        coins = parse_coins(text)
        if len(coins) == 1:
            return coins[0]
    raise click.BadParameter(
        f"{text!r}: expected one amount with its denom, such as 5000000uakt", param_hint="--deposit"
    )
