"""The auditor's money: who has what, what lies in escrow for whom, and what was taken.

Purses hold whole units. So does escrow, where deposits are whole and what a payment earns is cut to a whole number at
each settlement, but for native tokens that stand in for credit: they are worth a fraction of it, so that deposits and
debts have fractions afterwards, and what was drawn and is less than a unit stays in the pool (`dust`). Rates stay
the numbers of 10^-18 that the messages carry.

Accounts and payments go by their names: `deployment/owner/dseq`, `bid/owner/dseq/gseq/oseq/provider`, and
`owner/dseq/gseq/oseq/provider` for a payment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Amount = int | Fraction

OPEN, CLOSED, OVERDRAWN = "open", "closed", "overdrawn"
FRACTION = 10**18
DEPOSIT_URL = "/akash.escrow.v1.MsgAccountDeposit"
SEND_URL = "/cosmos.bank.v1beta1.MsgSend"
SCOPES = {"deployment": 1, "bid": 2}
POOL, TAKEN, COLLECTED = "module/escrow", "module/take", "module/fee_collector"
REWARDS, AUCTION, GRANTED = "module/distribution", "module/feeauction", "module/grants"
DEPOSITS, VAULT = "module/gov", "module/bme"
BONDED, NOT_BONDED = "module/bonded_tokens_pool", "module/not_bonded_tokens_pool"
MODULES = (POOL, TAKEN, COLLECTED, REWARDS, AUCTION, GRANTED, DEPOSITS, VAULT, BONDED, NOT_BONDED)
"""Purses of modules."""
NATIVE, CREDIT = "uakt", "uact"


class Disagreement(AssertionError):
    """The ledger did what the auditor's rules do not allow."""


def require(condition: object, words: str) -> None:
    """Raise Disagreement unless the condition holds."""
    if not condition:
        raise Disagreement(words)


@dataclass
class Lot:
    """What is left of one deposit, and whether a refund goes back into a grant as well."""

    payer: str
    denom: str
    left: Amount
    height: int
    granted: bool


@dataclass
class Stream:
    """A payment: what it earned and has not been paid, what it is owed beyond the deposits, what it was paid."""

    name: str
    provider: str
    denom: str
    rate: int
    state: str = OPEN
    earned: Amount = 0
    debt: Amount = 0
    paid: int = 0

    @property
    def turn(self) -> str:
        """By what payments of one account are put in order: the text of group, order and provider."""
        return self.name.split("/", 2)[2]


@dataclass
class Account:
    """Money set aside for a deployment or a bid."""

    name: str
    owner: str
    settled_at: int
    state: str = OPEN
    lots: list[Lot] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    denoms: list[str] = field(default_factory=list)
    """In the order in which they came."""
    stood_in: Amount = 0
    """Native tokens that paid for credit."""

    def left(self, denom: str) -> Amount:
        """What deposits still hold."""
        return sum(lot.left for lot in self.lots if lot.denom == denom)

    def moved(self, denom: str) -> Amount:
        """What went from deposits to payments."""
        earned = sum(each.paid + each.earned for each in self.streams.values() if each.denom == denom)
        return earned + self.stood_in if denom == NATIVE else earned

    def debt(self, denom: str) -> Amount:
        """What is owed beyond the deposits."""
        return sum(each.debt for each in self.streams.values() if each.denom == denom)


@dataclass
class Permission:
    """A grant of authz."""

    kind: str
    limits: Counter[str]
    scopes: tuple[int, ...] = ()
    expires: int | None = None
    listed: tuple[str, ...] = ()


