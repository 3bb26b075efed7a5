"""Bank's errors, defaults and stateless checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.cosmos.bank.v1beta1 import bank_pb2
from supercloud.types.coin import is_denom
from supercloud.types.errors import InvalidAddress, Undefined, define

if TYPE_CHECKING:
    from supercloud.types.address import Bech32

NAME = "bank"

NoInputs = define(NAME, 2, "no inputs to send transaction")
NoOutputs = define(NAME, 3, "no outputs to send transaction")
InputOutputMismatch = define(NAME, 4, "sum inputs != sum outputs")
SendDisabled = define(NAME, 5, "send transactions are disabled")
DuplicateEntry = define(NAME, 8, "duplicate entry")
MultipleSenders = define(NAME, 9, "multiple senders not allowed")

OUTPUTS_MAX = 10_000


def default_params() -> bank_pb2.Params:
    """Transfers are allowed unless a denom says otherwise."""
    return bank_pb2.Params(default_send_enabled=True)


def validate_params(params: bank_pb2.Params) -> None:
    """The list inside the parameters gave way to entries of their own."""
    if params.send_enabled:
        raise Undefined("use of send_enabled in params is no longer supported")


def checked_address(bech32: Bech32, text: str, what: str) -> bytes:
    """An address of a message; sdk 7 when it is none."""
    try:
        return bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {what} address: {error}") from error


def validate_metadata(metadata: bank_pb2.Metadata) -> str | None:
    """What is wrong with a denom's metadata, or None."""
    units = metadata.denom_units
    exponents = [unit.exponent for unit in units]
    denoms = [unit.denom for unit in units]
    checks = (
        (not metadata.name.strip(), "name field cannot be blank"),
        (not metadata.symbol.strip(), "symbol field cannot be blank"),
        (not is_denom(metadata.base), "invalid metadata base denom"),
        (not is_denom(metadata.display), "invalid metadata display denom"),
        (not units or denoms[0] != metadata.base, "the first denomination unit must be the base"),
        (not units or exponents[0] != 0, "the exponent for the base denomination unit must be 0"),
        (sorted(set(exponents)) != exponents, "denom units should be sorted asc by exponent"),
        (len(set(denoms)) != len(denoms), "duplicate denomination unit"),
        (metadata.display not in denoms, "metadata must contain a denomination unit with the display denom"),
    )
    return next((words for refused, words in checks if refused), None)
