"""The only reader and writer of the `bme` store, and of the vault: the coins of the module account.

Requests queue up; what they give lies in the vault until they are executed or given back (settlement.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp import record
from supercloud.chain.x.bme import conversion, keys, types
from supercloud.chain.x.bme.conversion import Rate
from supercloud.chain.x.bme.keys import Record
from supercloud.pb.akash.bme.v1.events_pb2 import EventMintStatusChange, EventVaultFunded
from supercloud.pb.akash.bme.v1.params_pb2 import Params
from supercloud.pb.akash.bme.v1.types_pb2 import (
    LedgerCanceledRecord,
    LedgerPendingRecord,
    LedgerRecord,
    LedgerRecordID,
    State,
    Status,
)
from supercloud.types.coin import Coin, sorted_coins
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError, OutOfGas, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bme.expected_keepers import AccountKeeper, BankKeeper, OracleKeeper

TOTALS = (keys.BURNED, keys.MINTED, keys.REMINT_CREDITS)


class Keeper:
    """Requests, records, totals, the state of the circuit breaker."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper, oracle: OracleKeeper) -> None:
        self.accounts = accounts
        self.bank = bank
        self._oracle = oracle
        self._params = record.Record(keys.STORE, keys.PARAMS, Params)
        self._status = record.Record(keys.STORE, keys.STATUS, Status)

    # --- Parameters, status, heights

    def params(self, ctx: Context) -> Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    def status(self, ctx: Context) -> Status:
        """The circuit breaker as it stands; shared, not to be changed."""
        return self._status.read(ctx)

    def set_status(self, ctx: Context, status: Status) -> None:
        """Replace it."""
        self._status.write(ctx, status)

    def exists(self, ctx: Context) -> bool:
        """Whether the chain has a vault at all: one that began before there were vaults goes on without."""
        return ctx.kv(keys.STORE).get(keys.STATUS) is not None

    def due(self, ctx: Context, key: bytes) -> int:
        """The height at which the next mints or burns are due (keys.MINT_DUE, keys.BURN_DUE)."""
        return int(ctx.kv(keys.STORE).get(key) or 0)

    def set_due(self, ctx: Context, key: bytes, height: int) -> None:
        """Replace it."""
        ctx.kv(keys.STORE).set(key, b"%d" % height)

    # --- The vault

    def rate(self, ctx: Context, denom: str, to_denom: str) -> Rate:
        """Prices of both sides; raises a ChainError while the oracle has none to rely on."""
        return Rate(self._oracle.price(ctx, denom), self._oracle.price(ctx, to_denom))

    def stand_in(self, ctx: Context) -> tuple[str, Dec] | None:
        """The denom of credit, and how much of it a native token is worth, while mints are halted; else None.

        Then tenants can get no credit, and what they set aside in native tokens may pay in its place.
        """
        if not self.exists(ctx) or self.status(ctx).status < types.HALT_CR:
            return None
        try:
            rate = self.rate(ctx, ctx.profile.native_denom, types.CREDIT_DENOM)
        except OutOfGas:
            raise
        except ChainError:
            return None
        worth = Dec(0) if rate.got.is_zero() else rate.given.quo(rate.got)
        return None if worth.is_zero() else (types.CREDIT_DENOM, worth)

    def collateral_ratio(self, ctx: Context) -> Dec:
        """Worth of the vault's native tokens, without what is only waiting there, over all credit."""
        native = ctx.profile.native_denom
        rate = self.rate(ctx, native, types.CREDIT_DENOM)
        if rate.given.is_zero() or rate.got.is_zero():
            raise types.ZeroPrice("prices must not be zero")
        locked = self.balance(ctx, native) - self.amount(ctx, keys.PENDING_BALANCES, native)
        return conversion.collateral_ratio(locked, rate, self.bank.supply(ctx, types.CREDIT_DENOM))

    def update_status(self, ctx: Context) -> tuple[Status, bool]:
        """See how well credit is covered now; returns the status and whether it changed."""
        params, before = self.params(ctx), self.status(ctx)
        ratio, wait = Dec(0), before.epoch_height_diff
        try:
            ratio = self.collateral_ratio(ctx)
            bps = conversion.ratio_bps(ratio)
            now = conversion.status_at(params, bps)
            if now != types.HALT_CR:
                wait = conversion.wait_blocks(params, bps)
        except ChainError:
            now = types.HALT_ORACLE
        if (now, wait) == (before.status, before.epoch_height_diff):
            return before, False
        after = Status(epoch_height_diff=wait)
        after.status, after.previous_status = now, before.status  # type: ignore[assignment]
        self.set_status(ctx, after)
        event = EventMintStatusChange(collateral_ratio=ratio.to_wire())
        event.previous_status, event.new_status = before.status, after.status
        ctx.emit_typed(event)
        return after, True

    def balance(self, ctx: Context, denom: str) -> int:
        """What the vault holds of a denom."""
        return self.bank.balance(ctx, self.accounts.ensure_module_account(ctx, types.NAME), denom)

    def fund(self, ctx: Context, source: bytes, coin: Coin) -> None:
        """Move somebody's native tokens into the vault, for good."""
        self.bank.send_to_module(ctx, source, types.NAME, [coin])
        held = Coin(coin.denom, self.balance(ctx, coin.denom))
        funded = EventVaultFunded(
            amount=coin.to_pb(), source=ctx.bech32.text(source), new_vault_balance=held.to_pb()
        )
        ctx.emit_typed(funded)

    def state(self, ctx: Context) -> State:
        """The vault as queries show it: what it holds, all credit that circulates, and totals."""
        address = self.accounts.ensure_module_account(ctx, types.NAME)
        credit = types.CREDIT_DENOM
        outside = self.bank.supply(ctx, credit) - self.bank.balance(ctx, address, credit)
        held = sorted_coins([*self.bank.balances(ctx, address), Coin(credit, outside)])
        burned, minted, remint = (self.amounts(ctx, table) for table in TOTALS)
        return State(
            balances=[coin.to_pb() for coin in held],
            total_burned=[coin.to_pb() for coin in burned],
            total_minted=[coin.to_pb() for coin in minted],
            remint_credits=[coin.to_pb() for coin in remint],
        )

    # --- Amounts per denom

    def amount(self, ctx: Context, table: bytes, denom: str) -> int:
        """An amount of one of the tables; zero when there is none."""
        return int(ctx.kv(keys.STORE).get(table + denom.encode()) or 0)

    def amounts(self, ctx: Context, table: bytes) -> list[Coin]:
        """All amounts of a table, zeros included, by denom."""
        rows = ctx.kv(keys.STORE).prefix(table)
        return [Coin(key[len(table) :].decode(), int(value)) for key, value in rows]

    def add_amount(self, ctx: Context, table: bytes, denom: str, change: int) -> None:
        """Change an amount."""
        changed = self.amount(ctx, table, denom) + change
        ctx.kv(keys.STORE).set(table + denom.encode(), b"%d" % changed)

    # --- Requests and records

    def request(self, ctx: Context, owner: bytes, to: bytes, coin: Coin, to_denom: str) -> LedgerRecordID:
        """Take coins into the vault and queue their conversion.

        Refused on other routes than between the native token and credit, while there is no price, and while the
        circuit breaker is active; a shortage of collateral (halt_cr) stops mints alone.
        """
        native = ctx.profile.native_denom
        if (coin.denom, to_denom) not in ((native, types.CREDIT_DENOM), (types.CREDIT_DENOM, native)):
            raise types.InvalidDenom(f"invalid swap route {coin.denom} -> {to_denom}")
        self.rate(ctx, coin.denom, to_denom)
        status = self.status(ctx).status
        if status >= types.HALT_CR and (status > types.HALT_CR or coin.denom == native):
            raise types.CircuitBreakerActive
        sequence = int(ctx.kv(keys.STORE).get(keys.SEQUENCE) or 0) + 1
        ctx.kv(keys.STORE).set(keys.SEQUENCE, b"%d" % sequence)
        place = Record(coin.denom, to_denom, owner, ctx.height, sequence)
        self.bank.send_to_module(ctx, owner, types.NAME, [coin])
        pending = LedgerPendingRecord(
            owner=ctx.bech32.text(owner),
            to=ctx.bech32.text(to),
            coins_to_burn=coin.to_pb(),
            denom_to_mint=to_denom,
        )
        self.add_pending(ctx, place, pending)
        return record_id(ctx, place)

    def reset_sequence(self, ctx: Context) -> None:
        """Records of a block are numbered from 1."""
        kv = ctx.kv(keys.STORE)
        if kv.get(keys.SEQUENCE) is not None:
            kv.delete(keys.SEQUENCE)

    def add_pending(self, ctx: Context, place: Record, pending: LedgerPendingRecord) -> None:
        """Queue a request whose coins are in the vault."""
        kv, part = ctx.kv(keys.STORE), keys.record_part(place)
        if any(kv.has(table + part) for table in (keys.PENDING, keys.EXECUTED, keys.CANCELED)):
            raise types.RecordExists
        kv.set(keys.PENDING + part, pending.SerializeToString(deterministic=True))
        kv.set(keys.queue_key(place), part)
        self.add_amount(ctx, keys.PENDING_BALANCES, place.denom, int(pending.coins_to_burn.amount))

    def save_pending(self, ctx: Context, place: Record, pending: LedgerPendingRecord) -> None:
        """Write a queued request back."""
        key = keys.PENDING + keys.record_part(place)
        ctx.kv(keys.STORE).set(key, pending.SerializeToString(deterministic=True))

    def finish(self, ctx: Context, place: Record, ended: LedgerRecord | LedgerCanceledRecord) -> None:
        """Take a request off the queue and keep how it ended."""
        kv, part = ctx.kv(keys.STORE), keys.record_part(place)
        value = kv.get(keys.PENDING + part)
        if value is not None:
            waiting = int(LedgerPendingRecord.FromString(value).coins_to_burn.amount)
            kv.delete(keys.PENDING + part)
            kv.delete(keys.queue_key(place))
            self.add_amount(ctx, keys.PENDING_BALANCES, place.denom, -waiting)
        table = keys.EXECUTED if isinstance(ended, LedgerRecord) else keys.CANCELED
        kv.set(table + part, ended.SerializeToString(deterministic=True))

    def queue(
        self, ctx: Context, denom: str, to_denom: str, limit: int
    ) -> list[tuple[Record, LedgerPendingRecord]]:
        """The first requests of a route, oldest first."""
        kv = ctx.kv(keys.STORE)
        first: list[tuple[Record, LedgerPendingRecord]] = []
        for _, part in kv.prefix(keys.QUEUE + keys.route_part(denom, to_denom)):
            if len(first) >= limit:
                break
            pending = LedgerPendingRecord.FromString(kv.get(keys.PENDING + part) or b"")
            first.append((keys.parse_record(part), pending))
        return first

    def pending(self, ctx: Context) -> Iterator[tuple[Record, LedgerPendingRecord]]:
        """All requests that wait."""
        for place, value in self._records(ctx, keys.PENDING):
            yield place, LedgerPendingRecord.FromString(value)

    def executed(self, ctx: Context) -> Iterator[tuple[Record, LedgerRecord]]:
        """All that were executed."""
        for place, value in self._records(ctx, keys.EXECUTED):
            yield place, LedgerRecord.FromString(value)

    def canceled(self, ctx: Context) -> Iterator[tuple[Record, LedgerCanceledRecord]]:
        """All that were given back."""
        for place, value in self._records(ctx, keys.CANCELED):
            yield place, LedgerCanceledRecord.FromString(value)

    @staticmethod
    def _records(ctx: Context, table: bytes) -> Iterator[tuple[Record, bytes]]:
        for key, value in ctx.kv(keys.STORE).prefix(table):
            yield keys.parse_record(key[len(table) :]), value

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations of I8 (README): the vault covers what waits and what is credited; queues match records."""
        broken = []
        try:
            types.check_params(self.params(ctx))
        except Undefined as error:
            broken.append(f"bme: {error}")
        native, waiting = ctx.profile.native_denom, dict[str, int]()
        queued = [part for _, part in ctx.kv(keys.STORE).prefix(keys.QUEUE)]
        places = []
        for place, pending in self.pending(ctx):
            places.append(keys.record_part(place))
            waiting[place.denom] = waiting.get(place.denom, 0) + int(pending.coins_to_burn.amount)
        if sorted(queued) != places:
            broken.append("bme: the queue differs from the records that wait")
        counted = {
            coin.denom: coin.amount for coin in self.amounts(ctx, keys.PENDING_BALANCES) if coin.amount
        }
        if counted != waiting:
            broken.append(f"bme: {counted} are counted as waiting, {waiting} wait")
        credit = self.amount(ctx, keys.REMINT_CREDITS, native)
        for denom, owed in ((native, credit), (types.CREDIT_DENOM, 0)):
            held = self.balance(ctx, denom)
            if held < owed + waiting.get(denom, 0) or owed < 0:
                broken.append(
                    f"bme: holds {held}{denom}; {owed} credited and {waiting.get(denom, 0)} waiting"
                )
        return broken


def record_id(ctx: Context, place: Record) -> LedgerRecordID:
    """A record's id as clients see it."""
    return LedgerRecordID(
        denom=place.denom,
        to_denom=place.to_denom,
        source=ctx.bech32.text(place.source),
        height=place.height,
        sequence=place.sequence,
    )
