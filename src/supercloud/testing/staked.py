"""A chain with validators, in memory and without transactions: messages go to the modules as they are.

    chain = StakedChain(powers=(10, 20, 30))
    chain.send(MsgDelegate(...))
    chain.block(absent=[chain.validators[0]])

One block is always open: `send` executes in it, `block` ends it and begins the next one. The validators' votes follow
the updates that the modules return, as CometBFT lets them: two blocks later.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from supercloud.chain.app import (
    BEGIN_ORDER,
    END_ORDER,
    GENESIS_ORDER,
    Founder,
    default_genesis,
    make_keepers,
    make_modules,
    register_routes,
    violations,
)
from supercloud.chain.baseapp.context import BlockInfo, Context, Event, Mode, Profile
from supercloud.chain.baseapp.router import Router
from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.store.branch import Branch
from supercloud.chain.store.gas import GasMeter
from supercloud.crypto import ed25519
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2
from supercloud.pb.tendermint.types.validator_pb2 import BLOCK_ID_FLAG_ABSENT, BLOCK_ID_FLAG_COMMIT
from supercloud.types.coin import Coin, parse_coins

if TYPE_CHECKING:
    from google.protobuf.message import Message

CHAIN_ID = "staked-1"
GENESIS_TIME = 1_800_000_000 * 10**9
SECOND = 10**9
UNIT = 1_000_000
"""One unit of voting power in the bond denom."""
PURSE = 10**15


class ValidatorKeys(NamedTuple):
    """A validator as its tests know it."""

    name: str
    operator: bytes
    text: str
    account: str
    public_key: bytes
    consensus: bytes


class StakedChain:
    """The modules of a network whose validators have these voting powers."""

    def __init__(
        self,
        powers: Sequence[int] = (10, 20, 30),
        *,
        genesis: Mapping[str, Any] | None = None,
        people: Sequence[str] = ("alice", "bob", "carol"),
        block_s: int = 5,
    ) -> None:
        self.profile = Profile()
        self.bech32 = self.profile.bech32
        self.router = Router()
        self.k = make_keepers(self.router)
        register_routes(self.router, self.k)
        self.modules = make_modules(self.k)
        self.block_ns = block_s * SECOND
        self.validators = [self.keys_of(f"v{number}") for number in range(len(powers))]
        self.people = {name: person(name) for name in people}
        purse = {address: {"uakt": PURSE, "uusdc": PURSE} for address in self.people.values()}
        founders = [
            Founder(keys.operator, keys.public_key, power * UNIT, keys.name)
            for keys, power in zip(self.validators, powers, strict=True)
        ]
        document = default_genesis(self.profile, purse, founders)
        for name, change in (genesis or {}).items():
            document[name] = _merged(document[name], change)
        self.load(document)

    # --- Names

    def keys_of(self, name: str) -> ValidatorKeys:
        """A validator's addresses and key, made from its name."""
        key = ed25519.PrivateKey(hashlib.sha256(f"consensus {name}".encode()).digest()).public_key
        operator = person(name)
        return ValidatorKeys(
            name,
            operator,
            self.bech32.valoper(operator),
            self.bech32.text(operator),
            key,
            ed25519.address(key),
        )

    def text(self, name: str) -> str:
        """Address of somebody."""
        return self.bech32.text(person(name))

    # --- Blocks

    def load(self, document: dict[str, Any], height: int = 0) -> None:
        """Begin with a genesis document."""
        self.branch = Branch(MemoryBackend())
        self.height, self.time = height, GENESIS_TIME
        self.events: list[Event] = []
        ctx = self.ctx(Mode.GENESIS)
        chosen: list[abci.ValidatorUpdate] = []
        for name in GENESIS_ORDER:
            if name != "consensus":
                chosen.extend(self.modules[name].init(ctx, copy.deepcopy(document[name])) or ())
        current = {update.pub_key.ed25519: update.power for update in chosen}
        # Who decided the last block, who decides this one, who decides the next one.
        self.deciding = [{}, current, current] if height == 0 else [current, current, current]
        self.updates: list[abci.ValidatorUpdate] = chosen
        self._begin((), ())

    def export(self) -> dict[str, Any]:
        """The genesis document of the current state, through JSON as a file would carry it."""
        ctx = self.ctx(Mode.QUERY)
        documents = {name: self.modules[name].export(ctx) for name in GENESIS_ORDER if name != "consensus"}
        return dict(json.loads(json.dumps(documents)))

    def ctx(self, mode: Mode = Mode.DELIVER) -> Context:
        """A context of the open block."""
        params = params_pb2.ConsensusParams()
        params.validator.pub_key_types.append("ed25519")
        params.evidence.max_age_num_blocks = 100
        params.evidence.max_age_duration.seconds = 1000
        block = BlockInfo(CHAIN_ID, self.height, self.time, self.validators[0].consensus, params)
        return Context(block, self.branch, GasMeter(), mode, self.profile)

    def block(
        self,
        count: int = 1,
        *,
        absent: Iterable[ValidatorKeys] = (),
        proofs: Sequence[abci.Misbehavior] = (),
        seconds: int | None = None,
    ) -> list[Event]:
        """End the open block and begin the next; returns the events of both ends."""
        for _ in range(count):
            ctx = self.ctx(Mode.BLOCK)
            self.updates = []
            for name in END_ORDER:
                end = self.modules[name].end_block
                if end is not None:
                    self.updates.extend(end(ctx) or ())
            later = dict(self.deciding[2])
            for update in self.updates:
                later[update.pub_key.ed25519] = update.power
            after = {key: power for key, power in later.items() if power}
            self.deciding = [self.deciding[1], self.deciding[2], after]
            self.time += self.block_ns if seconds is None else seconds * SECOND
            self.events = [*ctx.events, *self._begin(absent, proofs)]
        return self.events

    def _begin(self, absent: Iterable[ValidatorKeys], proofs: Sequence[abci.Misbehavior]) -> list[Event]:
        self.height += 1
        ctx = self.ctx(Mode.BLOCK)
        missing = {keys.public_key for keys in absent}
        ctx.block.votes = [
            abci.VoteInfo(
                validator=abci.Validator(address=ed25519.address(key), power=power),
                block_id_flag=BLOCK_ID_FLAG_ABSENT if key in missing else BLOCK_ID_FLAG_COMMIT,
            )
            for key, power in sorted(self.deciding[0].items(), key=lambda entry: (-entry[1], entry[0]))
        ]
        ctx.block.misbehavior = proofs
        for name in BEGIN_ORDER:
            before = self.modules[name].pre_block
            if before is not None:
                before(ctx)
        for name in BEGIN_ORDER:
            begin = self.modules[name].begin_block
            if begin is not None:
                begin(ctx)
        return ctx.events

    # --- Doing

    def send(self, *messages: Message) -> list[Event]:
        """Execute messages as one transaction; returns its events."""
        ctx = self.ctx()
        with ctx.attempt():
            for message in messages:
                self.router.invoke(ctx, message)
        return ctx.events

    def query(self, path: str, request: Message) -> Any:
        """Answer a query; `path` is `/package.Service/Method`."""
        before = self.branch.mark()
        answer = self.router.query_handlers[path].handler(self.ctx(Mode.QUERY), request)
        if self.branch.mark() != before:
            raise AssertionError(f"{path} writes")
        return answer

    def pay_fees(self, text: str, payer: str = "alice") -> None:
        """Let somebody pay fees that the next block shares out."""
        self.k.bank.send_to_module(self.ctx(), person(payer), "fee_collector", parse_coins(text))

    def balance(self, address: bytes, denom: str = "uakt") -> int:
        """What somebody holds."""
        return self.k.bank.balance(self.ctx(), address, denom)

    def give(self, name: str, amount: int) -> None:
        """Coins for somebody, out of alice's."""
        self.k.bank.send(self.ctx(), person("alice"), person(name), [Coin("uakt", amount)])

    def violations(self) -> list[str]:
        """Everything that must hold and does not."""
        return violations(self.ctx(Mode.QUERY), self.k)


def person(name: str) -> bytes:
    """Somebody's address, made from the name."""
    return hashlib.sha256(f"account {name}".encode()).digest()[:20]


def attributes(events: Iterable[Event], kind: str) -> list[dict[str, str]]:
    """Attributes of all events of a kind."""
    return [dict(event.attributes) for event in events if event.type == kind]


def _merged(target: Any, change: Any) -> Any:
    if not isinstance(target, dict) or not isinstance(change, Mapping):
        return change
    return {**target, **{name: _merged(target.get(name), value) for name, value in change.items()}}
