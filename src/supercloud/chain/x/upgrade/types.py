"""Upgrade's errors, checks, and the reasons for which a node stops here."""

from __future__ import annotations

from typing import Final

from supercloud.pb.cosmos.upgrade.v1beta1.upgrade_pb2 import Plan
from supercloud.types.errors import InvalidRequest, define

NAME: Final = "upgrade"

NoModuleVersionFound = define(NAME, 2, "module version not found")
InvalidSigner = define(NAME, 6, "expected authority account as only signer for proposal message")

NAME_BYTES_MAX: Final = 140
"""Names stand in keys, whose length stores bound."""
NEVER_S: Final = -62_135_596_800
"""Seconds of a plan's time, which is not used any more: year 1, as clients expect."""


class Halt(Exception):
    """The node stops on purpose: with this program it can not go on."""


class UpgradeNeeded(Halt):
    """A plan is due that this program does not know; another program goes on from here."""

    def __init__(self, name: str, height: int, info: str) -> None:
        super().__init__(f'UPGRADE "{name}" NEEDED at height: {height}: {info}')
        self.name = name
        self.height = height
        self.info = info


class UpgradeTooEarly(Halt):
    """This program knows a plan that is not due yet: it is newer than the state."""

    def __init__(self, name: str, height: int) -> None:
        super().__init__(
            f'BINARY UPDATED BEFORE TRIGGER! UPGRADE "{name}" is due at height {height}; '
            "run the program from before it until then"
        )


class UpgradeForgotten(Halt):
    """The state was made by an upgrade that this program does not know: it is older than the state."""

    def __init__(self, name: str) -> None:
        super().__init__(f"wrong program: upgrade handler is missing for {name} upgrade plan")


def check_plan(plan: Plan) -> None:
    """Refuse a plan without name or height, and what plans had in older times."""
    time = plan.time
    if plan.HasField("time") and (time.seconds, time.nanos) != (NEVER_S, 0):
        raise InvalidRequest("time-based upgrades have been deprecated in the SDK")
    if plan.HasField("upgraded_client_state"):
        raise InvalidRequest("upgrade logic for IBC has been moved to the IBC module")
    if not plan.name:
        raise InvalidRequest("name cannot be empty")
    if len(plan.name.encode()) > NAME_BYTES_MAX:
        raise InvalidRequest(f"name is longer than {NAME_BYTES_MAX} bytes")
    if plan.height <= 0:
        raise InvalidRequest("height must be greater than 0")
