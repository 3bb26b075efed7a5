"""One transaction through the state machine: decode, check, ante, messages, result.

The order is consensus. Ante effects (fee, sequence) stay when messages fail; messages are all or nothing; gas
is never given back. An exception that is no ChainError is a defect met by a transaction: it fails with
undefined/111222 and leaves no trace of its messages. Errors of the machine itself (memory, disk) stop the
node, because another node would not have them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from google.protobuf.any_pb2 import Any

from supercloud.chain.baseapp.context import Context, Event, Mode, Profile
from supercloud.chain.store.gas import GasMeter
from supercloud.pb.cosmos.base.abci.v1beta1.abci_pb2 import TxMsgData
from supercloud.types.errors import ChainError, InvalidRequest, OutOfGas

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import BlockInfo, BranchLike
    from supercloud.chain.baseapp.router import MessageRoute, Router
    from supercloud.codec.tx import DecodedTx

GAS_UNLIMITED = 2**64 - 1
PANIC_CODE = 111222
DECODED_KEPT_MAX = 10_000
"""Transactions accepted by CheckTx and kept decoded until their block; the oldest is dropped first."""
DECODED_BYTES_MAX = 4096
"""A larger transaction is decoded again."""
SIMULATION_GAS_MAX = 300_000_000

_MACHINE_ERRORS = (MemoryError, OSError)

Ante = Callable[[Context, "DecodedTx"], None]


class Failure(NamedTuple):
    """Why a transaction failed, as results carry it."""

    codespace: str
    code: int
    log: str


class Outcome:
    """What became of a transaction."""

    __slots__ = ("data", "events", "failure", "gas_used", "gas_wanted", "priority", "responses")

    def __init__(self) -> None:
        self.failure: Failure | None = None
        self.gas_wanted = 0
        self.gas_used = 0
        self.data = b""
        self.events: Sequence[Event] = ()
        self.responses: list[Message] = []
        self.priority = 0

    def fail(self, error: ChainError, prefix: str = "") -> Outcome:
        """Record a refusal."""
        self.failure = Failure(error.codespace, error.code, prefix + str(error))
        return self


class Executor:
    """Runs transactions on a branch. Holds no chain state, only what was decoded and may be decoded again."""

    def __init__(
        self,
        router: Router,
        decode: Callable[[bytes], DecodedTx],
        ante: Ante,
        profile: Profile,
        on_defect: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._router = router
        self._decode = decode
        self._ante = ante
        self._profile = profile
        self._on_defect = on_defect
        self._decoded: dict[bytes, DecodedTx] = {}

    def decode(self, raw: bytes) -> DecodedTx:
        """A transaction to look at, not to execute; sdk 2 when it is malformed."""
        return self._decoded.get(raw) or self._decode(raw)

    def run(self, block: BlockInfo, branch: BranchLike, raw: bytes, mode: Mode) -> Outcome:
        """Run a transaction. On failure the branch keeps at most the ante's effects."""
        outcome = Outcome()
        try:
            tx = self._take(raw, mode)
            ctx = Context(block, branch, _meter(tx, mode, block), mode, self._profile, tx)
            routes = self._validated(ctx, tx)
        except ChainError as error:
            return outcome.fail(error)
        except _MACHINE_ERRORS:
            raise
        except Exception as error:
            return self._defect(outcome, error)
        self._run(ctx, routes, outcome)
        if mode is Mode.CHECK and outcome.failure is None and len(raw) <= DECODED_BYTES_MAX:
            self._keep(raw, tx)
        return outcome

    def _take(self, raw: bytes, mode: Mode) -> DecodedTx:
        # Handlers may keep parts of a message, so a decoded transaction is executed once at most.
        if mode is Mode.DELIVER:
            return self._decoded.pop(raw, None) or self._decode(raw)
        if mode is Mode.RECHECK:
            return self._decoded.get(raw) or self._decode(raw)
        return self._decode(raw)

    def _keep(self, raw: bytes, tx: DecodedTx) -> None:
        if len(self._decoded) >= DECODED_KEPT_MAX:
            del self._decoded[next(iter(self._decoded))]
        self._decoded[raw] = tx

    def _validated(self, ctx: Context, tx: DecodedTx) -> list[MessageRoute]:
        messages = tx.msgs
        if not messages:
            raise InvalidRequest("must contain at least one message")
        routes = [self._router.route(message) for message in messages]
        # Stateless checks give the same answer again; what passed CheckTx has passed.
        if ctx.mode is not Mode.RECHECK and not tx.validated:
            for route, message in zip(routes, messages, strict=True):
                route.validate(ctx, message)
            tx.validated = True
        return routes

    def _run(self, ctx: Context, routes: list[MessageRoute], outcome: Outcome) -> None:
        tx = ctx.tx
        assert tx is not None
        gas = ctx.gas
        branch = ctx.branch
        outcome.gas_wanted = GAS_UNLIMITED if ctx.mode is Mode.SIMULATE else gas.limit
        mark = branch.mark()
        try:
            self._ante(ctx, tx)
            mark = branch.mark()
            outcome.priority = ctx.priority
            outcome.events = ctx.events
            if ctx.mode is Mode.DELIVER or ctx.mode is Mode.SIMULATE:
                ante_events = ctx.events
                ctx.events = []
                events = self._messages(ctx, tx, routes, outcome)
                outcome.events = [*ante_events, *events]
        except ChainError as error:
            branch.revert(mark)
            if outcome.failure is None:
                outcome.fail(error)
        except _MACHINE_ERRORS:
            raise
        except Exception as error:
            branch.revert(mark)
            self._defect(outcome, error)
        outcome.gas_used = gas.used

    def _messages(
        self, ctx: Context, tx: DecodedTx, routes: list[MessageRoute], outcome: Outcome
    ) -> list[Event]:
        events: list[Event] = []
        responses: list[Any] = []
        gas = ctx.gas
        for index, (route, message) in enumerate(zip(routes, tx.msgs, strict=True)):
            try:
                response = route.handler(ctx, message)
            except OutOfGas:
                raise
            except ChainError as error:
                outcome.fail(error, f"failed to execute message; message index: {index}: ")
                raise
            # A handler that swallowed the refusal of the meter must not get away with it.
            if gas.used > gas.limit:
                raise out_of_gas("message", gas)
            number = ("msg_index", str(index))
            events.append(Event("message", [*message_attributes(route, message, ctx.events), number]))
            events.extend(Event(kind, [*attributes, number]) for kind, attributes in ctx.events)
            ctx.events = []
            outcome.responses.append(response)
            responses.append(pack_response(response))
        outcome.data = TxMsgData(msg_responses=responses).SerializeToString(deterministic=True)
        return events

    def _defect(self, outcome: Outcome, error: Exception) -> Outcome:
        if self._on_defect is not None:
            self._on_defect(error)
        outcome.failure = Failure("undefined", PANIC_CODE, f"{type(error).__name__}: {error}: panic")
        outcome.data = b""
        return outcome


