"""Who wants to hear of epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


class Reactions(Protocol):
    """What happens when an epoch ends (chain/hooks.py)."""

    def epoch_ended(self, ctx: Context, identifier: str, number: int) -> None:
        """The epoch of this identifier and number is over."""
