"""Gov's keeper: proposals on their way from a deposit to a verdict. Votes are counted in tally.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.timestamps import checked_duration_ns, to_ns, to_timestamp
from supercloud.chain.x.gov import deposits, keys, tally, types
from supercloud.pb.cosmos.gov.v1 import gov_pb2 as pb
from supercloud.types.address import module_address
from supercloud.types.coin import Coin, coins_from_pb, coins_text, sorted_coins
from supercloud.types.errors import ChainError, Undefined, invariant

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.gov.expected_keepers import (
        AccountKeeper,
        BankKeeper,
        DistributionKeeper,
        StakingKeeper,
    )


class Draft(NamedTuple):
    """What a proposal says."""

    messages: Sequence[Any]
    title: str
    summary: str
    metadata: str
    expedited: bool


class Keeper:
    """Proposals, deposits, votes, parameters."""

    def __init__(
        self,
        router: Router,
        accounts: AccountKeeper,
        bank: BankKeeper,
        staking: StakingKeeper,
        distribution: DistributionKeeper,
    ) -> None:
        self.router = router
        self.accounts = accounts
        self.bank = bank
        self.staking = staking
        self.distribution = distribution
        self._params = Record(keys.STORE, keys.PARAMS, pb.Params)

    # --- Parameters and constitution

    def params(self, ctx: Context) -> pb.Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: pb.Params) -> None:
        """Put checked parameters in force."""
        types.check_params(ctx.bech32, params)
        self._params.write(ctx, params)

    def constitution(self, ctx: Context) -> str:
        """The network's constitution; empty where it has none."""
        return (ctx.kv(keys.STORE).get(keys.CONSTITUTION) or b"").decode()

    def set_constitution(self, ctx: Context, text: str) -> None:
        """Write it (genesis)."""
        if text:
            ctx.kv(keys.STORE).set(keys.CONSTITUTION, text.encode())

    # --- Proposals

    def next_id(self, ctx: Context) -> int:
        """Id of the next proposal."""
        value = ctx.kv(keys.STORE).get(keys.NEXT_ID)
        invariant(value is not None, "gov: no id for the next proposal")
        return int.from_bytes(value or b"", "big")

    def set_next_id(self, ctx: Context, number: int) -> None:
        """Set it."""
        ctx.kv(keys.STORE).set(keys.NEXT_ID, keys.id_bytes(number))

    def proposal(self, ctx: Context, number: int) -> pb.Proposal | None:
        """A proposal, or None."""
        if not 0 <= number <= keys.ID_MAX:
            return None
        value = ctx.kv(keys.STORE).get(keys.proposal_key(number))
        return None if value is None else pb.Proposal.FromString(value)

    def require_proposal(self, ctx: Context, number: int) -> pb.Proposal:
        """A proposal; refused without a code of its own when there is none, as on the network."""
        proposal = self.proposal(ctx, number)
        if proposal is None:
            raise Undefined(f"proposal {number}: collections: not found")
        return proposal

    def proposals(self, ctx: Context) -> Iterator[pb.Proposal]:
        """All proposals, by id."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.PROPOSAL_PREFIX):
            yield pb.Proposal.FromString(value)

    def save(self, ctx: Context, proposal: pb.Proposal) -> None:
        """Write a proposal, and whether it is voted on."""
        kv = ctx.kv(keys.STORE)
        kv.set(keys.proposal_key(proposal.id), proposal.SerializeToString(deterministic=True))
        if proposal.status == types.VOTING_PERIOD:
            kv.set(keys.voting_key(proposal.id), keys.PRESENT)
        else:
            kv.delete(keys.voting_key(proposal.id))

    def queue(self, ctx: Context, proposal: pb.Proposal) -> None:
        """Note when the current period of a proposal ends; those that are over have none."""
        kv = ctx.kv(keys.STORE)
        if proposal.status == types.DEPOSIT_PERIOD:
            kv.set(keys.deposit_queue_key(to_ns(proposal.deposit_end_time), proposal.id), keys.PRESENT)
        elif proposal.status == types.VOTING_PERIOD:
            kv.set(keys.voting_queue_key(to_ns(proposal.voting_end_time), proposal.id), keys.PRESENT)

    def submit(self, ctx: Context, draft: Draft, proposer: str) -> pb.Proposal:
        """Make a proposal, which waits for deposits. Its messages are checked already."""
        number = self.next_id(ctx)
        self.set_next_id(ctx, number + 1)
        proposal = pb.Proposal(
            id=number,
            messages=draft.messages,
            status=types.DEPOSIT_PERIOD,
            final_tally_result=types.no_tally(),
            submit_time=to_timestamp(ctx.time),
            deposit_end_time=to_timestamp(
                ctx.time + checked_duration_ns(self.params(ctx).max_deposit_period)
            ),
            metadata=draft.metadata,
            title=draft.title,
            summary=draft.summary,
            proposer=proposer,
            expedited=draft.expedited,
        )
        self.save(ctx, proposal)
        self.queue(ctx, proposal)
        urls = "".join([f",{message.type_url}" for message in draft.messages])
        attributes = (
            ("proposal_id", str(number)),
            ("proposal_proposer", proposer),
            ("proposal_messages", urls),
        )
        ctx.emit(Event("submit_proposal", attributes))
        return proposal

    def delete(self, ctx: Context, proposal: pb.Proposal) -> None:
        """Remove a proposal and what the queues say of it. Deposits and votes are the caller's to settle."""
        kv = ctx.kv(keys.STORE)
        kv.delete(keys.deposit_queue_key(to_ns(proposal.deposit_end_time), proposal.id))
        if proposal.HasField("voting_end_time"):
            kv.delete(keys.voting_queue_key(to_ns(proposal.voting_end_time), proposal.id))
        kv.delete(keys.voting_key(proposal.id))
        kv.delete(keys.proposal_key(proposal.id))

    def cancel(self, ctx: Context, number: int, proposer: str) -> None:
        """Take a proposal back; a part of its deposits is lost."""
        proposal = self.require_proposal(ctx, number)
        if not proposal.proposer:
            raise types.InvalidProposal(
                f"proposal {number} doesn't have proposer {proposer}, so cannot be canceled"
            )
        if proposal.proposer != proposer:
            raise types.InvalidProposer(f"invalid proposer {proposer}")
        if proposal.status not in (types.DEPOSIT_PERIOD, types.VOTING_PERIOD):
            raise types.InvalidProposal("proposal should be in the deposit or voting period")
        if proposal.HasField("voting_end_time") and to_ns(proposal.voting_end_time) < ctx.time:
            raise types.VotingPeriodEnded(f"voting period is already ended for this proposal {number}")
        deposits.charge(ctx, self, number)
        self.delete_votes(ctx, number)
        self.delete(ctx, proposal)

    # --- Deposits

    def deposit(self, ctx: Context, number: int, depositor: bytes, coins: Sequence[Coin]) -> bool:
        """Add to a proposal's deposit; returns whether that began the vote."""
        proposal = self.require_proposal(ctx, number)
        if proposal.status not in (types.DEPOSIT_PERIOD, types.VOTING_PERIOD):
            raise types.InactiveProposal(str(number))
        params = self.params(ctx)
        deposits.check_denoms(params, coins)
        deposits.check_size(params, proposal.expedited, coins)
        self.bank.send_to_module(ctx, depositor, types.NAME, coins)
        held = sorted_coins([*coins_from_pb(proposal.total_deposit), *coins])
        del proposal.total_deposit[:]
        proposal.total_deposit.extend([coin.to_pb() for coin in held])
        begins = proposal.status == types.DEPOSIT_PERIOD and types.covers(
            held, types.minimum_of(params, proposal.expedited)
        )
        if begins:
            self._begin_vote(ctx, proposal, params)
        else:
            self.save(ctx, proposal)
        deposits.add(ctx, number, depositor, coins)
        attributes = (
            ("depositor", ctx.bech32.text(depositor)),
            ("amount", coins_text(coins)),
            ("proposal_id", str(number)),
        )
        ctx.emit(Event("proposal_deposit", attributes))
        return begins

    def _begin_vote(self, ctx: Context, proposal: pb.Proposal, params: pb.Params) -> None:
        kv = ctx.kv(keys.STORE)
        kv.delete(keys.deposit_queue_key(to_ns(proposal.deposit_end_time), proposal.id))
        period = params.expedited_voting_period if proposal.expedited else params.voting_period
        proposal.status = types.VOTING_PERIOD
        proposal.voting_start_time.CopyFrom(to_timestamp(ctx.time))
        proposal.voting_end_time.CopyFrom(to_timestamp(ctx.time + checked_duration_ns(period)))
        self.save(ctx, proposal)
        self.queue(ctx, proposal)

    def settle_deposits(self, ctx: Context, number: int, *, burn: bool) -> None:
        """Burn a proposal's deposits or give them back.

        Blocks must go on: a deposit that the bank does not give back stays recorded as owed.
        """
        owed = [(depositor, coins_from_pb(each.amount)) for depositor, each in deposits.of(ctx, number)]
        if burn:
            with _tolerated(ctx):
                for depositor, _ in owed:
                    deposits.drop(ctx, number, depositor)
                self.bank.burn(ctx, types.NAME, sorted_coins(coin for _, coins in owed for coin in coins))
            return
        for depositor, coins in owed:
            with _tolerated(ctx):
                deposits.drop(ctx, number, depositor)
                self.bank.send_from_module(ctx, types.NAME, depositor, coins)

    # --- Votes

    def vote(
        self,
        ctx: Context,
        number: int,
        voter: bytes,
        options: Sequence[pb.WeightedVoteOption],
        metadata: str,
    ) -> None:
        """Record a vote in place of the voter's one before. Its options are checked already."""
        if not 0 <= number <= keys.ID_MAX or not ctx.kv(keys.STORE).has(keys.voting_key(number)):
            raise types.InactiveProposal(str(number))
        if len(metadata.encode()) > types.METADATA_BYTES_MAX:
            raise types.MetadataTooLong(f"got metadata with length {len(metadata.encode())}")
        text = ctx.bech32.text(voter)
        self.set_vote(ctx, voter, pb.Vote(proposal_id=number, voter=text, options=options, metadata=metadata))
        attributes = (
            ("voter", text),
            ("option", types.options_text(options)),
            ("proposal_id", str(number)),
        )
        ctx.emit(Event("proposal_vote", attributes))

    def set_vote(self, ctx: Context, voter: bytes, vote: pb.Vote) -> None:
        """Write a vote."""
        key = keys.vote_key(vote.proposal_id, voter)
        ctx.kv(keys.STORE).set(key, vote.SerializeToString(deterministic=True))

    def vote_of(self, ctx: Context, number: int, voter: bytes) -> pb.Vote | None:
        """Somebody's vote, or None."""
        value = ctx.kv(keys.STORE).get(keys.vote_key(number, voter))
        return None if value is None else pb.Vote.FromString(value)

    def votes(self, ctx: Context, number: int) -> Iterator[tuple[bytes, pb.Vote]]:
        """A proposal's votes, by voter."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.votes_prefix(number)):
            yield keys.account_of(key), pb.Vote.FromString(value)

    def delete_votes(self, ctx: Context, number: int) -> None:
        """Forget a proposal's votes."""
        kv = ctx.kv(keys.STORE)
        for key, _ in list(kv.prefix(keys.votes_prefix(number))):
            kv.delete(key)

    def tally(self, ctx: Context, proposal: pb.Proposal) -> tally.Outcome:
        """Count the votes of a proposal as they stand."""
        operator_of = ctx.bech32.parse_valoper
        counted = tally.count(
            [
                (operator_of(validator.operator_address), validator)
                for validator in self.staking.bonded_validators(ctx)
            ],
            self.votes(ctx, proposal.id),
            lambda voter: self.staking.delegations_of(ctx, voter),
            operator_of,
        )
        return tally.judge(counted, self.staking.total_bonded(ctx), self.params(ctx), proposal.expedited)

    # --- Invariants

    def covers_deposits(self, ctx: Context) -> bool:
        """Whether gov's account holds what it owes to depositors."""
        held = self.bank.balances(ctx, module_address(types.NAME))
        return types.covers(held, deposits.total(ctx))

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: deposits that are not there, sums that differ, queues that tell something else."""
        broken = [] if self.covers_deposits(ctx) else ["gov: the account holds less than the deposits"]
        expected: list[bytes] = []
        highest = 0
        for proposal in self.proposals(ctx):
            number, highest = proposal.id, max(highest, proposal.id)
            if proposal.status in (types.DEPOSIT_PERIOD, types.VOTING_PERIOD):
                owed = sorted_coins(
                    coin for _, each in deposits.of(ctx, number) for coin in coins_from_pb(each.amount)
                )
                if owed != coins_from_pb(proposal.total_deposit):
                    broken.append(f"gov: proposal {number} has other deposits than it counts")
            elif any(True for _ in self.votes(ctx, number)):
                broken.append(f"gov: proposal {number} is decided and has votes")
            if proposal.status == types.DEPOSIT_PERIOD:
                expected.append(keys.deposit_queue_key(to_ns(proposal.deposit_end_time), number))
            if proposal.status == types.VOTING_PERIOD:
                expected.append(keys.voting_queue_key(to_ns(proposal.voting_end_time), number))
                expected.append(keys.voting_key(number))
        kv = ctx.kv(keys.STORE)
        prefixes = (keys.VOTING_QUEUE_PREFIX, keys.DEPOSIT_QUEUE_PREFIX, keys.VOTING_PREFIX)
        queued = [key for prefix in prefixes for key, _ in kv.prefix(prefix)]
        if sorted(queued) != sorted(expected):
            broken.append("gov: the queues do not hold the proposals that are open")
        if highest >= self.next_id(ctx):
            broken.append(f"gov: proposal {highest} has an id that is still to be given")
        return broken


@contextmanager
def _tolerated(ctx: Context) -> Iterator[None]:
    """What is refused inside leaves no trace."""
    try:
        with ctx.attempt():
            yield
    except ChainError:
        return
