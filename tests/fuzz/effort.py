"""How many rounds a test makes: a few with known seeds, or as many as fit into a time with new ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from random import Random
from typing import NamedTuple


class Seeded(Random):
    """A generator that knows its seed, so that a failure can be made again."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.seed_used = seed


class Effort(NamedTuple):
    """`seconds` of new input, or, when that is 0, the rounds that the test itself asks for."""

    seconds: float

    def rounds(self, count: int) -> Iterator[Seeded]:
        """A generator for each round."""
        if not self.seconds:
            yield from map(Seeded, range(count))
            return
        ends = time.monotonic() + self.seconds
        while time.monotonic() < ends:
            yield Seeded(secrets.randbits(64))
