"""Building, signing and following transactions: one sender for each key.

Order of a send: simulate, price, sign (SIGN_MODE_DIRECT), broadcast_tx_sync, wait until the transaction is in a block.
A sender keeps its own sequence, so that many sends may be under way; when the node disagrees (sdk code 32), which
happens when the same key was used elsewhere, it goes on with the one that the node expects: the account on the ledger
does not know yet what waits for a block.

A transaction is known by its hash before it leaves, and the same bytes are the same transaction however often they are
sent: where the node falls silent they are sent again, and who keeps them (`keep`) can find out after a crash with
`resume` what became of them, without doing anything twice.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from supercloud.pb.cosmos.base.abci.v1beta1 import abci_pb2
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.pb.cosmos.crypto.secp256k1 import keys_pb2
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2, tx_pb2
from supercloud.sdk.client import Client
from supercloud.sdk.errors import (
    PermanentError,
    QueryError,
    SdkError,
    TemporaryError,
    TxFailed,
    TxUncertain,
    WouldFail,
)
from supercloud.sdk.events import TypedEvent, typed_events
from supercloud.sdk.rpc import RpcError
from supercloud.types.coin import is_denom

WRONG_SEQUENCE = 32
MEMPOOL_FULL = 20
GAS_MARGIN = Fraction(13, 10)
RESENDS_MAX = 8
DELIVERIES_MAX = 5
DELIVERY_PAUSE_S = 0.5
COMMIT_TIMEOUT_S = 60.0
REDELIVER_S = 5.0
"""After this long without a block a transaction is handed over again: a node that was killed has lost what waited."""
ON_THE_WAY_MAX = 1000
"""Transactions whose bytes are remembered for that; the oldest are forgotten first."""
POLL_S = 0.05
POLL_S_MAX = 0.5
EXPECTED = re.compile(r"account sequence mismatch, expected ([0-9]{1,20}), got")
ALREADY_HERE = "tx already exists in cache"
"""What CometBFT's mempool says of bytes it has seen; they wait for a block or are in one."""
PRICE = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,18})?)([a-zA-Z].*)")


class Signer(Protocol):
    """A key that can sign for one account."""

    @property
    def public_key(self) -> Any:
        """Compressed secp256k1 public key; `.data` or `bytes()` gives its 33 bytes."""

    @property
    def address(self) -> bytes:
        """20 bytes."""

    def sign(self, message: bytes) -> bytes:
        """64-byte r||s signature over SHA-256 of `message`."""


