"""Store layout of deployment.

A deployment's state is part of its key, so that lists by state are plain ranges.

    0x11 | state | len owner | owner | dseq        -> Deployment
    0x12 | len owner | owner | dseq | gseq         -> Group
    0x14                                           -> Params

Numbers are big endian, dseq in 8 bytes and gseq in 4.
"""

from __future__ import annotations

from supercloud.types.ids import DeploymentID, GroupID

STORE = "deployment"

DEPLOYMENT = b"\x11"
GROUP = b"\x12"
PARAMS = b"\x14"


def owner_part(owner: bytes) -> bytes:
    """An address inside a key."""
    return bytes((len(owner),)) + owner


def primary(deployment: DeploymentID) -> bytes:
    """A deployment's key without its state: what pages resume at."""
    return owner_part(deployment.owner) + deployment.dseq.to_bytes(8, "big")


def parse_primary(key: bytes) -> DeploymentID:
    """Read `primary` back; ValueError when it is none."""
    size = key[0]
    if len(key) != 1 + size + 8:
        raise ValueError("not a deployment's key")
    return DeploymentID(key[1 : 1 + size], int.from_bytes(key[1 + size :], "big"))


def deployment_key(state: int, deployment: DeploymentID) -> bytes:
    """Where a deployment in this state lies."""
    return DEPLOYMENT + bytes((state,)) + primary(deployment)


def state_prefix(state: int) -> bytes:
    """All deployments in this state; a primary key follows."""
    return DEPLOYMENT + bytes((state,))


def groups_prefix(deployment: DeploymentID) -> bytes:
    """All groups of a deployment, by gseq."""
    return GROUP + primary(deployment)


def group_key(group: GroupID) -> bytes:
    """Where a group lies."""
    return GROUP + owner_part(group.owner) + group.dseq.to_bytes(8, "big") + group.gseq.to_bytes(4, "big")
