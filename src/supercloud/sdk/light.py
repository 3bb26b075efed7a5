"""A light client: answers of a node nobody has to trust, checked against the hash of one block that somebody does.

    client = await LightClient.begin(rpc, trusted_height, trusted_hash)
    balance = await client.balance(address, "uakt")       proven, or NotVerified

Headers are verified from the trusted one on, by bisection where the validators changed too much in between. The state
of a height is committed in the header of the next one, so what is read is one block older than the newest header.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from google.protobuf.message import DecodeError, Message

from supercloud.pb.akash.escrow.types.v1 import account_pb2
from supercloud.pb.akash.market.v1 import lease_pb2
from supercloud.pb.tendermint.crypto import proof_pb2
from supercloud.sdk import ics23
from supercloud.sdk.errors import QueryError
from supercloud.sdk.headers import NotVerified, SignedHeader, TooFar, check_itself, check_next, read_signed
from supercloud.sdk.rpc import RpcClient
from supercloud.types.ids import BidID

TRUST_PERIOD_S: Final = 14 * 86400
"""Two thirds of the three weeks that stake stays bonded after it is withdrawn."""
CLOCK_DRIFT_S: Final = 10
VALIDATORS_PER_PAGE: Final = 100
VALIDATORS_MAX: Final = 10_000
STATES: Final = (1, 2, 3)
"""States of leases and escrow accounts; each is part of the key that a record lies under."""

_S: Final = 10**9
Record = TypeVar("Record", bound=Message)


class Proven(NamedTuple):
    """A value, or None for a proven absence, and the height of the state it is from."""

    value: Any
    height: int


class LightClient:
    """Verifies one chain through one node. `trusted` is the newest verified header."""

    def __init__(
        self,
        rpc: RpcClient,
        trusted: SignedHeader,
        *,
        period_s: int = TRUST_PERIOD_S,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.rpc = rpc
        self.trusted = trusted
        self._period_ns = period_s * _S
        self._clock_ns = clock_ns

    @classmethod
    async def begin(cls, rpc: RpcClient, height: int, hash: bytes, **more: Any) -> LightClient:
        """Start from the block that has this hash. Raises NotVerified, TemporaryError."""
        found = await fetch(rpc, height)
        if found.hash != hash or found.height != height:
            raise NotVerified(f"block {height} has the hash {found.hash.hex()}, not the trusted {hash.hex()}")
        check_itself(found, found.header.chain_id)
        return cls(rpc, found, **more)

    async def advance(self, height: int = 0) -> SignedHeader:
        """Verify the header of a height (0: the node's newest), which becomes the trusted one. Raises NotVerified."""
        target = await fetch(self.rpc, height)
        if height and target.height != height:
            raise NotVerified(f"the node sends header {target.height} for {height}")
        if target.height == self.trusted.height and target.hash == self.trusted.hash:
            return self.trusted
        waiting = [target]
        while waiting:
            candidate = waiting[-1]
            try:
                check_next(self.trusted, candidate, self._clock_ns(), self._period_ns, CLOCK_DRIFT_S * _S)
            except TooFar:
                middle = (self.trusted.height + candidate.height) // 2
                between = await fetch(self.rpc, middle)
                if between.height != middle:
                    raise NotVerified(f"the node sends header {between.height} for {middle}") from None
                waiting.append(between)
                continue
            self.trusted = waiting.pop()
        return self.trusted

    async def agrees(self, other: RpcClient) -> bool:
        """Whether another node has the same block at the trusted height. Raises SdkError when it does not answer."""
        return (await fetch(other, self.trusted.height)).hash == self.trusted.hash

    # --- State

    async def value(self, store: str, key: bytes) -> Proven:
        """What a store has under a key, as of the block before the trusted one. Raises NotVerified, QueryError."""
        height = self.trusted.height - 1
        path = f"/store/{store}/key"
        result = await self.rpc.call("abci_query", path=path, data=key.hex(), height=str(height), prove=True)
        response = result["response"]
        if response.get("code"):
            raise QueryError(
                path, int(response["code"]), response.get("codespace", ""), response.get("log", "")
            )
        value = base64.b64decode(response.get("value") or "") or None
        ops = proof_pb2.ProofOps()
        for op in (response.get("proofOps") or {}).get("ops") or ():
            ops.ops.add(
                type=op["type"],
                key=base64.b64decode(op["key"] or ""),
                data=base64.b64decode(op["data"] or ""),
            )
        ics23.verify(ops, self.trusted.header.app_hash, store, key, value)
        return Proven(value, height)

    async def balance(self, address: bytes, denom: str) -> Proven:
        """What an account has of a denom."""
        found = await self.value("bank", b"\x02" + bytes((len(address),)) + address + denom.encode())
        return Proven(int(found.value or 0), found.height)

    async def lease(self, lease: BidID) -> Proven:
        """A lease, or None."""
        key = b"".join(
            (
                _address(lease.owner),
                lease.dseq.to_bytes(8, "big"),
                lease.gseq.to_bytes(4, "big"),
                lease.oseq.to_bytes(4, "big"),
                _address(lease.provider),
            )
        )
        return await self._in_any_state("market", lambda state: b"\x13" + state + key, lease_pb2.Lease)

    async def escrow(self, owner: str, dseq: int) -> Proven:
        """The escrow account of a deployment, or None; `owner` is an address as text."""
        text = f"deployment/{owner}/{dseq}".encode()
        return await self._in_any_state(
            "escrow", lambda state: b"\x11" + state + b"/" + text, account_pb2.AccountState
        )

    async def _in_any_state(self, store: str, key_of: Callable[[bytes], bytes], kind: type[Record]) -> Proven:
        """A record lies under exactly one of its states; for each the node has to prove that it does or does not."""
        height = self.trusted.height - 1
        for state in STATES:
            found = await self.value(store, key_of(bytes((state,))))
            if found.value is not None:
                try:
                    return Proven(kind.FromString(found.value), height)
                except DecodeError as error:
                    raise NotVerified(f"store {store} holds something else under this key") from error
        return Proven(None, height)


async def fetch(rpc: RpcClient, height: int = 0) -> SignedHeader:
    """A header (0: the newest) with its votes and validators, unverified. Raises NotVerified, TemporaryError."""
    answer = await rpc.call("commit", **({"height": str(height)} if height else {}))
    signed = answer["signed_header"]
    at = str(signed["header"]["height"])
    validators: list[Any] = []
    page = 1
    while True:
        found = await rpc.call("validators", height=at, page=str(page), per_page=str(VALIDATORS_PER_PAGE))
        validators += found["validators"]
        total = int(found["total"])
        if len(validators) >= total or not found["validators"]:
            break
        if total > VALIDATORS_MAX:
            raise NotVerified(f"the node names {total} validators")
        page += 1
    return read_signed(signed, validators)


def _address(raw: bytes) -> bytes:
    return bytes((len(raw),)) + raw
