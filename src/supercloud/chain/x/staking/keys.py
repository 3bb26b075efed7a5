"""Layout of the `staking` store. `<a>` is an address behind a byte that tells its length.

0x11 <operator>                       -> voting power in the last block (Int64Value)
0x12                                  -> sum of those powers (IntProto)
0x21 <operator>                       -> Validator
0x22 <consensus address>              -> operator
0x23 power(8) len(operator) ~operator -> operator; the last in key order has the most power
0x31 <delegator> <operator>           -> Delegation
0x32 <delegator> <operator>           -> UnbondingDelegation
0x33 <operator> <delegator>           -> present, index of the above
0x34 <delegator> <source> <target>    -> Redelegation
0x35 <source> <delegator> <target>    -> present, index of the above
0x36 <target> <delegator> <source>    -> present, index of the above
0x37                                  -> the last id given to an unbonding (8 bytes)
0x41 time(12)                         -> DVPairs, unbondings that end then
0x42 time(12)                         -> DVVTriplets, redelegations that end then
0x43 time(12) height(8)               -> ValAddresses, validators whose unbonding ends then
0x50 height(8)                        -> HistoricalInfo
0x51                                  -> Params
0x71 <operator> delegator             -> present, index of delegations
0xf0                                  -> Admission, while the network is closed; a record of this node alone
"""

from __future__ import annotations

from supercloud.chain.baseapp.timestamps import time_key

STORE = "staking"

LAST_POWER_PREFIX = b"\x11"
LAST_TOTAL_POWER = b"\x12"
VALIDATOR_PREFIX = b"\x21"
CONSENSUS_PREFIX = b"\x22"
POWER_PREFIX = b"\x23"
DELEGATION_PREFIX = b"\x31"
UNBONDING_PREFIX = b"\x32"
UNBONDING_BY_OPERATOR_PREFIX = b"\x33"
REDELEGATION_PREFIX = b"\x34"
REDELEGATION_BY_SOURCE_PREFIX = b"\x35"
REDELEGATION_BY_TARGET_PREFIX = b"\x36"
UNBONDING_ID = b"\x37"
UNBONDING_QUEUE_PREFIX = b"\x41"
REDELEGATION_QUEUE_PREFIX = b"\x42"
VALIDATOR_QUEUE_PREFIX = b"\x43"
HISTORY_PREFIX = b"\x50"
PARAMS = b"\x51"
DELEGATION_BY_OPERATOR_PREFIX = b"\x71"
ADMISSION = b"\xf0"

PRESENT = b"\x01"


def sized(address: bytes) -> bytes:
    """An address behind its length."""
    return b"%c%b" % (len(address), address)


def addresses(key: bytes) -> list[bytes]:
    """The addresses of a key that consists of a prefix byte and addresses behind their lengths."""
    found = []
    at = 1
    while at < len(key):
        end = at + 1 + key[at]
        found.append(key[at + 1 : end])
        at = end
    return found


def last_power_key(operator: bytes) -> bytes:
    """Key of the power that a validator had in the last block."""
    return LAST_POWER_PREFIX + sized(operator)


def validator_key(operator: bytes) -> bytes:
    """Key of a validator."""
    return VALIDATOR_PREFIX + sized(operator)


def consensus_key(consensus: bytes) -> bytes:
    """Key of the validator index by consensus address."""
    return CONSENSUS_PREFIX + sized(consensus)


def power_key(power: int, operator: bytes) -> bytes:
    """Key of the validator index by power; of equals the smaller address ranks higher."""
    inverted = bytes(byte ^ 0xFF for byte in operator)
    return POWER_PREFIX + power.to_bytes(8, "big") + sized(inverted)


def power_of(key: bytes) -> int:
    """The power in a key of the validator index by power."""
    return int.from_bytes(key[1:9], "big")


def delegations_prefix(delegator: bytes) -> bytes:
    """Prefix of a delegator's delegations."""
    return DELEGATION_PREFIX + sized(delegator)


def delegation_key(delegator: bytes, operator: bytes) -> bytes:
    """Key of a delegation."""
    return delegations_prefix(delegator) + sized(operator)


def delegators_prefix(operator: bytes) -> bytes:
    """Prefix of the index of a validator's delegators."""
    return DELEGATION_BY_OPERATOR_PREFIX + sized(operator)


def unbondings_prefix(delegator: bytes) -> bytes:
    """Prefix of a delegator's unbonding delegations."""
    return UNBONDING_PREFIX + sized(delegator)


def unbonding_key(delegator: bytes, operator: bytes) -> bytes:
    """Key of an unbonding delegation."""
    return unbondings_prefix(delegator) + sized(operator)


def unbondings_of_operator_prefix(operator: bytes) -> bytes:
    """Prefix of the index of unbonding delegations by validator."""
    return UNBONDING_BY_OPERATOR_PREFIX + sized(operator)


def redelegations_prefix(delegator: bytes) -> bytes:
    """Prefix of a delegator's redelegations."""
    return REDELEGATION_PREFIX + sized(delegator)


def redelegation_key(delegator: bytes, source: bytes, target: bytes) -> bytes:
    """Key of a redelegation."""
    return redelegations_prefix(delegator) + sized(source) + sized(target)


def redelegations_from_prefix(source: bytes) -> bytes:
    """Prefix of the index of redelegations by the validator that they left."""
    return REDELEGATION_BY_SOURCE_PREFIX + sized(source)


def redelegations_to_prefix(target: bytes, delegator: bytes) -> bytes:
    """Prefix of the index of a delegator's redelegations by the validator that they went to."""
    return REDELEGATION_BY_TARGET_PREFIX + sized(target) + sized(delegator)


def unbonding_queue_key(time: int) -> bytes:
    """Key of the unbondings that end at a time."""
    return UNBONDING_QUEUE_PREFIX + time_key(time)


def redelegation_queue_key(time: int) -> bytes:
    """Key of the redelegations that end at a time."""
    return REDELEGATION_QUEUE_PREFIX + time_key(time)


def validator_queue_key(time: int, height: int) -> bytes:
    """Key of the validators whose unbonding, begun at a height, ends at a time."""
    return VALIDATOR_QUEUE_PREFIX + time_key(time) + height.to_bytes(8, "big")


def history_key(height: int) -> bytes:
    """Key of what is remembered of a block."""
    return HISTORY_PREFIX + height.to_bytes(8, "big")
