"""Offers on the screen: a table that grows while bids arrive, and the keys with which a person chooses from it.

Nothing is chosen here: `choose` returns what somebody typed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from supercloud.cli import session
from supercloud.cli.output import Marked, clean, table
from supercloud.sdk import market
from supercloud.sdk.market import Offer

WIDE_COLUMNS: Final = 150
"""From this width on, everything known of an offer stands in one line."""
ADDRESS_ENDS: Final = (12, 6)
ATTRIBUTES_CHARS_MAX: Final = 70
_GPU_MODEL: Final = re.compile(r"capabilities/gpu/vendor/[^/]+/model/([^/]+)")
MONTH_S: Final = 30 * 86400
_ENTER: Final = frozenset("\r\n")
_ERASE: Final = frozenset("\x7f\b")


class Book:
    """The open bids on a deployment with what is known of their providers; each is looked up once.

    An offer keeps the number under which it was first shown, so that nobody accepts another one that slipped in.
    """

    def __init__(self, tenant: session.Session, dseq: int) -> None:
        self._tenant = tenant
        self._dseq = dseq
        self._known: dict[bytes, tuple[int, Offer]] = {}
        self._shown = 0

    @property
    def rows(self) -> list[tuple[int, Offer]]:
        """Number and offer, cheapest first in each group."""
        return sorted(self._known.values(), key=lambda row: (row[1].group, row[1].price.raw, row[1].provider))

    @property
    def offers(self) -> list[Offer]:
        """The same without numbers."""
        return [offer for _, offer in self.rows]

    async def refresh(self) -> bool:
        """Ask for bids; whether anything changed since the last time. Raises SdkError."""
        bids = {
            bid.id.SerializeToString(deterministic=True): bid
            for bid in await market.bids(self._tenant.client, self._tenant.owner, self._dseq)
        }
        if bids.keys() == self._known.keys():
            return False
        new = [key for key in bids if key not in self._known]
        client, sightings = self._tenant.client, self._tenant.sightings
        found = await asyncio.gather(*(market.offer(client, bids[key], sightings) for key in new))
        arrived = sorted(zip(new, found, strict=True), key=lambda item: (item[1].group, item[1].price.raw))
        self._known = {key: row for key, row in self._known.items() if key in bids}
        for key, offer in arrived:
            self._shown += 1
            self._known[key] = (self._shown, offer)
        return True


class Board:
    """The table on a terminal, drawn again when offers or the line below change; elsewhere nothing is drawn."""

    def __init__(self, out: Any, block_s: float) -> None:
        self._out = out
        self._block_s = block_s
        self._live: Any = None
        self._shown: Any = None

    def __enter__(self) -> Board:
        if self._out.is_terminal:
            from rich.live import Live

            self._live = Live(console=self._out, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, rows: Sequence[tuple[int, Offer]], line: str) -> None:
        """Draw the offers with a line below them, if they are not what stands there already."""
        if self._live is not None and self._shown != (here := (list(rows), line, self._out.width)):
            self._shown = here
            from rich.console import Group
            from rich.text import Text

            shown = offers_table(rows, self._block_s, self._out.width)
            text = Text.from_markup(line)
            self._live.update(Group(shown, text) if rows else text, refresh=True)

    def settle(self, rows: Sequence[tuple[int, Offer]]) -> None:
        """Leave the final table on the screen."""
        if self._live is not None:
            self._live.update("", refresh=True)
        self._out.print(offers_table(rows, self._block_s, self._out.width))


async def choose(
    book: Book, board: Board, groups: int, poll_s: float, patience_s: float
) -> list[Offer] | None:
    """Let a person type the number of an offer for each group while bids go on arriving; None when none came in time."""
    chosen: dict[int, Offer] = {}
    slip, typed, end = "", "", asyncio.get_running_loop().time() + patience_s
    async with _keys() as keys:
        await book.refresh()
        while len(chosen) < groups:
            board.show(book.rows, slip + _prompt(len(book.rows), chosen, groups, typed))
            key = await _key(keys, poll_s)
            if not key:
                await book.refresh()
                if not book.offers and asyncio.get_running_loop().time() > end:
                    return None
            elif key in _ENTER:
                offer = _numbered(book.rows, typed, chosen)
                if offer is not None:
                    chosen[offer.group] = offer
                slip = f"No offer {typed} can be taken. " if offer is None and typed else ""
                typed = ""
            elif key in _ERASE:
                typed = typed[:-1]
            elif key.isdigit() and len(typed) < 5:
                typed += key
    return [chosen[group] for group in sorted(chosen)]


def _numbered(rows: Sequence[tuple[int, Offer]], typed: str, chosen: dict[int, Offer]) -> Offer | None:
    """The offer with the number typed, if its group still needs one."""
    offer = dict(rows).get(int(typed or 0))
    return None if offer is None or offer.group in chosen else offer


def _prompt(count: int, chosen: dict[int, Offer], groups: int, typed: str) -> str:
    if not count:
        return "Waiting for bids ... (Ctrl-C to stop waiting)"
    of = f" ({len(chosen)} of {groups} groups chosen)" if groups > 1 else ""
    return f"{count} offer(s), more may come. Number to accept, then Enter{of}: [bold]{typed}[/]_"


@contextlib.asynccontextmanager
async def _keys() -> AsyncIterator[asyncio.Queue[str]]:
    """Keys as they are typed; the terminal does not repeat them, the line below the table does."""
    queue: asyncio.Queue[str] = asyncio.Queue(1000)
    descriptor, loop = sys.stdin.fileno(), asyncio.get_running_loop()

    def read() -> None:
        for key in os.read(descriptor, 64).decode(errors="ignore"):
            if not queue.full():
                queue.put_nowait(key)

    with _unbuffered(descriptor):
        loop.add_reader(descriptor, read)
        try:
            yield queue
        finally:
            loop.remove_reader(descriptor)


@contextlib.contextmanager
def _unbuffered(descriptor: int) -> Iterator[None]:
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


async def _key(keys: asyncio.Queue[str], wait_s: float) -> str:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            return await keys.get()
    return ""


# --- The table


def offers_table(rows: Sequence[tuple[int, Offer]], block_s: float, width: int) -> Any:
    """Offers for people: price per hour and month at the cadence blocks really have. Two lines each where it is narrow."""
    several = len({offer.group for _, offer in rows}) > 1
    if width >= WIDE_COLUMNS:
        names = ("#>", "group>") if several else ("#>",)
        columns = (
            *names,
            "provider",
            "per hour>",
            "per month>",
            "region",
            "audited by",
            "leases kept",
            "uptime 7d>",
            "away>",
            "attributes",
        )
        return table(columns, [_wide(n, o, block_s, several) for n, o in rows])
    columns = ("#>", "provider", "price>", "audited by", "kept", "away, up>")
    return table(columns, [_narrow(n, o, block_s, several) for n, o in rows])


def _wide(number: int, offer: Offer, block_s: float, several: bool) -> tuple[Any, ...]:
    return (
        *((number, offer.group) if several else (number,)),
        offer.provider,
        price_text(offer, 3600 / block_s),
        price_text(offer, MONTH_S / block_s),
        offer.attributes.get("region", "-"),
        auditors_text(offer.audited_by),
        offer.reliability,
        str(offer.uptime),
        away_text(offer.round_trip_s),
        Marked(attributes_text(offer.attributes, frozenset({"region"}))),
    )


def _narrow(number: int, offer: Offer, block_s: float, several: bool) -> tuple[Any, ...]:
    group = f"group {offer.group}: " if several else ""
    return (
        number,
        Marked(f"{group}{short(offer.provider)}\n[dim]{attributes_text(offer.attributes)}[/]"),
        Marked(
            f"{price_text(offer, MONTH_S / block_s)}/month\n[dim]{price_text(offer, 3600 / block_s)}/hour[/]"
        ),
        auditors_text(offer.audited_by),
        offer.reliability,
        Marked(f"{away_text(offer.round_trip_s)}\n[dim]{offer.uptime.percent}[/]"),
    )


def short(address: str) -> str:
    """The two ends of an address, which is what people compare."""
    begin, end = ADDRESS_ENDS
    return address if len(address) <= begin + end + 1 else f"{address[:begin]}…{address[-end:]}"


def auditors_text(auditors: Iterable[str]) -> str:
    """Who vouches, for people."""
    return ", ".join(short(auditor) for auditor in auditors) or "nobody"


def away_text(round_trip_s: float | None) -> str:
    """A measured round trip for people."""
    return "-" if round_trip_s is None else f"{round_trip_s * 1000:.0f} ms"


def attributes_text(attributes: Mapping[str, str], without: frozenset[str] = frozenset()) -> str:
    """Region first, then GPUs; a list that is too long is cut, `supercloud providers --json` has all of it.

    Other capabilities are what the ledger matches orders by: whoever bids has them.
    """
    from rich.markup import escape

    plain = {key: value for key, value in attributes.items() if not key.startswith("capabilities/")}
    models = sorted({found[1] for key in attributes if (found := _GPU_MODEL.fullmatch(key))})
    if models:
        plain["gpu"] = ",".join(models)
    ordered = sorted(plain.items(), key=lambda item: (item[0] != "region", item[0] != "gpu", item[0]))
    text = " ".join(f"{key}={value}" for key, value in ordered if key not in without)
    return escape(clean(text if len(text) <= ATTRIBUTES_CHARS_MAX else text[:ATTRIBUTES_CHARS_MAX] + "…"))


def price_text(offer: Offer, blocks: float) -> str:
    """What that many blocks cost, in whole coins."""
    amount = float(Fraction(offer.price.raw, 10**18)) * blocks
    name = offer.denom[1:].upper() if offer.denom.startswith("u") else offer.denom
    scale = 10**6 if offer.denom.startswith("u") else 1
    return f"{amount / scale:.4f} {name}"
