"""A transaction on its way through the ante: what the steps have found out so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from supercloud.chain.ante.reading import Reading
from supercloud.chain.baseapp.context import Mode
from supercloud.types.errors import InvalidAddress, TxParse, UnknownAddress

if TYPE_CHECKING:
    from supercloud.chain.ante.expected_keepers import Account, AccountKeeper
    from supercloud.chain.ante.keys import Key
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.codec.tx import DecodedTx
    from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
    from supercloud.types.coin import Coin


class Draft:
    """One transaction, its signers and their accounts, loaded once and saved once."""

    __slots__ = (
        "_accounts", "accounts", "changed", "ctx", "fee", "keys", "params", "reading", "signers", "simulate", "tx",
    )  # fmt: skip

    def __init__(self, ctx: Context, tx: DecodedTx, accounts: AccountKeeper, router: Router) -> None:
        self.ctx = ctx
        self.tx = tx
        self.simulate = ctx.mode is Mode.SIMULATE
        self.params: auth_pb2.Params = accounts.params(ctx)
        self.fee: Sequence[Coin] = ()
        self.accounts: dict[bytes, Account] = {}
        self.changed: dict[bytes, Account] = {}
        self._accounts = accounts
        reading: Reading | None = tx.reading
        if reading is None:
            reading = tx.reading = Reading(_signers(ctx, tx, router))
        self.reading = reading
        self.signers = reading.signers
        self.keys: list[Key | None] = []
        """By signer, once they are charged for."""

    def find(self, address: bytes) -> Account | None:
        """The account at an address, as this transaction has changed it so far."""
        account = self.accounts.get(address)
        if account is None:
            account = self._accounts.account(self.ctx, address)
            if account is not None:
                self.accounts[address] = account
        return account

    def signer_account(self, address: bytes) -> Account:
        """The account of a signer; sdk 9 when it has none."""
        account = self.find(address)
        if account is None:
            raise UnknownAddress(f"account {self.ctx.bech32.text(address)} does not exist")
        return account

    def save(self) -> None:
        """Write the accounts that were changed."""
        for account in self.changed.values():
            self._accounts.save(self.ctx, account)


def _signers(ctx: Context, tx: DecodedTx, router: Router) -> list[bytes]:
    """Who must sign: the signers of the messages in order, then the fee payer; each once."""
    signers: dict[bytes, None] = {}
    for message in tx.msgs:
        for text in router.signers(message):
            try:
                signers[ctx.bech32.parse(text)] = None
            except ValueError as error:
                raise TxParse(str(error)) from error
    if not signers:
        raise TxParse("tx must have at least one signer")
    payer = tx.auth_info.fee.payer
    if payer:
        try:
            signers[ctx.bech32.parse(payer)] = None
        except ValueError as error:
            raise InvalidAddress(f"Invalid fee payer address ({error})") from error
    return list(signers)
