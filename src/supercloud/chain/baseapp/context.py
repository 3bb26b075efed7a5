"""The context of one call into the state machine: which block, what it may change, what it costs.

A Context is handed down explicitly and never stored. It holds no reference cycles: with the garbage collector
frozen on the hot path, a cycle would be a leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from supercloud.chain.baseapp.attributes import attributes_of
from supercloud.chain.store.gas import GasMeter
from supercloud.types.address import Bech32, module_address

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.codec.tx import DecodedTx
    from supercloud.pb.tendermint.abci import types_pb2 as abci
    from supercloud.pb.tendermint.types import params_pb2

# Prices of a store access (the network's key-value gas schedule). A cache hit costs as much as a miss.
READ_FLAT = 1000
READ_PER_BYTE = 3
WRITE_FLAT = 2000
WRITE_PER_BYTE = 30
HAS_FLAT = 1000
DELETE_FLAT = 1000
NEXT_FLAT = 30


class Mode(IntEnum):
    """Why the state machine is being called."""

    CHECK = 0
    RECHECK = 1
    DELIVER = 2
    SIMULATE = 3
    QUERY = 4
    GENESIS = 5
    BLOCK = 6


@dataclass(frozen=True)
class Profile:
    """What differs between networks of one protocol. A value passed in, never a module global."""

    bech32_prefix: str = "akash"
    native_denom: str = "uakt"
    coin_type: int = 118
    authority_module: str = "gov"
    bech32: Bech32 = field(init=False, compare=False)
    authority: bytes = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bech32", Bech32(self.bech32_prefix))
        object.__setattr__(self, "authority", module_address(self.authority_module))


class Event(NamedTuple):
    """One ABCI event before it is written: its type and its attributes in order."""

    type: str
    attributes: Sequence[tuple[str, str]]


class BlockInfo:
    """The block a call belongs to. One object per block, shared by all its contexts."""

    __slots__ = (
        "app_hash", "chain_id", "consensus", "hash", "height", "misbehavior", "next_validators_hash", "proposer",
        "time", "votes",
    )  # fmt: skip

    def __init__(
        self, chain_id: str, height: int, time: int, proposer: bytes, consensus: params_pb2.ConsensusParams
    ) -> None:
        self.chain_id = chain_id
        self.height = height
        self.time = time
        self.proposer = proposer
        self.consensus = consensus
        self.hash = b""
        self.app_hash = b""
        self.next_validators_hash = b""
        self.votes: Sequence[abci.VoteInfo] = ()
        self.misbehavior: Sequence[abci.Misbehavior] = ()


class BranchLike(Protocol):
    """The part of a store branch that a context needs (chain/store/branch.py)."""

    def get(self, store: str, key: bytes) -> bytes | None:
        """Value under a key, or None."""

    def set(self, store: str, key: bytes, value: bytes) -> None:
        """Write a value."""

    def delete(self, store: str, key: bytes) -> None:
        """Remove a key; nothing happens when it is absent."""

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end in key order (end None: to the last)."""

    def mark(self) -> int:
        """A point to which `revert` can go back."""

    def revert(self, mark: int) -> None:
        """Undo every write since the mark."""


class KV:
    """One store of the branch, metered: gas follows the logical access, whatever a cache did."""

    __slots__ = ("_branch", "_gas", "_name")

    def __init__(self, branch: BranchLike, gas: GasMeter, name: str) -> None:
        self._branch = branch
        self._gas = gas
        self._name = name

    def get(self, key: bytes) -> bytes | None:
        """Value under the key, or None."""
        value = self._branch.get(self._name, key)
        size = len(key) if value is None else len(key) + len(value)
        self._gas.consume(READ_FLAT + READ_PER_BYTE * size, "ReadPerByte")
        return value

    def has(self, key: bytes) -> bool:
        """Whether the key is present."""
        self._gas.consume(HAS_FLAT, "Has")
        return self._branch.get(self._name, key) is not None

    def set(self, key: bytes, value: bytes) -> None:
        """Write a value, which must not be empty: existence proofs have no form for that."""
        self._gas.consume(WRITE_FLAT + WRITE_PER_BYTE * (len(key) + len(value)), "WriteFlat")
        self._branch.set(self._name, key, value)

    def delete(self, key: bytes) -> None:
        """Remove the key if present."""
        self._gas.consume(DELETE_FLAT, "Delete")
        self._branch.delete(self._name, key)

    def range(self, start: bytes, end: bytes | None, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end, in key order or reversed; charged as they are taken."""
        consume = self._gas.consume
        for key, value in self._branch.range(self._name, start, end, reverse):
            consume(NEXT_FLAT + READ_PER_BYTE * (len(key) + len(value)), "IterNextFlat")
            yield key, value

    def prefix(self, prefix: bytes, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs whose key begins with the prefix."""
        return self.range(prefix, prefix_end(prefix), reverse)


def prefix_end(prefix: bytes) -> bytes | None:
    """First key after every key that begins with the prefix; None when there is none."""
    stripped = prefix.rstrip(b"\xff")
    if not stripped:
        return None
    return stripped[:-1] + bytes((stripped[-1] + 1,))


class Context:
    """Everything a handler may know and change. Verbs of keepers take it first."""

    __slots__ = (
        "_kvs", "authority", "bech32", "block", "branch", "chain_id", "depth", "events", "gas", "height",
        "mode", "priority", "profile", "proposer", "time", "tx",
    )  # fmt: skip

    def __init__(
        self,
        block: BlockInfo,
        branch: BranchLike,
        gas: GasMeter,
        mode: Mode,
        profile: Profile,
        tx: DecodedTx | None = None,
    ) -> None:
        self.block = block
        self.chain_id = block.chain_id
        self.height = block.height
        self.time = block.time
        self.proposer = block.proposer
        self.branch = branch
        self.gas = gas
        self.events: list[Event] = []
        self.mode = mode
        self.profile = profile
        self.bech32 = profile.bech32
        self.authority = profile.authority
        self.tx = tx
        # How many messages deep the current one is nested (MsgExec in MsgExec ...).
        self.depth = 0
        # What the ante found the fee worth, for mempools that order by it.
        self.priority = 0
        self._kvs: dict[str, KV] = {}

    def kv(self, name: str) -> KV:
        """The named store."""
        kv = self._kvs.get(name)
        if kv is None:
            kv = self._kvs[name] = KV(self.branch, self.gas, name)
        return kv

    def emit(self, event: Event) -> None:
        """Append an event to this call's list."""
        self.events.append(event)

    def emit_typed(self, message: Message) -> None:
        """Emit a message as an event: its full name is the type, each field a JSON attribute."""
        self.events.append(Event(message.DESCRIPTOR.full_name, attributes_of(message)))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo writes and events made inside when it raises, then raise on. Gas stays spent."""
        mark = self.branch.mark()
        events = len(self.events)
        try:
            yield
        except BaseException:
            self.branch.revert(mark)
            del self.events[events:]
            raise
