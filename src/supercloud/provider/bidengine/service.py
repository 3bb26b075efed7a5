"""Bidding: asks the engine about open orders, sends its bids, takes back promises that came to nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.market.v1 import types_pb2 as market_types
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2
from supercloud.pb.akash.market.v1beta5 import query_pb2 as market_query
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.provider.bidengine.engine import Bid, Decline, Profile, decide
from supercloud.provider.bidengine.pricing import PriceSheet
from supercloud.provider.config import Config
from supercloud.provider.event import OrderRef
from supercloud.provider.inventory import Available, Inventory, need_of
from supercloud.provider.state import State
from supercloud.sdk.batch import BatchSender
from supercloud.sdk.client import Client
from supercloud.sdk.errors import QueryError, SdkError, TxFailed

log = logging.getLogger(__name__)

MARKET = "/akash.market.v1beta5.Query/"
BID_OPEN, BID_ACTIVE = 1, 2
RECENTLY_S = 12
"""A bid sent this recently may still be on its way into a block, so its order is left alone."""


class Bidder:
    """Owns the inventory: every promise is made and taken back here."""

    def __init__(
        self,
        client: Client,
        batch: BatchSender,
        state: State,
        config: Config,
        prices: PriceSheet,
        total: Available,
    ) -> None:
        self.inventory = Inventory(total, {})
        self.declined: Counter[str] = Counter()
        self._client = client
        self._batch = batch
        self._state = state
        self._config = config
        self._prices = prices
        self._busy: set[str] = set()
        self._block_ns = 10**9

    @property
    def busy(self) -> int:
        """Orders being answered right now."""
        return len(self._busy)

    async def measure_cadence(self) -> None:
        """Learn how long blocks really take; prices per block follow from it."""
        self._block_ns = max(round(await self._client.block_interval_s() * 10**9), 1)

    async def open_orders(self) -> list[Any]:
        """All open orders of the ledger."""
        request = market_query.QueryOrdersRequest()
        request.filters.state = "open"
        return await self._client.pages(
            MARKET + "Orders", request, market_query.QueryOrdersResponse, "orders"
        )

    async def order(self, ref: OrderRef) -> Any | None:
        """One order; None when the ledger has none."""
        request = market_query.QueryOrderRequest()
        request.id.owner, request.id.dseq, request.id.gseq, request.id.oseq = ref
        try:
            answer = await self._client.query(MARKET + "Order", request, market_query.QueryOrderResponse)
        except QueryError:
            return None
        return answer.order

    async def own_bids(self, me: str, state: str) -> list[Any]:
        """This provider's bids in one state."""
        request = market_query.QueryBidsRequest()
        request.filters.provider, request.filters.state = me, state
        found = await self._client.pages(MARKET + "Bids", request, market_query.QueryBidsResponse, "bids")
        return [item.bid for item in found]

    async def consider(self, order: Any, me: Profile) -> None:
        """Answer one order, at most once at a time and never twice."""
        name = str(OrderRef.of(order.id))
        if name in self._busy or order.state != 1:
            return
        self._busy.add(name)
        try:
            await self._answer(order, name, me)
        finally:
            self._busy.discard(name)

    async def _answer(self, order: Any, name: str, me: Profile) -> None:
        sent_s = self._state.bid_sent_s(name)
        if sent_s is not None and time.time() - sent_s < RECENTLY_S:
            return
        if await self._bid_exists(order, me):
            return
        # From here to the promise nothing is waited for: two orders must not be promised the same room.
        decision = decide(order, self.inventory, me, self._prices, self._block_ns)
        if isinstance(decision, Decline):
            self.declined[decision.reason.name.lower()] += 1
            log.info(
                "order declined",
                extra={"order": name, "reason": decision.reason.value, "detail": decision.detail},
            )
            return
        self.inventory, bid = decision
        self._state.bid_sent(name)
        try:
            await self._batch.submit(self._message(order, bid, me))
            log.info("bid placed", extra={"order": name, "price": bid.price_raw, "denom": bid.denom})
        except TxFailed as error:
            self.release(name)
            log.warning("bid refused", extra={"order": name, "reason": str(error)})
        except SdkError as error:
            # It may have arrived all the same: the promise stays until the next look at everything tells.
            log.warning("bid not confirmed", extra={"order": name, "reason": str(error)})

    async def _bid_exists(self, order: Any, me: Profile) -> bool:
        request = market_query.QueryBidRequest()
        id_ = order.id
        request.id.owner, request.id.dseq, request.id.gseq, request.id.oseq = (
            id_.owner,
            id_.dseq,
            id_.gseq,
            id_.oseq,
        )
        request.id.provider = me.address
        try:
            await self._client.query(MARKET + "Bid", request, market_query.QueryBidResponse)
        except QueryError:
            return False
        return True

    def _message(self, order: Any, bid: Bid, me: Profile) -> bidmsg_pb2.MsgCreateBid:
        message = bidmsg_pb2.MsgCreateBid()
        id_ = order.id
        message.id.owner, message.id.dseq, message.id.gseq, message.id.oseq = (
            id_.owner,
            id_.dseq,
            id_.gseq,
            id_.oseq,
        )
        message.id.provider = me.address
        message.price.denom, message.price.amount = bid.denom, str(bid.price_raw)
        message.deposit.CopyFrom(
            deposit_pb2.Deposit(
                amount=coin_pb2.Coin(denom=bid.denom, amount=str(self._config.deposit)),
                sources=[deposit_pb2.balance],
            )
        )
        for unit in order.spec.resources:
            offer = message.resources_offer.add(count=unit.count)
            offer.resources.CopyFrom(unit.resource)
        if bid.reclamation_window_s:
            message.reclamation_window.seconds = bid.reclamation_window_s
        return message

    def release(self, order: str) -> None:
        """Take a promise back."""
        self.inventory = self.inventory.release(order)
        self._state.forget_bid(order)

    def allocate(self, order: str) -> None:
        """What was promised to this order is in use."""
        self.inventory = self.inventory.allocate(order)

    def adopt(self, units_of: dict[str, Any]) -> None:
        """Hold promises for the bids and leases that exist (order -> resource units), and for bids on their way."""
        self.inventory = self.inventory.keep({*units_of, *self._busy})
        for name, units in units_of.items():
            made = self.inventory.reserve(name, need_of(units, self._config.overcommit_cpu_percent))
            if made is not None:
                self.inventory = made[0]

    async def close_stale(self, bids: Sequence[Any], height: int, open_orders: Collection[str]) -> None:
        """Close own open bids whose order is over or that waited too long, so that their deposits come back."""
        blocks = self._config.bid_timeout_s * 10**9 // self._block_ns
        stale = [
            bid
            for bid in bids
            if str(OrderRef.of(bid.id)) not in open_orders or (blocks and height - bid.created_at > blocks)
        ]
        await asyncio.gather(*(self._close(bid) for bid in stale))

    async def _close(self, bid: Any) -> None:
        name = str(OrderRef.of(bid.id))
        message = bidmsg_pb2.MsgCloseBid(id=bid.id, reason=market_types.lease_closed_reason_unspecified)
        try:
            await self._batch.submit(message)
        except SdkError as error:
            log.warning("stale bid not closed", extra={"order": name, "reason": str(error)})
            return
        self.inventory = self.inventory.release(name)
