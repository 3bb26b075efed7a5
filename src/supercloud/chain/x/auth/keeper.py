"""The only reader and writer of the `acc` store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.auth import keys, vesting
from supercloud.chain.x.auth.types import BASE_URL, MODULE_URL, PRUNED_PER_BLOCK_MAX, Account, decode_account
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.types.address import module_address
from supercloud.types.errors import InvalidRequest, invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin

SECOND = 10**9
"""Vesting counts whole seconds, blocks nanoseconds."""
ANY_HEAD = 2
"""Bytes of a packed record before its type URL: tag and length."""


class Keeper:
    """Accounts, their numbers, parameters, and the used timestamps of unordered transactions."""

    def __init__(self, permissions: Mapping[str, tuple[str, ...]]) -> None:
        self.permissions = dict(sorted(permissions.items()))
        self.module_addresses = {name: module_address(name) for name in self.permissions}
        self._module_names = {address: name for name, address in self.module_addresses.items()}
        self._params = Record(keys.STORE, keys.PARAMS, auth_pb2.Params)

    def params(self, ctx: Context) -> auth_pb2.Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: auth_pb2.Params) -> None:
        """Replace the parameters."""
        self._params.write(ctx, params)

    def account(self, ctx: Context, address: bytes) -> Account | None:
        """The account at an address, or None."""
        value = ctx.kv(keys.STORE).get(keys.account_key(address))
        return None if value is None else decode_account(address, value)

    def exists(self, ctx: Context, address: bytes) -> bool:
        """Whether the address has an account."""
        return ctx.kv(keys.STORE).has(keys.account_key(address))

    def save(self, ctx: Context, account: Account) -> None:
        """Write an account that exists."""
        ctx.kv(keys.STORE).set(keys.account_key(account.address), account.encode())

    def create(self, ctx: Context, address: bytes) -> Account:
        """Give an address an account with the next number; a module's address gets a module account."""
        base = self.new_base(ctx, address)
        name = self._module_names.get(address)
        if name is None:
            account = Account(address, BASE_URL, base)
        else:
            record = auth_pb2.ModuleAccount(base_account=base, name=name, permissions=self.permissions[name])
            account = Account(address, MODULE_URL, record)
        self.insert(ctx, account)
        return account

    def new_base(self, ctx: Context, address: bytes) -> auth_pb2.BaseAccount:
        """What every account begins with; takes the next number, so that an account must be made of it."""
        return auth_pb2.BaseAccount(address=ctx.bech32.text(address), account_number=self._take_number(ctx))

    def insert(self, ctx: Context, account: Account) -> None:
        """Write a new account and its number's index."""
        kv = ctx.kv(keys.STORE)
        kv.set(keys.account_key(account.address), account.encode())
        kv.set(keys.number_key(account.base.account_number), account.address)

    def _take_number(self, ctx: Context) -> int:
        number = self.next_number(ctx)
        self.set_next_number(ctx, number + 1)
        return number

    def next_number(self, ctx: Context) -> int:
        """The number that the next account gets."""
        value = ctx.kv(keys.STORE).get(keys.NEXT_NUMBER)
        return 0 if value is None else int.from_bytes(value, "big")

    def set_next_number(self, ctx: Context, number: int) -> None:
        """Set the counter (genesis)."""
        ctx.kv(keys.STORE).set(keys.NEXT_NUMBER, number.to_bytes(8, "big"))

    def address_by_number(self, ctx: Context, number: int) -> bytes | None:
        """Address of the account with a number."""
        return ctx.kv(keys.STORE).get(keys.number_key(number))

    def accounts(self, ctx: Context) -> Iterator[Account]:
        """Every account in address order."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.ACCOUNT_PREFIX):
            yield decode_account(key[1:], value)

    def module_account(self, ctx: Context, name: str) -> Account:
        """The account of a module, made when it is first needed."""
        address = self.module_addresses.get(name)
        invariant(address is not None, f"module {name} has no account")
        assert address is not None
        return self.account(ctx, address) or self.create(ctx, address)

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""
        address = self.module_addresses.get(name)
        invariant(address is not None, f"module {name} has no account")
        assert address is not None
        if not self.exists(ctx, address):
            self.create(ctx, address)
        return address

    def has_permission(self, name: str, permission: str) -> bool:
        """Whether a module may do what `permission` names (minter, burner, staking)."""
        return permission in self.permissions.get(name, ())

    # --- Vesting

    def locked(self, ctx: Context, address: bytes) -> Mapping[str, int]:
        """What an account holds and may not spend yet, by denom; empty for most."""
        account = self._vesting_account(ctx, address)
        return {} if account is None else vesting.locked(account.record, ctx.time // SECOND)

    def track_delegation(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """An account that vests stakes coins: those that vest first."""
        account = self._vesting_account(ctx, address)
        if account is not None:
            vesting.track_delegation(account.record, ctx.time // SECOND, coins)
            self.save(ctx, account)

    def track_undelegation(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """Staked coins come back to an account that vests: those that were free first."""
        account = self._vesting_account(ctx, address)
        if account is not None:
            vesting.track_undelegation(account.record, coins)
            self.save(ctx, account)

    def _vesting_account(self, ctx: Context, address: bytes) -> Account | None:
        # Every transfer comes by here: only accounts that vest are worth decoding.
        if address in self._module_names:
            return None
        value = ctx.kv(keys.STORE).get(keys.account_key(address))
        if value is None or not value.startswith(vesting.PREFIX.encode(), ANY_HEAD):
            return None
        return decode_account(address, value)

    # --- Unordered transactions

    def use_timestamp(self, ctx: Context, address: bytes, timestamp: int) -> None:
        """Mark a timestamp as used by a signer; refused when it was used before."""
        kv = ctx.kv(keys.STORE)
        key = keys.timestamp_key(timestamp, address)
        if kv.has(key):
            raise InvalidRequest(
                "failed to add unordered nonce: sender "
                f"{ctx.bech32.text(address)} has already used timeout {timestamp}"
            )
        kv.set(key, keys.PRESENT)

    def prune_timestamps(self, ctx: Context) -> None:
        """Forget timestamps before the block's time, oldest first, a bounded number a block."""
        expired: list[bytes] = []
        kv = ctx.kv(keys.STORE)
        for key, _ in kv.range(keys.TIMESTAMP_PREFIX, keys.timestamps_end(ctx.time)):
            expired.append(key)
            if len(expired) == PRUNED_PER_BLOCK_MAX:
                break
        for key in expired:
            kv.delete(key)
