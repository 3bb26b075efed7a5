"""Escrow's keeper: the only reader and writer of accounts and payments, and of the pool that backs them.

Accounts settle when somebody touches them, never by themselves. What a settlement ends (an overdrawn
account, a closed payment) is stored first, payments before the account, and told to `Reactions` last, so
that nobody meets half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.x.escrow import keys, records, types
from supercloud.chain.x.escrow.grants import limits_of, with_limits
from supercloud.chain.x.escrow.settlement import Account, Deposit, Payment, Source, StandIn, State, settle
from supercloud.chain.x.escrow.types import EscrowID, account_text, payment_from_text, payment_text
from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.escrow.types.v1 import account_pb2, payment_pb2
from supercloud.pb.akash.escrow.types.v1.account_pb2 import AccountState
from supercloud.pb.akash.escrow.types.v1.payment_pb2 import PaymentState
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.dec import ONE
from supercloud.types.errors import Undefined, invariant
from supercloud.types.ids import LeaseID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.escrow.expected_keepers import (
        AuthzKeeper,
        BankKeeper,
        CreditKeeper,
        Reactions,
        TakeKeeper,
    )
    from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import Grant
    from supercloud.types.dec import DecCoin

ENDED = (State.CLOSED, State.OVERDRAWN)
ALL_STATES = (State.OPEN, State.OVERDRAWN, State.CLOSED)


class SpentGrant(NamedTuple):
    """A grant as it will stand once a deposit has been taken from it."""

    granter: bytes
    authorization: DepositAuthorization
    expiration: int | None


class Funding(NamedTuple):
    """Where a deposit will come from. Nothing has moved yet."""

    signer: bytes
    deposits: list[Deposit]
    grants: list[SpentGrant]


class Keeper:
    """Accounts, payments and the pool behind them."""

    def __init__(self, bank: BankKeeper, authz: AuthzKeeper, take: TakeKeeper, credit: CreditKeeper) -> None:
        self._bank = bank
        self._authz = authz
        self._take = take
        self._credit = credit
        self._reactions: Reactions | None = None

    def react_with(self, reactions: Reactions) -> None:
        """Name the one who hears of ended accounts and payments. Wired once, at start-up."""
        self._reactions = reactions

    # Reading.

    def account(self, ctx: Context, account: EscrowID) -> Account | None:
        """An account, in whatever state."""
        found = self._load_account(ctx, account)
        return None if found is None else found[0]

    def payment(self, ctx: Context, payment: LeaseID) -> Payment | None:
        """A lease's payment, in whatever state."""
        found = self._load_payment(ctx, payment)
        return None if found is None else found[0]

    def account_pb(self, ctx: Context, account: EscrowID) -> account_pb2.Account | None:
        """An account as queries show it."""
        found = self.account(ctx, account)
        return None if found is None else records.account_to_wire(found, ctx.bech32)

    def payment_pb(self, ctx: Context, payment: LeaseID) -> payment_pb2.Payment | None:
        """A payment as queries show it."""
        found = self.payment(ctx, payment)
        return None if found is None else records.payment_to_wire(found, ctx.bech32)

    def accounts(self, ctx: Context) -> Iterator[Account]:
        """Every account, by state."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.ACCOUNT):
            account = types.account_from_text(keys.text_of(key), ctx.bech32)
            yield records.account_from_state(account, AccountState.FromString(value), ctx.bech32)

    def payments(self, ctx: Context) -> Iterator[Payment]:
        """Every payment, by state."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.PAYMENT):
            yield self._read_payment(ctx, key, value)

    # Deposits.

    def authorize_deposit(
        self, ctx: Context, signer: bytes, deposit: deposit_pb2.Deposit, account: EscrowID
    ) -> Funding:
        """Find who pays a deposit: the signer and those who granted it, in the order the message names the
        sources.

        Writes nothing. A granter's balance is not looked at here; a poor one fails the transfer.
        """
        denom, left = deposit.amount.denom, int(deposit.amount.amount)
        funding = Funding(signer, [], [])
        for source in deposit.sources:
            if left == 0:
                break
            if source == deposit_pb2.balance:
                part = min(self._bank.spendable(ctx, signer, denom), left)
                if part > 0:
                    funding.deposits.append(Deposit(signer, ctx.height, Source.BALANCE, denom, part * ONE))
                    left -= part
            else:
                left = self._authorize_grants(ctx, funding, account, Coin(denom, left))
        if left:
            raise Undefined("deposit invalid: insufficient balance")
        return funding

    def _authorize_grants(self, ctx: Context, funding: Funding, account: EscrowID, wanted: Coin) -> int:
        left = wanted.amount
        scope = types.scope_of(account)
        for granter, grant in self._authz.grants_of_grantee(ctx, funding.signer, types.DEPOSIT_TYPE_URL):
            authorization = DepositAuthorization()
            expiration = _expiration(grant)
            # A grant in its last moment still counts as valid, and cannot be saved any more.
            if left == 0 or (expiration is not None and expiration <= ctx.time):
                continue
            if not grant.authorization.Unpack(authorization):
                continue
            limits = limits_of(authorization)
            part = min(limits.get(wanted.denom, 0), left)
            if part == 0 or scope not in authorization.scopes:
                continue
            limits[wanted.denom] -= part
            reduced = with_limits(authorization, limits, ctx.profile.native_denom)
            # A refund goes back into the grant of the account's owner. A deposit that somebody else made by
            # a grant of his own must not raise that one, so it is kept as the granter's plain deposit.
            source = Source.GRANT if funding.signer == types.owner_of(account) else Source.BALANCE
            funding.deposits.append(Deposit(granter, ctx.height, source, wanted.denom, part * ONE))
            funding.grants.append(SpentGrant(granter, reduced, expiration))
            left -= part
        return left

    def _collect(self, ctx: Context, account: Account, funding: Funding) -> None:
        """Move an authorised deposit into the pool and onto the account."""
        for spent in funding.grants:
            self._authz.save(ctx, spent.granter, funding.signer, spent.authorization, spent.expiration)
        for deposit in funding.deposits:
            coin = Coin(deposit.denom, deposit.amount // ONE)
            self._bank.send_to_module(ctx, deposit.payer, types.MODULE_ACCOUNT, [coin])
            account.add(deposit)

    # Accounts.

    def open_account(
        self, ctx: Context, account: EscrowID, owner: bytes, denom: str, funding: Funding
    ) -> None:
        """Open and fund an account. `denom` is what it settles in, even when the deposit is zero."""
        if self._load_account(ctx, account) is not None:
            raise types.AccountExists
        opened = Account(account, owner, State.OPEN, ctx.height, {denom: 0}, {denom: 0})
        self._collect(ctx, opened, funding)
        self._store_account(ctx, opened, None)

    def deposit(self, ctx: Context, account: EscrowID, funding: Funding) -> None:
        """Top an account up. One that is overdrawn pays its debts and, when they are all paid, closes."""
        found = self._load_account(ctx, account)
        if found is None:
            raise types.AccountNotFound
        opened, before = found
        if opened.state is State.CLOSED:
            raise types.AccountClosed
        self._collect(ctx, opened, funding)
        if opened.state is State.OPEN:
            self._store_account(ctx, opened, before)
            return
        payments = self._live_payments(ctx, opened.id)
        served = [payment for payment, _ in payments]
        if not self._settle(ctx, opened, served):
            opened.state = State.CLOSED
            for payment in served:
                payment.state = State.CLOSED
        for payment in served:
            self._pay(ctx, payment)
        self._conclude(ctx, opened, before, payments)

    def close_account(self, ctx: Context, account: EscrowID) -> None:
        """Settle, pay everybody, give back what is left. An account found overdrawn stays so."""
        found = self._load_account(ctx, account)
        if found is None:
            raise types.AccountNotFound
        opened, before = found
        payments = self._live_payments(ctx, opened.id)
        served = [payment for payment, _ in payments]
        if not self._settle(ctx, opened, served):
            opened.state = State.CLOSED
            # Also when no block has passed since the last settlement: nobody is left open under a closed
            # account.
            for payment in served:
                payment.state = State.CLOSED
        for payment in served:
            self._pay(ctx, payment)
        self._conclude(ctx, opened, before, payments)

    # Payments.

    def open_payment(self, ctx: Context, payment: LeaseID, owner: bytes, rate: DecCoin) -> None:
        """Start a stream from a deployment's account to a provider."""
        found = self._load_account(ctx, payment.deployment)
        if found is None:
            raise types.AccountNotFound
        account, before = found
        payments = self._live_payments(ctx, account.id)
        if self._settle(ctx, account, [each for each, _ in payments]):
            raise types.AccountOverdrawn
        if rate.denom not in account.funds:
            raise types.InvalidDenomination
        if rate.amount.raw <= 0:
            raise types.PaymentRateZero
        if self._load_payment(ctx, payment) is not None:
            raise types.PaymentExists
        started = Payment(payment, owner, State.OPEN, rate.denom, rate.amount.raw)
        self._conclude(ctx, account, before, [*payments, (started, b"")])

    def withdraw(self, ctx: Context, payment: LeaseID) -> None:
        """Pay a provider what it has earned so far.

        Without a block in between that is nothing, and no failure.
        """
        self._touch_payment(ctx, payment, close=False)

    def close_payment(self, ctx: Context, payment: LeaseID) -> None:
        """Pay a provider what it has earned and end the stream."""
        self._touch_payment(ctx, payment, close=True)

    def _touch_payment(self, ctx: Context, payment: LeaseID, *, close: bool) -> None:
        found = self._load_payment(ctx, payment)
        if found is None:
            raise types.PaymentNotFound
        state = found[0].state
        if state is State.CLOSED or (state is State.OVERDRAWN and not close):
            raise types.PaymentClosed
        owned = self._load_account(ctx, payment.deployment)
        invariant(owned is not None, "a payment has an account")
        assert owned is not None
        account, before = owned
        payments = self._live_payments(ctx, account.id)
        overdrawn = self._settle(ctx, account, [each for each, _ in payments])
        for each, _ in payments:
            if each.id == payment and close and each.state is State.OPEN:
                each.state = State.CLOSED
            if overdrawn or each.id == payment:
                self._pay(ctx, each)
        self._conclude(ctx, account, before, payments)

    def _settle(self, ctx: Context, account: Account, payments: Sequence[Payment]) -> bool:
        """Settle an account; True when it is overdrawn. Native tokens that stood in for credit are paid out."""
        native = ctx.profile.native_denom
        stand_in: StandIn | None = None
        if account.funds.get(native, 0) > 0 and any(payment.denom != native for payment in payments):
            found = self._credit.stand_in(ctx)
            stand_in = None if found is None else StandIn(native, *found)
        overdrawn = settle(account, payments, ctx.height, stand_in)
        for payment in payments:
            units, payment.stood_in = payment.stood_in // ONE, 0
            self._pay_out(ctx, payment, Coin(native, units))
        return overdrawn

    def _pay(self, ctx: Context, payment: Payment) -> None:
        """Pay out the whole units of a payment's balance."""
        units = payment.balance // ONE
        payment.balance -= units * ONE
        payment.withdrawn += units
        self._pay_out(ctx, payment, Coin(payment.denom, units))

    def _pay_out(self, ctx: Context, payment: Payment, gross: Coin) -> None:
        """The one place where money leaves escrow for a provider."""
        if not gross.amount:
            return
        net = self._take.charge(ctx, payment.id, payment.owner, gross)
        if net:
            self._bank.send_from_module(ctx, types.MODULE_ACCOUNT, payment.owner, [Coin(gross.denom, net)])

    # Ending.

    def _conclude(
        self, ctx: Context, account: Account, before: bytes, payments: Sequence[tuple[Payment, bytes]]
    ) -> None:
        """Store what a settlement changed, refund an ended account, then tell what ended."""
        was_open = before[:1] == _OPEN_MARK
        for payment, stored in payments:
            self._store_payment(ctx, payment, stored)
        if account.state in ENDED:
            self._refund(ctx, account)
        self._store_account(ctx, account, before)
        if self._reactions is None:
            return
        # The account first: it knows why its leases end.
        if was_open and account.state in ENDED:
            self._reactions.escrow_account_ended(ctx, account.id, account.state is State.OVERDRAWN)
        for payment, stored in payments:
            if payment.state in ENDED and stored[:1] == _OPEN_MARK:
                self._reactions.escrow_payment_ended(ctx, payment.id, payment.state is State.OVERDRAWN)

    def _refund(self, ctx: Context, account: Account) -> None:
        for deposit in account.deposits:
            account.funds[deposit.denom] -= deposit.amount
            units = deposit.amount // ONE
            if units == 0:
                continue
            coin = Coin(deposit.denom, units)
            self._bank.send_from_module(ctx, types.MODULE_ACCOUNT, deposit.payer, [coin])
            if deposit.source is Source.GRANT:
                self._restore_grant(ctx, deposit.payer, account.owner, coin)
        account.deposits = []

    def _restore_grant(self, ctx: Context, granter: bytes, grantee: bytes, coin: Coin) -> None:
        found = self._authz.authorization(ctx, granter, grantee, types.DEPOSIT_TYPE_URL)
        if found is None:
            return
        authorization, expiration = found
        last_moment = expiration is not None and expiration <= ctx.time
        if last_moment or not isinstance(authorization, DepositAuthorization):
            return
        limits = limits_of(authorization)
        limits[coin.denom] = limits.get(coin.denom, 0) + coin.amount
        raised = with_limits(authorization, limits, ctx.profile.native_denom)
        self._authz.save(ctx, granter, grantee, raised, expiration)

    # Storage. A loaded record comes with its mark: its state's byte and its stored bytes, to see what
    # changed.

    def _load_account(self, ctx: Context, account: EscrowID) -> tuple[Account, bytes] | None:
        kv = ctx.kv(keys.STORE)
        text = account_text(account, ctx.bech32)
        for state in ALL_STATES:
            value = kv.get(keys.account_key(state, text))
            if value is not None:
                read = records.account_from_state(account, AccountState.FromString(value), ctx.bech32)
                return read, bytes((state,)) + value
        return None

    def _store_account(self, ctx: Context, account: Account, before: bytes | None) -> None:
        text = account_text(account.id, ctx.bech32)
        wire = records.account_to_state(account, ctx.bech32)
        value = wire.SerializeToString(deterministic=True)
        self._store(ctx, keys.account_key, text, (account.state, value), before or b"")

    def _load_payment(self, ctx: Context, payment: LeaseID) -> tuple[Payment, bytes] | None:
        kv = ctx.kv(keys.STORE)
        text = payment_text(payment, ctx.bech32)
        for state in ALL_STATES:
            value = kv.get(keys.payment_key(state, text))
            if value is not None:
                wire = PaymentState.FromString(value)
                return records.payment_from_state(payment, wire, ctx.bech32), bytes((state,)) + value
        return None

    def _live_payments(self, ctx: Context, account: EscrowID) -> list[tuple[Payment, bytes]]:
        """The account's payments that a settlement serves, in the order in which it does."""
        kv = ctx.kv(keys.STORE)
        text = account_text(account, ctx.bech32)
        return [
            (self._read_payment(ctx, key, value), bytes((state,)) + value)
            for state in (State.OVERDRAWN, State.OPEN)
            for key, value in kv.prefix(keys.payments_prefix(state, text))
        ]

    def _store_payment(self, ctx: Context, payment: Payment, before: bytes) -> None:
        wire = records.payment_to_state(payment, ctx.bech32)
        value = wire.SerializeToString(deterministic=True)
        self._store(
            ctx, keys.payment_key, payment_text(payment.id, ctx.bech32), (payment.state, value), before
        )

    @staticmethod
    def _store(ctx: Context, key_of: _KeyOf, text: str, now: tuple[State, bytes], before: bytes) -> None:
        state, value = now
        mark = bytes((state,))
        if mark + value == before:
            return
        kv = ctx.kv(keys.STORE)
        if before and before[:1] != mark:
            kv.delete(key_of(before[0], text))
        kv.set(key_of(state, text), value)

    @staticmethod
    def _read_payment(ctx: Context, key: bytes, value: bytes) -> Payment:
        payment = payment_from_text(keys.text_of(key), ctx.bech32)
        return records.payment_from_state(payment, PaymentState.FromString(value), ctx.bech32)

    # Genesis.

    def import_account(self, ctx: Context, account: EscrowID, wire: AccountState) -> None:
        """Take an account over from a genesis document."""
        read = records.account_from_state(account, wire, ctx.bech32)
        if any(deposit.denom not in read.funds for deposit in read.deposits):
            raise types.InvalidAccount(f"{account_text(account, ctx.bech32)}: a deposit has no funds entry")
        if any(deposit.amount <= 0 for deposit in read.deposits):
            raise types.InvalidAccount(f"{account_text(account, ctx.bech32)}: an empty deposit")
        if self._load_account(ctx, account) is not None:
            raise types.AccountExists(account_text(account, ctx.bech32))
        self._store_account(ctx, read, None)

    def import_payment(self, ctx: Context, payment: LeaseID, wire: PaymentState) -> None:
        """Take a payment over from a genesis document; its account comes first."""
        name = payment_text(payment, ctx.bech32)
        if self._load_account(ctx, payment.deployment) is None:
            raise types.AccountNotFound(name)
        if self._load_payment(ctx, payment) is not None:
            raise types.PaymentExists(name)
        read = records.payment_from_state(payment, wire, ctx.bech32)
        if min(read.rate, read.balance, read.unsettled, read.withdrawn) < 0:
            raise types.InvalidPayment(f"{name}: a negative amount")
        self._store_payment(ctx, read, b"")

    # Truths that hold after every transaction.

    def liabilities(self, ctx: Context) -> dict[str, int]:
        """What the pool owes per denom, raw: what is left of deposits and what payments have not paid out."""
        owed: dict[str, int] = {}
        for account in self.accounts(ctx):
            for deposit in account.deposits:
                owed[deposit.denom] = owed.get(deposit.denom, 0) + deposit.amount
        for payment in self.payments(ctx):
            owed[payment.denom] = owed.get(payment.denom, 0) + payment.balance
        return owed

    def unbacked(self, ctx: Context) -> list[str]:
        """Denoms of which the pool holds less than it owes. Dropped fractions may leave it more."""
        pool = module_address(types.MODULE_ACCOUNT)
        return [
            f"escrow holds {held}{denom} and owes {owed // ONE}.{owed % ONE:018d}"
            for denom, owed in sorted(self.liabilities(ctx).items())
            if (held := self._bank.balance(ctx, pool, denom)) * ONE < owed
        ]

    def assert_backed(self, ctx: Context) -> None:
        """Refuse a state whose pool does not cover what escrow owes."""
        short = self.unbacked(ctx)
        if short:
            raise types.InvalidAccount("; ".join(short))

    def invariants(self, ctx: Context) -> list[str]:
        """Violations of I1-I3 (README): backing, deposits against funds, payments against transfers."""
        wrong = self.unbacked(ctx)
        accounts = {account.id: account for account in self.accounts(ctx)}
        paid: dict[tuple[EscrowID, str], int] = {}
        for payment in self.payments(ctx):
            name = payment_text(payment.id, ctx.bech32)
            account = accounts.get(payment.id.deployment)
            if account is None:
                wrong.append(f"payment {name} has no account")
                continue
            if payment.state is not State.CLOSED and payment.state is not account.state:
                wrong.append(f"payment {name} is {payment.state.name}, its account {account.state.name}")
            at = (account.id, payment.denom)
            paid[at] = paid.get(at, 0) + payment.withdrawn * ONE + payment.balance
        for account in accounts.values():
            wrong += _broken_account(account, paid, account_text(account.id, ctx.bech32))
        return wrong


_OPEN_MARK = bytes((State.OPEN,))
_KeyOf = Callable[[int, str], bytes]


def _broken_account(account: Account, paid: dict[tuple[EscrowID, str], int], name: str) -> Iterator[str]:
    held: dict[str, int] = {}
    for deposit in account.deposits:
        held[deposit.denom] = held.get(deposit.denom, 0) + deposit.amount
    if account.state in ENDED and account.deposits:
        yield f"account {name} is {account.state.name} and holds deposits"
    settles_in = next(iter(account.funds), "")
    for denom, amount in account.funds.items():
        if account.state is State.OPEN and held.get(denom, 0) != amount:
            yield f"account {name}: deposits {held.get(denom, 0)} and funds {amount} of {denom}"
        # What stood in for credit left at once and is in no payment's record.
        if denom == settles_in and paid.get((account.id, denom), 0) != account.transferred.get(denom, 0):
            yield f"account {name}: transfers of {denom} differ from what payments got"


def _expiration(grant: Grant) -> int | None:
    if not grant.HasField("expiration"):
        return None
    return grant.expiration.seconds * 1_000_000_000 + grant.expiration.nanos
