"""Who may change parameters: the network's authority, by default the gov module's account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supercloud.types.errors import InvalidAddress, define

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context

InvalidAuthority: Final = define("gov", 13, "expected gov account as only signer for proposal message")
"""The network refuses anybody else with a code of gov's, whichever module's parameters are meant."""


def check_authority(ctx: Context, given: str) -> None:
    """The stateless rule: an address."""
    try:
        ctx.bech32.parse(given)
    except ValueError as error:
        raise InvalidAddress(f"invalid authority address: {error}") from error


def require_authority(ctx: Context, given: str) -> None:
    """Refuse everybody but the authority."""
    if ctx.bech32.parse(given) != ctx.authority:
        raise InvalidAuthority(f"invalid authority; expected {ctx.bech32.text(ctx.authority)}, got {given}")
