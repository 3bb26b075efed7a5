"""A node without a network: the state machine in memory behind the interface of `sdk.rpc.RpcClient`.

Blocks are made when somebody looks for a transaction, so that nothing has to be waited for. `silent` makes the next
deliveries fail as a node that dies does: before it has read the transaction, or after.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.sdk.client import Client
from supercloud.sdk.errors import TemporaryError
from supercloud.sdk.rpc import RpcError
from supercloud.testing.ledger import CHAIN_ID, Ledger


class MemoryNode:
    """Stands for one node's RPC."""

    url = "memory"

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.pending: list[bytes] = []
        self.seen: set[bytes] = set()
        self.found: dict[str, dict[str, Any]] = {}
        self.silent: list[str] = []
        self.deaf = 0
        self.delivered: list[bytes] = []
        self.stands_still = False

    async def close(self) -> None:
        pass

    async def call(self, method: str, **params: Any) -> Any:
        answer = getattr(self, f"_{method}")(**params)
        return answer

    def block(self) -> None:
        """Make the next block."""
        txs, self.pending = self.pending, []
        height = self.ledger.next_height
        response = self.ledger.block(*txs)
        for raw, outcome in zip(txs, response.tx_results, strict=True):
            self._remember(raw, height, outcome)

    def _remember(self, raw: bytes, height: int, outcome: abci.ExecTxResult) -> None:
        hash_ = hashlib.sha256(raw).hexdigest().upper()
        events = [
            {"type": e.type, "attributes": [{"key": a.key, "value": a.value} for a in e.attributes]}
            for e in outcome.events
        ]
        self.found[hash_] = {
            "hash": hash_,
            "height": str(height),
            "tx_result": {
                "code": outcome.code,
                "codespace": outcome.codespace,
                "log": outcome.log,
                "gas_wanted": str(outcome.gas_wanted),
                "gas_used": str(outcome.gas_used),
                "data": base64.b64encode(outcome.data).decode(),
                "events": events,
            },
        }

    def _broadcast_tx_sync(self, tx: str) -> Any:
        raw = base64.b64decode(tx)
        how = self.silent.pop(0) if self.silent else ""
        if how == "before":
            raise TemporaryError("connection refused")
        self.delivered.append(raw)
        if raw in self.seen:
            raise RpcError("broadcast_tx_sync", -32603, "Internal error", "tx already exists in cache")
        checked = self.ledger.check(raw)
        if checked.code == 0:
            self.seen.add(raw)
            self.pending.append(raw)
        if how == "after":
            raise TemporaryError("connection reset")
        return {
            "hash": hashlib.sha256(raw).hexdigest().upper(),
            "code": checked.code,
            "codespace": checked.codespace,
            "log": checked.log,
        }

    def _tx_search(self, query: str, page: str, per_page: str) -> Any:
        if self.deaf:
            self.deaf -= 1
            raise TemporaryError("connection refused")
        hash_ = query.removeprefix("tx.hash='").removesuffix("'")
        if self.pending and not self.stands_still:
            self.block()
        return {"txs": [self.found[hash_]] if hash_ in self.found else []}

    def _abci_query(self, path: str, data: str, height: str, prove: bool) -> Any:
        request = abci.RequestQuery(path=path, data=bytes.fromhex(data), height=int(height))
        answer = self.ledger.app.query(request)
        return {
            "response": {
                "code": answer.code,
                "codespace": answer.codespace,
                "log": answer.log,
                "value": base64.b64encode(answer.value).decode(),
            }
        }

    def _status(self) -> Any:
        return {
            "node_info": {"network": CHAIN_ID},
            "sync_info": {"latest_block_height": str(self.ledger.next_height - 1)},
        }


def client_of(node: MemoryNode) -> Client:
    """A client of that node."""
    rpc: Any = node
    return Client(rpc, CHAIN_ID, node.ledger.profile.bech32)
