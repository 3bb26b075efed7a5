"""What the cast says about public money: proposals and votes, grants, stakes, credit, prices, bids for what was taken.

Like the script it reads what exists from the auditor's books, so it never asks the ledger.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from supercloud.codec import registry
from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.bme.v1 import msgs_pb2 as bme
from supercloud.pb.akash.bme.v1.params_pb2 import Params as VaultParams
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.akash.oracle.v2 import msgs_pb2 as oracle
from supercloud.pb.akash.oracle.v2.params_pb2 import Params as OracleParams
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgExec
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.distribution.v1beta1 import tx_pb2 as distribution
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as gov
from supercloud.pb.cosmos.slashing.v1beta1.tx_pb2 import MsgUnjail
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as staking
from supercloud.pb.supercloud.feeauction.v1 import auction_pb2
from supercloud.pb.supercloud.feeauction.v1 import msg_pb2 as feeauction
from supercloud.pb.supercloud.grants.v1 import msg_pb2 as grants
from supercloud.pb.supercloud.take.v1 import msg_pb2 as take
from supercloud.pb.supercloud.take.v1.outflow_pb2 import OutflowParams
from supercloud.testing.auditor.books import Books
from supercloud.testing.auditor.money import Account
from supercloud.testing.auditor.proposals import Proposal
from supercloud.testing.simulation.cast import (
    EVERYBODY,
    PATRONS,
    PROVIDERS,
    REPORTERS,
    TENANTS,
    VALIDATORS,
    Cast,
)

FRACTION = 10**18
STAKERS = (*TENANTS, *PATRONS)
CENTS_MIN, CENTS_MAX = 130, 240
CENTS = 180
"""Where the price is drawn to: there credit is covered, at the least price it is not."""
YES, ABSTAIN, NO, VETO = 1, 2, 3, 4
LEANINGS = (YES, YES, YES, YES, NO, VETO, ABSTAIN)
"""What most think of a proposal, by its number."""


@dataclass
class Plan:
    """A transaction before it is signed."""

    messages: list[Message]
    signers: list[str]
    options: dict[str, Any] = field(default_factory=dict)


Maker = Callable[[], Plan | None]


class Stewards:
    """Writes transactions about public money."""

    def __init__(self, rng: random.Random, cast: Cast, books: Books) -> None:
        self.rng = rng
        self.cast = cast
        self.books = books
        self.now = 0
        self.cents = CENTS
        self._silent = 0
        table = self.table()
        self._weights = [weight for weight, _ in table]
        self._makers = [maker for _, maker in table]

    def table(self) -> list[tuple[int, Maker]]:
        """Who says what how often."""
        return [
            (5, self.propose),
            (4, self.endorse),
            (30, self.vote),
            (1, self.take_back),
            (6, self.claim),
            (7, self.bid),
            (12, self.convert),
            (5, self.top_up),
            (6, self.delegate),
            (4, self.undelegate),
            (4, self.redelegate),
            (2, self.stay),
            (5, self.collect),
            (2, self.unjail),
            (1, self.redirect),
            (1, self.give),
            (7, self.govern),
        ]

    def plan(self) -> Plan:
        """The next transaction."""
        while True:
            plan = self.rng.choices(self._makers, self._weights)[0]()
            if plan is not None:
                return plan

    def somebody(self, *names: str) -> str:
        """One of these, or anybody."""
        return self.rng.choice(names or EVERYBODY)

    def _by(self, name: str, *messages: Message) -> Plan:
        return Plan(list(messages), [name])

    def _name(self, text: str) -> str:
        actor = self.cast.known(text)
        return actor.name if actor is not None else "stranger"

    # Prices.

    def reports(self) -> list[Plan]:
        """Reports of one block; the price walks, sometimes nobody reports and sometimes one is far off."""
        rng = self.rng
        drawn = 0 if rng.random() < 0.8 else (1 if self.cents < CENTS else -1)
        self.cents = min(max(self.cents + rng.randint(-3, 3) + drawn, CENTS_MIN), CENTS_MAX)
        if rng.random() < 0.006:
            self._silent = 8
        self._silent -= self._silent > 0
        if self._silent:
            return []
        plans = []
        if not self._all_report() and rng.random() < 0.1:
            plans.append(self._governed(self.sources()))
        for name in REPORTERS:
            if rng.random() < 0.4:
                off = rng.choice([1000, 1000, 1000, 1003, 997, 1040] if rng.random() < 0.3 else [1000])
                price = self.cents * off * FRACTION // 100_000 + rng.randrange(FRACTION // 1000)
                message = oracle.MsgAddPriceEntry(signer=self.cast.text(name), price=str(price))
                message.id.denom, message.id.base_denom = "akt", "usd"
                message.timestamp.FromNanoseconds(self.now + rng.choice([0, 0, 1, -2, 3]) * 10**9)
                plans.append(self._by(name, message))
        return plans

    # Proposals.

    def propose(self) -> Plan | None:
        """Some messages of the authority, or words alone, with a small deposit or a whole one."""
        rng, name = self.rng, self.somebody()
        makers = [
            self._stream, self._milestones, self._milestones, self._release, self._release, self._stop, self._spend,
            self.vault_params, self.outflow, self.auction, self._fund, self.sources,
        ]  # fmt: skip
        made = [rng.choice(makers)() for _ in range(rng.choice([0, 1, 1, 1, 2]))]
        expedited = rng.random() < 0.2
        message = gov.MsgSubmitProposal(
            messages=[registry.pack(each) for each in made],
            initial_deposit=[self._deposit()],
            proposer=self.cast.text(name),
            metadata="" if made else "words",
            title="A proposal",
            summary="What it is about",
            expedited=expedited,
        )
        return self._by(name, message)

    def _deposit(self) -> Coin:
        return Coin(
            denom="uakt",
            amount=str(self.rng.choice([20_000, 400_000, 1_000_000, 1_000_000, 1_000_000, 3_000_000])),
        )

    def _open(self, *states: str) -> Proposal | None:
        found = [each for each in self.books.proposals.open.values() if each.state in states]
        return self.rng.choice(found) if found else None

    def endorse(self) -> Plan | None:
        """Somebody adds to a deposit."""
        proposal = self._open("deposit", "voting")
        if proposal is None:
            return None
        name = self.somebody()
        message = gov.MsgDeposit(
            proposal_id=proposal.number, depositor=self.cast.text(name), amount=[self._deposit()]
        )
        return self._by(name, message)

    def vote(self) -> Plan | None:
        """Validators, and some who stake, vote; mostly as most think."""
        proposal = self._open("voting")
        if proposal is None:
            return None
        rng = self.rng
        name = self.somebody(*VALIDATORS[:2] * 4, *VALIDATORS, *STAKERS)
        leaning = LEANINGS[proposal.number % len(LEANINGS)]
        option: Any = leaning if rng.random() < 0.85 else rng.choice([YES, ABSTAIN, NO, VETO])
        if rng.random() < 0.8:
            message: Message = gov.MsgVote(
                proposal_id=proposal.number, voter=self.cast.text(name), option=option
            )
        else:
            split = gov.MsgVoteWeighted(proposal_id=proposal.number, voter=self.cast.text(name))
            other: Any = YES if option != YES else NO
            split.options.add(option=option, weight="0.700000000000000000")
            split.options.add(option=other, weight="0.300000000000000000")
            message = split
        return self._by(name, message)

    def take_back(self) -> Plan | None:
        """A proposer cancels."""
        proposal = self._open("deposit", "voting")
        if proposal is None:
            return None
        message = gov.MsgCancelProposal(proposal_id=proposal.number, proposer=proposal.proposer)
        return self._by(self._name(proposal.proposer), message)

    def govern(self) -> Plan | None:
        """The authority changes parameters, and grants, through the governor."""
        makers = [
            self.vault_params, self.outflow, self.auction, self.sources, self._stream, self._stream, self._milestones,
            self._release, self._release, self._stop, self._spend,
        ]  # fmt: skip
        return self._governed(self.rng.choice(makers)())

    def _governed(self, message: Message) -> Plan:
        text = self.cast.text("governor")
        return self._by("governor", MsgExec(grantee=text, msgs=[registry.pack(message)]))

    def _all_report(self) -> bool:
        return [self.cast.text(name) for name in REPORTERS] == self.books.prices.allowed

    # What proposals, or the governor, say in the authority's name.

    def _some_of_the_pool(self) -> list[Coin]:
        """Some coins of the community; sometimes more than it has."""
        rng = self.rng
        pool = {
            denom: raw // FRACTION for denom, raw in self.books.treasury.community.items() if raw >= FRACTION
        }
        if not pool or rng.random() < 0.05:
            return [Coin(denom="uakt", amount=str(10**15))]
        names = sorted(rng.sample(sorted(pool), rng.randint(1, min(len(pool), 2))))
        return [Coin(denom=denom, amount=str(rng.randint(1, max(pool[denom] // 4, 1)))) for denom in names]

    def _recipient(self) -> str:
        return self.cast.text(self.somebody(*PROVIDERS, *PATRONS, "stranger"))

    def _stream(self) -> Message:
        message = grants.MsgCreateGrant(
            authority=self.cast.authority, recipient=self._recipient(), title="A stream"
        )
        message.stream.amount.extend(self._some_of_the_pool())
        message.stream.duration.FromNanoseconds(
            self.rng.choice([60, 600, 3600]) * 10**9 + self.rng.randrange(10**9)
        )
        if self.rng.random() < 0.3:
            message.stream.start.FromNanoseconds(self.now + self.rng.choice([-100, 100, 400]) * 10**9)
        return message

    def _milestones(self) -> Message:
        message = grants.MsgCreateGrant(
            authority=self.cast.authority, recipient=self._recipient(), title="Steps"
        )
        for number in range(self.rng.randint(1, 3)):
            step = message.milestones.add(title=f"Step {number}")
            step.amount.extend(self._some_of_the_pool())
        return message

    def _grant(self) -> int:
        active = self.books.grants.active()
        return self.rng.choice(active) if active and self.rng.random() < 0.95 else self.books.grants.next + 3

    def _release(self) -> Message:
        return grants.MsgReleaseMilestone(
            authority=self.cast.authority, id=self._grant(), milestone=self.rng.randrange(3)
        )

    def _stop(self) -> Message:
        return grants.MsgCancelGrant(
            authority=self.cast.authority, id=self._grant(), forfeit=self.rng.random() < 0.5
        )

    def _spend(self) -> Message:
        return distribution.MsgCommunityPoolSpend(
            authority=self.cast.authority, recipient=self._recipient(), amount=self._some_of_the_pool()
        )

    def _fund(self) -> Message:
        coin = Coin(denom="uakt", amount=str(self.rng.randint(1, 10**10)))
        source = self.cast.text(self.somebody(*PATRONS))
        return bme.MsgFundVault(authority=self.cast.authority, source=source, amount=coin)

    def vault_params(self) -> Message:
        """Other waits, spreads, bounds."""
        rng = self.rng
        params = VaultParams(
            circuit_breaker_warn_threshold=rng.choice([9500, 9900]),
            circuit_breaker_halt_threshold=rng.choice([8000, 9000]),
            min_epoch_blocks=rng.choice([1, 3, 6]),
            epoch_blocks_backoff_percent=rng.choice([0, 10, 25]),
            mint_spread_bps=rng.choice([0, 25, 1000]),
            settle_spread_bps=rng.choice([0, 7, 300]),
            max_endblocker_records=rng.choice([1, 3, 20]),
            max_pending_attempts=rng.choice([1, 3]),
        )
        params.min_mint.add(denom="uact", amount=rng.choice(["1", "10000000"]))
        return bme.MsgUpdateParams(authority=self.cast.authority, params=params)

    def outflow(self) -> Message:
        """Another way out for the take."""
        rng = self.rng
        community = rng.choice([0, 1, 3333, 7000])
        params = OutflowParams(
            epoch=rng.choice(["minute", "minute", "hour", ""]),
            community_bps=community,
            stakers_bps=rng.choice([0, 2999, 3000]),
        )
        return take.MsgUpdateOutflow(authority=self.cast.authority, params=params)

    def auction(self) -> Message:
        """Other rules of auctions; sometimes none any more."""
        rng = self.rng
        blocks = rng.choice([0, 4, 12, 12])
        params = auction_pb2.Params(
            round_blocks=blocks,
            extension_blocks=min(rng.choice([0, 2, 3]), blocks),
            min_bid=str(rng.choice([1, 777, 1_000_000])),
            min_increment_bps=rng.choice([0, 1, 500]),
            burn_bps=rng.choice([0, 3333, 10_000]),
            community_bps=0,
        )
        if params.burn_bps < 5000:
            params.community_bps = rng.choice([0, 1999])
        return feeauction.MsgUpdateParams(authority=self.cast.authority, params=params)

    def sources(self) -> Message:
        """Other reporters: one is dismissed, or all, or all are back."""
        rng = self.rng
        names = rng.choice([REPORTERS, REPORTERS[:1], ()]) if self._all_report() else REPORTERS
        params = OracleParams(
            sources=[self.cast.text(name) for name in names],
            min_price_sources=rng.choice([1, 1, 1, 1, 2]),
            max_price_deviation_bps=rng.choice([150, 300]),
            prune_epoch="minute",
            max_prune_per_epoch=rng.choice([1, 20]),
        )
        params.max_price_staleness_period.FromSeconds(rng.choice([30, 90]))
        params.twap_window.FromSeconds(rng.choice([5, 40]))
        params.price_retention.FromSeconds(120)
        params.max_future_time_drift.FromSeconds(10)
        return oracle.MsgUpdateParams(authority=self.cast.authority, params=params)

    # Grants, auctions, credit.

    def claim(self) -> Plan | None:
        """Somebody claims a grant; sometimes another's."""
        running = [
            (number, grant)
            for number, grant in self.books.grants.grants.items()
            if grant.state == "active" or (grant.state == "cancelled" and grant.held())
        ]
        if not running:
            return None
        number, grant = self.rng.choice(running)
        name = self._name(grant.recipient) if self.rng.random() < 0.95 else self.somebody()
        return self._by(name, grants.MsgClaim(recipient=self.cast.text(name), id=number))

    def bid(self) -> Plan | None:
        """A bid for what was taken, sometimes too low or too late."""
        lot, rules, rng = self.books.treasury.lot, self.books.treasury.rules, self.rng
        if lot is None:
            return None
        least = (
            lot.bid + max(-(-lot.bid * rules.min_increment_bps // 10_000), 1) if lot.bid else rules.min_bid
        )
        amount = max(least + rng.choice([-1, 0, 0, 1, 77, 100_000]), 1)
        name = self.somebody(*PROVIDERS, *PATRONS)
        number = lot.number if rng.random() < 0.97 else lot.number + rng.choice([-1, 1])
        coin = Coin(denom="uakt" if rng.random() < 0.97 else "uusdc", amount=str(amount))
        return self._by(name, feeauction.MsgBid(bidder=self.cast.text(name), round=number, amount=coin))

    def convert(self) -> Plan | None:
        """Credit for native tokens or the other way round; small, large, and hardly anything."""
        rng, name = self.rng, self.somebody(*TENANTS, *PATRONS, "stranger")
        text = self.cast.text(name)
        given, wanted = rng.choice([("uakt", "uact"), ("uact", "uakt")])
        most = rng.choice([3, 10**7, 10**9, 10**11])
        coin = Coin(denom=given, amount=str(rng.randint(1, most)))
        kinds: list[Any] = [bme.MsgMintACT if given == "uakt" else bme.MsgBurnACT, bme.MsgBurnMint]
        message = rng.choice(kinds)(owner=text, to=text, coins_to_burn=coin)
        if isinstance(message, bme.MsgBurnMint):
            message.denom_to_mint = wanted
        return self._by(name, message)

    def top_up(self) -> Plan | None:
        """A tenant whose credit is nearly used up adds native tokens, which stand in for it while none can be minted."""
        accounts = [
            each
            for each in self.books.money.open_accounts.values()
            if any(stream.denom == "uact" and stream.state == "open" for stream in each.streams.values())
        ]
        if not accounts:
            return None
        account = self.rng.choice(sorted(accounts, key=_lasts)[:4])
        amount = self.rng.randint(1, self.rng.choice([1000, 300_000]))
        message = MsgAccountDeposit(signer=account.owner)
        message.deposit.amount.denom, message.deposit.amount.amount = "uakt", str(amount)
        message.deposit.sources.append(deposit_pb2.balance)
        message.id.scope, message.id.xid = 1, account.name.removeprefix("deployment/")  # type: ignore[assignment]
        return self._by(self._name(account.owner), message)

    # Stakes.

    def _operator(self) -> str:
        return self.cast.operators[self.somebody(*VALIDATORS)]

    def _stake(self) -> tuple[str, str, int] | None:
        """Some delegation of somebody who only stakes: its owner's name, its validator, its tokens."""
        stakers = {self.cast.text(name): name for name in STAKERS}
        stakes = self.books.stakes
        found = [(each, shares) for each, shares in stakes.shares.items() if each[0] in stakers]
        if not found:
            return None
        (delegator, operator), shares = self.rng.choice(found)
        validator = stakes.validators[operator]
        return stakers[delegator], operator, shares * validator.tokens // validator.shares

    def _part(self, tokens: int) -> Coin:
        amount = tokens if self.rng.random() < 0.25 else self.rng.randint(1, max(tokens, 1))
        return Coin(denom="uakt", amount=str(max(amount, 1)))

    def delegate(self) -> Plan | None:
        """Somebody stakes."""
        name = self.somebody(*STAKERS)
        coin = Coin(denom="uakt", amount=str(self.rng.randint(1, self.rng.choice([1000, 30 * 10**6]))))
        message = staking.MsgDelegate(
            delegator_address=self.cast.text(name), validator_address=self._operator(), amount=coin
        )
        return self._by(name, message)

    def undelegate(self) -> Plan | None:
        """Somebody takes stake back, a part or all."""
        found = self._stake()
        if found is None:
            return None
        name, operator, tokens = found
        message = staking.MsgUndelegate(
            delegator_address=self.cast.text(name), validator_address=operator, amount=self._part(tokens)
        )
        return self._by(name, message)

    def redelegate(self) -> Plan | None:
        """Somebody moves stake to another validator."""
        found = self._stake()
        if found is None:
            return None
        name, operator, tokens = found
        message = staking.MsgBeginRedelegate(
            delegator_address=self.cast.text(name),
            validator_src_address=operator,
            validator_dst_address=self._operator(),
            amount=self._part(tokens),
        )
        return self._by(name, message)

    def stay(self) -> Plan | None:
        """Somebody stakes again what unbonds."""
        unbonding = self.books.stakes.unbonding
        if not unbonding:
            return None
        entry = self.rng.choice(unbonding)
        message = staking.MsgCancelUnbondingDelegation(
            delegator_address=entry.delegator,
            validator_address=entry.source,
            amount=self._part(entry.balance),
            creation_height=entry.height,
        )
        return self._by(self._name(entry.delegator), message)

    def collect(self) -> Plan | None:
        """Rewards are withdrawn, or a commission."""
        if self.rng.random() < 0.2:
            name = self.somebody(*VALIDATORS)
            operator = self.cast.operators[name]
            return self._by(name, distribution.MsgWithdrawValidatorCommission(validator_address=operator))
        stakes = list(self.books.stakes.shares)
        delegator, operator = self.rng.choice(stakes)
        message = distribution.MsgWithdrawDelegatorReward(
            delegator_address=delegator, validator_address=operator
        )
        return self._by(self._name(delegator), message)

    def unjail(self) -> Plan | None:
        """A validator wants to come back."""
        jailed = [name for name, text in self.cast.operators.items() if self._is_jailed(text)]
        if not jailed:
            return None
        name = self.rng.choice(jailed)
        return self._by(name, MsgUnjail(validator_addr=self.cast.operators[name]))

    def _is_jailed(self, operator: str) -> bool:
        validator = self.books.stakes.validators.get(operator)
        return validator is not None and validator.jailed

    def redirect(self) -> Plan | None:
        """Rewards go to another account from now on."""
        name = self.somebody(*STAKERS, *VALIDATORS)
        message = distribution.MsgSetWithdrawAddress(
            delegator_address=self.cast.text(name), withdraw_address=self.cast.text(self.somebody())
        )
        return self._by(name, message)

    def give(self) -> Plan | None:
        """Somebody gives to the community."""
        name = self.somebody()
        coin = Coin(
            denom=self.rng.choice(["uakt", "uact", "uusdc"]), amount=str(self.rng.randint(1, 500_000))
        )
        return self._by(
            name, distribution.MsgFundCommunityPool(depositor=self.cast.text(name), amount=[coin])
        )


def _lasts(account: Account) -> int:
    """For how many blocks an account has credit."""
    rate = sum(stream.rate for stream in account.streams.values() if stream.denom == "uact")
    return int(account.left("uact")) * FRACTION // max(rate, 1)
