"""Founders and joiners state the same terms."""

from __future__ import annotations

from supercloud.cli.genesis import genesis
from supercloud.cli.validator import create_validator
from supercloud.cli.validator_terms import _TERMS


def test_both_commands_take_all_terms_in_one_order() -> None:
    for command in (create_validator, genesis.commands["gentx"]):
        names = [each.name for each in command.params]
        first = names.index("moniker")
        assert names[first : first + len(_TERMS)] == [
            "moniker",
            "commission_rate",
            "commission_max_rate",
            "commission_max_change_rate",
            "min_self_delegation",
            "website",
            "details",
        ]
