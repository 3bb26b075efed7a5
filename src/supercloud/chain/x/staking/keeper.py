"""Staking's keeper: who stakes what with whom, and who is jailed.

The bonded pool holds the tokens of bonded validators; the other pool holds those of all other validators and
everything that unbonds. `set_changes` moves validators between the two, `slashes` burns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.timestamps import checked_duration_ns, to_ns
from supercloud.chain.x.staking import admission, delegations, keys, shares, slashes, types, validators
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2 as pb
from supercloud.types.address import module_address
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec
from supercloud.types.errors import InvalidRequest, invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.expected_keepers import AccountKeeper, BankKeeper, Reactions


class Keeper:
    """Validators, delegations and the two pools."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper) -> None:
        self.accounts = accounts
        self.bank = bank
        self.reactions: Reactions
        self._params = Record(keys.STORE, keys.PARAMS, pb.Params)

    def react_with(self, reactions: Reactions) -> None:
        """Tell others what changes; at start-up only."""
        self.reactions = reactions

    # --- Parameters and pools

    def params(self, ctx: Context) -> pb.Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: pb.Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    def bond_denom(self, ctx: Context) -> str:
        """The coin that is staked."""
        return self.params(ctx).bond_denom

    def unbonding_ns(self, ctx: Context) -> int:
        """How long tokens answer for the past after they left, in nanoseconds."""
        return checked_duration_ns(self.params(ctx).unbonding_time)

    def pool(self, ctx: Context, name: str) -> int:
        """What a pool holds."""
        return self.bank.balance(ctx, module_address(name), self.bond_denom(ctx))

    def total_bonded(self, ctx: Context) -> int:
        """Tokens of all bonded validators."""
        return self.pool(ctx, types.BONDED_POOL)

    def supply(self, ctx: Context) -> int:
        """What exists of the coin that is staked."""
        return self.bank.supply(ctx, self.bond_denom(ctx))

    def bonded_ratio(self, ctx: Context) -> Dec:
        """The bonded share of all there is."""
        supply = self.supply(ctx)
        return Dec.of(self.total_bonded(ctx)).quo_int(supply) if supply > 0 else Dec(0)

    def move(self, ctx: Context, source: str, target: str, amount: int) -> None:
        """From one pool to the other."""
        if amount:
            self.bank.send_between_modules(ctx, source, target, [Coin(self.bond_denom(ctx), amount)])

    def burn(self, ctx: Context, pool: str, amount: int) -> None:
        """Destroy tokens of a pool."""
        if amount:
            self.bank.burn(ctx, pool, [Coin(self.bond_denom(ctx), amount)])

    # --- Reading, for other modules too

    def validator(self, ctx: Context, operator: bytes) -> pb.Validator | None:
        """A validator, or None."""
        return validators.read(ctx, operator)

    def validator_by_consensus(self, ctx: Context, consensus: bytes) -> pb.Validator | None:
        """The validator with a consensus address, or None."""
        return validators.by_consensus(ctx, consensus)

    def validators(self, ctx: Context) -> Iterator[pb.Validator]:
        """All validators, by operator."""
        return validators.every(ctx)

    def bonded_validators(self, ctx: Context) -> Iterator[pb.Validator]:
        """Bonded validators, the mightiest first."""
        left = self.params(ctx).max_validators
        for _, operator in validators.ranking(ctx):
            validator = validators.read(ctx, operator)
            if left and validator is not None and validator.status == types.BONDED:
                left -= 1
                yield validator

    def delegation(self, ctx: Context, delegator: bytes, operator: bytes) -> pb.Delegation | None:
        """A delegation, or None."""
        return delegations.read(ctx, delegator, operator)

    def delegations_of(self, ctx: Context, delegator: bytes) -> Iterator[pb.Delegation]:
        """A delegator's delegations, by operator."""
        return delegations.of_delegator(ctx, delegator)

    def consensus_address(self, validator: pb.Validator) -> bytes:
        """A validator's consensus address."""
        return validators.consensus_of(validator)

    def tokens_from_shares(self, validator: pb.Validator, amount: Dec) -> Dec:
        """What shares of a validator are worth, to the nearest digit."""
        return shares.tokens_from_shares(validator, amount)

    def tokens_from_shares_truncated(self, validator: pb.Validator, amount: Dec) -> Dec:
        """What shares of a validator are worth, rounded down."""
        return shares.tokens_from_shares_truncated(validator, amount)

    def require_validator(self, ctx: Context, operator: bytes) -> pb.Validator:
        """A validator; staking 3 when there is none."""
        validator = validators.read(ctx, operator)
        if validator is None:
            raise types.NoValidatorFound
        return validator

    def require_delegation(self, ctx: Context, delegator: bytes, operator: bytes) -> pb.Delegation:
        """A delegation; staking 19 when there is none."""
        delegation = delegations.read(ctx, delegator, operator)
        if delegation is None:
            raise types.NoDelegation
        return delegation

    # --- Validators

    def create(self, ctx: Context, validator: pb.Validator, operator: bytes) -> None:
        """Enter a new validator, which has no tokens yet."""
        validators.write(ctx, validator)
        validators.index_consensus(ctx, validator, operator)
        validators.rank(ctx, validator, operator)
        self.reactions.validator_created(ctx, operator)

    def save(self, ctx: Context, validator: pb.Validator) -> None:
        """Save changes of a validator that concern neither tokens nor jail."""
        validators.write(ctx, validator)

    def remove(self, ctx: Context, operator: bytes) -> None:
        """Remove a validator that nobody stakes with any more."""
        validator = self.require_validator(ctx, operator)
        if validator.status != types.UNBONDED:
            raise types.BadRemoveValidator("cannot call RemoveValidator on bonded or unbonding validators")
        if shares.tokens_of(validator):
            raise types.BadRemoveValidator("attempting to remove a validator which still contains tokens")
        validators.delete(ctx, validator, operator)
        self.reactions.validator_removed(ctx, validators.consensus_of(validator), operator)

    def jail(self, ctx: Context, consensus: bytes) -> None:
        """Bar a validator from deciding blocks."""
        validator = validators.by_consensus(ctx, consensus)
        invariant(validator is not None, "jailing a validator that does not exist")
        assert validator is not None
        self._jail(ctx, validator)

    def unjail(self, ctx: Context, consensus: bytes) -> None:
        """Let a jailed validator compete again; staking 100 where the network is closed to it."""
        validator = validators.by_consensus(ctx, consensus)
        invariant(validator is not None and validator.jailed, "unjailing a validator that is not jailed")
        assert validator is not None
        admission.require(ctx, ctx.bech32.parse_valoper(validator.operator_address))
        validator.jailed = False
        validators.write(ctx, validator)
        validators.rank(ctx, validator, ctx.bech32.parse_valoper(validator.operator_address))

    def _jail(self, ctx: Context, validator: pb.Validator) -> None:
        if validator.jailed:
            raise types.ValidatorJailed(f"cannot jail {validator.operator_address}")
        validators.unrank(ctx, validator, ctx.bech32.parse_valoper(validator.operator_address))
        validator.jailed = True
        validators.write(ctx, validator)

    def slash(self, ctx: Context, consensus: bytes, height: int, power: int, fraction: Dec) -> int:
        """Burn a fraction of what stood behind a validator at a height; returns what its own tokens lost."""
        return slashes.slash(ctx, self, consensus, slashes.Infraction(height, power, fraction))

    # --- Delegating

    def delegate(
        self, ctx: Context, delegator: bytes, operator: bytes, amount: int, *, source: int | None = None
    ) -> Dec:
        """Stake with a validator; returns the shares made.

        Tokens come from the delegator's account, or, where `source` is given, from tokens already in a pool:
        that of validators with this status.
        """
        validator = self.require_validator(ctx, operator)
        if shares.is_worthless(validator):
            raise types.InvalidExchangeRate
        delegation = delegations.read(ctx, delegator, operator)
        if delegation is None:
            delegation = pb.Delegation(
                delegator_address=ctx.bech32.text(delegator),
                validator_address=ctx.bech32.valoper(operator),
                shares="0",
            )
            self.reactions.delegation_beginning(ctx, delegator, operator)
        else:
            self.reactions.delegation_changing(ctx, delegator, operator)
        pool = _pool_of(validator.status)
        if source is None:
            self.bank.delegate(ctx, delegator, pool, [Coin(self.bond_denom(ctx), amount)])
        elif _pool_of(source) != pool:
            self.move(ctx, _pool_of(source), pool, amount)
        validators.unrank(ctx, validator, operator)
        made = shares.add_tokens(validator, amount)
        validators.write(ctx, validator)
        validators.rank(ctx, validator, operator)
        delegation.shares = Dec.from_wire(delegation.shares).add(made).to_wire()
        delegations.write(ctx, delegation)
        self.reactions.delegation_changed(ctx, delegator, operator)
        return made

    def unbond(self, ctx: Context, delegator: bytes, operator: bytes, amount: Dec) -> int:
        """Take shares away from a delegation; returns the tokens that they gave, which stay in their pool."""
        delegation = delegations.read(ctx, delegator, operator)
        if delegation is None:
            raise types.NoDelegatorForAddress
        self.reactions.delegation_changing(ctx, delegator, operator)
        owned = Dec.from_wire(delegation.shares)
        if owned.raw < amount.raw:
            raise types.NotEnoughDelegationShares(owned.text())
        validator = self.require_validator(ctx, operator)
        left = owned.sub(amount)
        if delegator == operator and not validator.jailed:
            kept = shares.tokens_from_shares(validator, left).truncate()
            if kept < types.checked_int(validator.min_self_delegation, "minimum self delegation"):
                self._jail(ctx, validator)
        if left.is_zero():
            delegations.delete(ctx, delegator, operator)
        else:
            delegation.shares = left.to_wire()
            delegations.write(ctx, delegation)
            self.reactions.delegation_changed(ctx, delegator, operator)
        validators.unrank(ctx, validator, operator)
        given = shares.remove_shares(validator, amount)
        validators.write(ctx, validator)
        validators.rank(ctx, validator, operator)
        if shares.shares_of(validator).is_zero() and validator.status == types.UNBONDED:
            # One that is bonded or unbonding goes when its unbonding ends.
            self.remove(ctx, operator)
        return given

    def undelegate(self, ctx: Context, delegator: bytes, operator: bytes, amount: Dec) -> tuple[int, int]:
        """Begin to unbond shares; returns when that ends and how many tokens come back then."""
        validator = self.require_validator(ctx, operator)
        unbonding = delegations.read_unbonding(ctx, delegator, operator)
        if unbonding is not None and len(unbonding.entries) >= self.params(ctx).max_entries:
            raise types.MaxUnbondingEntries
        given = self.unbond(ctx, delegator, operator, amount)
        if validator.status == types.BONDED:
            self.move(ctx, types.BONDED_POOL, types.NOT_BONDED_POOL, given)
        completion = ctx.time + self.unbonding_ns(ctx)
        unbonding = delegations.add_unbonding(ctx, delegator, operator, completion, given)
        delegations.enqueue_unbonding(ctx, unbonding, completion)
        return completion, given

    def complete_unbonding(self, ctx: Context, delegator: bytes, operator: bytes) -> int | None:
        """Pay out what has waited long enough; None when nothing is unbonding."""
        unbonding = delegations.read_unbonding(ctx, delegator, operator)
        if unbonding is None:
            return None
        due = [entry for entry in unbonding.entries if delegations.is_due(ctx, entry)]
        kept = [entry for entry in unbonding.entries if not delegations.is_due(ctx, entry)]
        paid = sum(int(entry.balance) for entry in due)
        for entry in due:
            if int(entry.balance):
                coins = [Coin(self.bond_denom(ctx), int(entry.balance))]
                self.bank.undelegate(ctx, types.NOT_BONDED_POOL, delegator, coins)
        delegations.write_unbonding(
            ctx,
            pb.UnbondingDelegation(
                delegator_address=unbonding.delegator_address,
                validator_address=unbonding.validator_address,
                entries=kept,
            ),
        )
        return paid

    def redelegate(self, ctx: Context, delegator: bytes, source: bytes, target: bytes, amount: Dec) -> int:
        """Move shares to another validator at once; returns until when they answer for the first."""
        if source == target:
            raise types.SelfRedelegation
        if validators.read(ctx, target) is None:
            raise types.BadRedelegationTarget
        origin = validators.read(ctx, source)
        if origin is None:
            raise types.BadRedelegationSource
        if delegations.has_redelegation_to(ctx, delegator, source):
            raise types.TransitiveRedelegation
        moved = delegations.read_redelegation(ctx, delegator, source, target)
        if moved is not None and len(moved.entries) >= self.params(ctx).max_entries:
            raise types.MaxRedelegationEntries
        given = self.unbond(ctx, delegator, source, amount)
        if given == 0:
            raise types.TinyRedelegation
        made = self.delegate(ctx, delegator, target, given, source=origin.status)
        if origin.status == types.UNBONDED:
            return types.NEVER
        begun = (ctx.height, ctx.time + self.unbonding_ns(ctx))
        if origin.status == types.UNBONDING:
            # The tokens answer no longer than they would have with the validator they leave.
            begun = (origin.unbonding_height, to_ns(origin.unbonding_time))
        redelegation = delegations.add_redelegation(ctx, (delegator, source, target), begun, given, made)
        delegations.enqueue_redelegation(ctx, redelegation, begun[1])
        return begun[1]

    def complete_redelegation(
        self, ctx: Context, delegator: bytes, source: bytes, target: bytes
    ) -> int | None:
        """Forget what has answered long enough; returns its amount, None when there is nothing."""
        redelegation = delegations.read_redelegation(ctx, delegator, source, target)
        if redelegation is None:
            return None
        due = [entry for entry in redelegation.entries if delegations.is_due(ctx, entry)]
        kept = [entry for entry in redelegation.entries if not delegations.is_due(ctx, entry)]
        delegations.write_redelegation(
            ctx,
            pb.Redelegation(
                delegator_address=redelegation.delegator_address,
                validator_src_address=redelegation.validator_src_address,
                validator_dst_address=redelegation.validator_dst_address,
                entries=kept,
            ),
        )
        return sum(int(entry.initial_balance) for entry in due)

    def cancel_unbonding(
        self, ctx: Context, unbonding: pb.UnbondingDelegation, entry: pb.UnbondingDelegationEntry, amount: int
    ) -> None:
        """Stake a part of an unbonding entry again; the entry is one of the unbonding's own."""
        delegator = ctx.bech32.parse(unbonding.delegator_address)
        operator = ctx.bech32.parse_valoper(unbonding.validator_address)
        self.delegate(ctx, delegator, operator, amount, source=types.UNBONDING)
        left = int(entry.balance) - amount
        if left:
            entry.balance = str(left)
            entry.initial_balance = str(int(entry.initial_balance) - amount)
        else:
            unbonding.entries.remove(entry)
        delegations.write_unbonding(ctx, unbonding)

    def shares_to_unbond(self, ctx: Context, delegator: bytes, operator: bytes, amount: int) -> Dec:
        """The shares that an amount is, all of the delegation's where rounding says more than that."""
        validator = self.require_validator(ctx, operator)
        delegation = self.require_delegation(ctx, delegator, operator)
        wanted = shares.shares_from_tokens(validator, amount)
        owned = Dec.from_wire(delegation.shares)
        if wanted.raw > owned.raw:
            raise InvalidRequest("invalid shares amount")
        return wanted

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: pools hold what records say, shares sum up, the ranking is complete, lists are kept."""
        return [*self._broken_pools(ctx), *self._broken_shares(ctx), *self._broken_admission(ctx)]

    def _broken_admission(self, ctx: Context) -> Iterator[str]:
        in_force = admission.read(ctx)
        for validator in validators.every(ctx) if in_force.closed else ():
            if not validator.jailed and validator.operator_address not in in_force.operators:
                yield f"staking: {validator.operator_address} validates and is not admitted"

    def _broken_pools(self, ctx: Context) -> Iterator[str]:
        held = {types.BONDED_POOL: 0, types.NOT_BONDED_POOL: 0}
        for validator in validators.every(ctx):
            held[_pool_of(validator.status)] += shares.tokens_of(validator)
        for unbonding in delegations.every_unbonding(ctx):
            held[types.NOT_BONDED_POOL] += sum(int(entry.balance) for entry in unbonding.entries)
        for name, amount in held.items():
            if self.pool(ctx, name) != amount:
                yield f"staking: {name} holds {self.pool(ctx, name)}, records say {amount}"

    def _broken_shares(self, ctx: Context) -> Iterator[str]:
        owned: dict[str, int] = {}
        for delegation in delegations.every(ctx):
            raw = Dec.from_wire(delegation.shares).raw
            if raw <= 0:
                yield f"staking: a delegation of {delegation.delegator_address} has no shares"
            owned[delegation.validator_address] = owned.get(delegation.validator_address, 0) + raw
        ranked = {operator: power for power, operator in validators.ranking(ctx)}
        for validator in validators.every(ctx):
            name = validator.operator_address
            if shares.shares_of(validator).raw != owned.pop(name, 0):
                yield f"staking: the delegations of {name} do not sum up to its shares"
            expected = None if validator.jailed else shares.power_of(validator)
            if ranked.pop(ctx.bech32.parse_valoper(name), None) != expected:
                yield f"staking: {name} is not ranked by its power"
        if owned or ranked:
            yield "staking: delegations or ranks of validators that do not exist"


def _pool_of(status: int) -> str:
    return types.BONDED_POOL if status == types.BONDED else types.NOT_BONDED_POOL
