"""Staking's errors, limits, defaults and stateless checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supercloud.chain.baseapp.timestamps import SECOND, checked_duration_ns
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2 as pb
from supercloud.types.coin import AMOUNT_MAX, is_denom, parse_amount
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import (
    INVALID_ARGUMENT,
    PERMISSION_DENIED,
    InvalidAddress,
    InvalidRequest,
    Undefined,
    define,
)

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
    from supercloud.pb.supercloud.staking.v1.admission_pb2 import Admission

NAME: Final = "staking"
BONDED_POOL: Final = "bonded_tokens_pool"
NOT_BONDED_POOL: Final = "not_bonded_tokens_pool"

NoValidatorFound = define(NAME, 3, "validator does not exist")
ValidatorOwnerExists = define(
    NAME, 4, "validator already exist for this operator address; must use new validator operator address"
)
ValidatorPubKeyExists = define(
    NAME, 5, "validator already exist for this pubkey; must use new validator pubkey"
)
PubKeyTypeNotSupported = define(NAME, 6, "validator pubkey type is not supported")
ValidatorJailed = define(NAME, 7, "validator for this address is currently jailed")
BadRemoveValidator = define(NAME, 8, "failed to remove validator")
CommissionNegative = define(NAME, 9, "commission must be positive")
CommissionHuge = define(NAME, 10, "commission cannot be more than 100%")
CommissionAboveMax = define(NAME, 11, "commission cannot be more than the max rate")
CommissionUpdateTime = define(NAME, 12, "commission cannot be changed more than once in 24h")
ChangeRateNegative = define(NAME, 13, "commission change rate must be positive")
ChangeRateAboveMax = define(NAME, 14, "commission change rate cannot be more than the max rate")
CommissionChangeTooLarge = define(NAME, 15, "commission cannot be changed more than max change rate")
SelfDelegationBelowMinimum = define(
    NAME, 16, "validator's self delegation must be greater than their minimum self delegation"
)
MinSelfDelegationDecreased = define(NAME, 17, "minimum self delegation cannot be decrease")
NoDelegation = define(NAME, 19, "no delegation for (address, validator) tuple")
NoDelegatorForAddress = define(NAME, 21, "delegator does not contain delegation")
InsufficientShares = define(NAME, 22, "insufficient delegation shares")
NotEnoughDelegationShares = define(NAME, 24, "not enough delegation shares")
NoUnbondingDelegation = define(NAME, 26, "no unbonding delegation found")
MaxUnbondingEntries = define(
    NAME, 27, "too many unbonding delegation entries for (delegator, validator) tuple"
)
NoRedelegation = define(NAME, 28, "no redelegation found")
SelfRedelegation = define(NAME, 29, "cannot redelegate to the same validator")
TinyRedelegation = define(NAME, 30, "too few tokens to redelegate (truncates to zero tokens)")
BadRedelegationTarget = define(NAME, 31, "redelegation destination validator not found")
TransitiveRedelegation = define(
    NAME,
    32,
    "redelegation to this validator already in progress; first redelegation to this validator must complete "
    "before next redelegation",
)
MaxRedelegationEntries = define(
    NAME, 33, "too many redelegation entries for (delegator, src-validator, dst-validator) tuple"
)
InvalidExchangeRate = define(NAME, 34, "cannot delegate to validators with invalid (zero) ex-rate")
EmptyValidatorPubKey = define(NAME, 39, "empty validator public key")
CommissionBelowMin = define(NAME, 40, "commission cannot be less than min rate")
BadRedelegationSource = define(NAME, 44, "redelegation source validator not found")
# Of this node alone; the network's numbers of this codespace end at 45.
NotAdmitted = define(NAME, 100, "the network is closed; operator is not admitted", PERMISSION_DENIED)
InvalidAdmission = define(NAME, 101, "invalid admission", INVALID_ARGUMENT)

UNBONDED: Final = pb.BOND_STATUS_UNBONDED
UNBONDING: Final = pb.BOND_STATUS_UNBONDING
BONDED: Final = pb.BOND_STATUS_BONDED

POWER_REDUCTION: Final = 1_000_000
"""Units of the bond denom that make one unit of voting power."""
ADMITTED_MAX: Final = 1000
"""A closed network's list is no longer: it is read whole."""
POWER_MAX: Final = 2**63 - 1
DAY: Final = 86_400 * SECOND
NEVER: Final = -62_135_596_800 * SECOND
"""The time that answers carry where nothing has to be waited for: year 1, as the network's clients expect."""

UNCHANGED: Final = "[do-not-modify]"
"""What an edit says about a part of the description that it leaves as it is."""
DESCRIPTION_MAX: Final = (
    ("moniker", "moniker", 70),
    ("identity", "identity", 3000),
    ("website", "website", 140),
    ("security_contact", "security contact", 140),
    ("details", "details", 280),
)


