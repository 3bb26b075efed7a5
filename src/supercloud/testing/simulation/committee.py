"""Who decides the blocks of a simulation: votes of validators, those who sleep, and one who signs twice."""

from __future__ import annotations

import random
from collections.abc import Iterable

from supercloud.crypto import ed25519
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types.validator_pb2 import BLOCK_ID_FLAG_ABSENT, BLOCK_ID_FLAG_COMMIT
from supercloud.testing.ledger import stamp
from supercloud.testing.simulation.cast import STAKES, VALIDATORS, signing_key

SLEEPERS = VALIDATORS[2:]
"""Who may miss blocks; the others have two thirds of the power."""
SLEEP_CHANCE = 0.004
SLEEP_BLOCKS = 14
TWICE_CHANCE = 0.002


class Committee:
    """Powers by public key, as CometBFT keeps them: what a block changes counts two blocks later."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        powers = {signing_key(name): stake // 10**6 for name, stake in zip(VALIDATORS, STAKES, strict=True)}
        self._sets = [powers, powers, powers]
        self._asleep: dict[bytes, int] = {}
        self._forgers = [signing_key(VALIDATORS[3])]

    def votes(self) -> list[abci.VoteInfo]:
        """Who decided the last block, by power."""
        rng, deciding = self._rng, self._sets[0]
        for name in SLEEPERS:
            if rng.random() < SLEEP_CHANCE:
                self._asleep[signing_key(name)] = SLEEP_BLOCKS
        votes = []
        for key, power in sorted(deciding.items(), key=lambda entry: (-entry[1], entry[0])):
            absent = self._asleep.get(key, 0) > 0
            self._asleep[key] = self._asleep.get(key, 0) - absent
            votes.append(
                abci.VoteInfo(
                    validator=abci.Validator(address=ed25519.address(key), power=power),
                    block_id_flag=BLOCK_ID_FLAG_ABSENT if absent else BLOCK_ID_FLAG_COMMIT,
                )
            )
        return votes

    def proofs(self, height: int, time: int) -> list[abci.Misbehavior]:
        """Now and then, that somebody signed twice: once for each who does."""
        if not self._forgers or self._rng.random() >= TWICE_CHANCE:
            return []
        key = self._forgers[0]
        power = self._sets[0].get(key, 0)
        if not power or height < 5:
            return []
        self._forgers.pop()
        validator = abci.Validator(address=ed25519.address(key), power=power)
        proof = abci.Misbehavior(
            type=abci.DUPLICATE_VOTE,
            validator=validator,
            height=height - 2,
            time=stamp(time - 10 * 10**9),
            total_voting_power=sum(self._sets[0].values()),
        )
        return [proof]

    def decided(self, updates: Iterable[abci.ValidatorUpdate]) -> None:
        """A block was made, and changed powers."""
        later = dict(self._sets[2])
        for update in updates:
            later[update.pub_key.ed25519] = update.power
        self._sets = [*self._sets[1:], {key: power for key, power in later.items() if power}]
