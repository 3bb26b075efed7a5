"""Keys are a public thing: their bytes are pinned, they read back, and they sort as their numbers do."""

from __future__ import annotations

import pytest

from supercloud.chain.x.market import keys
from supercloud.types.ids import BidID, OrderID

OWNER, PROVIDER = b"\x01" * 20, b"\x02" * 32
ORDER = OrderID(OWNER, 0x0102, 3, 4)
BID = BidID(OWNER, 0x0102, 3, 4, PROVIDER)
ORDER_HEX = "14" + "01" * 20 + "0000000000000102" + "00000003" + "00000004"


def test_bytes() -> None:
    assert keys.record_key(keys.ORDER, 1, keys.order_part(ORDER)).hex() == "1101" + ORDER_HEX
    assert keys.record_key(keys.BID, 2, keys.bid_part(BID)).hex() == "1202" + ORDER_HEX + "20" + "02" * 32
    assert keys.index_key(keys.LEASE, 1, BID).hex() == "2301" + "20" + "02" * 32 + ORDER_HEX
    assert keys.expiry_key(7, keys.EXPIRING_ORDER, b"x").hex() == "31" + "00" * 7 + "07" + "01" + "78"


def test_read_back() -> None:
    assert keys.parse_order(keys.order_part(ORDER)) == ORDER
    assert keys.parse_bid(keys.bid_part(BID)) == BID
    assert keys.parse_expiry(keys.expiry_key(7, keys.EXPIRING_BID, b"x")) == (keys.EXPIRING_BID, b"x")
    assert keys.expiry_height(keys.expiry_key(2**40 + 7, keys.EXPIRING_BID, b"x")) == 2**40 + 7


@pytest.mark.parametrize("part", [b"\x14short", keys.order_part(ORDER) + b"\x00\x00", keys.bid_part(BID)])
def test_foreign_keys_are_refused(part: bytes) -> None:
    with pytest.raises(ValueError):
        keys.parse_order(part)


@pytest.mark.parametrize("part", [keys.order_part(ORDER), keys.bid_part(BID)[:-1]])
def test_foreign_bid_keys_are_refused(part: bytes) -> None:
    with pytest.raises(ValueError):
        keys.parse_bid(part)


def test_order() -> None:
    ordered = [keys.order_part(OrderID(OWNER, 1, 1, oseq)) for oseq in (1, 2, 10, 256)]
    assert ordered == sorted(ordered)
    assert keys.expiry_key(5, keys.EXPIRING_BID, b"") < keys.expiry_end(5) < keys.expiry_key(7, b"\x01", b"")
