"""What the ledger tells an agent, as values: the typed events of the market that concern providers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from supercloud.sdk.events import TypedEvent


class OrderRef(NamedTuple):
    """An order as text ids: owner bech32, then the sequence numbers."""

    owner: str
    dseq: int
    gseq: int
    oseq: int

    def __str__(self) -> str:
        return f"{self.owner}/{self.dseq}/{self.gseq}/{self.oseq}"

    @classmethod
    def of(cls, id_: Any) -> OrderRef:
        """From an OrderID, BidID or LeaseID message."""
        return cls(id_.owner, id_.dseq, id_.gseq, id_.oseq)


class LeaseRef(NamedTuple):
    """A bid or lease of one provider."""

    order: OrderRef
    provider: str

    def __str__(self) -> str:
        return f"{self.order}/{self.provider}"

    @classmethod
    def of(cls, id_: Any) -> LeaseRef:
        """From a BidID or LeaseID message."""
        return cls(OrderRef.of(id_), id_.provider)

    @classmethod
    def parse(cls, text: str) -> LeaseRef:
        """From `owner/dseq/gseq/oseq/provider`."""
        owner, dseq, gseq, oseq, provider = text.split("/")
        return cls(OrderRef(owner, int(dseq), int(gseq), int(oseq)), provider)


class Kind(StrEnum):
    """Events an agent acts upon; values are the names on the ledger."""

    ORDER_OPENED = "akash.market.v1.EventOrderCreated"
    ORDER_CLOSED = "akash.market.v1.EventOrderClosed"
    BID_CLOSED = "akash.market.v1.EventBidClosed"
    LEASE_WON = "akash.market.v1.EventLeaseCreated"
    LEASE_CLOSED = "akash.market.v1.EventLeaseClosed"
    DEPLOYMENT_UPDATED = "akash.deployment.v1.EventDeploymentUpdated"
    DEPLOYMENT_CLOSED = "akash.deployment.v1.EventDeploymentClosed"
    GROUP_CLOSED = "akash.deployment.v1.EventGroupClosed"
    GROUP_PAUSED = "akash.deployment.v1.EventGroupPaused"
    GROUP_STARTED = "akash.deployment.v1.EventGroupStarted"
    PROVIDER_UPDATED = "akash.provider.v1beta4.EventProviderUpdated"
    AUDITED = "akash.audit.v1.EventTrustedAuditorCreated"
    AUDIT_WITHDRAWN = "akash.audit.v1.EventTrustedAuditorDeleted"


class MarketEvent(NamedTuple):
    """One event at one height. `order` and `provider` are what its id names, where it names them."""

    kind: Kind
    height: int
    order: OrderRef | None
    provider: str | None


_KINDS = {kind.value: kind for kind in Kind}


def market_event(event: TypedEvent, height: int) -> MarketEvent | None:
    """The event as a provider sees it; None for all others."""
    kind = _KINDS.get(event.name)
    if kind is None:
        return None
    id_ = event.fields.get("id") or event.fields
    order = None
    if isinstance(id_, dict) and "owner" in id_ and "dseq" in id_:
        order = OrderRef(
            str(id_["owner"]), int(id_["dseq"]), int(id_.get("gseq") or 0), int(id_.get("oseq") or 0)
        )
    provider = id_.get("provider") if isinstance(id_, dict) else None
    return MarketEvent(kind, height, order, provider)
