"""Who may validate: anybody with stake, or nobody but the operators that a vote named.

A network that never closed has no record of it, so that its state is the network's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.staking import keys, types, validators
from supercloud.pb.supercloud.staking.v1.admission_pb2 import Admission
from supercloud.pb.supercloud.staking.v1.event_pb2 import EventAdmissionChanged

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.keeper import Keeper


def read(ctx: Context) -> Admission:
    """What is in force. Read without gas: on an open network everything costs what it costs on the network."""
    value = ctx.branch.get(keys.STORE, keys.ADMISSION)
    return Admission() if value is None else Admission.FromString(value)


def write(ctx: Context, admission: Admission) -> None:
    """Put it in force; staking 101 unless it means something."""
    types.check_admission(ctx, admission)
    kv = ctx.kv(keys.STORE)
    if admission.closed:
        kv.set(keys.ADMISSION, admission.SerializeToString(deterministic=True))
    elif kv.has(keys.ADMISSION):
        kv.delete(keys.ADMISSION)


def require(ctx: Context, operator: bytes) -> None:
    """Staking 100 unless an operator may validate."""
    admission = read(ctx)
    if admission.closed and ctx.bech32.valoper(operator) not in admission.operators:
        raise types.NotAdmitted(ctx.bech32.valoper(operator))


def require_somebody(ctx: Context) -> None:
    """Staking 101 when nobody of a closed network's list has power: nobody would decide the next block."""
    admission = read(ctx)
    if admission.closed and not any(
        power and ctx.bech32.valoper(operator) in admission.operators
        for power, operator in validators.ranking(ctx)
    ):
        raise types.InvalidAdmission("none of the operators has a validator with power")


def change(ctx: Context, keeper: Keeper, admission: Admission) -> None:
    """Put it in force, and dismiss the validators that it does not admit: they are jailed and can not come back.

    Their delegators' stakes stay as they are; nobody is slashed.
    """
    write(ctx, admission)
    require_somebody(ctx)
    dismissed = []
    if admission.closed:
        admitted = list(admission.operators)
        for validator in list(validators.every(ctx)):
            if not validator.jailed and validator.operator_address not in admitted:
                keeper.jail(ctx, validators.consensus_of(validator))
                dismissed.append(validator.operator_address)
    ctx.emit_typed(EventAdmissionChanged(admission=admission, dismissed=dismissed))
