"""All books of public money together: begun from queries, moved by blocks, compared with queries.

The order of a block: epochs end and the take flows out, fees are shared out, wrongs are punished; then the messages; then
proposals are decided, stakes change, the vault converts, the auction ends, and the oracle looks at its prices.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from supercloud.pb.akash.bme.v1 import query_pb2 as bme
from supercloud.pb.akash.epochs.v1beta1 import query_pb2 as epochs
from supercloud.pb.akash.oracle.v2 import query_pb2 as oracle
from supercloud.pb.cosmos.distribution.v1beta1 import query_pb2 as distribution
from supercloud.pb.cosmos.gov.v1 import query_pb2 as gov
from supercloud.pb.cosmos.slashing.v1beta1 import query_pb2 as slashing
from supercloud.pb.cosmos.staking.v1beta1 import query_pb2 as staking
from supercloud.pb.supercloud.feeauction.v1 import query_pb2 as feeauction
from supercloud.pb.supercloud.grants.v1 import query_pb2 as grants
from supercloud.pb.supercloud.take.v1 import query_pb2 as take
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.grants import Grants
from supercloud.testing.auditor.money import (
    AUCTION,
    BONDED,
    DEPOSITS,
    GRANTED,
    NOT_BONDED,
    REWARDS,
    VAULT,
    Money,
    require,
)
from supercloud.testing.auditor.prices import Prices
from supercloud.testing.auditor.proposals import Proposals
from supercloud.testing.auditor.stakes import Stakes, Validator
from supercloud.testing.auditor.treasury import Treasury, epochs_of
from supercloud.testing.auditor.vault import Vault

Ask = Callable[[str, Any, type[Any]], Any]
Words = Mapping[str, str]
STATES = {1: "unbonded", 2: "unbonding", 3: "bonded"}
DOWNTIME_DELAY, PROOF_DELAY = 2, 1
"""Blocks from a wrong to its punishment, and from what a validator's power was to its wrong."""


