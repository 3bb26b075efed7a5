"""Layout of the `distribution` store. `<a>` is an address behind a byte that tells its length.

0x00                              -> FeePool, what belongs to the community; absent when empty
0x01                              -> BytesValue, consensus address of the last block's proposer
0x02 <operator>                   -> ValidatorOutstandingRewards; absent when empty
0x03 <delegator>                  -> where a delegator's rewards go
0x04 <operator> <delegator>       -> DelegatorStartingInfo
0x05 <operator> period(8, little) -> ValidatorHistoricalRewards
0x06 <operator>                   -> ValidatorCurrentRewards
0x07 <operator>                   -> ValidatorAccumulatedCommission; absent when empty
0x08 <operator> height(8) period(8) -> ValidatorSlashEvent
0x09                              -> Params
"""

from __future__ import annotations

STORE = "distribution"

FEE_POOL = b"\x00"
PROPOSER = b"\x01"
OUTSTANDING_PREFIX = b"\x02"
WITHDRAW_PREFIX = b"\x03"
STARTING_PREFIX = b"\x04"
HISTORICAL_PREFIX = b"\x05"
CURRENT_PREFIX = b"\x06"
COMMISSION_PREFIX = b"\x07"
SLASH_PREFIX = b"\x08"
PARAMS = b"\x09"


def sized(address: bytes) -> bytes:
    """An address behind its length."""
    return b"%c%b" % (len(address), address)


def address_of(key: bytes) -> bytes:
    """The first address of a key."""
    return key[2 : 2 + key[1]]


def rest_of(key: bytes) -> bytes:
    """What follows the first address of a key."""
    return key[2 + key[1] :]


def outstanding_key(operator: bytes) -> bytes:
    """Key of all that a validator and its delegators have not been paid."""
    return OUTSTANDING_PREFIX + sized(operator)


def withdraw_key(delegator: bytes) -> bytes:
    """Key of where a delegator's rewards go."""
    return WITHDRAW_PREFIX + sized(delegator)


def starting_key(operator: bytes, delegator: bytes) -> bytes:
    """Key of where a delegation's count begins."""
    return STARTING_PREFIX + sized(operator) + sized(delegator)


def historical_prefix(operator: bytes) -> bytes:
    """Prefix of a validator's ended periods."""
    return HISTORICAL_PREFIX + sized(operator)


def historical_key(operator: bytes, period: int) -> bytes:
    """Key of an ended period."""
    return historical_prefix(operator) + period.to_bytes(8, "little")


def current_key(operator: bytes) -> bytes:
    """Key of a validator's current period."""
    return CURRENT_PREFIX + sized(operator)


def commission_key(operator: bytes) -> bytes:
    """Key of a validator's own share that it has not been paid."""
    return COMMISSION_PREFIX + sized(operator)


def slashes_prefix(operator: bytes) -> bytes:
    """Prefix of a validator's slashes."""
    return SLASH_PREFIX + sized(operator)


def slash_key(operator: bytes, height: int, period: int = 0) -> bytes:
    """Key of a slash; without a period the first possible one of its height."""
    return slashes_prefix(operator) + height.to_bytes(8, "big") + period.to_bytes(8, "big")