def _meter(tx: DecodedTx, mode: Mode, block: BlockInfo) -> GasMeter:
    if mode is Mode.SIMULATE:
        return GasMeter(SIMULATION_GAS_MAX)
    if block.height == 0:
        # Founders' transactions: nobody else can be kept waiting by them.
        return GasMeter(GAS_UNLIMITED)
    return GasMeter(tx.auth_info.fee.gas_limit)


def out_of_gas(location: str, gas: GasMeter) -> ChainError:
    """The refusal of a meter, in the words that clients parse."""
    return OutOfGas(f"out of gas in location: {location}; gasWanted: {gas.limit}, gasUsed: {gas.used}")


def message_attributes(
    route: MessageRoute, message: Message, events: Sequence[Event]
) -> list[tuple[str, str]]:
    """Attributes of the `message` event that stands before a message's own events."""
    attributes = [("action", route.type_url)]
    signers = route.signers(message)
    if signers:
        attributes.append(("sender", signers[0]))
    if route.module and not any(key == "module" for event in events for key, _ in event.attributes):
        attributes.append(("module", route.module))
    return attributes


def pack_response(response: Message) -> Any:
    """A handler's answer as transaction results carry it."""
    return Any(
        type_url="/" + response.DESCRIPTOR.full_name, value=response.SerializeToString(deterministic=True)
    )
