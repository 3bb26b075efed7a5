"""Distribution's keeper: shares fees out, pays rewards, keeps the community pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.distribution import keys, periods, records, types
from supercloud.chain.x.distribution.dec_coins import NOTHING, DecCoins
from supercloud.pb.cosmos.distribution.v1beta1 import distribution_pb2 as pb
from supercloud.types.address import module_address
from supercloud.types.coin import Coin, coins_text
from supercloud.types.dec import Dec
from supercloud.types.errors import Unauthorized

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.distribution.expected_keepers import AccountKeeper, BankKeeper, StakingKeeper
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Validator


class Keeper:
    """Rewards, commissions and the community pool."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper, staking: StakingKeeper) -> None:
        self.accounts = accounts
        self.bank = bank
        self.staking = staking
        self._params = Record(keys.STORE, keys.PARAMS, pb.Params)

    def params(self, ctx: Context) -> pb.Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: pb.Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    # --- Fees

    def allocate(self, ctx: Context) -> None:
        """Share out the fees of the last block among those who decided it; the tax goes to the community."""
        fees = self.bank.balances(ctx, module_address(types.FEE_COLLECTOR))
        if not fees:
            return
        self.bank.send_between_modules(ctx, types.FEE_COLLECTOR, types.NAME, fees)
        collected = left = DecCoins.of(fees)
        votes = ctx.block.votes
        total = sum(vote.validator.power for vote in votes)
        if total:
            shared = collected.times_truncated(Dec.of(1).sub(Dec.from_wire(self.params(ctx).community_tax)))
            for vote in votes:
                validator = self.staking.validator_by_consensus(ctx, vote.validator.address)
                if validator is None:
                    # Decided, and is gone: its part is the community's.
                    continue
                part = shared.times_truncated(Dec.of(vote.validator.power).quo_truncate(Dec.of(total)))
                self.allocate_to(ctx, validator, part)
                left = left.sub(part)
        records.add_to_fee_pool(ctx, left)

    def allocate_to(self, ctx: Context, validator: Validator, coins: DecCoins) -> None:
        """Give rewards, already in the pool, to a validator and its delegators."""
        name = validator.operator_address
        operator = ctx.bech32.parse_valoper(name)
        commission = coins.times(Dec.from_wire(validator.commission.commission_rates.rate))
        ctx.emit(Event("commission", (("amount", commission.text()), ("validator", name))))
        if not commission.is_zero():
            records.set_commission(ctx, operator, records.commission(ctx, operator).add(commission))
        earned, period = records.current(ctx, operator)
        records.set_current(ctx, operator, earned.add(coins.sub(commission)), period)
        ctx.emit(Event("rewards", (("amount", coins.text()), ("validator", name))))
        records.set_outstanding(ctx, operator, records.outstanding(ctx, operator).add(coins))

    # --- Payments

    def set_withdraw_address(self, ctx: Context, delegator: bytes, address: bytes) -> None:
        """Let a delegator's rewards go to another account."""
        text = ctx.bech32.text(address)
        if self.bank.is_blocked(address):
            raise Unauthorized(f"{text} is not allowed to receive external funds")
        if not self.params(ctx).withdraw_addr_enabled:
            raise types.WithdrawAddressDisabled
        ctx.emit(Event("set_withdraw_address", (("withdraw_address", text),)))
        records.set_withdraw_address(ctx, delegator, address)

    def withdraw_rewards(self, ctx: Context, delegator: bytes, operator: bytes) -> list[Coin]:
        """Pay a delegation's rewards and count on from here."""
        self.staking.require_validator(ctx, operator)
        self.staking.require_delegation(ctx, delegator, operator)
        paid = self._pay(ctx, delegator, operator)
        periods.begin_delegation(ctx, self.staking, delegator, operator)
        return paid

    def _pay(self, ctx: Context, delegator: bytes, operator: bytes) -> list[Coin]:
        validator = self.staking.require_validator(ctx, operator)
        delegation = self.staking.require_delegation(ctx, delegator, operator)
        info = records.starting(ctx, operator, delegator)
        if info is None:
            raise types.EmptyDelegationInfo
        period = periods.end(ctx, validator, operator)
        ratio = records.ratio(ctx, operator, period)
        owed = periods.rewards(ctx, self.staking, validator, delegation, ratio)
        outstanding = records.outstanding(ctx, operator)
        # Rounding may owe one in the last digit too much.
        owed = owed.capped(outstanding)
        coins, rest = owed.whole()
        if coins:
            target = records.withdraw_address(ctx, delegator)
            self.bank.send_from_module(ctx, types.NAME, target, coins)
        records.set_outstanding(ctx, operator, outstanding.sub(owed))
        records.add_to_fee_pool(ctx, rest)
        records.release(ctx, operator, info.previous_period)
        records.drop_starting(ctx, operator, delegator)
        shown = coins or [Coin(ctx.profile.native_denom, 0)]
        attributes = (
            ("amount", coins_text(shown)),
            ("validator", delegation.validator_address),
            ("delegator", delegation.delegator_address),
        )
        ctx.emit(Event("withdraw_rewards", attributes))
        return shown

    def withdraw_commission(self, ctx: Context, operator: bytes) -> list[Coin]:
        """Pay a validator its whole coins of commission; the rest waits."""
        commission = records.commission(ctx, operator)
        if commission.is_zero():
            raise types.NoCommission
        coins, rest = commission.whole()
        records.set_commission(ctx, operator, rest)
        outstanding = records.outstanding(ctx, operator)
        records.set_outstanding(ctx, operator, outstanding.sub(DecCoins.of(coins)))
        if coins:
            target = records.withdraw_address(ctx, operator)
            self.bank.send_from_module(ctx, types.NAME, target, coins)
        ctx.emit(Event("withdraw_commission", (("amount", coins_text(coins)),)))
        return coins

    # --- The community pool

    def community_pool(self, ctx: Context) -> DecCoins:
        """What belongs to the community."""
        return records.fee_pool(ctx)

    def fund_community_pool(self, ctx: Context, coins: Sequence[Coin], sender: bytes) -> None:
        """Give coins of an account, also a module's, to the community."""
        self.bank.send_to_module(ctx, sender, types.NAME, coins)
        records.add_to_fee_pool(ctx, DecCoins.of(coins))

    def spend_community_pool(self, ctx: Context, coins: Sequence[Coin], recipient: bytes) -> None:
        """Pay out of what belongs to the community."""
        left = records.fee_pool(ctx).minus(DecCoins.of(coins))
        if left is None:
            raise types.BadDistribution
        self.bank.send_from_module(ctx, types.NAME, recipient, coins)
        records.set_fee_pool(ctx, left)

    # --- What staking's changes mean here

    def validator_created(self, ctx: Context, operator: bytes) -> None:
        """Begin to count for a new validator."""
        periods.start(ctx, operator)

    def validator_removed(self, ctx: Context, operator: bytes) -> None:
        """Pay a validator's commission; what is left, dust of its delegators, is the community's."""
        commission = records.commission(ctx, operator)
        outstanding = records.outstanding(ctx, operator).sub(commission)
        coins, rest = commission.whole()
        if coins:
            target = records.withdraw_address(ctx, operator)
            self.bank.send_from_module(ctx, types.NAME, target, coins)
        records.add_to_fee_pool(ctx, outstanding.add(rest))
        records.drop_validator(ctx, operator)

    def validator_slashing(self, ctx: Context, operator: bytes, fraction: Dec) -> None:
        """Remember that every stake with the validator gets smaller."""
        validator = self.staking.require_validator(ctx, operator)
        periods.record_slash(ctx, validator, operator, fraction)

    def delegation_beginning(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """End the period of those who staked before."""
        periods.end(ctx, self.staking.require_validator(ctx, operator), operator)

    def delegation_changing(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """Pay what was earned with the stake as it was."""
        self._pay(ctx, delegator, operator)

    def delegation_changed(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """Count with the stake as it is."""
        periods.begin_delegation(ctx, self.staking, delegator, operator)

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: the account holds what is owed, and every period that is kept is needed."""
        return [*self._broken_account(ctx), *self._broken_periods(ctx)]

    def _broken_account(self, ctx: Context) -> Iterator[str]:
        owed = records.fee_pool(ctx)
        for operator in records.operators(ctx):
            outstanding = records.outstanding(ctx, operator)
            if outstanding.minus(records.commission(ctx, operator)) is None:
                yield f"distribution: {ctx.bech32.valoper(operator)} has more commission than rewards"
            owed = owed.add(outstanding)
        held = self.bank.balances(ctx, module_address(types.NAME))
        whole, rest = owed.whole()
        if held != whole or rest != NOTHING:
            yield f"distribution: holds {coins_text(held)}, owes {owed.text()}"

    def _broken_periods(self, ctx: Context) -> Iterator[str]:
        kv = ctx.kv(keys.STORE)
        needed = len(records.operators(ctx))
        needed += sum(1 for _ in kv.prefix(keys.STARTING_PREFIX))
        needed += sum(1 for _ in kv.prefix(keys.SLASH_PREFIX))
        kept = sum(
            pb.ValidatorHistoricalRewards.FromString(value).reference_count
            for _, value in kv.prefix(keys.HISTORICAL_PREFIX)
        )
        if kept != needed:
            yield f"distribution: ends of periods are needed {needed} times and kept {kept} times"
