"""What deployment speaks of: states, parameters, refusals and the stateless rules of its messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.pb.akash.deployment.v1.deployment_pb2 import Deployment
from supercloud.pb.akash.deployment.v1beta4.group_pb2 import Group
from supercloud.pb.akash.deployment.v1beta4.params_pb2 import Params
from supercloud.types import resources
from supercloud.types.coin import is_denom
from supercloud.types.dec import DecCoin
from supercloud.types.errors import ChainError, InvalidAddress, InvalidSequence, Undefined, define

if TYPE_CHECKING:
    from supercloud.pb.akash.deployment.v1.deployment_pb2 import DeploymentID as WireDeploymentID
    from supercloud.pb.akash.deployment.v1.group_pb2 import GroupID as WireGroupID
    from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import (
        MsgCreateDeployment,
        MsgUpdateDeployment,
    )
    from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
    from supercloud.types.address import Bech32

CODESPACE: Final = "deployment"
HASH_BYTES: Final = 32

GROUPS_MAX: Final = 100
"""A hard bound on groups of one deployment.

The network declares 20 and does not enforce it; tools stay below it.
"""
UNITS_MAX: Final = 100
"""The same for resource units of one group."""
COUNT_MAX: Final = 10_000
"""The same for replicas of one unit; the network declares 50."""
NAME_BYTES_MAX: Final = 256
REQUIREMENTS_MAX: Final = 200
AUDITORS_MAX: Final = 100
KEY_CHARACTERS_MAX: Final = 256
"""Bounds on a group's name and placement."""
DEPOSIT_MAX: Final = 2**31 - 1
"""A minimal deposit is below this."""
DENOMS_MAX: Final = 32

ACTIVE: Final = Deployment.active
CLOSED: Final = Deployment.closed
GROUP_OPEN: Final = Group.open
GROUP_PAUSED: Final = Group.paused
GROUP_INSUFFICIENT_FUNDS: Final = Group.insufficient_funds
GROUP_CLOSED: Final = Group.closed

GROUP_TRANSITIONS: Final[dict[int, tuple[int, ...]]] = {
    GROUP_OPEN: (GROUP_PAUSED, GROUP_INSUFFICIENT_FUNDS, GROUP_CLOSED),
    GROUP_PAUSED: (GROUP_OPEN, GROUP_INSUFFICIENT_FUNDS, GROUP_CLOSED),
    GROUP_INSUFFICIENT_FUNDS: (GROUP_OPEN, GROUP_INSUFFICIENT_FUNDS, GROUP_CLOSED),
    GROUP_CLOSED: (),
}

STATES: Final = {"active": ACTIVE, "closed": CLOSED}
"""States in the order in which lists walk them."""

NOT_FOUND, EXISTS, INVALID, STATE, INTERNAL = 5, 6, 3, 9, 13
"""gRPC statuses of refusals."""

NameDoesNotExist = define(CODESPACE, 1, "Name does not exist", NOT_FOUND)
InvalidRequest = define(CODESPACE, 2, "Invalid request", INVALID)
DeploymentExists = define(CODESPACE, 3, "Deployment exists", EXISTS)
DeploymentNotFound = define(CODESPACE, 4, "Deployment not found", NOT_FOUND)
DeploymentClosed = define(CODESPACE, 5, "Deployment closed", STATE)
OwnerAcctMissing = define(CODESPACE, 6, "Owner account missing", INVALID)
InvalidGroups = define(CODESPACE, 7, "Invalid groups", INVALID)
InvalidDeploymentID = define(CODESPACE, 8, "Invalid: deployment id", INVALID)
EmptyHash = define(CODESPACE, 9, "Invalid: empty hash", INVALID)
InvalidHash = define(CODESPACE, 10, "Invalid: deployment hash", INVALID)
Internal = define(CODESPACE, 11, "internal error", INTERNAL)
InvalidDeployment = define(CODESPACE, 12, "Invalid deployment", INVALID)
InvalidGroupID = define(CODESPACE, 13, "Invalid deployment's group ID", INVALID)
GroupNotFound = define(CODESPACE, 14, "Group not found", NOT_FOUND)
GroupClosed = define(CODESPACE, 15, "Group already closed", STATE)
GroupOpen = define(CODESPACE, 16, "Group open", STATE)
GroupPaused = define(CODESPACE, 17, "Group paused", STATE)
GroupNotOpen = define(CODESPACE, 18, "Group not open", STATE)
GroupSpecInvalid = define(CODESPACE, 19, "GroupSpec invalid", INVALID)
InvalidDeposit = define(CODESPACE, 20, "Deposit invalid", INVALID)
InvalidIDPath = define(CODESPACE, 21, "ID path invalid", INVALID)
InvalidParam = define(CODESPACE, 22, "parameter invalid", INVALID)
InvalidEscrowID = define(CODESPACE, 23, "invalid escrow id", INVALID)
InvalidPrice = define(CODESPACE, 24, "invalid price", INVALID)
DuplicateGroupName = define(CODESPACE, 25, "duplicate group name", INVALID)
InvalidReclamation = define(CODESPACE, 26, "invalid reclamation configuration", INVALID)


