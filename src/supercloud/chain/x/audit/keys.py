"""Store layout of audit.

0x01 | len owner | owner | len auditor | auditor -> AuditedAttributesStore
"""

from __future__ import annotations

STORE = "audit"
RECORD = b"\x01"


def owner_prefix(owner: bytes) -> bytes:
    """All records about a provider; auditors follow."""
    return RECORD + bytes((len(owner),)) + owner


def record_key(owner: bytes, auditor: bytes) -> bytes:
    """Where one auditor's record about a provider lies."""
    return owner_prefix(owner) + bytes((len(auditor),)) + auditor


def parse_record(key: bytes) -> tuple[bytes, bytes]:
    """Owner and auditor of a key without its first byte."""
    at = 1 + key[0]
    return key[1:at], key[at + 1 :]
