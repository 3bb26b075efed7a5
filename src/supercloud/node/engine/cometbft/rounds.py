"""Whether a CometBFT whose log goes elsewhere has given up, as far as its rounds tell. Pure: answers in, a reason out.

What it waits for in a round is either votes of others, as long as a network lacks its quorum, or something of its own: a
timeout, a block to be made or executed. The second comes by itself within seconds. Where it does not, the one routine of
CometBFT that decides has ended. Source: CometBFT 0.38 consensus/state.go and spec/consensus, "State Machine Spec".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PATIENCE: Final = 60
"""Answers in a row, a second apart, that are the same before anything is concluded, beside its own timeouts."""
ROUND_PATIENCE: Final = 2
"""More of them for each round: its timeouts grow by half a second a round."""

PREVOTE: Final = 4
PRECOMMIT: Final = 6
COMMIT: Final = 8


class Rounds:
    """Compares answers of the method `consensus_state`. `interval_s` is the network's, between blocks."""

    def __init__(self, interval_s: float) -> None:
        self._patience = PATIENCE + 4 * interval_s
        self._last: Mapping[str, Any] | None = None
        self._same = 0

    def forget(self) -> None:
        """Begin anew: it is busy with something else."""
        self._last, self._same = None, 0

    def seen(self, state: Mapping[str, Any], *, alone: bool) -> str:
        """Take in a `round_state`; the reason once it stands still for too long. `alone`: no vote of others is needed."""
        if state != self._last or not (alone or goes_on_by_itself(state)):
            self._last, self._same = state, 0
            return ""
        self._same += 1
        where = state["height/round/step"]
        if self._same < self._patience + ROUND_PATIENCE * int(where.split("/")[1]):
            return ""
        return f"at height/round/step {where} it has all it needs to go on and does not"


def goes_on_by_itself(state: Mapping[str, Any]) -> bool:
    """Whether a round waits for nothing that others have to send."""
    _, number, step = (int(part) for part in state["height/round/step"].split("/"))
    if step == COMMIT:
        # The block itself may be on its way yet.
        return bool(state["proposal_block_hash"])
    if step not in (PREVOTE, PRECOMMIT):
        return True
    kind = "prevotes" if step == PREVOTE else "precommits"
    votes = next((each for each in state["height_vote_set"] if each["round"] == number), None)
    return votes is not None and _has_two_thirds(votes[f"{kind}_bit_array"])


def _has_two_thirds(shown: str) -> bool:
    """Of `BA{4:xx_x} 30/40 = 0.75`: power that voted, of all."""
    voted, _, total = shown.split()[1].partition("/")
    return 3 * int(voted) > 2 * int(total)
