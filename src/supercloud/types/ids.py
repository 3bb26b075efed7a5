"""Ids of the market's objects, each inside the one it belongs to.

Owners and providers are bytes; text and protobuf forms take the network's Bech32. `bseq` is always 0 on the network and
has no place here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from supercloud.pb.akash.deployment.v1 import deployment_pb2, group_pb2
from supercloud.pb.akash.market.v1 import bid_pb2, lease_pb2, order_pb2
from supercloud.types.address import Bech32


class DeploymentID(NamedTuple):
    """owner / dseq"""

    owner: bytes
    dseq: int

    @classmethod
    def from_pb(cls, message: Any, bech32: Bech32) -> DeploymentID:
        """From a DeploymentID message. Raises ValueError for a bad address."""
        return cls(bech32.parse(message.owner), message.dseq)

    def to_pb(self, bech32: Bech32) -> Any:
        """As a DeploymentID message."""
        return deployment_pb2.DeploymentID(owner=bech32.text(self.owner), dseq=self.dseq)

    def text(self, bech32: Bech32) -> str:
        """`owner/dseq`."""
        return f"{bech32.text(self.owner)}/{self.dseq}"


class GroupID(NamedTuple):
    """owner / dseq / gseq"""

    owner: bytes
    dseq: int
    gseq: int

    @property
    def deployment(self) -> DeploymentID:
        """The deployment it belongs to."""
        return DeploymentID(self.owner, self.dseq)

    @classmethod
    def from_pb(cls, message: Any, bech32: Bech32) -> GroupID:
        """From a GroupID message. Raises ValueError for a bad address."""
        return cls(bech32.parse(message.owner), message.dseq, message.gseq)

    def to_pb(self, bech32: Bech32) -> Any:
        """As a GroupID message."""
        return group_pb2.GroupID(owner=bech32.text(self.owner), dseq=self.dseq, gseq=self.gseq)

    def text(self, bech32: Bech32) -> str:
        """`owner/dseq/gseq`."""
        return f"{bech32.text(self.owner)}/{self.dseq}/{self.gseq}"


class OrderID(NamedTuple):
    """owner / dseq / gseq / oseq"""

    owner: bytes
    dseq: int
    gseq: int
    oseq: int

    @property
    def group(self) -> GroupID:
        """The group it belongs to."""
        return GroupID(self.owner, self.dseq, self.gseq)

    @property
    def deployment(self) -> DeploymentID:
        """The deployment it belongs to."""
        return DeploymentID(self.owner, self.dseq)

    @classmethod
    def from_pb(cls, message: Any, bech32: Bech32) -> OrderID:
        """From an OrderID message. Raises ValueError for a bad address."""
        return cls(bech32.parse(message.owner), message.dseq, message.gseq, message.oseq)

    def to_pb(self, bech32: Bech32) -> Any:
        """As an OrderID message."""
        return order_pb2.OrderID(
            owner=bech32.text(self.owner), dseq=self.dseq, gseq=self.gseq, oseq=self.oseq
        )

    def text(self, bech32: Bech32) -> str:
        """`owner/dseq/gseq/oseq`."""
        return f"{bech32.text(self.owner)}/{self.dseq}/{self.gseq}/{self.oseq}"


class BidID(NamedTuple):
    """owner / dseq / gseq / oseq / provider; a lease has the id of its bid."""

    owner: bytes
    dseq: int
    gseq: int
    oseq: int
    provider: bytes

    @property
    def order(self) -> OrderID:
        """The order it answers."""
        return OrderID(self.owner, self.dseq, self.gseq, self.oseq)

    @property
    def group(self) -> GroupID:
        """The group it would serve."""
        return GroupID(self.owner, self.dseq, self.gseq)

    @property
    def deployment(self) -> DeploymentID:
        """The deployment it would serve."""
        return DeploymentID(self.owner, self.dseq)

    @classmethod
    def from_pb(cls, message: Any, bech32: Bech32) -> BidID:
        """From a BidID or LeaseID message. Raises ValueError for a bad address."""
        return cls(
            bech32.parse(message.owner),
            message.dseq,
            message.gseq,
            message.oseq,
            bech32.parse(message.provider),
        )

    def to_pb(self, bech32: Bech32) -> Any:
        """As a BidID message."""
        return bid_pb2.BidID(**self._fields_pb(bech32))

    def to_lease_pb(self, bech32: Bech32) -> Any:
        """As a LeaseID message."""
        return lease_pb2.LeaseID(**self._fields_pb(bech32))

    def _fields_pb(self, bech32: Bech32) -> dict[str, Any]:
        return {
            "owner": bech32.text(self.owner),
            "dseq": self.dseq,
            "gseq": self.gseq,
            "oseq": self.oseq,
            "provider": bech32.text(self.provider),
        }

    def text(self, bech32: Bech32) -> str:
        """`owner/dseq/gseq/oseq/provider`."""
        return f"{bech32.text(self.owner)}/{self.dseq}/{self.gseq}/{self.oseq}/{bech32.text(self.provider)}"


LeaseID = BidID
