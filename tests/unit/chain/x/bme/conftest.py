"""A chain with a price and a vault, and verbs to mint and burn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from supercloud.chain.baseapp.timestamps import SECOND, to_timestamp
from supercloud.pb.akash.bme.v1 import msgs_pb2, query_pb2
from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as WireCoin
from supercloud.testing.staked import StakedChain, person
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

QUERY = "/akash.bme.v1.Query/"
ORACLE: Mapping[str, Any] = {"max_price_staleness_period": "3000s", "twap_window": "0.000000001s"}


class Vault:
    """Alice mints and burns, carol reports prices. Mints are due in every block unless said otherwise."""

    def __init__(
        self, *, price: str = "1.5", funds: int = 10**12, oracle: Mapping[str, Any] = ORACLE, **params: Any
    ) -> None:
        source = StakedChain().text("carol")
        self.chain = StakedChain(
            genesis={
                "oracle": {"params": {"sources": [source], **oracle}},
                "bme": {"params": {"min_epoch_blocks": "1", **params}},
            }
        )
        self.k = self.chain.k.bme
        self.bank = self.chain.k.bank
        self.address = module_address("bme")
        if funds:
            self.bank.send_to_module(self.chain.ctx(), person("alice"), "bme", [Coin("uakt", funds)])
        if price:
            self.set_price(price)

    def set_price(self, price: str) -> None:
        """Report a price and let the vault see it."""
        msg = MsgAddPriceEntry(signer=self.chain.text("carol"), price=Dec.from_text(price).to_wire())
        msg.id.denom, msg.id.base_denom = "akt", "usd"
        msg.timestamp.CopyFrom(to_timestamp(self.chain.time - SECOND))
        self.chain.send(msg)
        self.chain.block(2)

    def mint(self, amount: int, who: str = "alice") -> Any:
        """Ask for credit."""
        text = self.chain.text(who)
        return self.chain.send(
            msgs_pb2.MsgMintACT(owner=text, to=text, coins_to_burn=WireCoin(denom="uakt", amount=str(amount)))
        )

    def burn(self, amount: int, who: str = "alice") -> Any:
        """Give credit back."""
        text = self.chain.text(who)
        return self.chain.send(
            msgs_pb2.MsgBurnACT(owner=text, to=text, coins_to_burn=WireCoin(denom="uact", amount=str(amount)))
        )

    def refused(self, *messages: Any) -> tuple[str, int]:
        """Codespace and code of a refusal, which leaves nothing behind."""
        mark = self.chain.branch.mark()
        with pytest.raises(ChainError) as caught:
            self.chain.send(*messages)
        assert self.chain.branch.mark() == mark
        return caught.value.codespace, caught.value.code

    def has(self, who: str, denom: str) -> int:
        """What somebody holds."""
        return self.chain.balance(person(who), denom)

    def holds(self, denom: str) -> int:
        """What the vault holds."""
        return self.chain.balance(self.address, denom)

    def supply(self, denom: str) -> int:
        """What exists."""
        return self.bank.supply(self.chain.ctx(), denom)

    def status(self) -> int:
        """The circuit breaker."""
        return self.k.status(self.chain.ctx()).status

    def records(self, **filters: str) -> list[Any]:
        """The ledger's records."""
        return list(self.ask("LedgerRecords", filters=filters).records)

    def ask(self, method: str, **fields: Any) -> Any:
        """A query's answer."""
        return self.chain.query(QUERY + method, getattr(query_pb2, f"Query{method}Request")(**fields))


@pytest.fixture
def vault() -> Any:
    """Makes vaults."""
    return Vault
