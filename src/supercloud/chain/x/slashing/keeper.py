"""Slashing's keeper: who signed how often, who is jailed until when, who may never come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.timestamps import to_ns, to_timestamp
from supercloud.chain.x.slashing import keys, missed, types
from supercloud.pb.cosmos.slashing.v1beta1.slashing_pb2 import Params, ValidatorSigningInfo
from supercloud.pb.tendermint.types.validator_pb2 import BLOCK_ID_FLAG_ABSENT
from supercloud.types.coin import parse_amount
from supercloud.types.dec import Dec
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.slashing.expected_keepers import StakingKeeper
    from supercloud.pb.tendermint.abci.types_pb2 import VoteInfo


class Keeper:
    """Signing records and punishments."""

    def __init__(self, staking: StakingKeeper) -> None:
        self.staking = staking
        self._params = Record(keys.STORE, keys.PARAMS, Params)

    def params(self, ctx: Context) -> Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    # --- Signing records

    def signing_info(self, ctx: Context, consensus: bytes) -> ValidatorSigningInfo | None:
        """A validator's signing record, or None."""
        value = ctx.kv(keys.STORE).get(keys.signing_key(consensus))
        return None if value is None else ValidatorSigningInfo.FromString(value)

    def set_signing_info(self, ctx: Context, consensus: bytes, info: ValidatorSigningInfo) -> None:
        """Replace it."""
        info.jailed_until.SetInParent()
        ctx.kv(keys.STORE).set(keys.signing_key(consensus), info.SerializeToString(deterministic=True))

    def signing_infos(self, ctx: Context) -> Iterator[tuple[bytes, ValidatorSigningInfo]]:
        """All signing records, by consensus address."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.SIGNING_PREFIX):
            yield key[2:], ValidatorSigningInfo.FromString(value)

    def has_public_key(self, ctx: Context, consensus: bytes) -> bool:
        """Whether a validator with this address exists."""
        return ctx.kv(keys.STORE).has(keys.public_key_key(consensus))

    def _require_info(self, ctx: Context, consensus: bytes) -> ValidatorSigningInfo:
        info = self.signing_info(ctx, consensus)
        if info is None:
            raise types.NoSigningInfo(ctx.bech32.valcons(consensus))
        return info

    # --- Votes

    def count_vote(self, ctx: Context, vote: VoteInfo) -> None:
        """Count whether a validator signed the last block; jail it when it missed too many."""
        consensus = vote.validator.address
        validator = self.staking.validator_by_consensus(ctx, consensus)
        if validator is None or validator.jailed:
            return
        info = self.signing_info(ctx, consensus) or _fresh(ctx, consensus)
        rates = types.rates_of(self.params(ctx))
        place = info.index_offset % rates.window
        info.index_offset += 1
        absent = vote.block_id_flag == BLOCK_ID_FLAG_ABSENT
        if missed.is_set(ctx, consensus, place) != absent:
            missed.put(ctx, consensus, place, absent)
            info.missed_blocks_counter += 1 if absent else -1
        if absent:
            attributes = (
                ("address", ctx.bech32.valcons(consensus)),
                ("missed_blocks", str(info.missed_blocks_counter)),
                ("height", str(ctx.height)),
            )
            ctx.emit(Event("liveness", attributes))
        past_start = ctx.height > info.start_height + rates.window
        if past_start and info.missed_blocks_counter > rates.window - rates.min_signed:
            self._punish_downtime(ctx, info, vote.validator.power, rates)
        self.set_signing_info(ctx, consensus, info)

    def _punish_downtime(
        self, ctx: Context, info: ValidatorSigningInfo, power: int, rates: types.Rates
    ) -> None:
        consensus = ctx.bech32.parse_valcons(info.address)
        height = ctx.height - types.LAST_COMMIT_DELAY
        burned = self.staking.slash(ctx, consensus, height, power, rates.downtime)
        attributes = (
            ("address", info.address),
            ("power", str(power)),
            ("reason", types.MISSING_SIGNATURE),
            ("jailed", info.address),
            ("burned_coins", str(burned)),
        )
        ctx.emit(Event("slash", attributes))
        validator = self.staking.validator_by_consensus(ctx, consensus)
        if validator is not None and not validator.jailed:
            self.staking.jail(ctx, consensus)
        info.jailed_until.CopyFrom(to_timestamp(ctx.time + rates.jail_ns))
        # After the jail it starts with a clean slate.
        info.missed_blocks_counter = info.index_offset = 0
        missed.clear(ctx, consensus)

    # --- Punishments that others decide

    def double_sign_fraction(self, ctx: Context) -> Dec:
        """What it costs to sign two blocks at one height."""
        return types.rates_of(self.params(ctx)).double_sign

    def slash(
        self, ctx: Context, consensus: bytes, fraction: Dec, power: int, height: int, reason: str
    ) -> None:
        """Burn a fraction of what stood behind a validator."""
        burned = self.staking.slash(ctx, consensus, height, power, fraction)
        attributes = (
            ("address", ctx.bech32.valcons(consensus)),
            ("power", str(power)),
            ("reason", reason),
            ("burned_coins", str(burned)),
        )
        ctx.emit(Event("slash", attributes))

    def jail(self, ctx: Context, consensus: bytes) -> None:
        """Bar a validator from deciding blocks."""
        self.staking.jail(ctx, consensus)
        ctx.emit(Event("slash", (("jailed", ctx.bech32.valcons(consensus)),)))

    def jail_until(self, ctx: Context, consensus: bytes, time: int) -> None:
        """No unjailing before a time."""
        info = self._require_info(ctx, consensus)
        info.jailed_until.CopyFrom(to_timestamp(time))
        self.set_signing_info(ctx, consensus, info)

    def tombstone(self, ctx: Context, consensus: bytes) -> None:
        """No unjailing ever."""
        info = self._require_info(ctx, consensus)
        if info.tombstoned:
            raise types.ValidatorTombstoned("cannot tombstone validator that is already tombstoned")
        info.tombstoned = True
        self.set_signing_info(ctx, consensus, info)

    def is_tombstoned(self, ctx: Context, consensus: bytes) -> bool:
        """Whether a validator may never come back."""
        info = self.signing_info(ctx, consensus)
        return info is not None and info.tombstoned

    def unjail(self, ctx: Context, operator: bytes) -> None:
        """Let a validator come back once its time is over and it stakes enough itself."""
        validator = self.staking.require_validator(ctx, operator)
        delegation = self.staking.require_delegation(ctx, operator, operator)
        own = self.staking.tokens_from_shares(validator, Dec.from_wire(delegation.shares)).truncate()
        least = parse_amount(validator.min_self_delegation)
        if own < least:
            raise types.SelfDelegationTooLow(f"{own} less than {least}")
        if not validator.jailed:
            raise types.ValidatorNotJailed
        consensus = self.staking.consensus_address(validator)
        # One that never decided a block has no record; it was jailed for staking too little itself.
        info = self.signing_info(ctx, consensus)
        if info is not None and (info.tombstoned or ctx.time < to_ns(info.jailed_until)):
            raise types.ValidatorJailed
        self.staking.unjail(ctx, consensus)

    # --- What staking's changes mean here

    def validator_created(self, ctx: Context, operator: bytes) -> None:
        """Know the key of a new validator."""
        validator = self.staking.require_validator(ctx, operator)
        key = keys.public_key_key(self.staking.consensus_address(validator))
        ctx.kv(keys.STORE).set(key, validator.consensus_pubkey.SerializeToString(deterministic=True))

    def validator_removed(self, ctx: Context, consensus: bytes) -> None:
        """Forget the key; the signing record stays, so that a tombstone outlives its validator."""
        ctx.kv(keys.STORE).delete(keys.public_key_key(consensus))

    def validator_bonded(self, ctx: Context, consensus: bytes) -> None:
        """Count votes from here."""
        info = self.signing_info(ctx, consensus) or _fresh(ctx, consensus)
        info.start_height = ctx.height
        self.set_signing_info(ctx, consensus, info)

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: counters are the numbers of bits, and who is a validator has a key here."""
        broken = []
        for consensus, info in self.signing_infos(ctx):
            count = sum(1 for _ in missed.every(ctx, consensus))
            if info.missed_blocks_counter != count:
                broken.append(
                    f"slashing: {info.address} missed {count}, counted {info.missed_blocks_counter}"
                )
        broken += [
            f"slashing: the key of {validator.operator_address} is not known"
            for validator in self.staking.validators(ctx)
            if not self.has_public_key(ctx, self.staking.consensus_address(validator))
        ]
        return broken


def _fresh(ctx: Context, consensus: bytes) -> ValidatorSigningInfo:
    invariant(len(consensus) > 0, "a vote without a validator")
    return ValidatorSigningInfo(address=ctx.bech32.valcons(consensus), start_height=ctx.height)
