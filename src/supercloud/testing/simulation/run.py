"""Blocks of a made-up market, and what has to hold after each of them."""

from __future__ import annotations

import random
import re
import traceback
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import DecodeError, Message

from supercloud.chain.app import Options, violations
from supercloud.chain.store.backend import MemoryBackend
from supercloud.codec.tx import decode
from supercloud.testing.auditor import Auditor, Block
from supercloud.testing.ledger import GENESIS_TIME, Ledger
from supercloud.testing.simulation import mischief
from supercloud.testing.simulation.cast import GOVERNED, PATRONS, Cast, genesis
from supercloud.testing.simulation.certificates import certificates
from supercloud.testing.simulation.committee import Committee
from supercloud.testing.simulation.script import Script, options_of
from supercloud.testing.simulation.stewards import Plan, Stewards
from supercloud.testing.simulation.tape import Frame, Writer, outcome_of
from supercloud.types.errors import ChainError

M = TypeVar("M", bound=Message)

KEEP_HEIGHTS = 60
TXS_MAX = 6
HISTORY = 2000
STORY = 25


class Failure(AssertionError):
    """Something that has to hold does not. Tells the seed, the block and what led there."""


class Past(NamedTuple):
    """A transaction that was in a block."""

    height: int
    raw: bytes
    code: int
    log: str


