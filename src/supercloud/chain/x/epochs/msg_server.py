"""Epochs has no messages: nobody but time moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.router import Router


def register(router: Router) -> None:
    """Route nothing."""
