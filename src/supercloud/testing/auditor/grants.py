"""The auditor's grants: money of the community set aside for somebody, earned over time or by milestones.

A stream earns `amount x time passed / its time`, cut to whole units; all of it at its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from supercloud.testing.auditor.money import GRANTED, Money, require
from supercloud.testing.auditor.treasury import Treasury, coins_of


@dataclass
class Grant:
    """Money set aside; a stream has a length, other grants have milestones."""

    recipient: str
    amount: Counter[str]
    start: int = 0
    length: int = 0
    milestones: list[Counter[str]] = field(default_factory=list)
    released: set[int] = field(default_factory=set)
    claimed: Counter[str] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)
    state: str = "active"

    def earned(self, now: int) -> Counter[str]:
        """What is the recipient's by now, claimed or not."""
        if self.state == "cancelled":
            return self.amount - self.returned
        if self.length:
            passed = min(max(now - self.start, 0), self.length)
            return +Counter({denom: each * passed // self.length for denom, each in self.amount.items()})
        return sum((self.milestones[number] for number in sorted(self.released)), Counter())

    def held(self) -> Counter[str]:
        """What is set aside still."""
        return self.amount - self.claimed - self.returned


class Grants:
    """All grants, by number."""

    def __init__(self, money: Money, treasury: Treasury) -> None:
        self.money = money
        self.treasury = treasury
        self.grants: dict[int, Grant] = {}
        self.active_max = 0
        self.next = 1
        self._verbs: dict[str, Callable[[Any], None]] = {
            "MsgCreateGrant": self._create,
            "MsgReleaseMilestone": self._release,
            "MsgCancelGrant": self._cancel,
            "MsgClaim": self._claim,
            "MsgUpdateParams": lambda msg: self.set_params(msg.params),
        }

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is none about grants."""
        package, name = message.DESCRIPTOR.full_name.rsplit(".", 1)
        if package != "supercloud.grants.v1":
            return False
        self._verbs[name](message)
        return True

    def set_params(self, params: Any) -> None:
        """How many there may be at once."""
        self.active_max = params.active_max

    def active(self) -> list[int]:
        """Numbers of the grants that are active."""
        return [number for number, grant in self.grants.items() if grant.state == "active"]

    def _create(self, msg: Any) -> None:
        require(len(self.active()) < self.active_max, "one grant too many was made")
        if msg.HasField("stream"):
            grant = Grant(msg.recipient, coins_of(msg.stream.amount), self.money.time)
            grant.length = msg.stream.duration.seconds * 10**9 + msg.stream.duration.nanos
            if msg.stream.HasField("start"):
                grant.start = msg.stream.start.seconds * 10**9 + msg.stream.start.nanos
        else:
            parts = [coins_of(each.amount) for each in msg.milestones]
            grant = Grant(msg.recipient, sum(parts, Counter()), milestones=parts)
        self.treasury.take(GRANTED, grant.amount)
        self.grants[self.next] = grant
        self.next += 1

    def _get(self, number: int, *states: str) -> Grant:
        grant = self.grants.get(number)
        require(grant is not None and grant.state in states, f"grant {number} was used though it is over")
        assert grant is not None
        return grant

    def _release(self, msg: Any) -> None:
        grant = self._get(msg.id, "active")
        fits = msg.milestone < len(grant.milestones) and msg.milestone not in grant.released
        require(fits, f"milestone {msg.milestone} of grant {msg.id} was released")
        grant.released.add(msg.milestone)

    def _cancel(self, msg: Any) -> None:
        grant = self._get(msg.id, "active")
        kept = Counter() if msg.forfeit else grant.earned(self.money.time) - grant.claimed
        grant.returned = grant.held() - kept
        grant.state = "cancelled"
        self.treasury.give(GRANTED, grant.returned)

    def _claim(self, msg: Any) -> None:
        grant = self._get(msg.id, "active", "cancelled")
        require(grant.recipient == msg.recipient, f"{msg.recipient} claimed grant {msg.id} of another")
        coins = grant.earned(self.money.time) - grant.claimed
        require(bool(coins), f"grant {msg.id} had nothing to claim and was claimed")
        for denom, amount in coins.items():
            self.money.move(GRANTED, grant.recipient, denom, amount)
        grant.claimed += coins
        if grant.state == "active" and not grant.held():
            grant.state = "completed"

    def owed(self) -> Counter[str]:
        """What the grants' account has to hold, to the unit."""
        return sum((grant.held() for grant in self.grants.values()), Counter())
