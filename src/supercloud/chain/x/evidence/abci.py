"""Evidence's work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.cosmos.evidence.v1beta1.evidence_pb2 import Equivocation
from supercloud.pb.tendermint.abci.types_pb2 import DUPLICATE_VOTE, LIGHT_CLIENT_ATTACK

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.evidence.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Punish what the consensus engine has proved. An attack on light clients counts as signing twice."""
    for proof in ctx.block.misbehavior:
        if proof.type in (DUPLICATE_VOTE, LIGHT_CLIENT_ATTACK):
            evidence = Equivocation(
                height=proof.height,
                time=proof.time,
                power=proof.validator.power,
                consensus_address=ctx.bech32.valcons(proof.validator.address),
            )
            keeper.punish(ctx, evidence)
