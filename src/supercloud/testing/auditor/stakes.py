"""The auditor's stakes: who stakes with whom, what unbonds, what wrongs cost, and what fees earn.

Shares are integers of 10^-18, as the messages' answers have them. What a share has earned is summed up with many digits:
a delegation has earned its shares times what one earned since it began. The ledger counts by another method, whose
rounding may cost a reward its last unit; so the amounts of rewards are read from its events and have to fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from supercloud.testing.auditor.decimals import ONE, over, times
from supercloud.testing.auditor.money import BONDED, NATIVE, NOT_BONDED, REWARDS, Money, require

POWER = 10**6
FINE = 10**60
"""Of this many parts is what a share has earned."""
SLACK = ONE + ONE // 10
"""A reward is at most so much less than what was earned (10^-18)."""


@dataclass
class Validator:
    """Tokens and the shares of them."""

    name: str
    account: str
    consensus: str
    tokens: int
    shares: int
    rate: int
    state: str = "bonded"
    jailed: bool = False
    least: int = 1
    """What it has to stake itself."""
    until: int = 0
    left_at: int = 0
    """When its unbonding ends, and at which height it began."""
    earned: Counter[str] = field(default_factory=Counter)
    """What one share (10^-18) has earned so far, in parts of FINE of 10^-18."""
    commission: Counter[str] = field(default_factory=Counter)
    unclaimed: Counter[str] = field(default_factory=Counter)
    """What nobody had shares for."""


@dataclass
class Entry:
    """Tokens that unbond, or shares that moved to another validator."""

    delegator: str
    source: str
    height: int
    until: int
    initial: int
    balance: int = 0
    target: str = ""
    shares: int = 0


@dataclass
class Rules:
    """Parameters: times in nanoseconds, fractions of 10^-18."""

    unbonding: int = 0
    tax: int = 0
    downtime: int = 0
    double_sign: int = 0


class Stakes:
    """Validators, delegations, and what leaves them."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self.rules = Rules()
        self.validators: dict[str, Validator] = {}
        self.shares: dict[tuple[str, str], int] = {}
        self._begun: dict[tuple[str, str], Counter[str]] = {}
        self.unbonding: list[Entry] = []
        self.moved: list[Entry] = []
        self.rewards_to: dict[str, str] = {}
        self.community: Counter[str] = Counter()
        """What rounding left to the community since somebody last looked (10^-18)."""
        self.paid: list[tuple[str, str, dict[str, int]]] = []
        """Rewards that the ledger told of and that are to be explained: validator, delegator, coins."""
        self._verbs: dict[str, Callable[[Any], None]] = {
            "cosmos.staking.v1beta1.MsgDelegate": self._delegate,
            "cosmos.staking.v1beta1.MsgUndelegate": self._undelegate,
            "cosmos.staking.v1beta1.MsgBeginRedelegate": self._redelegate,
            "cosmos.staking.v1beta1.MsgCancelUnbondingDelegation": self._cancel,
            "cosmos.slashing.v1beta1.MsgUnjail": self._unjail,
            "cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward": self._withdraw,
            "cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission": self._commission,
            "cosmos.distribution.v1beta1.MsgSetWithdrawAddress": self._redirect,
        }

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is none about stakes."""
        verb = self._verbs.get(message.DESCRIPTOR.full_name)
        if verb is not None:
            verb(message)
        return verb is not None

    def bonded(self) -> int:
        """All tokens that are bonded."""
        return self.money.purses[BONDED][NATIVE]

    def delegators(self, validator: str) -> Iterator[tuple[str, int]]:
        """Who stakes with a validator, and how many shares."""
        for (delegator, name), shares in self.shares.items():
            if name == validator:
                yield delegator, shares

    def owed(self, *states: str) -> Counter[str]:
        """What the pool of validators in these states has to hold."""
        amount = sum(each.tokens for each in self.validators.values() if each.state in states)
        if "bonded" not in states:
            amount += sum(entry.balance for entry in self.unbonding)
        return +Counter({NATIVE: amount})

    @staticmethod
    def pool(validator: Validator) -> str:
        """Where a validator's tokens lie."""
        return BONDED if validator.state == "bonded" else NOT_BONDED

    def begin(self, delegator: str, validator: str) -> None:
        """A delegation earns from here on."""
        self._begun[delegator, validator] = self.validators[validator].earned.copy()

    # Fees.

    def share(self, votes: Sequence[tuple[str, int]], fees: Counter[str]) -> Counter[str]:
        """Give fees to those who decided, by their power; returns what was given (10^-18)."""
        total = sum(power for _, power in votes)
        given: Counter[str] = Counter()
        by_consensus = {each.consensus: each for each in self.validators.values()}
        for consensus, power in votes:
            validator = by_consensus.get(consensus)
            if validator is None:
                continue
            part = power * ONE // total
            for denom, amount in fees.items():
                raw = amount * (ONE - self.rules.tax) // ONE * part // ONE
                given[denom] += raw
                self._earn(validator, denom, raw)
        return given

    @staticmethod
    def _earn(validator: Validator, denom: str, raw: int) -> None:
        commission = times(raw, validator.rate)
        validator.commission[denom] += commission
        if validator.shares:
            validator.earned[denom] += (raw - commission) * FINE // validator.shares
        else:
            validator.unclaimed[denom] += raw - commission

    def _pay(self, delegator: str, validator: Validator) -> None:
        """A delegation's rewards are paid, as many as the ledger told."""
        key = (delegator, validator.name)
        found = next((each for each in self.paid if each[:2] == (validator.name, delegator)), None)
        require(found is not None, f"{delegator} was paid no rewards of {validator.name}")
        assert found is not None
        self.paid.remove(found)
        for denom in {**validator.earned, **found[2]}:
            since = validator.earned[denom] - self._begun[key][denom]
            exact, amount = self.shares[key] * since // FINE, found[2].get(denom, 0)
            words = f"{delegator} was paid {amount}{denom} of {validator.name} for {exact} of 10^-18"
            require(-ONE // 10 <= exact - amount * ONE < SLACK, words)
            self.money.move(REWARDS, self.rewards_to.get(delegator, delegator), denom, amount)
            self.community[denom] += exact - amount * ONE

    def _withdraw(self, msg: Any) -> None:
        validator = self.validators[msg.validator_address]
        self._pay(msg.delegator_address, validator)
        self.begin(msg.delegator_address, validator.name)

    def _commission(self, msg: Any) -> None:
        validator = self.validators[msg.validator_address]
        require(bool(+validator.commission), f"{validator.name} was paid a commission that it did not have")
        self._pay_commission(validator)

    def _pay_commission(self, validator: Validator) -> None:
        target = self.rewards_to.get(validator.account, validator.account)
        for denom, raw in validator.commission.items():
            self.money.move(REWARDS, target, denom, raw // ONE)
            validator.commission[denom] = raw % ONE

    def _redirect(self, msg: Any) -> None:
        self.rewards_to[msg.delegator_address] = msg.withdraw_address

    # Stakes.

    def _add(self, delegator: str, validator: Validator, amount: int, source: str) -> int:
        """Stake tokens of a purse; returns the shares made."""
        key = (delegator, validator.name)
        if key in self.shares:
            self._pay(delegator, validator)
        made = validator.shares * amount // validator.tokens if validator.shares else amount * ONE
        if source != self.pool(validator):
            self.money.move(source, self.pool(validator), NATIVE, amount)
        validator.tokens += amount
        validator.shares += made
        self.shares[key] = self.shares.get(key, 0) + made
        self.begin(*key)
        return made

    def _remove(self, delegator: str, validator: Validator, shares: int) -> int:
        """Take shares away; returns the tokens that they gave, which stay in their pool."""
        key = (delegator, validator.name)
        require(self.shares.get(key, 0) >= shares, f"{delegator} took more than it had of {validator.name}")
        self._pay(delegator, validator)
        left = self.shares[key] - shares
        if delegator == validator.account and not validator.jailed:
            own = over(left * validator.tokens, validator.shares) // ONE
            validator.jailed = own < validator.least
        given = validator.tokens
        if validator.shares != shares:
            given = over(shares * validator.tokens, validator.shares) // ONE
        validator.tokens -= given
        validator.shares -= shares
        self.shares[key] = left
        if left:
            self.begin(*key)
        else:
            del self.shares[key], self._begun[key]
        if not validator.shares and validator.state == "unbonded":
            self._forget(validator)
        return given

    def _forget(self, validator: Validator) -> None:
        """A validator that nobody stakes with is removed; what is left of its rewards is the community's."""
        self._pay_commission(validator)
        self.community.update(validator.commission)
        self.community.update(validator.unclaimed)
        del self.validators[validator.name]

    def _delegate(self, msg: Any) -> None:
        validator = self.validators[msg.validator_address]
        self._add(msg.delegator_address, validator, int(msg.amount.amount), msg.delegator_address)

    def _priced(self, delegator: str, validator: Validator, amount: int) -> int:
        shares = validator.shares * amount // validator.tokens
        require(shares <= self.shares.get((delegator, validator.name), 0), f"{delegator} had no {amount}")
        return shares

    def _undelegate(self, msg: Any) -> None:
        validator, delegator = self.validators[msg.validator_address], msg.delegator_address
        pool = self.pool(validator)
        shares = self._priced(delegator, validator, int(msg.amount.amount))
        given = self._remove(delegator, validator, shares)
        if pool == BONDED:
            self.money.move(BONDED, NOT_BONDED, NATIVE, given)
        until = self.money.time + self.rules.unbonding
        same = (delegator, validator.name, self.money.height, until)
        for entry in self.unbonding:
            if (entry.delegator, entry.source, entry.height, entry.until) == same:
                entry.initial += given
                entry.balance += given
                return
        self.unbonding.append(Entry(*same, given, given))

    def _redelegate(self, msg: Any) -> None:
        source, target = (
            self.validators[msg.validator_src_address],
            self.validators[msg.validator_dst_address],
        )
        delegator, state = msg.delegator_address, source.state
        lately = any((each.delegator, each.target) == (delegator, source.name) for each in self.moved)
        require(not lately, f"{delegator} moved twice what still answers for where it was")
        shares = self._priced(delegator, source, int(msg.amount.amount))
        pool = self.pool(source)
        given = self._remove(delegator, source, shares)
        made = self._add(delegator, target, given, pool)
        if state == "unbonded":
            return
        height, until = self.money.height, self.money.time + self.rules.unbonding
        if state == "unbonding":
            height, until = source.left_at, source.until
        self.moved.append(
            Entry(delegator, source.name, height, until, given, target=target.name, shares=made)
        )

    def _cancel(self, msg: Any) -> None:
        validator, amount = self.validators[msg.validator_address], int(msg.amount.amount)
        names = (msg.delegator_address, validator.name, msg.creation_height)
        entry = next(each for each in self.unbonding if (each.delegator, each.source, each.height) == names)
        require(entry.balance >= amount, f"{names} staked more again than was unbonding")
        self._add(msg.delegator_address, validator, amount, NOT_BONDED)
        entry.balance -= amount
        entry.initial -= amount
        if not entry.balance:
            self.unbonding.remove(entry)

    def _unjail(self, msg: Any) -> None:
        validator = self.validators[msg.validator_addr]
        require(validator.jailed, f"{validator.name} was not jailed and came back")
        validator.jailed = False

    # Wrongs.

    def punish(self, consensus: str, power: int, height: int, fraction: int) -> int:
        """Burn what a wrong costs; returns what the validator's present tokens lost."""
        validator = next((each for each in self.validators.values() if each.consensus == consensus), None)
        if validator is None or validator.state == "unbonded":
            return 0
        left = times(power * POWER * ONE, fraction) // ONE
        if height < self.money.height:
            left -= self._punish_unbonding(validator.name, height, fraction)
            left -= self._punish_moved(validator.name, height, fraction)
        burned = max(min(left, validator.tokens), 0)
        validator.tokens -= burned
        self.money.burn(self.pool(validator), NATIVE, burned)
        return burned

    def _answers(self, entry: Entry, height: int) -> bool:
        return entry.height >= height and entry.until > self.money.time

    def _punish_unbonding(self, name: str, height: int, fraction: int) -> int:
        owed = 0
        for entry in self.unbonding:
            if entry.source == name and self._answers(entry, height):
                part = entry.initial * fraction // ONE
                owed += part
                self._burn_entry(entry, part)
        return owed

    def _burn_entry(self, entry: Entry, part: int) -> int:
        burned = min(part, entry.balance)
        entry.balance -= burned
        self.money.burn(NOT_BONDED, NATIVE, burned)
        return burned

    def _punish_moved(self, name: str, height: int, fraction: int) -> int:
        owed = 0
        for entry in [each for each in self.moved if each.source == name and self._answers(each, height)]:
            part = entry.initial * fraction // ONE
            owed, missing = owed + part, part
            for other in self.unbonding:
                where = (other.delegator, other.source) == (entry.delegator, entry.target)
                if where and self._answers(other, height):
                    missing -= self._burn_entry(other, missing)
            target = self.validators.get(entry.target)
            own = self.shares.get((entry.delegator, entry.target), 0)
            wanted = min(times(fraction, entry.shares), own)
            if missing and target is not None and wanted:
                pool = self.pool(target)
                self.money.burn(pool, NATIVE, self._remove(entry.delegator, target, wanted))
        return owed

    def jail(self, consensus: str) -> None:
        """A validator may decide no more for now."""
        for validator in self.validators.values():
            if validator.consensus == consensus:
                validator.jailed = True

    # A block's end.

    def end(self) -> None:
        """Who decides changes, what has unbonded is paid out."""
        now = self.money.time
        for validator in self.validators.values():
            decides = not validator.jailed and validator.tokens >= POWER
            if decides and validator.state != "bonded":
                validator.state = "bonded"
                self.money.move(NOT_BONDED, BONDED, NATIVE, validator.tokens)
            elif not decides and validator.state == "bonded":
                validator.state, validator.left_at = "unbonding", self.money.height
                validator.until = now + self.rules.unbonding
                self.money.move(BONDED, NOT_BONDED, NATIVE, validator.tokens)
        for validator in list(self.validators.values()):
            if validator.state == "unbonding" and validator.until <= now:
                validator.state = "unbonded"
                if not validator.shares:
                    self._forget(validator)
        for entry in [each for each in self.unbonding if each.until <= now]:
            self.money.move(NOT_BONDED, entry.delegator, NATIVE, entry.balance)
            self.unbonding.remove(entry)
        self.moved = [each for each in self.moved if each.until > now]