def default_params() -> Params:
    """The settlement denoms of a fresh network, each with its minimal deposit."""
    params = Params()
    for denom in ("uakt", "uact", "uusdc"):
        params.min_deposits.add(denom=denom, amount="500000")
    return params


def check_params(params: Params) -> None:
    """At least one settlement denom, none twice, each with an amount that fits 31 bits."""
    if not 0 < len(params.min_deposits) <= DENOMS_MAX:
        raise InvalidParam(f"{len(params.min_deposits)} min deposits")
    seen: list[str] = []
    for coin in params.min_deposits:
        if not is_denom(coin.denom):
            raise InvalidParam(f"invalid denom {coin.denom!r}")
        if coin.denom in seen:
            raise InvalidParam(f"duplicate min deposit of {coin.denom}")
        digits = coin.amount
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 10) or int(digits) >= DEPOSIT_MAX:
            raise InvalidParam(f"invalid min deposit {digits!r} of {coin.denom}")
        seen.append(coin.denom)


def min_deposit(params: Params, denom: str) -> int | None:
    """Least deposit in a denom; None when the network does not settle in it."""
    for coin in params.min_deposits:
        if coin.denom == denom:
            return int(coin.amount)
    return None


def check_deployment_id(bech32: Bech32, wire: WireDeploymentID) -> None:
    """Stateless rules of a deployment's id."""
    _check_address(bech32, wire.owner)
    if wire.dseq == 0:
        raise InvalidSequence("dseq must be positive")


def check_group_id(bech32: Bech32, wire: WireGroupID) -> None:
    """Stateless rules of a group's id."""
    _check_address(bech32, wire.owner)
    if wire.dseq == 0:
        raise InvalidSequence("dseq must be positive")
    if wire.gseq == 0:
        raise InvalidSequence("gseq must be positive")


def _check_address(bech32: Bech32, text: str) -> None:
    try:
        bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid owner address: {error}") from error


def check_hash(hash: bytes) -> None:
    """A manifest's hash is a SHA-256 sum."""
    if not hash:
        raise EmptyHash
    if len(hash) != HASH_BYTES:
        raise InvalidHash(f"{len(hash)} bytes, not {HASH_BYTES}")


def check_update(bech32: Bech32, msg: MsgUpdateDeployment) -> None:
    """Stateless rules of MsgUpdateDeployment."""
    check_deployment_id(bech32, msg.id)
    check_hash(msg.hash)


def check_create(msg: MsgCreateDeployment) -> None:
    """Stateless rules of MsgCreateDeployment after its id and deposit."""
    if not msg.groups:
        raise InvalidGroups("no groups")
    check_hash(msg.hash)
    if msg.HasField("reclamation") and checked_duration_ns(msg.reclamation.min_window) < 0:
        raise InvalidReclamation("min window must not be negative")
    if len(msg.groups) > GROUPS_MAX:
        raise InvalidGroups(f"{len(msg.groups)} groups, at most {GROUPS_MAX}")
    deposit = int(msg.deposit.amount.amount)
    for spec in msg.groups:
        price = check_group(spec)
        if deposit and price.denom != msg.deposit.amount.denom:
            raise InvalidDeposit(
                f"deposit is in {msg.deposit.amount.denom}, group {spec.name!r} is priced in {price.denom}"
            )


def check_group(spec: GroupSpec) -> DecCoin:
    """The rules of one group; returns its price. The network reports every breach without a code of its
    own."""
    if not spec.name:
        raise Undefined("GroupSpec invalid: empty group spec name denomination")
    if len(spec.name.encode()) > NAME_BYTES_MAX:
        raise Undefined(f"GroupSpec invalid: name longer than {NAME_BYTES_MAX} bytes")
    if not 0 < len(spec.resources) <= UNITS_MAX:
        raise Undefined(f"GroupSpec invalid: {len(spec.resources)} resource units, at most {UNITS_MAX}")
    _check_requirements(spec)
    try:
        resources.check_group(spec.resources)
        return resources.group_price(spec.resources)
    except (ChainError, ValueError) as error:
        raise Undefined(f"GroupSpec invalid: {error}") from error


def _check_requirements(spec: GroupSpec) -> None:
    """Bounds on what a placement asks for; the network has none, and matching it costs their product."""
    requirements = spec.requirements
    signed_by = requirements.signed_by
    if len(signed_by.all_of) + len(signed_by.any_of) > AUDITORS_MAX:
        raise Undefined(f"GroupSpec invalid: more than {AUDITORS_MAX} auditors")
    if len(requirements.attributes) > REQUIREMENTS_MAX:
        raise Undefined(f"GroupSpec invalid: more than {REQUIREMENTS_MAX} required attributes")
    if any(len(each.key) > KEY_CHARACTERS_MAX for each in requirements.attributes):
        raise Undefined(f"GroupSpec invalid: an attribute's key is longer than {KEY_CHARACTERS_MAX}")
    if any(unit.count > COUNT_MAX for unit in spec.resources):
        raise Undefined(f"GroupSpec invalid: more than {COUNT_MAX} replicas")


def check_group_names(specs: Sequence[GroupSpec]) -> None:
    """Names are unique in a deployment."""
    seen: list[str] = []
    for spec in specs:
        if spec.name in seen:
            raise InvalidGroups(f"{DuplicateGroupName.title}: {spec.name}")
        seen.append(spec.name)
