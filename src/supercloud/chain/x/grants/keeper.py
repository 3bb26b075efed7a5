"""Grants' keeper: sets coins of the community aside, pays what is earned, gives the rest back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.coins import coins_to_pb
from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.timestamps import to_timestamp
from supercloud.chain.x.grants import keys, types
from supercloud.pb.supercloud.grants.v1 import event_pb2
from supercloud.pb.supercloud.grants.v1 import grant_pb2 as pb
from supercloud.types.address import module_address
from supercloud.types.coin import Coin, coins_from_pb, coins_text
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.grants.expected_keepers import AccountKeeper, BankKeeper, DistributionKeeper


class Keeper:
    """Grants, their indexes, parameters."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper, distribution: DistributionKeeper) -> None:
        self.accounts = accounts
        self.bank = bank
        self._distribution = distribution
        self._params = Record(keys.STORE, keys.PARAMS, pb.Params)

    def params(self, ctx: Context) -> pb.Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: pb.Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    # --- Reading

    def next_id(self, ctx: Context) -> int:
        """Id of the next grant."""
        value = ctx.kv(keys.STORE).get(keys.NEXT_ID)
        invariant(value is not None, "grants: no id for the next grant")
        return int.from_bytes(value or b"", "big")

    def set_next_id(self, ctx: Context, number: int) -> None:
        """Set it."""
        ctx.kv(keys.STORE).set(keys.NEXT_ID, keys.id_bytes(number))

    def grant(self, ctx: Context, number: int) -> pb.Grant | None:
        """A grant, or None."""
        value = ctx.kv(keys.STORE).get(keys.grant_key(number))
        return None if value is None else pb.Grant.FromString(value)

    def require_grant(self, ctx: Context, number: int) -> pb.Grant:
        """A grant; refused when there is none."""
        grant = self.grant(ctx, number)
        if grant is None:
            raise types.GrantNotFound(f"grant {number}")
        return grant

    def require_active(self, ctx: Context, number: int) -> pb.Grant:
        """An active grant; refused when it is none."""
        grant = self.require_grant(ctx, number)
        if grant.status != types.ACTIVE:
            raise types.GrantNotActive(f"grant {number} is {pb.GrantStatus.Name(grant.status)}")
        return grant

    def grants(self, ctx: Context) -> Iterator[pb.Grant]:
        """All grants, by id."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.GRANT_PREFIX):
            yield pb.Grant.FromString(value)

    def active_count(self, ctx: Context) -> int:
        """How many grants are active."""
        return sum(1 for _ in ctx.kv(keys.STORE).prefix(keys.ACTIVE_PREFIX))

    # --- Writing

    def save(self, ctx: Context, grant: pb.Grant) -> None:
        """Write a grant and whether it is active."""
        kv = ctx.kv(keys.STORE)
        kv.set(keys.grant_key(grant.id), grant.SerializeToString(deterministic=True))
        if grant.status == types.ACTIVE:
            kv.set(keys.active_key(grant.id), keys.PRESENT)
        else:
            kv.delete(keys.active_key(grant.id))

    def insert(self, ctx: Context, grant: pb.Grant) -> None:
        """Write a new grant and its index."""
        recipient = ctx.bech32.parse(grant.recipient)
        ctx.kv(keys.STORE).set(keys.recipient_key(recipient, grant.id), keys.PRESENT)
        self.save(ctx, grant)

    def create(self, ctx: Context, grant: pb.Grant, coins: list[Coin]) -> int:
        """Set coins of the community aside for a checked grant; returns its id."""
        if self.active_count(ctx) >= self.params(ctx).active_max:
            raise types.TooManyGrants(f"{self.params(ctx).active_max} are active")
        account = self.accounts.ensure_module_account(ctx, types.NAME)
        self._distribution.spend_community_pool(ctx, coins, account)
        number = self.next_id(ctx)
        self.set_next_id(ctx, number + 1)
        grant.id, grant.status = number, types.ACTIVE
        grant.amount.extend(coins_to_pb(coins))
        grant.created_at.CopyFrom(to_timestamp(ctx.time))
        if grant.HasField("stream") and not grant.stream.HasField("start"):
            grant.stream.start.CopyFrom(grant.created_at)
        self.insert(ctx, grant)
        ctx.emit_typed(
            event_pb2.EventGrantCreated(
                id=number, recipient=grant.recipient, title=grant.title, amount=grant.amount
            )
        )
        return number

    def release(self, ctx: Context, number: int, index: int) -> None:
        """Let a milestone be earned."""
        grant = self.require_active(ctx, number)
        if index >= len(grant.milestones):
            raise types.InvalidMilestone(f"grant {number} has {len(grant.milestones)} milestones")
        milestone = grant.milestones[index]
        if milestone.HasField("released_at"):
            raise types.InvalidMilestone(f"milestone {index} of grant {number} is released already")
        milestone.released_at.CopyFrom(to_timestamp(ctx.time))
        self.save(ctx, grant)
        ctx.emit_typed(event_pb2.EventMilestoneReleased(id=number, milestone=index, amount=milestone.amount))

    def claim(self, ctx: Context, number: int, recipient: bytes) -> list[Coin]:
        """Pay a recipient what is earned and not claimed."""
        grant = self.require_grant(ctx, number)
        if ctx.bech32.parse(grant.recipient) != recipient:
            raise types.NotRecipient(f"grant {number} is {grant.recipient}'s")
        coins = types.claimable(grant, ctx.time)
        if not coins:
            raise types.NothingToClaim(f"grant {number}")
        claimed = types.total([*coins_from_pb(grant.claimed), *coins])
        del grant.claimed[:]
        grant.claimed.extend(coins_to_pb(claimed))
        completed = grant.status == types.ACTIVE and not types.held(grant)
        if completed:
            grant.status = types.COMPLETED
            grant.ended_at.CopyFrom(to_timestamp(ctx.time))
        self.save(ctx, grant)
        self.bank.send_from_module(ctx, types.NAME, recipient, coins)
        ctx.emit_typed(
            event_pb2.EventGrantClaimed(
                id=number, recipient=grant.recipient, amount=coins_to_pb(coins), completed=completed
            )
        )
        return coins

    def cancel(self, ctx: Context, number: int, forfeit: bool) -> list[Coin]:
        """Stop a grant; what is not earned goes back, and with `forfeit` what is not claimed either."""
        grant = self.require_active(ctx, number)
        returned = types.held(grant)
        if not forfeit:
            returned = types.minus(returned, types.claimable(grant, ctx.time))
        grant.returned.extend(coins_to_pb(returned))
        grant.status = types.CANCELLED
        grant.ended_at.CopyFrom(to_timestamp(ctx.time))
        self.save(ctx, grant)
        if returned:
            self._distribution.fund_community_pool(ctx, returned, module_address(types.NAME))
        ctx.emit_typed(event_pb2.EventGrantCancelled(id=number, returned=grant.returned, forfeit=forfeit))
        return returned

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: the account holds what is set aside, to the unit; indexes tell what grants do."""
        broken: list[str] = []
        owed: list[Coin] = []
        index: list[bytes] = []
        for grant in self.grants(ctx):
            left = types.held(grant)
            owed.extend(left)
            if grant.status == types.COMPLETED and left:
                broken.append(f"grants: grant {grant.id} is completed and holds {coins_text(left)}")
            if grant.status == types.ACTIVE:
                index.append(keys.active_key(grant.id))
            index.append(keys.recipient_key(ctx.bech32.parse(grant.recipient), grant.id))
        held = self.bank.balances(ctx, module_address(types.NAME))
        if held != types.total(owed):
            broken.append(f"grants: holds {coins_text(held)}, set aside is {coins_text(types.total(owed))}")
        kv = ctx.kv(keys.STORE)
        found = [
            key for prefix in (keys.RECIPIENT_PREFIX, keys.ACTIVE_PREFIX) for key, _ in kv.prefix(prefix)
        ]
        if sorted(found) != sorted(index):
            broken.append("grants: the indexes do not hold the grants that there are")
        return broken
