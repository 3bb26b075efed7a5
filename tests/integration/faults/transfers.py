"""Transfers under which nodes die, and what has to be true of them afterwards."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from pathlib import Path

import aiohttp
from chain_client import ALICE, Rpc, transfer

from supercloud.node.engine import block as blocks
from supercloud.node.engine.state import EngineState
from supercloud.node.server import export_genesis
from supercloud.node.storage.blockstore import BlockStore
from supercloud.pb.tendermint.types import block_pb2
from supercloud.types.address import Bech32

BURST = 20
FEE = 5000


class Load:
    """Transfers in bursts, and what the node said about them."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.committed: dict[str, str] = {}
        self.app_hashes: dict[str, str] = {}

    async def run(self) -> None:
        """Burst upon burst, until the node is gone."""
        with contextlib.suppress(aiohttp.ClientError, LookupError):
            while True:
                await self.burst()

    async def burst(self) -> None:
        """Some transfers at once, until the node has reported every one of them committed."""
        sequence = await self.rpc.sequence()
        sent = [transfer(1, sequence + offset) for offset in range(BURST)]
        for raw in sent:
            assert (await self.rpc.send(raw))["code"] == 0
        found = await self.rpc.committed(sent[-1])
        for raw in sent:
            answer = await self.rpc.call("tx", hash=_name(raw), prove=False)
            assert answer["tx_result"]["code"] == 0
            self.committed[_name(raw)] = answer["height"]
        header = (await self.rpc.call("header", height=found["height"]))["header"]
        self.app_hashes[found["height"]] = header["app_hash"]

    async def check(self, latest: int = 0) -> None:
        """What was ever reported is still so, at the same height, with the same app hash; the `latest` of it, 0: all."""
        for hash_, height in list(self.committed.items())[-latest:]:
            assert (await self.rpc.call("tx", hash=hash_, prove=False))["height"] == height
        for height, app_hash in list(self.app_hashes.items())[-latest:]:
            assert (await self.rpc.call("header", height=height))["header"]["app_hash"] == app_hash


def _name(raw: bytes) -> str:
    return base64.b64encode(hashlib.sha256(raw).digest()).decode()


def alices(home: Path) -> int:
    """What alice holds in a home whose node is stopped, in uakt."""
    document = export_genesis(home)
    address = Bech32("akash").text(ALICE.address)
    balances = {entry["address"]: entry["coins"] for entry in document["app_state"]["bank"]["balances"]}
    return int(next(coin["amount"] for coin in balances[address] if coin["denom"] == "uakt"))


def follow(home: Path) -> int:
    """Each block follows the one before it and carries the app hash of the state that one left."""
    store = BlockStore(home / "data" / "blocks")
    try:
        for height in range(2, store.height + 1):
            before = EngineState.from_bytes(store.state(height - 1) or b"")
            header = block_pb2.Block.FromString(store.block(height) or b"").header
            assert header.app_hash == before.app_hash
            assert blocks.BlockID.from_pb(header.last_block_id) == before.block_id
        return store.height
    finally:
        store.close()
