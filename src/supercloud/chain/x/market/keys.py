"""Store layout of market. States are part of keys, so that lists by state are plain ranges.

    0x11 | state | order                 -> Order
    0x12 | state | order | provider      -> Bid
    0x13 | state | order | provider      -> Lease
    0x22 | state | provider | order      -> (empty)   bids of a provider
    0x23 | state | provider | order      -> (empty)   leases of a provider
    0x31 | height | 0x01 | order         -> (empty)   orders that expire at a height
    0x31 | height | 0x02 | order | provider -> (empty)   bids that expire at a height
    0x14 -> Params of the network
    0x15 -> Params of expiry

`order` is len owner | owner | dseq (8) | gseq (4) | oseq (4), `provider` is len | address; numbers are big
endian.
"""

from __future__ import annotations

from supercloud.types.ids import BidID, DeploymentID, GroupID, OrderID

STORE = "market"

ORDER = b"\x11"
BID = b"\x12"
LEASE = b"\x13"
PARAMS = b"\x14"
EXPIRY_PARAMS = b"\x15"
BIDS_OF_PROVIDER = b"\x22"
LEASES_OF_PROVIDER = b"\x23"
EXPIRY = b"\x31"
EXPIRING_ORDER = b"\x01"
EXPIRING_BID = b"\x02"

PROVIDER_INDEX = {BID: BIDS_OF_PROVIDER, LEASE: LEASES_OF_PROVIDER}


def address_part(address: bytes) -> bytes:
    """An address inside a key."""
    return bytes((len(address),)) + address


def deployment_part(deployment: DeploymentID) -> bytes:
    """The beginning of every key of a deployment's orders, bids and leases."""
    return address_part(deployment.owner) + deployment.dseq.to_bytes(8, "big")


def group_part(group: GroupID) -> bytes:
    """The beginning of every key of a group's orders, bids and leases."""
    return address_part(group.owner) + group.dseq.to_bytes(8, "big") + group.gseq.to_bytes(4, "big")


def order_part(order: OrderID) -> bytes:
    """An order's key without its state."""
    return group_part(order.group) + order.oseq.to_bytes(4, "big")


def bid_part(bid: BidID) -> bytes:
    """A bid's or lease's key without its state."""
    return order_part(bid.order) + address_part(bid.provider)


def record_key(table: bytes, state: int, part: bytes) -> bytes:
    """Where a record in this state lies."""
    return table + bytes((state,)) + part


def index_key(table: bytes, state: int, bid: BidID) -> bytes:
    """Where the index by provider names a bid or lease."""
    return PROVIDER_INDEX[table] + bytes((state,)) + address_part(bid.provider) + order_part(bid.order)


def index_prefix(table: bytes, state: int, provider: bytes) -> bytes:
    """All of a provider's bids or leases in this state; an order follows."""
    return PROVIDER_INDEX[table] + bytes((state,)) + address_part(provider)


def expiry_key(height: int, kind: bytes, part: bytes) -> bytes:
    """Where the queue names an order or bid that expires at a height."""
    return EXPIRY + height.to_bytes(8, "big") + kind + part


def expiry_end(height: int) -> bytes:
    """End of the queue's part up to and including a height."""
    return EXPIRY + (height + 1).to_bytes(8, "big")


def parse_expiry(key: bytes) -> tuple[bytes, bytes]:
    """Kind and object of an entry of the queue."""
    return key[9:10], key[10:]


def expiry_height(key: bytes) -> int:
    """The height of an entry of the queue."""
    return int.from_bytes(key[1:9], "big")


def parse_order(part: bytes) -> OrderID:
    """Read `order_part` back; ValueError when it is none."""
    order, rest = _take_order(part)
    if rest:
        raise ValueError("not an order's key")
    return order


def parse_bid(part: bytes) -> BidID:
    """Read `bid_part` back; ValueError when it is none."""
    order, rest = _take_order(part)
    if not rest or len(rest) != 1 + rest[0]:
        raise ValueError("not a bid's key")
    return BidID(order.owner, order.dseq, order.gseq, order.oseq, rest[1:])


def _take_order(part: bytes) -> tuple[OrderID, bytes]:
    at = 1 + part[0]
    if len(part) < at + 16:
        raise ValueError("a key is cut short")
    owner = part[1:at]
    dseq = int.from_bytes(part[at : at + 8], "big")
    gseq = int.from_bytes(part[at + 8 : at + 12], "big")
    oseq = int.from_bytes(part[at + 12 : at + 16], "big")
    return OrderID(owner, dseq, gseq, oseq), part[at + 16 :]
