"""Layout of the `gov` store. Ids are 8 bytes, big endian; `<a>` is an address behind a byte that tells its length.

0x00 id           -> Proposal
0x01 time(12) id  -> 0x01, queue of votes that end
0x02 time(12) id  -> 0x01, queue of deposit periods that end
0x03              -> id of the next proposal
0x04 id           -> 0x01, proposals that are voted on
0x10 id <a>       -> Deposit
0x20 id <a>       -> Vote
0x30              -> Params
0x31              -> constitution, UTF-8; absent when empty
"""

from __future__ import annotations

from supercloud.chain.baseapp.timestamps import time_key

STORE = "gov"

PROPOSAL_PREFIX = b"\x00"
VOTING_QUEUE_PREFIX = b"\x01"
DEPOSIT_QUEUE_PREFIX = b"\x02"
NEXT_ID = b"\x03"
VOTING_PREFIX = b"\x04"
DEPOSIT_PREFIX = b"\x10"
VOTE_PREFIX = b"\x20"
PARAMS = b"\x30"
CONSTITUTION = b"\x31"
PRESENT = b"\x01"

ID_MAX = 2**64 - 1


def id_bytes(number: int) -> bytes:
    """A proposal's id in keys."""
    return number.to_bytes(8, "big")


def proposal_key(number: int) -> bytes:
    """Key of a proposal."""
    return PROPOSAL_PREFIX + id_bytes(number)


def voting_queue_key(end: int, number: int) -> bytes:
    """Key of a proposal among the votes that end."""
    return VOTING_QUEUE_PREFIX + time_key(end) + id_bytes(number)


def deposit_queue_key(end: int, number: int) -> bytes:
    """Key of a proposal among the deposit periods that end."""
    return DEPOSIT_QUEUE_PREFIX + time_key(end) + id_bytes(number)


def queue_end(prefix: bytes, now: int) -> bytes:
    """First key of a queue that is not due: an end is due from its own time on."""
    return prefix + time_key(now + 1)


def queued_id(key: bytes) -> int:
    """Id of the proposal that an entry of a queue names."""
    return int.from_bytes(key[-8:], "big")


def voting_key(number: int) -> bytes:
    """Key of the mark of a proposal that is voted on."""
    return VOTING_PREFIX + id_bytes(number)


def deposits_prefix(number: int) -> bytes:
    """Prefix of a proposal's deposits."""
    return DEPOSIT_PREFIX + id_bytes(number)


def deposit_key(number: int, depositor: bytes) -> bytes:
    """Key of a deposit."""
    return deposits_prefix(number) + b"%c%b" % (len(depositor), depositor)


def votes_prefix(number: int) -> bytes:
    """Prefix of a proposal's votes."""
    return VOTE_PREFIX + id_bytes(number)


def vote_key(number: int, voter: bytes) -> bytes:
    """Key of a vote."""
    return votes_prefix(number) + b"%c%b" % (len(voter), voter)


def account_of(key: bytes) -> bytes:
    """The account of a deposit's or vote's key."""
    return key[10:]
