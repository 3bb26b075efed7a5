"""Evidence's keeper: punishes double signing that the consensus engine has proved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from google.protobuf.any_pb2 import Any

from supercloud.chain.baseapp.timestamps import to_ns
from supercloud.chain.x.evidence import keys, types
from supercloud.codec import registry
from supercloud.pb.cosmos.evidence.v1beta1.evidence_pb2 import Equivocation
from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import BOND_STATUS_UNBONDED

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.evidence.expected_keepers import SlashingKeeper, StakingKeeper


class Keeper:
    """Pieces of evidence, and what follows from them."""

    def __init__(self, staking: StakingKeeper, slashing: SlashingKeeper) -> None:
        self._staking = staking
        self._slashing = slashing

    def evidence(self, ctx: Context, digest: bytes) -> Any | None:
        """A piece of evidence by its hash, or None."""
        value = ctx.kv(keys.STORE).get(keys.evidence_key(digest))
        return None if value is None else Any.FromString(value)

    def every(self, ctx: Context) -> Iterator[Any]:
        """All evidence, by hash."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.EVIDENCE_PREFIX):
            yield Any.FromString(value)

    def record(self, ctx: Context, evidence: Equivocation) -> None:
        """Keep a piece of evidence."""
        key = keys.evidence_key(types.hash_of(evidence))
        ctx.kv(keys.STORE).set(key, registry.pack(evidence).SerializeToString(deterministic=True))

    def punish(self, ctx: Context, evidence: Equivocation) -> None:
        """Slash, jail and tombstone a validator, once. What comes too late has no consequence."""
        consensus = ctx.bech32.parse_valcons(evidence.consensus_address)
        validator = self._staking.validator_by_consensus(ctx, consensus)
        if validator is None or validator.status == BOND_STATUS_UNBONDED:
            return
        if not self._slashing.has_public_key(ctx, consensus) or _is_stale(ctx, evidence):
            return
        if self._slashing.is_tombstoned(ctx, consensus):
            return
        fraction = self._slashing.double_sign_fraction(ctx)
        height = evidence.height - types.UPDATE_DELAY
        self._slashing.slash(ctx, consensus, fraction, evidence.power, height, "double_sign")
        validator = self._staking.validator_by_consensus(ctx, consensus)
        if validator is not None and not validator.jailed:
            self._slashing.jail(ctx, consensus)
        self._slashing.jail_until(ctx, consensus, types.FOREVER)
        self._slashing.tombstone(ctx, consensus)
        self.record(ctx, evidence)

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: evidence is kept under its hash, and whom it names is tombstoned."""
        broken = []
        for key, value in ctx.kv(keys.STORE).prefix(keys.EVIDENCE_PREFIX):
            evidence = registry.unpack(Any.FromString(value))
            if not isinstance(evidence, Equivocation) or key[1:] != types.hash_of(evidence):
                broken.append(f"evidence: {key[1:].hex()} is not the hash of what it names")
            elif not self._slashing.is_tombstoned(ctx, ctx.bech32.parse_valcons(evidence.consensus_address)):
                broken.append(f"evidence: {evidence.consensus_address} signed twice and may come back")
        return broken


def _is_stale(ctx: Context, evidence: Equivocation) -> bool:
    consensus = ctx.block.consensus
    if not consensus.HasField("evidence"):
        return False
    age = ctx.time - to_ns(evidence.time)
    limits = consensus.evidence
    longest = limits.max_age_duration.seconds * 10**9 + limits.max_age_duration.nanos
    return age > longest and ctx.height - evidence.height > limits.max_age_num_blocks
