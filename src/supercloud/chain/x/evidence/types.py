"""Evidence's errors and the hash by which a piece of it is known."""

from __future__ import annotations

import hashlib
from typing import Final

from supercloud.pb.cosmos.evidence.v1beta1.evidence_pb2 import Equivocation
from supercloud.types.errors import define

NAME: Final = "evidence"
ROUTE: Final = "equivocation"

NoHandler = define(NAME, 2, "unregistered handler for evidence type")
InvalidEvidence = define(NAME, 3, "invalid evidence")

FOREVER: Final = 253_402_300_799 * 1_000_000_000
"""Until when somebody who signed twice stays in jail: the end of the year 9999."""
UPDATE_DELAY: Final = 1
"""A block is decided by validators as they were one block before."""


def hash_of(evidence: Equivocation) -> bytes:
    """The hash of a piece of evidence."""
    evidence.time.SetInParent()
    return hashlib.sha256(evidence.SerializeToString(deterministic=True)).digest()


def check(evidence: Equivocation) -> None:
    """Refuse evidence that says nothing."""
    checks = (
        (evidence.time.seconds <= 0, f"invalid equivocation time: {evidence.time.seconds}s"),
        (evidence.height < 1, f"invalid equivocation height: {evidence.height}"),
        (evidence.power < 1, f"invalid equivocation validator power: {evidence.power}"),
        (not evidence.consensus_address, "invalid equivocation validator consensus address: "),
    )
    for refused, words in checks:
        if refused:
            raise InvalidEvidence(f"failed basic validation: {words}")
