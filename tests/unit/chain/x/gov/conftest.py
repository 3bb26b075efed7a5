"""A chain on which alice, bob and carol stake and propose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf.message import Message

from supercloud.codec import registry
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.gov.v1 import query_pb2
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as pb
from supercloud.testing.staked import StakedChain, ValidatorKeys
from supercloud.types.address import module_address
from supercloud.types.errors import ChainError

DAY = 86_400
GOV = module_address("gov")
MINIMUM = 10_000_000
YES, ABSTAIN, NO, VETO = 1, 2, 3, 4


class Assembly:
    """A chain with three validators of powers 10, 20 and 30, and the messages of its proposals."""

    def __init__(self, powers: Sequence[int] = (10, 20, 30), **genesis: Any) -> None:
        self.chain = StakedChain(powers, genesis=genesis)
        self.chain.block(2)
        self.gov = self.chain.bech32.text(GOV)

    def text(self, who: str | ValidatorKeys) -> str:
        return who if isinstance(who, str) and who.startswith("akash1") else self._named(who)

    def _named(self, who: str | ValidatorKeys) -> str:
        return who.account if isinstance(who, ValidatorKeys) else self.chain.text(who)

    def propose(
        self, *messages: Message, deposit: int = MINIMUM, by: str = "alice", **fields: Any
    ) -> pb.MsgSubmitProposal:
        made: dict[str, Any] = {"title": "Title", "summary": "Summary", "metadata": "ipfs://x"} | fields
        return pb.MsgSubmitProposal(
            messages=[registry.pack(message) for message in messages],
            initial_deposit=[Coin(denom="uakt", amount=str(deposit))] if deposit else [],
            proposer=self.text(by),
            **made,
        )

    def submit(self, *messages: Message, **fields: Any) -> int:
        number = self.chain.k.gov.next_id(self.chain.ctx())
        self.chain.send(self.propose(*messages, **fields))
        return number

    def deposit(self, number: int, amount: int, by: str = "bob", denom: str = "uakt") -> pb.MsgDeposit:
        coins = [Coin(denom=denom, amount=str(amount))]
        return pb.MsgDeposit(proposal_id=number, depositor=self.text(by), amount=coins)

    def vote(self, number: int, who: str | ValidatorKeys, option: int = YES) -> None:
        self.chain.send(pb.MsgVote(proposal_id=number, voter=self.text(who), option=option))  # type: ignore[arg-type]

    def vote_all(self, number: int, option: int = YES) -> None:
        for keys in self.chain.validators:
            self.vote(number, keys, option)

    def end_vote(self) -> list[Any]:
        return self.chain.block(2, seconds=2 * DAY)

    def decide(self, *messages: Message, **fields: Any) -> Any:
        """Propose, let all validators agree, and return the proposal that came of it."""
        number = self.submit(*messages, **fields)
        self.vote_all(number)
        self.end_vote()
        return self.proposal(number)

    def ask(self, method: str, package: Any = query_pb2, **fields: Any) -> Any:
        request = getattr(package, f"Query{method}Request")(**fields)
        return self.chain.query(f"/{request.DESCRIPTOR.file.package}.Query/{method}", request)

    def proposal(self, number: int) -> Any:
        return self.ask("Proposal", proposal_id=number).proposal

    def refusal(self, message: Message) -> tuple[str, int]:
        before = self.chain.branch.mark()
        with pytest.raises(ChainError) as caught:
            self.chain.send(message)
        assert self.chain.branch.mark() == before
        return caught.value.codespace, caught.value.code


@pytest.fixture
def assembly() -> Assembly:
    return Assembly()


@pytest.fixture
def make_assembly() -> type[Assembly]:
    return Assembly
