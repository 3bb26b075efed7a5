"""Layout of the `evidence` store.

0x00 hash(32) -> Any of the evidence
"""

from __future__ import annotations

STORE = "evidence"

EVIDENCE_PREFIX = b"\x00"


def evidence_key(digest: bytes) -> bytes:
    """Key of a piece of evidence."""
    return EVIDENCE_PREFIX + digest
