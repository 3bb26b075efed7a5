"""A chain whose oracle has sources, and one verb to feed it."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.timestamps import SECOND, to_timestamp
from supercloud.pb.akash.oracle.v2 import query_pb2
from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry, MsgUpdateParams
from supercloud.testing.staked import StakedChain
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

QUERY = "/akash.oracle.v2.Query/"


class Market:
    """Carol and bob are sources; alice is none."""

    def __init__(self, *sources: str, **params: Any) -> None:
        named = [StakedChain.text(StakedChain(), name) for name in sources]
        self.chain = StakedChain(genesis={"oracle": {"params": {"sources": named, **params}}})
        self.k = self.chain.k.oracle

    def entry(
        self, who: str, price: str, ago_s: int = 0, *, denom: str = "akt", base: str = "usd"
    ) -> MsgAddPriceEntry:
        """A report of a price that holds since some seconds ago."""
        msg = MsgAddPriceEntry(signer=self.chain.text(who), price=Dec.from_text(price).to_wire())
        msg.id.denom, msg.id.base_denom = denom, base
        msg.timestamp.CopyFrom(to_timestamp(self.chain.time - ago_s * SECOND))
        return msg

    def feed(self, who: str, price: str, ago_s: int = 0) -> list[Any]:
        """Report; returns the events."""
        return self.chain.send(self.entry(who, price, ago_s))

    def refused(self, *messages: Any) -> tuple[str, int, str]:
        """Codespace, code and text of a refusal."""
        with pytest.raises(ChainError) as caught:
            self.chain.send(*messages)
        return caught.value.codespace, caught.value.code, str(caught.value)

    def price(self, denom: str = "uakt") -> str | None:
        """What the vault would convert by; None when there is none to rely on."""
        try:
            return self.k.price(self.chain.ctx(), denom).text().rstrip("0").rstrip(".")
        except ChainError as error:
            assert (error.codespace, error.code) == ("oracle.v2", 4)
            return None

    def vote(self, **changes: Any) -> None:
        """Change parameters, as the authority may."""
        params = type(self.k.params(self.chain.ctx()))()
        params.CopyFrom(self.k.params(self.chain.ctx()))
        if "sources" in changes:
            params.ClearField("sources")
            params.sources.extend(self.chain.text(name) for name in changes.pop("sources"))
        for name, value in changes.items():
            setattr(params, name, value)
        authority = self.chain.bech32.text(self.chain.profile.authority)
        self.chain.send(MsgUpdateParams(authority=authority, params=params))

    def ask(self, method: str, **fields: Any) -> Any:
        """A query's answer."""
        return self.chain.query(QUERY + method, getattr(query_pb2, f"Query{method}Request")(**fields))


@pytest.fixture
def market() -> Any:
    """Makes markets with these sources and parameters."""
    return Market
