"""What follows from a transaction's bytes alone: worked out in CheckTx, used again when its block is executed.

Nothing here depends on the state, and no gas does on whether it was there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from supercloud.chain.ante.keys import Key
    from supercloud.chain.baseapp.context import Event
    from supercloud.types.coin import Coin


class Verified(NamedTuple):
    """What a good signature was compared with, beside the transaction itself."""

    place: int
    """Of the signer among all."""
    key: Key
    key_value: bytes
    """The account's public key as it is stored: auxiliary signers sign it."""
    chain_id: str
    account_number: int
    sequence: int


class Reading:
    """One transaction's; steps of the ante fill it in."""

    __slots__ = ("events", "fee", "signers", "verified")

    def __init__(self, signers: list[bytes]) -> None:
        self.signers = signers
        self.fee: Sequence[Coin] | None = None
        self.events: Sequence[Event] | None = None
        """Those that name signers and signatures."""
        self.verified: list[Verified] = []
