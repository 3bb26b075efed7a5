"""Who decides simulated blocks: two blocks after they were chosen, asleep now and then, caught once."""

from __future__ import annotations

import random

from supercloud.pb.tendermint.abci.types_pb2 import ValidatorUpdate
from supercloud.pb.tendermint.types.validator_pb2 import BLOCK_ID_FLAG_ABSENT
from supercloud.testing.simulation.cast import STAKES, VALIDATORS, signing_key
from supercloud.testing.simulation.committee import SLEEP_BLOCKS, Committee


def powers(committee: Committee) -> list[int]:
    return [vote.validator.power for vote in committee.votes()]


def test_a_change_counts_two_blocks_later() -> None:
    committee = Committee(random.Random(1))
    before = [stake // 10**6 for stake in STAKES]
    update = ValidatorUpdate(power=0)
    update.pub_key.ed25519 = signing_key(VALIDATORS[0])
    seen = []
    for updates in ([update], [], [], []):
        seen.append(powers(committee))
        committee.decided(updates)
    assert seen == [before, before, before, before[1:]]


def test_some_sleep_but_never_those_with_most_of_the_power() -> None:
    committee = Committee(random.Random(2))
    missed = [0, 0, 0, 0]
    for _ in range(1500):
        for number, vote in enumerate(committee.votes()):
            missed[number] += vote.block_id_flag == BLOCK_ID_FLAG_ABSENT
    assert missed[:2] == [0, 0]
    assert min(missed[2:]) >= SLEEP_BLOCKS


def test_somebody_signs_twice_once() -> None:
    committee = Committee(random.Random(3))
    found = [proof for height in range(4000) for proof in committee.proofs(height, height * 10**9 + 10**12)]
    (proof,) = found
    assert proof.validator.power == STAKES[3] // 10**6
    assert proof.total_voting_power == sum(STAKES) // 10**6