def default_params(bond_denom: str = "uakt") -> pb.Params:
    """The network's parameters for a new chain."""
    params = pb.Params(
        max_validators=100,
        max_entries=7,
        historical_entries=10_000,
        bond_denom=bond_denom,
        min_commission_rate="0",
    )
    params.unbonding_time.seconds = 21 * 86_400
    return params


def check_params(params: pb.Params) -> None:
    """Refuse parameters that no chain can run with."""
    rate = _dec(params.min_commission_rate, "minimum commission rate")
    checks = (
        (checked_duration_ns(params.unbonding_time) <= 0, "unbonding time must be positive"),
        (not params.max_validators, "max validators must be positive: 0"),
        (not params.max_entries, "max entries must be positive: 0"),
        (not params.bond_denom.strip(), "bond denom cannot be blank"),
        (not is_denom(params.bond_denom), f"invalid denom: {params.bond_denom}"),
        (rate.raw < 0, f"minimum commission rate cannot be negative: {rate}"),
        (rate.raw > ONE, f"minimum commission rate cannot be greater than 100%: {rate}"),
    )
    for refused, words in checks:
        if refused:
            raise Undefined(words)


def check_admission(ctx: Context, admission: Admission) -> None:
    """Refuse a list that means nothing; staking 101, and sdk 7 for what is no operator's address."""
    operators = admission.operators
    if admission.closed == (not operators):
        raise InvalidAdmission("a closed network has a list of operators, an open one has none")
    if len(operators) > ADMITTED_MAX:
        raise InvalidAdmission(f"{len(operators)} operators; at most {ADMITTED_MAX}")
    # As texts are compared later on, each address has one form.
    texts = [ctx.bech32.valoper(operator_of(ctx, text, "operator")) for text in operators]
    if texts != list(operators) or len(dict.fromkeys(texts)) != len(texts):
        raise InvalidAdmission("operators are written in small letters, each once")


def check_rates(rates: pb.CommissionRates) -> None:
    """Refuse a commission that contradicts itself."""
    rate, top, step = (
        _dec(text, "commission") for text in (rates.rate, rates.max_rate, rates.max_change_rate)
    )
    if top.raw < 0:
        raise CommissionNegative
    if top.raw > ONE:
        raise CommissionHuge
    if rate.raw < 0:
        raise CommissionNegative
    if rate.raw > top.raw:
        raise CommissionAboveMax
    if step.raw < 0:
        raise ChangeRateNegative
    if step.raw > top.raw:
        raise ChangeRateAboveMax


def check_new_rate(commission: pb.Commission, changed_ns: int, rate: Dec, now: int) -> None:
    """Refuse a change of commission that comes too soon or goes too far."""
    rates = commission.commission_rates
    if now - changed_ns < DAY:
        raise CommissionUpdateTime
    if rate.raw < 0:
        raise CommissionNegative
    if rate.raw > Dec.from_wire(rates.max_rate).raw:
        raise CommissionAboveMax
    if rate.raw - Dec.from_wire(rates.rate).raw > Dec.from_wire(rates.max_change_rate).raw:
        raise CommissionChangeTooLarge


def check_description(description: pb.Description) -> None:
    """Refuse texts that are too long; lengths are in bytes."""
    for field, words, limit in DESCRIPTION_MAX:
        size = len(getattr(description, field).encode())
        if size > limit:
            raise InvalidRequest(f"invalid {words} length; got: {size}, max: {limit}")


def is_blank(description: pb.Description) -> bool:
    """Whether a description says nothing at all."""
    return not any(getattr(description, field) for field, _, _ in DESCRIPTION_MAX)


def positive_amount(coin: CoinPb, words: str) -> int:
    """The amount of a message's coin; sdk 18 unless it is a coin and positive."""
    text = coin.amount
    if not (is_denom(coin.denom) and text.isascii() and text.isdigit() and len(text) <= 78):
        raise InvalidRequest(words)
    amount = int(text)
    if not 0 < amount <= AMOUNT_MAX:
        raise InvalidRequest(words)
    return amount


def checked_int(text: str, what: str) -> int:
    """An integer of a message; empty is zero."""
    try:
        return parse_amount(text)
    except ValueError as error:
        raise InvalidRequest(f"{what}: {error}") from error


def checked_dec(text: str, what: str) -> Dec:
    """A decimal of a message; empty is zero."""
    return _dec(text, what)


def _dec(text: str, what: str) -> Dec:
    try:
        return Dec.from_wire(text)
    except ValueError as error:
        raise InvalidRequest(f"{what}: {error}") from error


def operator_of(ctx: Context, text: str, what: str = "validator") -> bytes:
    """The operator's address in a message; sdk 7 when it is none."""
    try:
        return ctx.bech32.parse_valoper(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {what} address: {error}") from error


def delegator_of(ctx: Context, text: str) -> bytes:
    """The delegator's address in a message; sdk 7 when it is none."""
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid delegator address: {error}") from error
