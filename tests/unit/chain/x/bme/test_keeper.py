"""keeper: random mints, burns and prices against a model of the vault in exact fractions, to the unit.

The model shares nothing with the keeper: it knows the rules as sentences say them, and numbers as fractions.
"""

from __future__ import annotations

import random
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from supercloud.chain.x.bme import keys
from supercloud.types.errors import ChainError

DIGITS = 10**18
STALE_S = 12
BLOCK_S = 5
LEAST_MINT = 10_000_000
WARN, HALT, LEAST_WAIT, ATTEMPTS, PER_BLOCK = 9_500, 9_000, 2, 3, 4
MINT_BPS, BURN_BPS = 25, 40
PEOPLE = ("alice", "bob")
HEALTHY, WARNING, HALT_CR, HALT_ORACLE = 1, 2, 3, 4


def quotient(above: Fraction, below: Fraction) -> Fraction:
    """As the network divides: 36 digits, then 18, half to even."""
    cut = Fraction(floor(above / below * DIGITS**2), DIGITS**2)
    return Fraction(round(cut * DIGITS), DIGITS)


class Model:
    """What the vault should do."""

    def __init__(self, purses: dict[str, dict[str, int]], vault: int, supply: dict[str, int]) -> None:
        self.purses, self.supply = purses, dict(supply)
        self.vault = {"uakt": vault, "uact": 0}
        self.credit = 0
        self.minted, self.burned = {"uakt": 0, "uact": 0}, {"uakt": 0, "uact": 0}
        self.waiting: list[list[Any]] = []
        self.done = self.returned = 0
        self.status, self.previous, self.wait = HALT_CR, 0, LEAST_WAIT
        self.mint_due = self.burn_due = LEAST_WAIT
        self.price: Fraction | None = None
        self.reports: list[tuple[int, Fraction]] = []

    # A request, and whether it is refused.

    def request(self, who: str, denom: str, amount: int) -> bool:
        if self.price is None or self.status == HALT_ORACLE or (self.status == HALT_CR and denom == "uakt"):
            return False
        if self.purses[who][denom] < amount:
            return False
        self.purses[who][denom] -= amount
        self.vault[denom] += amount
        self.waiting.append([who, denom, amount, 0])
        return True

    # The end of a block.

    def end(self, height: int, time: int) -> None:
        left = PER_BLOCK
        if self.burn_due <= height:
            self.burn_due = height + LEAST_WAIT
            left -= self.work("uact", left)
        before, changed = self.status, self.look()
        if self.status <= WARNING:
            if changed and before >= HALT_CR:
                self.mint_due = height + self.wait
            elif self.mint_due <= height:
                self.mint_due = height + self.wait
                if self.work("uakt", left):
                    self.look()
        fresh = [price for at, price in self.reports[-1:] if time - at <= STALE_S]
        self.price = fresh[0] if fresh else None

    def look(self) -> bool:
        status, wait = HALT_ORACLE, self.wait
        if self.price is not None:
            waiting = sum(each[2] for each in self.waiting if each[1] == "uakt")
            worth = (self.vault["uakt"] - waiting) * quotient(self.price, Fraction(1))
            ratio = quotient(worth, Fraction(self.supply["uact"])) if self.supply["uact"] else worth
            bps = min(floor(ratio * 10_000), 2**32 - 1)
            status = HEALTHY if bps > WARN else WARNING if bps > HALT else HALT_CR
            if status != HALT_CR:
                steps = max(WARN - bps, 0) // 10
                wait = max(floor(min(LEAST_WAIT * Fraction(11, 10) ** steps, Fraction(14_400))), LEAST_WAIT)
        changed = (status, wait) != (self.status, self.wait)
        if changed:
            self.previous = self.status
        self.status, self.wait = status, wait
        return changed

    def work(self, denom: str, limit: int) -> int:
        batch = [each for each in self.waiting if each[1] == denom][:limit]
        for each in batch:
            who, _, amount, _ = each
            result = self.convert(denom, amount)
            if result is None:
                each[3] += 1
                if each[3] < ATTEMPTS:
                    continue
            self.waiting.remove(each)
            if not result:
                self.vault[denom] -= amount
                self.purses[who][denom] += amount
                self.returned += 1
                continue
            self.done += 1
            got, spread = result
            (self.mint if denom == "uakt" else self.burn)(who, amount, got, spread)
        return len(batch)

    def convert(self, denom: str, amount: int) -> tuple[int, int] | tuple[()] | None:
        """What it gives and what stays; nothing when no attempt can help; None when another may."""
        if self.price is None:
            return None
        one = Fraction(1)
        rate = quotient(self.price, one) if denom == "uakt" else quotient(one, self.price)
        whole = floor(amount * rate)
        if whole == 0 or (denom == "uakt" and whole < LEAST_MINT):
            return ()
        bps = MINT_BPS if denom == "uakt" else BURN_BPS
        return whole, floor(quotient(amount * rate * bps, Fraction(10_000)))

    def mint(self, who: str, amount: int, got: int, spread: int) -> None:
        self.supply["uact"] += got
        self.minted["uact"] += got
        self.credit += amount
        self.vault["uact"] += spread
        self.purses[who]["uact"] += got - spread

    def burn(self, who: str, amount: int, got: int, spread: int) -> None:
        reused = min(self.credit, got)
        self.credit -= reused
        self.supply["uakt"] += got - reused
        self.minted["uakt"] += got - reused
        self.supply["uact"] -= amount
        self.burned["uact"] += amount
        self.vault["uact"] -= amount
        self.vault["uakt"] += got - reused - (got - spread)
        self.purses[who]["uakt"] += got - spread


