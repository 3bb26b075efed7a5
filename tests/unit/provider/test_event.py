"""Events of the ledger as an agent sees them."""

from __future__ import annotations

import pytest

from supercloud.provider.event import Kind, LeaseRef, OrderRef, market_event
from supercloud.sdk.events import TypedEvent, typed_events

ID = {"owner": "alice", "dseq": "7", "gseq": 1, "oseq": 2, "provider": "bob", "bseq": 0}
ORDER = OrderRef("alice", 7, 1, 2)


@pytest.mark.parametrize(
    ("name", "fields", "order", "provider"),
    [
        (Kind.ORDER_OPENED, {"id": ID}, ORDER, "bob"),
        (Kind.LEASE_WON, {"id": ID, "price": {}}, ORDER, "bob"),
        (Kind.DEPLOYMENT_UPDATED, {"id": {"owner": "alice", "dseq": "7"}}, OrderRef("alice", 7, 0, 0), None),
        (Kind.PROVIDER_UPDATED, {"owner": "bob"}, None, None),
    ],
)
def test_market_events(name: Kind, fields: dict, order: OrderRef | None, provider: str | None) -> None:
    found = market_event(TypedEvent(name.value, fields), 9)
    assert found is not None
    assert (found.kind, found.height, found.order, found.provider) == (name, 9, order, provider)


def test_other_events_are_none_of_our_business() -> None:
    assert market_event(TypedEvent("cosmos.bank.v1beta1.EventSend", {}), 1) is None


def test_attributes_are_json_and_added_ones_are_left_out() -> None:
    raw = [
        {"type": "coin_spent", "attributes": []},
        {
            "type": Kind.ORDER_OPENED.value,
            "attributes": [{"key": "id", "value": '{"dseq":"7"}'}, {"key": "msg_index", "value": "0"}],
        },
    ]
    assert typed_events(raw) == [TypedEvent(Kind.ORDER_OPENED.value, {"id": {"dseq": "7"}})]


def test_lease_ids_survive_text() -> None:
    lease = LeaseRef(ORDER, "bob")
    assert str(lease) == "alice/7/1/2/bob"
    assert LeaseRef.parse(str(lease)) == lease