class Simulation:
    """A run from one seed. The same seed is the same run, on any machine."""

    def __init__(self, seed: int, *, expiry: bool = False, tape: Path | None = None) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.defects: list[str] = []
        options = Options(keep_heights=KEEP_HEIGHTS, on_defect=self._note_defect)
        self.backend = MemoryBackend()
        self.ledger = Ledger(backend=self.backend, options=options, start=False)
        self.genesis = genesis(self.ledger.profile)
        self._tape = Writer(tape, self.genesis, GENESIS_TIME * 10**9) if tape is not None else None
        self.cast = Cast(self.ledger)
        self.codes: Counter[tuple[str, int]] = Counter()
        self.checked = Counter[str]()
        self.expired = Counter[str]()
        self.told = Counter[str]()
        """Events of blocks, by type."""
        self.statuses = Counter[int]()
        """How many blocks the vault spent in which state."""
        self._history: deque[Past] = deque(maxlen=HISTORY)
        self._replays: deque[bytes] = deque(maxlen=40)
        self._next_audit = 0
        self.records_a_block = 120
        """How many records a block may let the comparison with the auditor cost: less is a longer pause between two."""
        self.committee = Committee(random.Random(seed))
        self._start()
        everybody = [actor.text for actor in self.cast.actors.values()]
        self.auditor = Auditor(self.ask, everybody, bech32=self.ledger.profile.bech32)
        for url in GOVERNED:
            self.auditor.permit(self.cast.authority, self.cast.text("governor"), url)
        self.script = Script(self.rng, self.cast, self.auditor.market, expiry)
        self.script.certificates = certificates(self.cast)
        self.stewards = Stewards(random.Random(seed + 1), self.cast, self.auditor.books)

    def _note_defect(self, error: BaseException) -> None:
        self.defects.append("".join(traceback.format_exception(error)))

    def _start(self) -> None:
        # The first block is empty; the auditor starts after it.
        self.ledger.start_chain(self.genesis)
        self.ledger.time += 5 * 10**9
        response = self.ledger.finalize()
        self._record(Block(1, self.ledger.time, [], response))
        self.committee.decided(response.validator_updates)
        self.ledger.commit()

    def ask(self, path: str, request: Message, answer: type[M]) -> M:
        """A public query."""
        found = self.ledger.query(path, request)
        if found.code:
            raise Failure(f"query {path}: {found.log}")
        return answer.FromString(found.value)

    # Blocks.

    def run(self, blocks: int) -> None:
        """Make blocks."""
        for _ in range(blocks):
            self.step()

    def run_until(self, reached: Callable[[], bool], blocks_max: int = 1000) -> None:
        """Make blocks until something is so."""
        for _ in range(blocks_max):
            if reached():
                return
            self.step()
        raise Failure(f"seed {self.seed}: {blocks_max} blocks did not lead to what was waited for")

    def step(self) -> Block:
        """Make one block and check what has to hold."""
        rng, ledger = self.rng, self.ledger
        self.script.now = self.stewards.now = ledger.time
        txs = self._txs()
        ledger.time += rng.choice([1, 5, 5, 6, 10]) * 10**9 + rng.randrange(10**9)
        if rng.random() < 0.03:
            ledger.time += rng.choice([60, 600, 4000]) * 10**9
        votes, proofs = self.committee.votes(), self.committee.proofs(ledger.next_height, ledger.time)
        response = ledger.finalize(txs, votes, proofs)
        if rng.random() < 0.01:
            # A node that dies between executing and committing executes again.
            ledger.restart()
            again = ledger.finalize(txs, votes, proofs)
            self._require(again == response, "the block led to something else after a restart")
        block = Block(ledger.next_height, ledger.time, txs, response, votes, proofs)
        self._record(block)
        self.committee.decided(response.validator_updates)
        ledger.commit()
        if rng.random() < 0.01:
            ledger.restart()
        self._note(block)
        try:
            self.auditor.read(block)
        except AssertionError as error:
            raise Failure(self._story(str(error))) from error
        self._check(block.height)
        self.statuses[self.auditor.books.vault.status] += 1
        return block

    def quiet(self, blocks: int) -> None:
        """Let empty blocks pass, so that what expires does."""
        for _ in range(blocks):
            self.ledger.time += 5 * 10**9
            votes = self.committee.votes()
            response = self.ledger.finalize((), votes)
            block = Block(self.ledger.next_height, self.ledger.time, [], response, votes)
            self._record(block)
            self.committee.decided(response.validator_updates)
            self.ledger.commit()
            self.auditor.read(block)
            self._check(block.height)

    def _record(self, block: Block) -> None:
        if self._tape is not None:
            outcome = outcome_of(block.response)
            frame = Frame(block.height, block.time, block.txs, outcome, block.votes, block.proofs)
            self._tape.write(frame)

    def close(self) -> None:
        """Compare everything once more and finish the tape."""
        self.check_all()
        if self._tape is not None:
            self._tape.close()
            self._tape = None

    # Transactions.

    def _txs(self) -> list[bytes]:
        rng = self.rng
        txs: list[bytes] = []
        makers = [self._tx] * rng.choice([0, 1, 2, 3, 4, TXS_MAX]) + [self._public] * rng.choice(
            [0, 0, 1, 1, 2]
        )
        makers += [partial(self._of, plan) for plan in self.stewards.reports()]
        for make in makers:
            raw = make()
            # What the mempool refuses gets into a block only through a careless proposer; what it lets in may
            # still be dropped, and then the sender's next ones have a wrong sequence.
            accepted = self.ledger.check(raw).code == 0
            self.checked["accepted" if accepted else "refused"] += 1
            if rng.random() < (0.99 if accepted else 0.5):
                txs.append(raw)
        return txs

    def _tx(self) -> bytes:
        rng = self.rng
        if rng.random() < 0.02 and self._replays:
            return rng.choice(list(self._replays))
        return self._of(self.script.plan())

    def _public(self) -> bytes:
        return self._of(self.stewards.plan())

    def _of(self, plan: Plan) -> bytes:
        rng = self.rng
        kind = rng.random()
        plan.options.update(options_of(rng, [self.cast.text(name) for name in PATRONS], self.ledger.time))
        if kind < 0.1:
            mischief.spoil(rng, rng.choice(plan.messages))
        elif kind < 0.14:
            plan.options.update(mischief.odd_options(rng, self.ledger.time))
        elif kind < 0.16:
            plan.signers = [rng.choice(list(self.cast.actors)) for _ in plan.signers]
        raw = self._sign(plan)
        return mischief.spoil_bytes(rng, raw) if 0.16 <= kind < 0.19 else raw

    def _sign(self, plan: Plan) -> bytes:
        actors = [self.cast.actors[name] for name in plan.signers]
        try:
            return self.ledger.sign(*plan.messages, by=actors, **plan.options)
        except (ChainError, ValueError):
            # What has no amino JSON form is signed as it is.
            plan.options.pop("mode", None)
            return self.ledger.sign(*plan.messages, by=actors, **plan.options)

    def _note(self, block: Block) -> None:
        for raw, result in zip(block.txs, block.response.tx_results, strict=True):
            self.codes[result.codespace, result.code] += 1
            self._history.append(Past(block.height, raw, result.code, result.log))
            if self.rng.random() < 0.1:
                self._replays.append(raw)

        for event in block.response.events:
            self.told[event.type] += 1
            if event.type.endswith("Expired"):
                self.expired[event.type.rsplit(".", 1)[1]] += 1

    # Checks.

    def _check(self, height: int) -> None:
        self._require(not self.defects, "\n".join(self.defects))
        ctx, k = self.ledger.context(), self.ledger.app.keepers
        public = (k.staking, k.slashing, k.distribution, k.take, k.feeauction, k.bme, k.gov, k.grants)
        broken = [words for holder in (k.bank, *public) for words in holder.invariants(ctx)]
        self._require(not broken, "; ".join(broken))
        if height >= self._next_audit:
            records = self.check_all()
            # The work grows with the state; so does the pause, so that a long run stays linear.
            self._next_audit = height + 1 + records // self.records_a_block

    def check_all(self) -> int:
        """All invariants of the ledger, and a comparison of all records with the auditor's."""
        broken = violations(self.ledger.context(), self.ledger.app.keepers)
        self._require(not broken, "; ".join(broken))
        try:
            return self.auditor.compare()
        except AssertionError as error:
            raise Failure(self._story(str(error))) from error

    def _require(self, condition: bool, words: str) -> None:
        if not condition:
            raise Failure(self._story(words))

    def _story(self, words: str) -> str:
        """What went wrong, where, and the transactions that had to do with it."""
        height = self.ledger.next_height - 1
        named = re.findall(r"akash1[a-z0-9]+/\d+", words)
        lines = [f"seed {self.seed}, block {height}: {words}"]
        chosen = []
        for past in self._history:
            messages = _messages(past.raw)
            text = " ".join(re.sub(r"\s+", " ", f"{type(each).__name__}({each})") for each in messages)
            about = any(_mentions(text, *each.split("/")) for each in named)
            if past.height == height or about:
                chosen.append(f"  {past.height}: {past.code} {past.log[:120]} {text[:900]}")
        return "\n".join([*lines, *chosen[-STORY:]])


def _mentions(text: str, owner: str, dseq: str) -> bool:
    return f"{owner}/{dseq}" in text or (owner in text and f"dseq: {dseq} " in text)


def _messages(raw: bytes) -> list[Any]:
    try:
        return decode(raw).msgs
    except (ChainError, DecodeError):
        return []