class Books:
    """Treasury, grants, vault, proposals, stakes."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self.treasury = Treasury(money)
        self.grants = Grants(money, self.treasury)
        self.prices = Prices()
        self.vault = Vault(money, self.prices)
        self.stakes = Stakes(money)
        self.proposals = Proposals(money, self.stakes)

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is in none of these books."""
        books = (self.treasury, self.grants, self.vault, self.proposals, self.stakes)
        done = any(book.apply(message) for book in books)
        self._collect_remainders()
        return done

    def _collect_remainders(self) -> None:
        self.treasury.community.update(self.stakes.community)
        self.stakes.community.clear()

    # Blocks.

    def hear(self, events: Iterable[tuple[str, Words]]) -> None:
        """Take in the rewards that the events of a transaction, or of a block, tell of."""
        require(not self.stakes.paid, f"rewards were paid for no reason: {self.stakes.paid}")
        for kind, words in events:
            if kind == "withdraw_rewards":
                self.stakes.paid.append((words["validator"], words["delegator"], coins(words["amount"])))

    def begin_block(
        self, votes: Sequence[tuple[str, int]], proofs: Mapping[str, int], told: Sequence[tuple[str, Words]]
    ) -> None:
        """Everything up to the first transaction; `proofs` are heights of double signatures by validator."""
        self.prices.time = self.money.time
        ended = self.treasury.clock.ended(self.money.time)
        if self.prices.bounds.prune_epoch in ended:
            self.prices.prune(self.money.order_of)
        self.treasury.begin(
            ended, (lambda fees: self.stakes.share(votes, fees)) if votes else (lambda fees: Counter())
        )
        for kind, words in told:
            if kind == "slash" and "reason" in words:
                self._punish(words, proofs)
            if kind == "slash" and "jailed" in words:
                self.stakes.jail(words["jailed"])
        self._collect_remainders()

    def _punish(self, words: Words, proofs: Mapping[str, int]) -> None:
        name, rules = words["address"], self.stakes.rules
        height, fraction = self.money.height - DOWNTIME_DELAY, rules.downtime
        if words["reason"] == "double_sign":
            require(name in proofs, f"{name} was punished for signing twice without a proof")
            height, fraction = proofs[name] - PROOF_DELAY, rules.double_sign
        burned = self.stakes.punish(name, int(words["power"]), height, fraction)
        require(burned == int(words["burned_coins"]), f"{name} lost {words['burned_coins']}, not {burned}")

    def end_block(self, told: Sequence[tuple[str, Words]], carry_out: Callable[[Any], None]) -> None:
        """Everything after the last transaction but the market's part; requires the events that belong to it."""
        results = {
            int(words["proposal_id"]): words["proposal_result"]
            for kind, words in told
            if kind in ("active_proposal", "inactive_proposal")
        }
        self.proposals.end(results, carry_out)
        require(dict(self.proposals.told) == results, f"decided {results}, not {self.proposals.told}")
        self.proposals.told.clear()
        self.stakes.end()
        self.vault.end()
        heard = Counter(kind.rsplit(".", 1)[1] for kind, _ in told if kind.startswith("akash.bme."))
        ended = {
            "executed": heard["EventLedgerRecordExecuted"],
            "canceled": heard["EventLedgerRecordCanceled"],
        }
        require(+Counter(ended) == self.vault.told, f"conversions ended {ended}, not {dict(self.vault.told)}")
        self.vault.told.clear()
        self.treasury.end()
        self._collect_remainders()

    def close_block(self, told: Sequence[tuple[str, Words]]) -> None:
        """The last work of a block: what prices mean for the next one."""
        self.prices.end()
        heard = [words["price"] for kind, words in told if kind == "akash.oracle.v2.EventAggregatedPrice"]
        prices = [round_text(json.loads(words)["twap"]) for words in heard]
        mine = [] if self.prices.price is None else [self.prices.price]
        require(prices == mine, f"the price is {prices}, not {mine}")
        self.balance()
        require(not self.stakes.paid, f"rewards were paid for no reason: {self.stakes.paid}")

    # Beginning.

    def read(self, ask: Ask) -> None:
        """Begin with what queries tell: parameters, validators, delegations, epochs, the community pool."""
        self.treasury.set_outflow(
            ask(
                "/supercloud.take.v1.Query/Outflow", take.QueryOutflowRequest(), take.QueryOutflowResponse
            ).params
        )
        answer = _params(ask, "supercloud.feeauction.v1", feeauction)
        self.treasury.set_auction(answer)
        self.grants.set_params(_params(ask, "supercloud.grants.v1", grants))
        self.vault.set_params(_params(ask, "akash.bme.v1", bme))
        self.prices.set_params(_params(ask, "akash.oracle.v2", oracle))
        self.proposals.set_params(_params(ask, "cosmos.gov.v1", gov))
        found = ask(
            "/akash.epochs.v1beta1.Query/EpochInfos",
            epochs.QueryEpochInfosRequest(),
            epochs.QueryEpochInfosResponse,
        )
        self.treasury.clock.epochs = epochs_of(found.epochs)
        self.treasury.community = self._community(ask)
        least = self.vault.rules.blocks_min
        self.vault.wait = self.vault.mint_due = self.vault.burn_due = least
        status = ask("/akash.bme.v1.Query/Status", bme.QueryStatusRequest(), bme.QueryStatusResponse)
        self.vault.status = status.status

    def read_stakes(
        self, ask: Ask, consensus_of: Callable[[Any], str], account_of: Callable[[str], str]
    ) -> None:
        """Validators and delegations, before anybody earned anything."""
        rules = self.stakes.rules
        rules.unbonding = _params(ask, "cosmos.staking.v1beta1", staking).unbonding_time.seconds * 10**9
        rules.tax = int(_params(ask, "cosmos.distribution.v1beta1", distribution).community_tax)
        found = _params(ask, "cosmos.slashing.v1beta1", slashing)
        rules.downtime = int(found.slash_fraction_downtime)
        rules.double_sign = int(found.slash_fraction_double_sign)
        for record in _validators(ask):
            name = record.operator_address
            validator = Validator(
                name,
                account_of(name),
                consensus_of(record),
                int(record.tokens),
                int(record.delegator_shares),
                int(record.commission.commission_rates.rate),
                STATES[record.status],
                record.jailed,
                int(record.min_self_delegation),
            )
            self.stakes.validators[name] = validator
            for each in _delegations(ask, name):
                self.stakes.shares[each.delegation.delegator_address, name] = int(each.delegation.shares)
                self.stakes.begin(each.delegation.delegator_address, name)

    @staticmethod
    def _community(ask: Ask) -> Counter[str]:
        answer = ask(
            "/cosmos.distribution.v1beta1.Query/CommunityPool",
            distribution.QueryCommunityPoolRequest(),
            distribution.QueryCommunityPoolResponse,
        )
        return Counter({coin.denom: int(coin.amount) for coin in answer.pool})

    # Comparing.

    def balance(self) -> None:
        """Require that the modules' purses hold what the books say that they owe."""
        for purse, owed in (
            (AUCTION, self.treasury.owed()),
            (GRANTED, self.grants.owed()),
            (DEPOSITS, self.proposals.owed()),
            (BONDED, self.stakes.owed("bonded")),
            (NOT_BONDED, self.stakes.owed("unbonding", "unbonded")),
        ):
            held = +self.money.purses[purse]
            require(held == owed, f"{purse} holds {dict(held)} and owes {dict(owed)}")
        short = self.vault.owed() - self.money.purses[VAULT]
        require(not short, f"the vault lacks {dict(short)}")

    def compare(self, ask: Ask) -> int:
        """Compare with what queries tell; returns how many records there were."""
        self._compare_community(ask)
        self._compare_vault(ask)
        self._compare_proposals(ask)
        self._compare_grants(ask)
        self._compare_stakes(ask)
        return len(self.proposals.proposals) + len(self.grants.grants) + len(self.stakes.shares)

    def _compare_community(self, ask: Ask) -> None:
        told, mine = self._community(ask), self.treasury.community
        for denom in sorted({*told, *mine}):
            # To the digit where nobody stakes; else rewards are rounded by another method.
            slack = ONE if self.stakes.validators else 0
            words = f"the community has {told[denom]} of 10^-18 {denom}, not {mine[denom]}"
            require(abs(told[denom] - mine[denom]) <= slack, words)
            require(told[denom] <= self.money.purses[REWARDS][denom] * ONE, words)

    def _compare_vault(self, ask: Ask) -> None:
        answer = ask("/akash.bme.v1.Query/Status", bme.QueryStatusRequest(), bme.QueryStatusResponse)
        require(answer.status == self.vault.status, f"the vault is {answer.status}, not {self.vault.status}")
        state = ask(
            "/akash.bme.v1.Query/VaultState", bme.QueryVaultStateRequest(), bme.QueryVaultStateResponse
        ).vault_state
        locked = sum(int(coin.amount) for coin in state.remint_credits)
        require(locked == self.vault.locked, f"{locked} may be paid out again, not {self.vault.locked}")

    def _compare_proposals(self, ask: Ask) -> None:
        request = gov.QueryProposalsRequest()
        request.pagination.limit = 10_000
        found = ask("/cosmos.gov.v1.Query/Proposals", request, gov.QueryProposalsResponse).proposals
        names = {1: "deposit", 2: "voting", 3: "passed", 4: "rejected", 5: "failed"}
        told = {each.id: names[each.status] for each in found}
        gone = ("dropped", "cancelled")
        mine = {
            each.number: each.state for each in self.proposals.proposals.values() if each.state not in gone
        }
        require(told == mine, f"proposals differ: {set(told.items()) ^ set(mine.items())}")

    def _compare_grants(self, ask: Ask) -> None:
        request = grants.QueryGrantsRequest()
        request.pagination.limit = 10_000
        for record in ask("/supercloud.grants.v1.Query/Grants", request, grants.QueryGrantsResponse).grants:
            grant = self.grants.grants[record.id]
            told = {1: "active", 2: "completed", 3: "cancelled"}[record.status]
            claimed = Counter({coin.denom: int(coin.amount) for coin in record.claimed})
            words = f"grant {record.id} is {told} with {dict(claimed)} claimed, not {grant}"
            require((told, claimed) == (grant.state, +grant.claimed), words)

    def _compare_stakes(self, ask: Ask) -> None:
        told = {each.operator_address: each for each in _validators(ask)}
        require(set(told) == set(self.stakes.validators), "there are other validators")
        for name, record in told.items():
            mine = self.stakes.validators[name]
            given = (int(record.tokens), int(record.delegator_shares), STATES[record.status], record.jailed)
            wanted = (mine.tokens, mine.shares, mine.state, mine.jailed)
            require(given == wanted, f"{name} has {given}, should have {wanted}")


def round_text(text: str) -> int:
    """A decimal text as an integer of 10^-18."""
    whole, _, part = text.partition(".")
    return int(whole) * ONE + int((part + "0" * 18)[:18])


def coins(text: str) -> dict[str, int]:
    """Amounts by denom, of a text as events have it."""
    found = {}
    for part in text.split(",") if text else ():
        digits = len(part) - len(part.lstrip("0123456789"))
        found[part[digits:]] = int(part[:digits])
    return found


def _params(ask: Ask, package: str, module: Any) -> Any:
    return ask(f"/{package}.Query/Params", module.QueryParamsRequest(), module.QueryParamsResponse).params


def _validators(ask: Ask) -> Sequence[Any]:
    answer = ask(
        "/cosmos.staking.v1beta1.Query/Validators",
        staking.QueryValidatorsRequest(),
        staking.QueryValidatorsResponse,
    )
    return list(answer.validators)


def _delegations(ask: Ask, name: str) -> Iterator[Any]:
    answer = ask(
        "/cosmos.staking.v1beta1.Query/ValidatorDelegations",
        staking.QueryValidatorDelegationsRequest(validator_addr=name),
        staking.QueryValidatorDelegationsResponse,
    )
    yield from answer.delegation_responses
