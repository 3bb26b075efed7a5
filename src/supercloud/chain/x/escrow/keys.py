"""Store layout of escrow. The state is part of the key, so that lists by state are plain ranges.

    0x11 | state | "/" | account        -> AccountState
    0x12 | state | "/" | account | "/" | gseq "/" oseq "/" provider -> PaymentState

`account` is text: `deployment/<owner>/<dseq>` or `bid/<owner>/<dseq>/<gseq>/<oseq>/<provider>`. Payments of
one account are served in the order of these texts ("10" before "2"), which decides who is paid when money
runs out.
"""

from __future__ import annotations

STORE = "escrow"

ACCOUNT = b"\x11"
PAYMENT = b"\x12"
SEPARATOR = b"/"


def account_key(state: int, account: str) -> bytes:
    """Where an account in this state lies."""
    return ACCOUNT + bytes((state,)) + SEPARATOR + account.encode()


def payment_key(state: int, payment: str) -> bytes:
    """Where a payment in this state lies."""
    return PAYMENT + bytes((state,)) + SEPARATOR + payment.encode()


def payments_prefix(state: int, account: str) -> bytes:
    """All payments of exactly this account: the closing slash keeps dseq 12 and dseq 123 apart."""
    return payment_key(state, account) + SEPARATOR


def search_prefix(table: bytes, state: int, text: str) -> bytes:
    """All records of a table and state whose text begins like this."""
    return table + bytes((state,)) + SEPARATOR + text.encode()


def text_of(key: bytes) -> str:
    """The account or payment text inside a key."""
    return key[3:].decode()
