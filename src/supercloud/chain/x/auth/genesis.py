"""Accounts in and out of the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.auth.types import Account, account_of, validate_params
from supercloud.pb.cosmos.auth.v1beta1.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.auth.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write parameters and accounts, then make the modules' accounts that the document lacks."""
    state = read_state(document, GenesisState)
    validate_params(state.params)
    keeper.set_params(ctx, state.params)
    accounts = _accounts(ctx, state)
    for account in accounts:
        keeper.insert(ctx, account)
    keeper.set_next_number(ctx, max((a.base.account_number for a in accounts), default=-1) + 1)
    for name in keeper.permissions:
        keeper.module_account(ctx, name)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same accounts again."""
    state = GenesisState(params=keeper.params(ctx))
    accounts = sorted(keeper.accounts(ctx), key=lambda account: account.base.account_number)
    state.accounts.extend(account.to_any() for account in accounts)
    return write_state(state)


def _accounts(ctx: Context, state: GenesisState) -> list[Account]:
    """The accounts in number order; repeated numbers (tools write zeros) get the lowest free ones."""
    seen: dict[bytes, Account] = {}
    for packed in state.accounts:
        account = Account(b"", packed.type_url, account_of(packed))
        try:
            account.address = ctx.bech32.parse(account.base.address)
        except ValueError as error:
            raise GenesisError(f"auth: account {account.base.address!r}: {error}") from error
        if account.address in seen:
            raise GenesisError(f"auth: account {account.base.address} is given twice")
        seen[account.address] = account
    ordered = sorted(seen.values(), key=lambda account: account.base.account_number)
    taken: set[int] = set()
    repeated: list[Account] = []
    for account in ordered:
        number = account.base.account_number
        repeated.append(account) if number in taken else taken.add(number)
    free = 0
    for account in repeated:
        while free in taken:
            free += 1
        account.base.account_number = free
        taken.add(free)
    return sorted(ordered, key=lambda account: account.base.account_number)
