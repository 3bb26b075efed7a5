"""The auditor's market: what each message does to deployments, groups, orders, bids and leases.

Only messages of transactions that the ledger accepted come here. Whatever would have had to be refused raises
Disagreement; whatever the ledger should have told (typed events) is collected in `told`, to compare.
Objects go by their names: owner/dseq[/gseq[/oseq[/provider]]].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from supercloud.testing.auditor.money import CLOSED, OPEN, OVERDRAWN, Account, Money, Stream, require

ACTIVE, PAUSED, LOST, RECLAIMING, UNFUNDED = "active", "paused", "lost", "reclaiming", "insufficient_funds"
OWNER, UNSPECIFIED, NO_FUNDS = 1, 10002, 20000

ALLOWED = {
    "deployment": {ACTIVE: {CLOSED}},
    "group": {
        OPEN: {PAUSED, UNFUNDED, CLOSED},
        PAUSED: {OPEN, UNFUNDED, CLOSED},
        UNFUNDED: {OPEN, CLOSED},
    },
    "order": {OPEN: {ACTIVE, CLOSED}, ACTIVE: {CLOSED}},
    "bid": {OPEN: {ACTIVE, LOST, CLOSED}, ACTIVE: {CLOSED}},
    "lease": {ACTIVE: {RECLAIMING, UNFUNDED, CLOSED}, RECLAIMING: {UNFUNDED, CLOSED}},
}
"""Which states may follow which."""


@dataclass
class Thing:
    """A deployment, group, order, bid or lease."""

    kind: str
    name: str
    state: str
    created_at: int
    due: int = 0
    """Height at which an open order or bid expires; 0 for never."""
    price: tuple[str, int] = ("", 0)
    """A block; for groups and orders the most that they pay."""
    reason: int = 0
    deadline: int = 0
    window: int | None = None
    parts: list[str] = field(default_factory=list)
    """Groups of a deployment, orders of a group, bids of an order."""


def parent(name: str) -> str:
    """The name one level up."""
    return name.rsplit("/", 1)[0]


def name_of(id: Any) -> str:
    """The name that an id message spells, however deep it goes."""
    fields = ("owner", "dseq", "gseq", "oseq", "provider")
    known = id.DESCRIPTOR.fields_by_name
    return "/".join(str(getattr(id, each)) for each in fields if each in known)


class Market:
    """What the market should look like."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self.things: dict[str, dict[str, Thing]] = {kind: {} for kind in ALLOWED}
        self.live: dict[str, dict[str, Thing]] = {kind: {} for kind in ALLOWED}
        """Those in a state from which another follows."""
        self.told: list[tuple[str, ...]] = []
        self.changed: dict[tuple[str, str], None] = {}
        self.ages = {"order": 0, "bid": 0}
        self.expiries_max = 0
        self._verbs: dict[str, Callable[[Any], None]] = {
            "MsgCreateDeployment": self._create_deployment,
            "MsgUpdateDeployment": self._update_deployment,
            "MsgCloseDeployment": self._close_deployment,
            "MsgCloseGroup": lambda msg: self._stop_group(msg, CLOSED),
            "MsgPauseGroup": lambda msg: self._stop_group(msg, PAUSED),
            "MsgStartGroup": self._start_group,
            "MsgCreateBid": self._create_bid,
            "MsgCloseBid": self._close_bid,
            "MsgCreateLease": self._create_lease,
            "MsgCloseLease": self._close_lease,
            "MsgWithdrawLease": self._withdraw,
            "MsgLeaseStartReclaim": self._start_reclaim,
            "MsgAccountDeposit": self._deposit,
        }

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is none of the market's."""
        verb = self._verbs.get(message.DESCRIPTOR.name)
        if verb is None or not message.DESCRIPTOR.full_name.startswith("akash."):
            return False
        verb(message)
        return True

    # Things.

    def get(self, kind: str, name: str) -> Thing:
        """A thing that has to be there."""
        found = self.things[kind].get(name)
        require(found is not None, f"a message about {kind} {name}, which does not exist, was accepted")
        assert found is not None
        return found

    def _add(self, kind: str, name: str, state: str, up: str = "") -> Thing:
        require(name not in self.things[kind], f"{kind} {name} was made twice")
        thing = Thing(kind, name, state, self.money.height)
        age = self.ages.get(kind, 0)
        thing.due = thing.created_at + age if age else 0
        self.things[kind][name] = self.live[kind][name] = thing
        self.changed[kind, name] = None
        if up:
            self.get(up, parent(name)).parts.append(name)
        return thing

    def _to(self, thing: Thing, state: str, event: str = "", *words: object) -> None:
        allowed = ALLOWED[thing.kind].get(thing.state, set())
        require(state in allowed, f"{thing.kind} {thing.name} went from {thing.state} to {state}")
        thing.state = state
        self.changed[thing.kind, thing.name] = None
        if state not in ALLOWED[thing.kind]:
            self.live[thing.kind].pop(thing.name, None)
        if event:
            self._tell(event, thing.name, *words)

    def _tell(self, event: str, *words: object) -> None:
        self.told.append((event, *map(str, words)))

    def current_order(self, group: str) -> Thing | None:
        """The group's order that is open or active."""
        orders = self.things["group"][group].parts
        found = [self.things["order"][name] for name in orders if self.things["order"][name].state != CLOSED]
        require(len(found) < 2, f"group {group} has {len(found)} orders at once")
        return found[0] if found else None

    def bids_on(self, order: str, state: str) -> list[Thing]:
        """Bids on an order in a state."""
        bids = self.things["bid"]
        return [bids[name] for name in self.things["order"][order].parts if bids[name].state == state]

    # Deployments and groups.

    def _create_deployment(self, msg: Any) -> None:
        name = name_of(msg.id)
        self._add("deployment", name, ACTIVE)
        self._tell("EventDeploymentCreated", name)
        for number, spec in enumerate(msg.groups, 1):
            group = self._add("group", f"{name}/{number}", OPEN, "deployment")
            limit = sum(int(unit.price.amount) * unit.count for unit in spec.resources)
            group.price = (spec.resources[0].price.denom, limit)
            self._open_order(f"{name}/{number}")
        self.money.open(f"deployment/{name}", msg.id.owner, msg.deposit)

    def _update_deployment(self, msg: Any) -> None:
        thing = self.get("deployment", name_of(msg.id))
        require(thing.state == ACTIVE, f"closed deployment {thing.name} was updated")
        self._tell("EventDeploymentUpdated", thing.name)

    def _close_deployment(self, msg: Any) -> None:
        name = name_of(msg.id)
        require(self.get("deployment", name).state == ACTIVE, f"deployment {name} was closed twice")
        account = self.money.accounts[f"deployment/{name}"]
        before = self.money.running(account)
        if not self.money.settle(account):
            account.state = CLOSED
            for stream in before:
                stream.state = CLOSED
        self._conclude(account, before, before)

    def _stop_group(self, msg: Any, state: str) -> None:
        group = self.get("group", name_of(msg.id))
        require(
            self.get("deployment", parent(group.name)).state == ACTIVE, f"{group.name}: deployment is closed"
        )
        self._to(group, state, "EventGroupClosed" if state == CLOSED else "EventGroupPaused")
        self._leave_market(group, OWNER)

    def _start_group(self, msg: Any) -> None:
        group = self.get("group", name_of(msg.id))
        require(
            self.get("deployment", parent(group.name)).state == ACTIVE, f"{group.name}: deployment is closed"
        )
        self._to(group, OPEN, "EventGroupStarted")
        self._open_order(group.name)

    def _open_order(self, group: str) -> None:
        require(self.current_order(group) is None, f"group {group} got a second order")
        number = len(self.things["group"][group].parts) + 1
        self._add("order", f"{group}/{number}", OPEN, "group").price = self.things["group"][group].price
        self._tell("EventOrderCreated", f"{group}/{number}")

    def _leave_market(self, group: Thing, reason: int) -> None:
        order = self.current_order(group.name)
        if order is None:
            return
        self._to(order, CLOSED, "EventOrderClosed")
        for bid in self.bids_on(order.name, OPEN):
            self._end_bid(bid, CLOSED)
        for bid in self.bids_on(order.name, ACTIVE):
            self._end_bid(bid, CLOSED)
            self._end_lease(bid.name, reason)
            self._end_stream(bid.name)

    # Bids and leases.

    def _create_bid(self, msg: Any) -> None:
        name = name_of(msg.id)
        order = self.get("order", parent(name))
        require(order.state == OPEN, f"a bid on {order.state} order {order.name} was accepted")
        bid = self._add("bid", name, OPEN, "order")
        bid.price = (msg.price.denom, int(msg.price.amount))
        fits = bid.price[0] == order.price[0] and 0 < bid.price[1] <= order.price[1]
        require(fits, f"bid {name} at {bid.price} on an order of at most {order.price} was accepted")
        if msg.HasField("reclamation_window"):
            bid.window = msg.reclamation_window.seconds * 10**9 + msg.reclamation_window.nanos
        self._tell("EventBidCreated", name)
        self.money.open(f"bid/{name}", msg.id.provider, msg.deposit)

    def _end_bid(self, bid: Thing, state: str) -> None:
        self._to(bid, state, "EventBidClosed" if state == CLOSED else "")
        account = self.money.accounts[f"bid/{bid.name}"]
        require(account.state == OPEN, f"{account.name} was ended before its bid")
        self.money.settle(account)
        account.state = CLOSED
        self.money.end(account)

    def _close_bid(self, msg: Any) -> None:
        bid = self.get("bid", name_of(msg.id))
        if bid.state == OPEN:
            self._end_bid(bid, CLOSED)
            return
        lease = self.get("lease", bid.name)
        if lease.state == ACTIVE:
            require(lease.window is None, f"lease {lease.name} has a reclamation window and ended without it")
        else:
            now = self.money.time // 10**9
            require(
                now >= lease.deadline, f"lease {lease.name} was taken back {lease.deadline - now} s early"
            )
        order = self.get("order", parent(bid.name))
        self._to(self.get("group", parent(order.name)), PAUSED, "EventGroupPaused")
        self._end_lease(bid.name, msg.reason)
        self._end_bid(bid, CLOSED)
        self._to(order, CLOSED, "EventOrderClosed")
        self._end_stream(bid.name)

    def _create_lease(self, msg: Any) -> None:
        bid = self.get("bid", name_of(msg.bid_id))
        order = self.get("order", parent(bid.name))
        group = self.get("group", parent(order.name))
        for thing in (bid, order, group):
            require(thing.state == OPEN, f"{thing.state} {thing.kind} {thing.name} was leased")
        account = self.money.accounts["deployment/" + parent(group.name)]
        require(not self.money.settle(account), f"{account.name} is overdrawn and took another payment")
        provider = bid.name.rsplit("/", 1)[1]
        account.streams[bid.name] = Stream(bid.name, provider, *bid.price)
        lease = self._add("lease", bid.name, ACTIVE)
        lease.price, lease.window = bid.price, bid.window
        self._tell("EventLeaseCreated", bid.name)
        self._to(order, ACTIVE)
        self._to(bid, ACTIVE)
        for loser in self.bids_on(order.name, OPEN):
            self._end_bid(loser, LOST)

    def _close_lease(self, msg: Any) -> None:
        bid = self.get("bid", name_of(msg.id))
        order = self.get("order", parent(bid.name))
        require(order.state == ACTIVE, f"a lease of {order.state} order {order.name} was closed")
        self._end_lease(bid.name, OWNER)
        self._end_bid(bid, CLOSED)
        self._to(order, CLOSED, "EventOrderClosed")
        self._end_stream(bid.name)
        group = self.get("group", parent(order.name))
        if group.state == OPEN:
            self._open_order(group.name)

    def _withdraw(self, msg: Any) -> None:
        lease = self.get("lease", name_of(msg.id))
        require(lease.name in self.live["lease"], f"{lease.state} lease {lease.name} was withdrawn from")
        account = self._account_of(lease.name)
        before = self.money.running(account)
        stream = account.streams[lease.name]
        self._conclude(account, before, before if self.money.settle(account) else [stream])

    def _start_reclaim(self, msg: Any) -> None:
        lease = self.get("lease", name_of(msg.id))
        require(lease.window is not None, f"lease {lease.name} has no window and is taken back")
        assert lease.window is not None
        self._to(lease, RECLAIMING)
        lease.deadline = (self.money.time + lease.window) // 10**9
        self._tell("EventLeaseReclaimStarted", lease.name, msg.reason)

    def _end_lease(self, name: str, reason: int) -> None:
        lease = self.get("lease", name)
        lease.reason = reason
        self._to(lease, UNFUNDED if reason == NO_FUNDS else CLOSED, "EventLeaseClosed", reason)

    # Money ends things.

    def _deposit(self, msg: Any) -> None:
        scope = {1: "deployment", 2: "bid"}[msg.id.scope]
        account = self.money.accounts.get(f"{scope}/{msg.id.xid}")
        require(
            account is not None, f"a deposit for {scope}/{msg.id.xid}, which does not exist, was accepted"
        )
        assert account is not None
        require(account.state != CLOSED, f"{account.name} is closed and took a deposit")
        self.money.fund(account, msg.signer, msg.deposit)
        if account.state == OVERDRAWN:
            self.money.revive(account)

    def _account_of(self, lease: str) -> Account:
        return self.money.accounts["deployment/" + "/".join(lease.split("/")[:2])]

    def _end_stream(self, lease: str) -> None:
        account = self._account_of(lease)
        stream = account.streams[lease]
        if stream.state != OPEN:
            return
        before = self.money.running(account)
        short = self.money.settle(account)
        if stream.state == OPEN:
            stream.state = CLOSED
        self._conclude(account, before, before if short else [stream])

    def _conclude(self, account: Account, before: list[Stream], paid: list[Stream]) -> None:
        """Pay, refund an account that ended, then end what lived on it."""
        self.money.pay(paid)
        if account.state == OPEN:
            return
        self.money.end(account)
        deployment = self.get("deployment", account.name.split("/", 1)[1])
        require(deployment.state == ACTIVE, f"{account.name} ended under a closed deployment")
        self._to(deployment, CLOSED, "EventDeploymentClosed")
        short = account.state == OVERDRAWN
        for name in deployment.parts:
            group = self.things["group"][name]
            if group.state != CLOSED:
                self._to(group, UNFUNDED if short else CLOSED, "EventGroupClosed")
                self._leave_market(group, NO_FUNDS if short else OWNER)

    # Expiry, which the ledger starts by itself and the auditor follows.

    def expire(self, event: str, name: str) -> None:
        """Follow one event of a block's end."""
        if event == "EventOrderExpired":
            order = self.get("order", name)
            self._require_due(order)
            self._tell(event, name)
            self._to(order, CLOSED, "EventOrderClosed")
            group = self.get("group", parent(name))
            if group.state == OPEN:
                self._to(group, PAUSED, "EventGroupPaused")
        elif event in ("EventBidExpired", "EventBidClosed"):
            bid = self.get("bid", name)
            if event == "EventBidExpired":
                self._require_due(bid)
                self._tell(event, name)
            if bid.state == OPEN:
                if event == "EventBidClosed":
                    self._require_due(self.get("order", parent(name)))
                self._end_bid(bid, CLOSED)

    def _require_due(self, thing: Thing) -> None:
        require(thing.state == OPEN, f"{thing.state} {thing.kind} {thing.name} expired")
        words = f"{thing.kind} {thing.name} expired at {self.money.height}, due {thing.due}"
        require(thing.due and thing.due <= self.money.height, words)
