"""What a validator says of itself and keeps of rewards: the options of whoever founds a network or joins one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

_TERMS: Final = (
    click.option("--moniker", default="", help="Name of the validator [the node's]."),
    click.option("--commission-rate", default="0.10", show_default=True, help="What it keeps of rewards."),
    click.option(
        "--commission-max-rate", default="0.20", show_default=True, help="What it may keep at most."
    ),
    click.option(
        "--commission-max-change-rate", default="0.01", show_default=True, help="By how much a day."
    ),
    click.option("--min-self-delegation", default=1, show_default=True, help="What its owner always stakes."),
    click.option("--website", default="", help="Where to read about it."),
    click.option("--details", default="", help="A few words about it."),
)


def terms_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options `moniker`, `commission_*`, `min_self_delegation`, `website` and `details`."""
    for option in reversed(_TERMS):
        function = option(function)
    return function
