"""What only an engine that works with other processes knows: the other nodes, who signs."""

from __future__ import annotations

from typing import Any, Protocol


class PeersError(Exception):
    """The engine refuses what it was asked, or does not answer. The text is CometBFT's."""


class Peers(Protocol):
    """What only an engine that talks to other nodes can tell."""

    @property
    def catching_up(self) -> bool:
        """Whether the others are ahead."""

    @property
    def signing_key(self) -> bytes:
        """Public key that signs for this node, as its signer told it; empty until then, and when a key file signs."""

    @property
    def waiting_for(self) -> str:
        """What the engine can not begin without and has not got yet; empty while it lacks nothing."""

    async def ask(self, method: str, **params: Any) -> dict[str, Any] | None:
        """The engine's own answer to a method of CometBFT's RPC; None when this node decides alone."""


class Alone:
    """No peers: this node decides alone."""

    catching_up = False
    signing_key = b""
    waiting_for = ""

    async def ask(self, method: str, **params: Any) -> dict[str, Any] | None:
        """Nobody to ask."""
        return None
