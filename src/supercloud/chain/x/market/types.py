"""What market speaks of: states and their transitions, parameters, refusals and stateless rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.pb.akash.deployment.v1beta4.group_pb2 import Group
from supercloud.pb.akash.market.v1.lease_pb2 import Lease
from supercloud.pb.akash.market.v1beta5.bid_pb2 import Bid
from supercloud.pb.akash.market.v1beta5.order_pb2 import Order
from supercloud.pb.akash.market.v1beta5.params_pb2 import Params
from supercloud.pb.supercloud.market.v1.params_pb2 import Params as ExpiryParams
from supercloud.types.coin import is_denom
from supercloud.types.dec import Dec, DecCoin
from supercloud.types.errors import Conflict, InvalidAddress, InvalidSequence, define

if TYPE_CHECKING:
    from supercloud.pb.akash.market.v1.bid_pb2 import BidID as WireBidID
    from supercloud.pb.akash.market.v1.lease_pb2 import LeaseID as WireLeaseID
    from supercloud.pb.akash.market.v1beta5.resourcesoffer_pb2 import ResourceOffer
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin as WireDecCoin
    from supercloud.types.address import Bech32

CODESPACE: Final = "market"

GROUP_OPEN: Final = Group.open
ORDER_OPEN: Final = Order.open
ORDER_ACTIVE: Final = Order.active
ORDER_CLOSED: Final = Order.closed
BID_OPEN: Final = Bid.open
BID_ACTIVE: Final = Bid.active
BID_LOST: Final = Bid.lost
BID_CLOSED: Final = Bid.closed
LEASE_ACTIVE: Final = Lease.active
LEASE_INSUFFICIENT_FUNDS: Final = Lease.insufficient_funds
LEASE_CLOSED: Final = Lease.closed
LEASE_RECLAIMING: Final = Lease.reclaiming

ORDER_TRANSITIONS: Final[dict[int, tuple[int, ...]]] = {
    ORDER_OPEN: (ORDER_ACTIVE, ORDER_CLOSED),
    ORDER_ACTIVE: (ORDER_CLOSED,),
    ORDER_CLOSED: (),
}
BID_TRANSITIONS: Final[dict[int, tuple[int, ...]]] = {
    BID_OPEN: (BID_ACTIVE, BID_LOST, BID_CLOSED),
    BID_ACTIVE: (BID_CLOSED,),
    BID_LOST: (),
    BID_CLOSED: (),
}
LEASE_TRANSITIONS: Final[dict[int, tuple[int, ...]]] = {
    LEASE_ACTIVE: (LEASE_RECLAIMING, LEASE_INSUFFICIENT_FUNDS, LEASE_CLOSED),
    LEASE_RECLAIMING: (LEASE_INSUFFICIENT_FUNDS, LEASE_CLOSED),
    LEASE_INSUFFICIENT_FUNDS: (),
    LEASE_CLOSED: (),
}

ORDER_STATES: Final = {"open": ORDER_OPEN, "active": ORDER_ACTIVE, "closed": ORDER_CLOSED}
BID_STATES: Final = {"open": BID_OPEN, "active": BID_ACTIVE, "lost": BID_LOST, "closed": BID_CLOSED}
LEASE_STATES: Final = {
    "active": LEASE_ACTIVE,
    "insufficient_funds": LEASE_INSUFFICIENT_FUNDS,
    "closed": LEASE_CLOSED,
    "reclaiming": LEASE_RECLAIMING,
}
"""States in the order in which lists walk them."""

REASON_OWNER: Final = 1
REASON_UNSPECIFIED: Final = 10002
REASON_INSUFFICIENT_FUNDS: Final = 20000
REASONS_OF_PROVIDERS: Final = range(10000, 20000)
"""Why a provider may end a lease; owners have 0-9999, the network 20000-29999."""

ORDER_BIDS_CEILING: Final = 500
"""`order_max_bids` is at most this."""
DENOMS_MAX: Final = 32
RESOURCE_OFFERS_MAX: Final = 100
OFFER_PARTS_MAX: Final = 100
"""Bounds on what a bid carries; the network has none."""
EXPIRY_AGE_MAX: Final = 10**9
EXPIRIES_MAX: Final = 1000
HOUR_NS: Final = 3_600_000_000_000
SECOND_NS: Final = 1_000_000_000

NOT_FOUND, EXISTS, INVALID, STATE, INTERNAL = 5, 6, 3, 9, 13
"""gRPC statuses of refusals."""

EmptyProvider = define(CODESPACE, 1, "empty provider", INVALID)
SameAccount = define(CODESPACE, 2, "owner and provider are the same account", INVALID)
Internal = define(CODESPACE, 3, "internal error", INTERNAL)
BidOverOrder = define(CODESPACE, 4, "bid price above max order price", INVALID)
AttributeMismatch = define(CODESPACE, 5, "attribute mismatch", INVALID)
UnknownBid = define(CODESPACE, 6, "unknown bid", NOT_FOUND)
UnknownLease = define(CODESPACE, 7, "unknown lease", NOT_FOUND)
UnknownLeaseForBid = define(CODESPACE, 8, "unknown lease for bid", NOT_FOUND)
UnknownOrderForBid = define(CODESPACE, 9, "unknown order for bid", NOT_FOUND)
LeaseNotActive = define(CODESPACE, 10, "lease not active", STATE)
BidNotActive = define(CODESPACE, 11, "bid not active", STATE)
BidNotOpen = define(CODESPACE, 12, "bid not open", STATE)
OrderNotOpen = define(CODESPACE, 13, "bid: order not open", STATE)
NoLeaseForOrder = define(CODESPACE, 14, "no lease for order", NOT_FOUND)
OrderNotFound = define(CODESPACE, 15, "invalid order: order not found", NOT_FOUND)
GroupNotFound = define(CODESPACE, 16, "group not found", NOT_FOUND)
GroupNotOpen = define(CODESPACE, 17, "group not open", STATE)
BidNotFound = define(CODESPACE, 18, "invalid bid: bid not found", NOT_FOUND)
BidZeroPrice = define(CODESPACE, 19, "invalid bid: zero price", INVALID)
LeaseNotFound = define(CODESPACE, 20, "invalid lease: lease not found", NOT_FOUND)
BidExists = define(CODESPACE, 21, "invalid bid: bid exists from provider", EXISTS)
BidInvalidPrice = define(CODESPACE, 22, "bid price is invalid", INVALID)
OrderActive = define(CODESPACE, 23, "order active", STATE)
OrderClosed = define(CODESPACE, 24, "order closed", STATE)
OrderExists = define(CODESPACE, 25, "order already exists in store", EXISTS)
OrderDurationExceeded = define(CODESPACE, 26, "order duration has exceeded the bidding duration", STATE)
OrderTooEarly = define(CODESPACE, 27, "order: chain height to low for bidding", STATE)
InvalidDeposit = define(CODESPACE, 28, "deposit invalid", INVALID)
InvalidParam = define(CODESPACE, 29, "parameter invalid", INVALID)
UnknownProvider = define(CODESPACE, 30, "unknown provider", NOT_FOUND)
InvalidBid = define(CODESPACE, 31, "invalid bid", INVALID)
CapabilitiesMismatch = define(CODESPACE, 32, "capabilities mismatch", INVALID)
InvalidLeaseClosedReason = define(CODESPACE, 33, "invalid lease closed reason", INVALID)
InvalidEscrowID = define(CODESPACE, 34, "invalid escrow id", INVALID)
LeaseNotReclamable = define(CODESPACE, 35, "lease does not have reclamation configured", STATE)
LeaseAlreadyReclaiming = define(CODESPACE, 36, "reclamation already in progress", STATE)
ReclamationNotStarted = define(
    CODESPACE, 37, "reclamation not started; call MsgLeaseStartReclaim first", STATE
)
ReclamationWindowNotElapsed = define(CODESPACE, 38, "reclamation window has not elapsed", STATE)
ReclamationWindowInvalid = define(CODESPACE, 39, "reclamation window outside governance bounds", INVALID)
ReclamationRequired = define(CODESPACE, 40, "order requires reclamation but bid does not offer it", INVALID)
ReclamationWindowTooShort = define(CODESPACE, 41, "reclamation window shorter than order minimum", INVALID)


def default_params() -> Params:
    """Parameters of a fresh network."""
    params = Params(order_max_bids=20)
    params.bid_min_deposit.denom = "uakt"
    params.bid_min_deposit.amount = "500000"
    for denom in ("uakt", "uact", "uusdc"):
        params.bid_min_deposits.add(denom=denom, amount="500000")
    params.min_reclamation_window.FromSeconds(3600)
    params.max_reclamation_window.FromSeconds(720 * 3600)
    return params


def check_params(params: Params) -> None:
    """Valid coins, each denom once; bids and windows within their bounds."""
    for coin in (params.bid_min_deposit, *params.bid_min_deposits):
        digits = coin.amount
        if not (is_denom(coin.denom) and digits.isascii() and digits.isdigit() and len(digits) <= 38):
            raise InvalidParam(f"invalid bid min deposit {digits!r}{coin.denom}")
    denoms = [coin.denom for coin in params.bid_min_deposits]
    if len(denoms) > DENOMS_MAX or len(dict.fromkeys(denoms)) != len(denoms):
        raise InvalidParam("bid min deposits: a denom is there twice, or too many are")
    if not 1 <= params.order_max_bids <= ORDER_BIDS_CEILING:
        raise InvalidParam(f"order max bids {params.order_max_bids} is not in 1..{ORDER_BIDS_CEILING}")
    shortest, longest = reclamation_bounds(params)
    if shortest < 0 or longest <= 0 or longest <= shortest:
        raise InvalidParam(f"reclamation windows [{shortest}, {longest}] ns")


def reclamation_bounds(params: Params) -> tuple[int, int]:
    """Shortest and longest reclamation window, in nanoseconds."""
    return checked_duration_ns(params.min_reclamation_window), checked_duration_ns(
        params.max_reclamation_window
    )


def bid_min_deposit(params: Params, denom: str) -> int:
    """Least deposit for a bid; 0 when the denom is not taken."""
    for coin in params.bid_min_deposits:
        if coin.denom == denom:
            return int(coin.amount)
    return 0


def default_expiry() -> ExpiryParams:
    """Nothing expires, as on the network."""
    return ExpiryParams()


def check_expiry(params: ExpiryParams) -> None:
    """Ages are reasonable, and the work of a block is bounded by a number above zero when something
    expires."""
    if max(params.order_max_age_blocks, params.bid_max_age_blocks) > EXPIRY_AGE_MAX:
        raise InvalidParam(f"an age is above {EXPIRY_AGE_MAX} blocks")
    if params.max_expiries_per_block > EXPIRIES_MAX:
        raise InvalidParam(f"max expiries per block is above {EXPIRIES_MAX}")
    expires = params.order_max_age_blocks or params.bid_max_age_blocks
    if expires and not params.max_expiries_per_block:
        raise InvalidParam("max expiries per block must be positive when orders or bids expire")


def check_bid_id(bech32: Bech32, wire: WireBidID | WireLeaseID) -> None:
    """Stateless rules of a bid's or lease's id."""
    owner = _address(bech32, "owner", wire.owner)
    for name, number in (("dseq", wire.dseq), ("gseq", wire.gseq), ("oseq", wire.oseq)):
        if number == 0:
            raise InvalidSequence(f"{name} must be positive")
    provider = _address(bech32, "provider", wire.provider)
    if owner == provider:
        raise Conflict("owner and provider are the same account")
    if wire.bseq:
        raise Conflict("bseq is reserved and must be zero")


def price_of(wire: WireDecCoin) -> DecCoin:
    """A price in a message: a valid denom and no negative amount."""
    try:
        price = DecCoin.from_pb(wire)
    except ValueError as error:
        raise BidInvalidPrice(str(error)) from error
    if price.amount.raw < 0 or not is_denom(price.denom):
        raise BidInvalidPrice(str(price))
    return price


def order_price(order: Order) -> DecCoin:
    """The most a block of a whole order may cost: its units' prices times their counts."""
    units = order.spec.resources
    raw = sum(Dec.from_wire(unit.price.amount).raw * unit.count for unit in units)
    return DecCoin(units[0].price.denom if units else "", Dec(raw))


def check_offer_size(offers: Sequence[ResourceOffer]) -> None:
    """A bound on what a bid carries besides its price."""
    if len(offers) > RESOURCE_OFFERS_MAX:
        raise CapabilitiesMismatch(f"{len(offers)} resource offers, at most {RESOURCE_OFFERS_MAX}")
    for offer in offers:
        prices = len(offer.prices.storage) + len(offer.prices.endpoints)
        parts = len(offer.resources.storage) + len(offer.resources.endpoints)
        if max(prices, parts) > OFFER_PARTS_MAX:
            raise CapabilitiesMismatch(f"a resource offer has more than {OFFER_PARTS_MAX} parts")


def _address(bech32: Bech32, role: str, text: str) -> bytes:
    try:
        return bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {role} address: {error}") from error


def check_provider_reason(reason: int) -> None:
    """A provider ends a lease for a reason of its own range."""
    if reason not in REASONS_OF_PROVIDERS:
        raise InvalidLeaseClosedReason(f"{reason} is not in 10000..19999")