def seen(here: Any) -> dict[str, Any]:
    """The vault as it is."""
    ctx, k = here.chain.ctx(), here.k
    status = k.status(ctx)
    return {
        "purses": {who: {denom: here.has(who, denom) for denom in ("uakt", "uact")} for who in PEOPLE},
        "vault": {denom: here.holds(denom) for denom in ("uakt", "uact")},
        "supply": {denom: here.supply(denom) for denom in ("uakt", "uact")},
        "credit": k.amount(ctx, keys.REMINT_CREDITS, "uakt"),
        "minted": {denom: k.amount(ctx, keys.MINTED, denom) for denom in ("uakt", "uact")},
        "burned": {denom: k.amount(ctx, keys.BURNED, denom) for denom in ("uakt", "uact")},
        "waiting": len(list(k.pending(ctx))),
        "done": len(list(k.executed(ctx))),
        "returned": len(list(k.canceled(ctx))),
        "status": (status.status, status.previous_status, status.epoch_height_diff),
        "due": (k.due(ctx, keys.MINT_DUE), k.due(ctx, keys.BURN_DUE)),
    }


def expected(model: Model) -> dict[str, Any]:
    """The vault as it should be."""
    return {
        "purses": model.purses,
        "vault": model.vault,
        "supply": model.supply,
        "credit": model.credit,
        "minted": model.minted,
        "burned": model.burned,
        "waiting": len(model.waiting),
        "done": model.done,
        "returned": model.returned,
        "status": (model.status, model.previous, model.wait),
        "due": (model.mint_due, model.burn_due),
    }


def fresh(vault: Any) -> tuple[Any, Model]:
    here = vault(
        price="",
        funds=60_000_000,
        oracle={"max_price_staleness_period": f"{STALE_S}s", "twap_window": "0.000000001s"},
        min_epoch_blocks=str(LEAST_WAIT),
        max_endblocker_records=PER_BLOCK,
        mint_spread_bps=MINT_BPS,
        settle_spread_bps=BURN_BPS,
    )
    purses = {who: {"uakt": here.has(who, "uakt"), "uact": 0} for who in PEOPLE}
    return here, Model(purses, here.holds("uakt"), {"uakt": here.supply("uakt"), "uact": 0})


def step(here: Any, model: Model, rng: random.Random, price: Fraction) -> Fraction:
    """One block of random doings; returns the price of the outside world afterwards."""
    time = here.chain.time // 10**9
    for _ in range(rng.choice((0, 0, 1, 2, 6))):
        who, denom = rng.choice(PEOPLE), rng.choice(("uakt", "uact"))
        held = model.purses[who]["uact"]
        few = rng.choice((1, 3, 5_000_000, 10**8, 10**8, 10**17))
        amount = max(rng.randint(0, held), 1) if denom == "uact" and rng.random() < 0.8 else few
        accepted = model.request(who, denom, amount)
        if accepted:
            (here.mint if denom == "uakt" else here.burn)(amount, who)
        else:
            with pytest.raises(ChainError):
                (here.mint if denom == "uakt" else here.burn)(amount, who)
    if rng.random() < 0.7:
        price = Fraction(floor(price * rng.randint(880, 1_130) * 10**6) // 1000, 10**6)
        price = min(max(price, Fraction(1, 20)), Fraction(50))
        report(here, price)
        model.reports.append((time - 1, price))
    model.end(here.chain.height, time)
    here.chain.block()
    return price


def report(here: Any, price: Fraction) -> None:
    text = f"{floor(price)}.{floor(price % 1 * 10**6):06d}"
    block, here.chain.block = here.chain.block, lambda count=1: None
    try:
        here.set_price(text)
    finally:
        here.chain.block = block


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_vault_does_what_the_model_says(vault: Any, seed: int) -> None:
    rng = random.Random(seed)
    here, model = fresh(vault)
    price = Fraction(3, 2)
    for number in range(200):
        price = step(here, model, rng, price)
        assert seen(here) == expected(model), f"seed {seed}, block {number}"
        if number % 20 == 0:
            assert here.chain.violations() == []
    assert here.chain.violations() == []


def test_the_walks_meet_everything(vault: Any) -> None:
    """What the first seeds above are worth: all states of the breaker, executed and returned requests, tokens made."""
    states, made, done, returned = set[int](), 0, 0, 0
    for seed in range(1, 4):
        rng = random.Random(seed)
        here, model = fresh(vault)
        price = Fraction(3, 2)
        for _ in range(200):
            price = step(here, model, rng, price)
            states.add(model.status)
        made, done, returned = made + model.minted["uakt"], done + model.done, returned + model.returned
    assert states == {HEALTHY, WARNING, HALT_CR, HALT_ORACLE}
    assert made > 0 and done > 25 and returned > 10
