"""The only reader and writer of the `bank` store. Supply is at all times the sum of balances."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.bank import keys
from supercloud.chain.x.bank.types import SendDisabled
from supercloud.pb.cosmos.bank.v1beta1 import bank_pb2
from supercloud.types.coin import Coin, coins_text
from supercloud.types.errors import InsufficientFunds, invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import KV, Context
    from supercloud.chain.x.bank.expected_keepers import AccountKeeper


class Keeper:
    """Balances, supply, switches and metadata of denoms."""

    def __init__(self, accounts: AccountKeeper, blocked: Collection[bytes]) -> None:
        self._accounts = accounts
        self._blocked = frozenset(blocked)
        self._params = Record(keys.STORE, keys.PARAMS, bank_pb2.Params)

    # --- Balances

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account holds of a denom."""
        return _load(ctx.kv(keys.STORE), keys.balance_key(address, denom))

    def spendable(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account may spend of a denom: what it holds without what is locked."""
        return max(self.balance(ctx, address, denom) - self.locked(ctx, address).get(denom, 0), 0)

    def locked(self, ctx: Context, address: bytes) -> Mapping[str, int]:
        """What an account may not spend yet, by denom."""
        return self._accounts.locked(ctx, address)

    def balances(self, ctx: Context, address: bytes) -> list[Coin]:
        """Everything an account holds, by denom."""
        rows = ctx.kv(keys.STORE).prefix(keys.balances_prefix(address))
        return [Coin(keys.parse_balance_key(key)[1], int(value)) for key, value in rows]

    def all_balances(self, ctx: Context) -> Iterator[tuple[bytes, Coin]]:
        """Every balance, by address and denom."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.BALANCE_PREFIX):
            address, denom = keys.parse_balance_key(key)
            yield address, Coin(denom, int(value))

    def _set(self, kv: KV, address: bytes, coin: Coin, before: int) -> None:
        # The index of owners changes only when a balance appears or vanishes.
        key = keys.balance_key(address, coin.denom)
        if coin.amount:
            kv.set(key, b"%d" % coin.amount)
            if not before:
                kv.set(keys.owner_key(coin.denom, address), keys.PRESENT)
        elif before:
            kv.delete(key)
            kv.delete(keys.owner_key(coin.denom, address))

    def _spend(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """Take coins that are not locked."""
        kv, locked = ctx.kv(keys.STORE), self._accounts.locked(ctx, address)
        for denom, amount in coins:
            held = _load(kv, keys.balance_key(address, denom))
            kept = locked.get(denom, 0)
            if held < kept:
                raise InsufficientFunds(
                    f"locked amount exceeds account balance funds: {kept}{denom} > {held}{denom}"
                )
            if held - kept < amount:
                raise InsufficientFunds(
                    f"spendable balance {held - kept}{denom} is smaller than {amount}{denom}"
                )
            self._set(kv, address, Coin(denom, held - amount), held)
        _tell_spent(ctx, address, coins)

    def _stake(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """Take coins whether or not they are locked."""
        kv = ctx.kv(keys.STORE)
        for denom, amount in coins:
            held = _load(kv, keys.balance_key(address, denom))
            if held < amount:
                raise InsufficientFunds(
                    f"failed to delegate; {held}{denom} is smaller than {coins_text(coins)}"
                )
            self._set(kv, address, Coin(denom, held - amount), held)
        self._accounts.track_delegation(ctx, address, coins)
        _tell_spent(ctx, address, coins)

    def _add(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        kv = ctx.kv(keys.STORE)
        for denom, amount in coins:
            before = _load(kv, keys.balance_key(address, denom))
            self._set(kv, address, Coin(denom, before + amount), before)
        ctx.events.append(
            Event("coin_received", (("receiver", ctx.bech32.text(address)), ("amount", coins_text(coins))))
        )

    # --- Transfers

    def send(self, ctx: Context, src: bytes, dst: bytes, coins: Sequence[Coin]) -> None:
        """Move coins; the recipient gets an account if it has none. No switch or block list is asked here."""
        self._spend(ctx, src, coins)
        self._add(ctx, dst, coins)
        if not self._accounts.exists(ctx, dst):
            self._accounts.create(ctx, dst)
        sender = ("sender", ctx.bech32.text(src))
        ctx.events.append(
            Event("transfer", (("recipient", ctx.bech32.text(dst)), sender, ("amount", coins_text(coins))))
        )
        ctx.events.append(Event("message", (sender,)))

    def send_many(
        self, ctx: Context, src: bytes, coins: Sequence[Coin], outputs: Sequence[tuple[bytes, Sequence[Coin]]]
    ) -> None:
        """Move coins from one account to several. The sums are equal: the caller has checked."""
        sender = ("sender", ctx.bech32.text(src))
        ctx.events.append(Event("message", (sender,)))
        for dst, _ in outputs:
            if not self._accounts.exists(ctx, dst):
                self._accounts.create(ctx, dst)
        self._spend(ctx, src, coins)
        for dst, part in outputs:
            self._add(ctx, dst, part)
            ctx.events.append(
                Event("transfer", (("recipient", ctx.bech32.text(dst)), sender, ("amount", coins_text(part))))
            )

    def send_to_module(self, ctx: Context, src: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Move coins from an account to a module."""
        self.send(ctx, src, self._accounts.ensure_module_account(ctx, module), coins)

    def send_from_module(self, ctx: Context, module: str, dst: bytes, coins: Sequence[Coin]) -> None:
        """Move coins from a module to an account."""
        self.send(ctx, self._accounts.ensure_module_account(ctx, module), dst, coins)

    def send_between_modules(self, ctx: Context, src: str, dst: str, coins: Sequence[Coin]) -> None:
        """Move coins from one module to another."""
        self.send_to_module(ctx, self._accounts.ensure_module_account(ctx, src), dst, coins)

    def delegate(self, ctx: Context, delegator: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Move coins that an account stakes into a pool. As on the network this is no transfer in events."""
        target = self._accounts.ensure_module_account(ctx, module)
        self._stake(ctx, delegator, coins)
        self._add(ctx, target, coins)

    def undelegate(self, ctx: Context, module: str, delegator: bytes, coins: Sequence[Coin]) -> None:
        """Give staked coins back out of a pool."""
        self._spend(ctx, self._accounts.ensure_module_account(ctx, module), coins)
        self._accounts.track_undelegation(ctx, delegator, coins)
        self._add(ctx, delegator, coins)
        if not self._accounts.exists(ctx, delegator):
            self._accounts.create(ctx, delegator)

    def is_blocked(self, address: bytes) -> bool:
        """Whether users may not send to the address (the accounts of modules)."""
        return address in self._blocked

    # --- Supply

    def supply(self, ctx: Context, denom: str) -> int:
        """What exists of a denom."""
        return _load(ctx.kv(keys.STORE), keys.supply_key(denom))

    def supplies(self, ctx: Context) -> list[Coin]:
        """What exists, by denom."""
        rows = ctx.kv(keys.STORE).prefix(keys.SUPPLY_PREFIX)
        return [Coin(key[1:].decode(), int(value)) for key, value in rows]

    def set_supply(self, ctx: Context, coin: Coin) -> None:
        """Write a denom's supply (genesis)."""
        kv, key = ctx.kv(keys.STORE), keys.supply_key(coin.denom)
        kv.set(key, b"%d" % coin.amount) if coin.amount else kv.delete(key)

    def give(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """Write balances of an account that has none (genesis)."""
        kv = ctx.kv(keys.STORE)
        for coin in coins:
            self._set(kv, address, coin, 0)

    def mint(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Make coins and give them to a module that may."""
        invariant(self._accounts.has_permission(module, "minter"), f"module {module} may not mint")
        address = self._accounts.ensure_module_account(ctx, module)
        self._add(ctx, address, coins)
        for coin in coins:
            self.set_supply(ctx, Coin(coin.denom, self.supply(ctx, coin.denom) + coin.amount))
        ctx.emit(Event("coinbase", (("minter", ctx.bech32.text(address)), ("amount", coins_text(coins)))))

    def burn(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Destroy coins of a module that may."""
        invariant(self._accounts.has_permission(module, "burner"), f"module {module} may not burn")
        address = self._accounts.ensure_module_account(ctx, module)
        self._spend(ctx, address, coins)
        for coin in coins:
            self.set_supply(ctx, Coin(coin.denom, self.supply(ctx, coin.denom) - coin.amount))
        ctx.emit(Event("burn", (("burner", ctx.bech32.text(address)), ("amount", coins_text(coins)))))

    # --- Switches, parameters, metadata

    def params(self, ctx: Context) -> bank_pb2.Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: bank_pb2.Params) -> None:
        """Replace the parameters."""
        self._params.write(ctx, params)

    def send_enabled_entry(self, ctx: Context, denom: str) -> bool | None:
        """A denom's own switch, or None when it follows the default."""
        value = ctx.kv(keys.STORE).get(keys.send_enabled_key(denom))
        return None if value is None else value == keys.ENABLED

    def set_send_enabled(self, ctx: Context, denom: str, enabled: bool | None) -> None:
        """Set a denom's switch, or remove it (None)."""
        kv, key = ctx.kv(keys.STORE), keys.send_enabled_key(denom)
        if enabled is None:
            kv.delete(key)
        else:
            kv.set(key, keys.ENABLED if enabled else keys.DISABLED)

    def require_send_enabled(self, ctx: Context, coins: Sequence[Coin]) -> None:
        """Refuse coins whose transfers are switched off."""
        default = self.params(ctx).default_send_enabled
        for coin in coins:
            entry = self.send_enabled_entry(ctx, coin.denom)
            if not (default if entry is None else entry):
                raise SendDisabled(f"{coin.denom} transfers are currently disabled")

    def metadata(self, ctx: Context, denom: str) -> bank_pb2.Metadata | None:
        """A denom's metadata."""
        value = ctx.kv(keys.STORE).get(keys.metadata_key(denom))
        return None if value is None else bank_pb2.Metadata.FromString(value)

    def set_metadata(self, ctx: Context, metadata: bank_pb2.Metadata) -> None:
        """Write a denom's metadata."""
        ctx.kv(keys.STORE).set(
            keys.metadata_key(metadata.base), metadata.SerializeToString(deterministic=True)
        )

    def metadatas(self, ctx: Context) -> Iterator[bank_pb2.Metadata]:
        """Metadata of all denoms, by denom."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.METADATA_PREFIX):
            yield bank_pb2.Metadata.FromString(value)

    def send_enabled_entries(self, ctx: Context) -> Iterator[bank_pb2.SendEnabled]:
        """All switches, by denom."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.SEND_ENABLED_PREFIX):
            yield bank_pb2.SendEnabled(denom=key[1:].decode(), enabled=value == keys.ENABLED)

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: supply is the sum of balances, denom by denom."""
        totals: dict[str, int] = {}
        for _, coin in self.all_balances(ctx):
            totals[coin.denom] = totals.get(coin.denom, 0) + coin.amount
        supply = {coin.denom: coin.amount for coin in self.supplies(ctx)}
        return [] if totals == supply else [f"bank: supply {supply} differs from balances {totals}"]


def _tell_spent(ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
    ctx.events.append(
        Event("coin_spent", (("spender", ctx.bech32.text(address)), ("amount", coins_text(coins))))
    )


def _load(kv: KV, key: bytes) -> int:
    value = kv.get(key)
    return 0 if value is None else int(value)
