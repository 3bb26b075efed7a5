"""Rounds that stand still: for lack of votes of others, which is nobody's fault, or for no reason at all."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.node.engine.cometbft.rounds import PATIENCE, ROUND_PATIENCE, Rounds, goes_on_by_itself


def state(step: int, *, number: int = 0, prevotes: int = 0, precommits: int = 0, block: str = "") -> Any:
    """A `round_state` of a network of four with a power of 10 each, in CometBFT's form."""

    def votes(at: int) -> dict[str, Any]:
        return {
            "round": at,
            "prevotes_bit_array": f"BA{{4:{'x' * prevotes:_<4}}} {prevotes * 10}/40 = {prevotes / 4:.2f}",
            "precommits_bit_array": f"BA{{4:{'x' * precommits:_<4}}} {precommits * 10}/40 = {precommits / 4:.2f}",
        }

    return {
        "height/round/step": f"7/{number}/{step}",
        "start_time": "2026-11-27T00:00:00Z",
        "proposal_block_hash": block,
        "height_vote_set": [votes(at) for at in range(number + 1)],
    }


@pytest.mark.parametrize(
    ("standing", "by_itself"),
    [
        (state(1), True),
        (state(2), True),
        (state(3), True),
        # Half of the votes: the others are away. Two thirds are not more than two thirds.
        (state(4, prevotes=2), False),
        (state(4, prevotes=3), True),
        (state(5), True),
        (state(6, prevotes=4, precommits=2), False),
        (state(6, precommits=3), True),
        (state(6, number=2, precommits=3), True),
        (state(7), True),
        # Decided, but the block has not arrived.
        (state(8, precommits=3), False),
        (state(8, precommits=3, block="AB"), True),
    ],
)
def test_what_a_round_waits_for(standing: Any, by_itself: bool) -> None:
    assert goes_on_by_itself(standing) is by_itself


def stands(rounds: Rounds, standing: Any, times: int, *, alone: bool = False) -> list[str]:
    return [rounds.seen(standing, alone=alone) for _ in range(times)]


def test_standing_still_for_no_reason_is_told_after_a_while() -> None:
    answers = stands(Rounds(0.25), state(8, precommits=3, block="AB"), PATIENCE + 2)
    assert not any(answers[:-1])
    assert answers[-1] == "at height/round/step 7/0/8 it has all it needs to go on and does not"


def test_later_rounds_and_slower_networks_are_given_longer() -> None:
    for rounds, number, more in ((Rounds(0), 5, 5 * ROUND_PATIENCE), (Rounds(10), 0, 40)):
        answers = stands(rounds, state(3, number=number), PATIENCE + more + 1)
        assert [bool(answer) for answer in answers[-2:]] == [False, True]


def test_a_network_without_its_quorum_is_waited_for_without_end() -> None:
    for standing in (state(4, prevotes=1), state(6, precommits=2), state(8, precommits=3)):
        assert not any(stands(Rounds(0), standing, 10 * PATIENCE))


def test_a_validator_that_decides_alone_waits_for_nobody() -> None:
    assert stands(Rounds(0), state(4), PATIENCE + 1, alone=True)[-1]


def test_whatever_moves_begins_the_wait_anew() -> None:
    rounds = Rounds(0)
    for prevotes in (0, 1, 2, 3):
        assert not any(stands(rounds, state(3, prevotes=prevotes), PATIENCE))
    rounds.forget()
    assert not any(stands(rounds, state(3, prevotes=3), PATIENCE))
