"""Gov's work in every block: deposit periods and votes that end."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.timestamps import checked_duration_ns, to_ns, to_timestamp
from supercloud.chain.x.gov import keys, types
from supercloud.codec import registry
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.gov.keeper import Keeper
    from supercloud.pb.cosmos.gov.v1.gov_pb2 import Proposal

_MACHINE_ERRORS = (MemoryError, OSError)


class MessageFailed(Exception):
    """A message of a proposal that passed was refused or met a defect; the text says why."""


def end_block(ctx: Context, keeper: Keeper) -> None:
    """Drop proposals that found too few deposits in time; decide those whose vote ends. What is left waits a block."""
    for number in _due(ctx, keys.DEPOSIT_QUEUE_PREFIX, types.DROPPED_PER_BLOCK_MAX):
        _drop(ctx, keeper, keeper.require_proposal(ctx, number))
    for number in _due(ctx, keys.VOTING_QUEUE_PREFIX, types.DECIDED_PER_BLOCK_MAX):
        _decide(ctx, keeper, keeper.require_proposal(ctx, number))


def _due(ctx: Context, prefix: bytes, most: int) -> list[int]:
    rows = ctx.kv(keys.STORE).range(prefix, keys.queue_end(prefix, ctx.time))
    return [keys.queued_id(key) for key, _ in islice(rows, most)]


def _drop(ctx: Context, keeper: Keeper, proposal: Proposal) -> None:
    keeper.delete(ctx, proposal)
    keeper.settle_deposits(ctx, proposal.id, burn=keeper.params(ctx).burn_proposal_deposit_prevote)
    attributes = (("proposal_id", str(proposal.id)), ("proposal_result", "proposal_dropped"))
    ctx.emit(Event("inactive_proposal", attributes))


def _decide(ctx: Context, keeper: Keeper, proposal: Proposal) -> None:
    outcome = keeper.tally(ctx, proposal)
    ctx.kv(keys.STORE).delete(keys.voting_queue_key(to_ns(proposal.voting_end_time), proposal.id))
    if outcome.passes or not proposal.expedited:
        keeper.settle_deposits(ctx, proposal.id, burn=outcome.burns)
        keeper.delete_votes(ctx, proposal.id)
    if outcome.passes:
        result, log = _carry_out(ctx, keeper, proposal)
    elif proposal.expedited:
        proposal.expedited = False
        period = checked_duration_ns(keeper.params(ctx).voting_period)
        proposal.voting_end_time.CopyFrom(to_timestamp(to_ns(proposal.voting_start_time) + period))
        keeper.queue(ctx, proposal)
        result, log = "expedited_proposal_rejected", "expedited proposal converted to regular"
    else:
        proposal.status = types.REJECTED
        proposal.failed_reason = types.REJECTED_REASON
        result, log = "proposal_rejected", "rejected"
    proposal.final_tally_result.CopyFrom(outcome.result)
    keeper.save(ctx, proposal)
    attributes = (("proposal_id", str(proposal.id)), ("proposal_result", result), ("proposal_log", log))
    ctx.emit(Event("active_proposal", attributes))


def _carry_out(ctx: Context, keeper: Keeper, proposal: Proposal) -> tuple[str, str]:
    """Execute the messages, all or none; what one was refused for is the reason of the failure."""
    try:
        with ctx.attempt():
            for index, packed in enumerate(proposal.messages):
                reason = _execute(ctx, keeper, packed)
                if reason:
                    log = f"passed, but msg {index} ({packed.type_url}) failed on execution: {reason}"
                    raise MessageFailed(reason, log)
            if not keeper.covers_deposits(ctx):
                reason = "the messages would spend the deposits of other proposals"
                raise MessageFailed(reason, f"passed, but {reason}")
    except MessageFailed as failure:
        reason, log = failure.args
        proposal.status = types.FAILED
        proposal.failed_reason = reason[: types.REASON_CHARS_MAX]
        return "proposal_failed", log[: types.REASON_CHARS_MAX]
    proposal.status = types.PASSED
    return "proposal_passed", "passed"


def _execute(ctx: Context, keeper: Keeper, packed: object) -> str:
    """Execute one message; returns why it failed, or nothing.

    Of a defect only the kind is told: the reason is state, and what an exception says differs between versions of Python.
    """
    try:
        keeper.router.invoke(ctx, registry.unpack(packed))  # type: ignore[arg-type]
    except ChainError as error:
        return str(error)
    except _MACHINE_ERRORS:
        raise
    except Exception as error:
        return f"the message met a defect: {type(error).__name__}"
    return ""