class Money:
    """Every balance that escrow has to do with."""

    def __init__(self, order_of: Callable[[str], bytes]) -> None:
        self.order_of = order_of
        self.height = 0
        self.time = 0
        self.purses: dict[str, Counter[str]] = {name: Counter() for name in MODULES}
        self.supply: Counter[str] = Counter()
        self.dust: dict[str, Fraction] = {}
        """Fractions that were drawn and paid to nobody: they stay in the pool."""
        self.stand_in: Callable[[], int | None] = lambda: None
        """What a native token pays of credit (10^-18), while it does."""
        self.accounts: dict[str, Account] = {}
        self.open_accounts: dict[str, Account] = {}
        self.permissions: dict[tuple[str, str, str], Permission] = {}
        self.rates: dict[str, int] = {}
        self.rate_default = 0
        self.touched: dict[str, None] = {}
        self.payouts: list[tuple[str, str, int, int]] = []
        """Payouts of which something was taken, since somebody last looked: payment, denom, gross, share."""

    # Purses.

    def move(self, source: str, target: str, denom: str, amount: int) -> None:
        """Move coins between purses; nobody ends below zero."""
        self.spend(source, denom, amount)
        self.purses.setdefault(target, Counter())[denom] += amount
        self.touched[target] = None

    def total(self) -> Counter[str]:
        """What all purses hold."""
        held = Counter[str]()
        for purse in self.purses.values():
            held.update(purse)
        return +held

    def make(self, target: str, denom: str, amount: int) -> None:
        """New coins."""
        self.purses.setdefault(target, Counter())[denom] += amount
        self.supply[denom] += amount
        self.touched[target] = None

    def burn(self, source: str, denom: str, amount: int) -> None:
        """Coins that are no more."""
        self.spend(source, denom, amount)
        self.supply[denom] -= amount

    def spend(self, source: str, denom: str, amount: int) -> None:
        """Take coins out of a purse."""
        purse = self.purses.setdefault(source, Counter())
        require(0 <= amount <= purse[denom], f"{source} has {purse[denom]}{denom} and spent {amount}")
        purse[denom] -= amount
        self.touched[source] = None

    # Deposits.

    def fund(self, account: Account, signer: str, deposit: Any) -> None:
        """Collect a deposit for an account from the sources that a message names, in their order."""
        denom, wanted = deposit.amount.denom, int(deposit.amount.amount)
        scope = SCOPES[account.name.split("/", 1)[0]]
        lots: list[Lot] = []
        for source in deposit.sources:
            if source == 1:
                part = min(self.purses.setdefault(signer, Counter())[denom], wanted)
                wanted -= part
                lots.append(Lot(signer, denom, part, self.height, False))
                continue
            for granter, permission in self._permitted(signer, scope):
                part = min(permission.limits[denom], wanted)
                permission.limits[denom] -= part
                wanted -= part
                lots.append(Lot(granter, denom, part, self.height, signer == account.owner))
        require(wanted == 0, f"{account.name} was funded, though {signer} was {wanted}{denom} short")
        for lot in lots:
            if lot.left:
                self.move(lot.payer, POOL, denom, int(lot.left))
                account.lots.append(lot)
                if denom not in account.denoms:
                    account.denoms.append(denom)

    def _permitted(self, grantee: str, scope: int) -> list[tuple[str, Permission]]:
        granters = [granter for granter, to, url in self.permissions if to == grantee and url == DEPOSIT_URL]
        found = []
        for granter in sorted(granters, key=self.order_of):
            permission = self.permissions[granter, grantee, DEPOSIT_URL]
            if self._in_force(permission) and scope in permission.scopes:
                found.append((granter, permission))
        return found

    # Accounts.

    def open(self, name: str, owner: str, deposit: Any) -> Account:
        """Open and fund an account."""
        require(name not in self.accounts, f"{name} exists already")
        account = Account(name, owner, self.height, denoms=[deposit.amount.denom])
        self.fund(account, owner, deposit)
        self.accounts[name] = self.open_accounts[name] = account
        return account

    def settle(self, account: Account) -> bool:
        """Let payments earn what they have since the last settlement; True when deposits do not suffice."""
        require(account.state != CLOSED, f"{account.name} is closed and was settled")
        passed = self.height - account.settled_at if account.state == OPEN else 0
        if account.state == OPEN:
            account.settled_at = self.height
        running = [each for each in account.streams.values() if each.state != CLOSED]
        for stream in sorted(running, key=lambda each: each.turn):
            owed = stream.debt if stream.state == OVERDRAWN else stream.rate * passed // FRACTION
            drawn = self._draw(account, stream.denom, owed)
            stream.earned += drawn
            stream.debt = owed - drawn
        self._cover(account, running)
        short = any(stream.debt for stream in running)
        for stream in running:
            stream.state = OVERDRAWN if short else OPEN
        if short:
            account.state = OVERDRAWN
        return short

    def _cover(self, account: Account, running: list[Stream]) -> None:
        """Let native tokens pay what credit lacks, at the price of the moment; whole units are paid out at once."""
        worth = self.stand_in() if account.left(NATIVE) else None
        if worth is None:
            return
        for stream in sorted(running, key=lambda each: each.turn):
            if not stream.debt or stream.denom != CREDIT:
                continue
            # Both cut after 18 digits: what is needed upwards, what a part pays downwards.
            raw = int(stream.debt * FRACTION)
            needed = Fraction(-(-raw * FRACTION // worth), FRACTION)
            drawn = self._draw(account, NATIVE, needed)
            part = (
                stream.debt
                if drawn == needed
                else Fraction(int(drawn * FRACTION) * worth // FRACTION, FRACTION)
            )
            stream.debt -= min(part, stream.debt)
            account.stood_in += drawn
            self._scatter(NATIVE, drawn)
            self._pay_out(stream, NATIVE, int(drawn))

    def _scatter(self, denom: str, amount: Amount) -> None:
        """What is less than a unit is paid to nobody."""
        self.dust[denom] = self.dust.get(denom, Fraction()) + amount - int(amount)

    @staticmethod
    def _draw(account: Account, denom: str, wanted: Amount) -> Amount:
        missing = wanted
        for lot in account.lots:
            if lot.denom == denom:
                part = min(missing, lot.left)
                lot.left -= part
                missing -= part
        account.lots = [lot for lot in account.lots if lot.left]
        return wanted - missing

    def pay(self, streams: Iterable[Stream]) -> None:
        """Pay out what was earned, less the take."""
        for stream in streams:
            gross = int(stream.earned)
            stream.earned -= gross
            stream.paid += gross
            self._pay_out(stream, stream.denom, gross)

    def _pay_out(self, stream: Stream, denom: str, gross: int) -> None:
        if not gross:
            return
        share = gross * self.rates.get(denom, self.rate_default) // 100
        self.move(POOL, TAKEN, denom, share)
        self.move(POOL, stream.provider, denom, gross - share)
        if share:
            self.payouts.append((stream.name, denom, gross, share))

    def running(self, account: Account) -> list[Stream]:
        """Payments that have not ended, in the order in which they are served."""
        found = [each for each in account.streams.values() if each.state == OPEN]
        return sorted(found, key=lambda each: each.turn)

    def end(self, account: Account) -> None:
        """Refund what is left in an account that closed or ran dry."""
        self.open_accounts.pop(account.name, None)
        for lot in account.lots:
            units = int(lot.left)
            self.move(POOL, lot.payer, lot.denom, units)
            self._scatter(lot.denom, lot.left)
            permission = self.permissions.get((lot.payer, account.owner, DEPOSIT_URL))
            if lot.granted and permission is not None and self._in_force(permission):
                permission.limits[lot.denom] += units
        account.lots = []

    def _in_force(self, permission: Permission) -> bool:
        return permission.kind == "deposit" and (permission.expires is None or permission.expires > self.time)

    def revive(self, account: Account) -> None:
        """Pay the debts of an account that ran dry, out of a fresh deposit; all paid, it closes."""
        indebted = [each for each in account.streams.values() if each.state == OVERDRAWN]
        # While the debt's denom got nothing, nothing is settled.
        if any(account.left(each.denom) for each in indebted if each.debt) and not self.settle(account):
            account.state = CLOSED
            for stream in indebted:
                stream.state = CLOSED
        self.pay(sorted(indebted, key=lambda each: each.turn))
        self.end(account)

    # Grants.

    def use(self, granter: str, grantee: str, url: str, message: Any) -> None:
        """Charge a message that somebody executed for another."""
        permission = self.permissions.get((granter, grantee, url))
        require(permission is not None, f"{grantee} executed {url} for {granter} without a grant")
        assert permission is not None
        require(
            permission.expires is None or permission.expires >= self.time,
            f"{url} by an expired grant of {granter}",
        )
        if permission.kind == "any":
            return
        coins = [message.deposit.amount] if permission.kind == "deposit" else list(message.amount)
        for coin in coins:
            permission.limits[coin.denom] -= int(coin.amount)
            require(permission.limits[coin.denom] >= 0, f"{grantee} spent more than {granter} granted")
        if not any(permission.limits.values()):
            del self.permissions[granter, grantee, url]

    def forget_expired(self) -> None:
        """Drop grants whose time is over."""
        for key in [key for key, each in self.permissions.items() if (each.expires or self.time) < self.time]:
            del self.permissions[key]