class GasPrice(NamedTuple):
    """What one unit of gas costs."""

    amount: Fraction
    denom: str

    @classmethod
    def parse(cls, text: str) -> GasPrice:
        """From text such as `0.025uakt`."""
        match = PRICE.fullmatch(text)
        if match is None or not is_denom(match[2]):
            raise PermanentError(f"gas price {text[:80]!r}: expected a number and a denom, such as 0.025uakt")
        return cls(Fraction(match[1]), match[2])

    def fee(self, gas: int) -> coin_pb2.Coin:
        """The fee for `gas`, rounded up."""
        product = self.amount * gas
        return coin_pb2.Coin(denom=self.denom, amount=str(-(-product.numerator // product.denominator)))


class TxResult(NamedTuple):
    """How a transaction ended. `height` is 0 when it never reached a block; `data` is TxMsgData."""

    hash: str
    height: int
    code: int
    codespace: str
    log: str
    gas_wanted: int
    gas_used: int
    events: list[TypedEvent]
    raw_events: list[dict[str, Any]]
    data: bytes

    def responses(self) -> list[AnyMessage]:
        """One response for each message."""
        return list(abci_pb2.TxMsgData.FromString(self.data).msg_responses)


class Signed(NamedTuple):
    """A transaction ready to leave: `hash` names it for ever, `raw` is what travels."""

    hash: str
    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> Signed:
        """From its bytes."""
        return cls(hashlib.sha256(raw).hexdigest().upper(), raw)


class TxSender:
    """Sends transactions of one key, in order. `keep` is called with each before it leaves."""

    def __init__(
        self,
        client: Client,
        signer: Signer,
        gas_price: str = "0.0025uakt",
        keep: Callable[[Signed], None] | None = None,
    ) -> None:
        self.client = client
        self._keep = keep
        self.signer = signer
        self.address = signer.address
        self.gas_price = GasPrice.parse(gas_price)
        self._lock = asyncio.Lock()
        self._number: int | None = None
        self._sequence = 0
        self._on_the_way: dict[str, Signed] = {}

    @property
    def address_text(self) -> str:
        """The signer's address as the network writes it."""
        return self.client.bech32.text(self.address)

    async def send(self, messages: Sequence[Message], memo: str = "", gas: int | None = None) -> TxResult:
        """Send one transaction with these messages and wait for its block.

        Raises TxFailed with the network's answer, TemporaryError when it could not be delivered in time, TxUncertain
        when the node fell silent meanwhile.
        """
        tx_hash = await self.broadcast(messages, memo, gas)
        return await self.wait_committed(tx_hash)

    async def resume(self, signed: Signed) -> TxResult:
        """See a transaction through that left earlier, perhaps: hand it over if it is unknown, wait for its block.

        Raises TxFailed, TxUncertain, TemporaryError. Harmless for one that is in a block already.
        """
        if await self.client.tx(signed.hash) is None:
            with contextlib.suppress(_AlreadyHere):
                result = await self._deliver(signed)
                if result.code:
                    raise TxFailed(result)
        return await self.wait_committed(signed.hash)

    async def broadcast(self, messages: Sequence[Message], memo: str = "", gas: int | None = None) -> str:
        """Sign and hand over to the node's mempool; returns the hash. Raises TxFailed, TemporaryError, TxUncertain."""
        body = tx_pb2.TxBody(messages=[_any(message) for message in messages], memo=memo).SerializeToString()
        async with self._lock:
            said = ""
            for _ in range(RESENDS_MAX):
                await self._load_account()
                try:
                    signed = Signed.of(self._sign(body, gas or await self._estimate(body)))
                    if self._keep is not None:
                        self._keep(signed)
                    result = await self._deliver(signed)
                except _StaleSequence as stale:
                    self._resync(said := str(stale))
                    continue
                except _AlreadyHere:
                    # Another program sent the very same bytes: that one is its transaction, ours comes after it.
                    self._sequence += 1
                    said = "the same transaction was sent by another program"
                    continue
                if result.code == WRONG_SEQUENCE:
                    self._resync(said := result.log)
                    continue
                if result.code == MEMPOOL_FULL:
                    raise TemporaryError(f"the node's mempool is full: {result.log}")
                if result.code:
                    raise TxFailed(result)
                self._sequence += 1
                self._remember(signed)
                return result.hash
        raise TemporaryError(f"{self.address_text} is in use elsewhere at the same time: {said}")

    async def wait_committed(self, tx_hash: str, timeout_s: float = COMMIT_TIMEOUT_S) -> TxResult:
        """Wait until the transaction is in a block, handing it over again now and then if it was sent by this sender.

        Raises TxFailed, TemporaryError.
        """
        try:
            async with asyncio.timeout(timeout_s):
                found = await self._wait_found(tx_hash)
        except TimeoutError as error:
            self._number = None
            raise TemporaryError(
                f"transaction {tx_hash} was accepted but is in no block after {timeout_s:g} s"
            ) from error
        finally:
            self._on_the_way.pop(tx_hash, None)
        result = _committed(found)
        if result.code:
            raise TxFailed(result)
        return result

    def _remember(self, signed: Signed) -> None:
        self._on_the_way[signed.hash] = signed
        if len(self._on_the_way) > ON_THE_WAY_MAX:
            del self._on_the_way[next(iter(self._on_the_way))]

    async def _wait_found(self, tx_hash: str) -> dict[str, Any]:
        pause, loop = POLL_S, asyncio.get_running_loop()
        again_s, superseded = loop.time() + REDELIVER_S, 0
        while (found := await self._found(tx_hash)) is None:
            if loop.time() >= again_s and (signed := self._on_the_way.get(tx_hash)) is not None:
                # Asked twice: the first answer may be older than the index that is to tell of the block.
                superseded = superseded + 1 if await self._is_superseded(signed) else 0
                if superseded > 1:
                    raise TemporaryError(f"transaction {tx_hash} was lost and another one took its place")
                again_s = loop.time() + REDELIVER_S
            await asyncio.sleep(pause)
            pause = min(pause * 1.15, POLL_S_MAX)
        return found

    async def _is_superseded(self, signed: Signed) -> bool:
        """Hand over once more; whether a block has used its sequence, so that this one can not come any more.

        What the mempool expects is not enough: it is ahead of what is told of blocks, and may be lost as well.
        """
        try:
            result = await self._broadcast_raw(signed)
            account = await self.client.account(self.address) if result.code == WRONG_SEQUENCE else None
        except (SdkError, _AlreadyHere):
            return False
        return account is not None and account.sequence > _sequence_of(signed)

    async def _found(self, tx_hash: str) -> dict[str, Any] | None:
        """The committed transaction; None also while the node does not answer, which it may again."""
        with contextlib.suppress(TemporaryError):
            return await self.client.tx(tx_hash)
        return None

    async def simulate(self, messages: Sequence[Message]) -> int:
        """Gas that these messages would use now."""
        await self._load_account()
        body = tx_pb2.TxBody(messages=[_any(message) for message in messages]).SerializeToString()
        return await self._simulate(body)

    async def _load_account(self) -> None:
        if self._number is not None:
            return
        account = await self.client.account(self.address)
        if account is None:
            raise PermanentError(
                f"account {self.address_text} does not exist on {self.client.chain_id}: it has never received coins"
            )
        self._number, self._sequence = account.number, account.sequence

    def _resync(self, log: str) -> None:
        expected = EXPECTED.search(log)
        if expected:
            self._sequence = int(expected[1])
        else:
            self._number = None

    async def _estimate(self, body: bytes) -> int:
        used = await self._simulate(body) * GAS_MARGIN
        return -(-used.numerator // used.denominator)

    async def _simulate(self, body: bytes) -> int:
        raw = tx_pb2.TxRaw(body_bytes=body, auth_info_bytes=self._auth_info(0), signatures=[b""])
        request = service_pb2.SimulateRequest(tx_bytes=raw.SerializeToString())
        path = "/cosmos.tx.v1beta1.Service/Simulate"
        try:
            answer = await self.client.query(path, request, service_pb2.SimulateResponse)
        except QueryError as error:
            if "account sequence mismatch" in error.log:
                raise _StaleSequence(error.log) from error
            raise WouldFail(path, error.code, error.codespace, error.log) from error
        return int(answer.gas_info.gas_used)

    def _auth_info(self, gas: int) -> bytes:
        key = keys_pb2.PubKey(key=bytes(self.signer.public_key))
        info = tx_pb2.SignerInfo(public_key=_any(key), sequence=self._sequence)
        info.mode_info.single.mode = signing_pb2.SIGN_MODE_DIRECT
        fee = tx_pb2.Fee(
            gas_limit=gas, amount=[self.gas_price.fee(gas)] if gas and self.gas_price.amount else []
        )
        return tx_pb2.AuthInfo(signer_infos=[info], fee=fee).SerializeToString()

    def _sign(self, body: bytes, gas: int) -> bytes:
        auth_info = self._auth_info(gas)
        document = tx_pb2.SignDoc(
            body_bytes=body,
            auth_info_bytes=auth_info,
            chain_id=self.client.chain_id,
            account_number=self._number or 0,
        )
        signature = self.signer.sign(document.SerializeToString())
        return tx_pb2.TxRaw(
            body_bytes=body, auth_info_bytes=auth_info, signatures=[signature]
        ).SerializeToString()

    async def _deliver(self, signed: Signed) -> TxResult:
        """Hand over; the same bytes again while the node does not answer. Raises TxUncertain, _AlreadyHere."""
        silence: TemporaryError | None = None
        for _ in range(DELIVERIES_MAX):
            try:
                result = await self._broadcast_raw(signed)
            except TemporaryError as error:
                silence = error
                await asyncio.sleep(DELIVERY_PAUSE_S)
                continue
            except _AlreadyHere:
                if silence is None:
                    raise
                return _accepted(signed)  # The first delivery arrived.
            if silence and result.code == WRONG_SEQUENCE and await self._found(signed.hash):
                return _accepted(signed)  # The first delivery arrived, and is in a block by now.
            return result
        self._number = None
        raise TxUncertain(signed, silence)

    async def _broadcast_raw(self, signed: Signed) -> TxResult:
        try:
            answer = await self.client.rpc.call("broadcast_tx_sync", tx=base64.b64encode(signed.raw).decode())
        except RpcError as error:
            if ALREADY_HERE in error.data:
                raise _AlreadyHere from error
            raise PermanentError(f"the node refused the transaction: {error}") from error
        return _accepted(signed)._replace(
            code=int(answer.get("code") or 0),
            codespace=answer.get("codespace") or "",
            log=answer.get("log") or "",
        )


class _StaleSequence(Exception):
    """The node expects another sequence than we remember."""


class _AlreadyHere(Exception):
    """The node has these bytes already."""


def _sequence_of(signed: Signed) -> int:
    info = tx_pb2.AuthInfo.FromString(tx_pb2.TxRaw.FromString(signed.raw).auth_info_bytes)
    return int(info.signer_infos[0].sequence)


def _accepted(signed: Signed) -> TxResult:
    return TxResult(signed.hash, 0, 0, "", "", 0, 0, [], [], b"")


def _any(message: Message) -> AnyMessage:
    return AnyMessage(type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializeToString())


def _committed(found: dict[str, Any]) -> TxResult:
    outcome = found["tx_result"]
    return TxResult(
        hash=found["hash"],
        height=int(found["height"]),
        code=int(outcome.get("code") or 0),
        codespace=outcome.get("codespace") or "",
        log=outcome.get("log") or "",
        gas_wanted=int(outcome.get("gas_wanted") or 0),
        gas_used=int(outcome.get("gas_used") or 0),
        events=typed_events(outcome.get("events") or []),
        raw_events=outcome.get("events") or [],
        data=base64.b64decode(outcome.get("data") or ""),
    )
