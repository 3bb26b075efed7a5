"""The auditor's vault: native tokens locked for credit, credit burned for native tokens, and the circuit breaker.

One unit of credit is worth a millionth of a dollar, so the price of a whole native token is also what a millionth of it
is worth in credit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supercloud.testing.auditor.decimals import ONE, over, rounded, times
from supercloud.testing.auditor.money import VAULT, Money, require
from supercloud.testing.auditor.prices import Prices

NATIVE, CREDIT = "uakt", "uact"
HEALTHY, WARNING, HALT_CR, HALT_ORACLE = 1, 2, 3, 4
BPS = 10_000
RATIO_MAX = 10**30 * ONE
WAIT_MAX = 14_400


@dataclass
class Waiting:
    """A conversion that waits; its coins lie in the vault."""

    owner: str
    denom: str
    amount: int
    attempts: int = 0


@dataclass
class Rules:
    """Parameters of the vault."""

    warn: int = 0
    halt: int = 0
    blocks_min: int = 1
    backoff: int = 0
    mint_spread: int = 0
    burn_spread: int = 0
    handled_max: int = 0
    attempts_max: int = 0
    least: dict[str, int] | None = None


class Vault:
    """What waits, what was locked, and how well credit is covered."""

    def __init__(self, money: Money, prices: Prices) -> None:
        self.money = money
        self.prices = prices
        self.rules = Rules()
        self.queues: dict[str, list[Waiting]] = {NATIVE: [], CREDIT: []}
        self.locked = 0
        """Tokens that mints left here and burns may pay out again."""
        self.status, self.wait = HALT_CR, 0
        self.mint_due = self.burn_due = 0
        self.told: Counter[str] = Counter()
        """Conversions that ended in this block: executed, canceled."""
        money.stand_in = self.stand_in
        self._verbs: dict[str, Callable[[Any], None]] = {
            "MsgMintACT": lambda msg: self._request(msg, CREDIT),
            "MsgBurnACT": lambda msg: self._request(msg, NATIVE),
            "MsgBurnMint": lambda msg: self._request(msg, msg.denom_to_mint),
            "MsgFundVault": self._fund,
            "MsgUpdateParams": lambda msg: self.set_params(msg.params),
        }

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is none of the vault's or of its prices."""
        package, name = message.DESCRIPTOR.full_name.rsplit(".", 1)
        if package == "akash.bme.v1":
            self._verbs[name](message)
        elif package == "akash.oracle.v2":
            if name == "MsgUpdateParams":
                self.prices.set_params(message.params)
            else:
                self.prices.report(message)
        return package in ("akash.bme.v1", "akash.oracle.v2")

    def set_params(self, params: Any) -> None:
        """Thresholds, waits, spreads."""
        self.rules = Rules(
            params.circuit_breaker_warn_threshold,
            params.circuit_breaker_halt_threshold,
            params.min_epoch_blocks,
            params.epoch_blocks_backoff_percent,
            params.mint_spread_bps,
            params.settle_spread_bps,
            params.max_endblocker_records,
            params.max_pending_attempts,
            {coin.denom: int(coin.amount) for coin in params.min_mint},
        )

    def stand_in(self) -> int | None:
        """What a native token pays of credit while none can be minted (10^-18); None when credit alone pays."""
        return self.prices.price if self.status >= HALT_CR else None

    # Messages.

    def _request(self, msg: Any, wanted: str) -> None:
        given, amount = msg.coins_to_burn.denom, int(msg.coins_to_burn.amount)
        require({given, wanted} == {NATIVE, CREDIT}, f"{given} was converted to {wanted}")
        require(msg.owner == msg.to, f"{msg.owner} converts for another")
        require(self.prices.price is not None, "a conversion was taken without a price")
        halted = self.status == HALT_ORACLE or (self.status == HALT_CR and given == NATIVE)
        require(not halted, f"a conversion of {given} was taken while the circuit breaker is active")
        self.money.move(msg.owner, VAULT, given, amount)
        self.queues[given].append(Waiting(msg.owner, given, amount))

    def _fund(self, msg: Any) -> None:
        self.money.move(msg.source, VAULT, NATIVE, int(msg.amount.amount))

    # A block's end.

    def end(self) -> None:
        """Burns that are due, the circuit breaker, then mints that are due."""
        height, left = self.money.height, self.rules.handled_max
        if self.burn_due <= height:
            self.burn_due = height + self.rules.blocks_min
            left -= self._work(CREDIT, left)
        before = self.status
        self._see()
        if self.status > WARNING:
            return
        if before >= HALT_CR:
            self.mint_due = height + self.wait
        elif self.mint_due <= height:
            self.mint_due = height + self.wait
            if self._work(NATIVE, left):
                self._see()

    def _see(self) -> None:
        ratio = self.ratio()
        if ratio is None:
            self.status = HALT_ORACLE
            return
        bps = min(ratio * BPS // ONE, 2**32 - 1)
        rules = self.rules
        self.status = HEALTHY if bps > rules.warn else WARNING if bps > rules.halt else HALT_CR
        if self.status != HALT_CR:
            steps = max(rules.warn - bps, 0) // 10
            self.wait = self._waited(steps)

    def ratio(self) -> int | None:
        """Worth of the vault's tokens, without those that only wait, over all credit; None without a price."""
        if self.prices.price is None:
            return None
        held = self.money.purses[VAULT][NATIVE] - sum(each.amount for each in self.queues[NATIVE])
        worth, credit = self.prices.price * held, self.money.supply[CREDIT]
        return min(over(worth, credit * ONE) if credit else worth, RATIO_MAX)

    def _waited(self, steps: int) -> int:
        least = self.rules.blocks_min
        if not steps or not self.rules.backoff:
            return least
        base, rest = over(100 + self.rules.backoff, 100), ONE
        while steps > 1:
            if steps % 2:
                rest = times(rest, base)
            steps //= 2
            base = times(base, base)
        return max(min(times(base, rest) * least, WAIT_MAX * ONE) // ONE, least)

    def _work(self, given: str, limit: int) -> int:
        handled, self.queues[given] = self.queues[given][:limit], self.queues[given][limit:]
        again = [each for each in handled if not self._handle(each)]
        self.queues[given][:0] = again
        return len(handled)

    def _handle(self, waiting: Waiting) -> bool:
        """Execute a conversion, or give it back; False when it waits on."""
        price = self.prices.price
        if price is not None:
            minting = waiting.denom == NATIVE
            wanted = CREDIT if minting else NATIVE
            rate = price if minting else over(ONE, price)
            exact = rate * waiting.amount
            spread_bps = self.rules.mint_spread if minting else self.rules.burn_spread
            spread = rounded(exact * spread_bps, BPS) // ONE
            got, least = exact // ONE, (self.rules.least or {}).get(wanted, 0)
            if got and got >= least:
                self._convert(waiting, wanted, got)
                self.money.move(VAULT, waiting.owner, wanted, got - spread)
                self.told["executed"] += 1
                return True
        waiting.attempts += 1
        if price is None and waiting.attempts < self.rules.attempts_max:
            return False
        self.money.move(VAULT, waiting.owner, waiting.denom, waiting.amount)
        self.told["canceled"] += 1
        return True

    def _convert(self, waiting: Waiting, wanted: str, got: int) -> None:
        if wanted == CREDIT:
            self.money.make(VAULT, CREDIT, got)
            self.locked += waiting.amount
            return
        reused = min(self.locked, got)
        self.money.burn(VAULT, CREDIT, waiting.amount)
        self.money.make(VAULT, NATIVE, got - reused)
        self.locked -= reused

    def owed(self) -> Counter[str]:
        """What the vault has to hold at least."""
        owed = Counter({NATIVE: self.locked})
        for denom, queue in self.queues.items():
            owed[denom] += sum(each.amount for each in queue)
        return +owed
