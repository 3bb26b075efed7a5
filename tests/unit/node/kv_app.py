"""A real, tiny state machine behind the ABCI verbs: `key=value` transactions, app hash over the whole map.

Durable when given a file, so that tests can kill and restart what drives it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import ProgrammerError


class KvApp:
    """Transactions `k=v` set; `fail=...` fails in execution; what has no `=` is refused at admission."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.height = 0
        self.data: dict[str, str] = {}
        self.updates: dict[int, list[abci.ValidatorUpdate]] = {}
        self.requests: list[abci.RequestFinalizeBlock] = []
        self.pending: tuple[int, dict[str, str]] | None = None
        self.refuse: set[bytes] = set()
        if path is not None and path.exists():
            stored = json.loads(path.read_text())
            self.height, self.data = stored["height"], stored["data"]

    def app_hash(self, data: dict[str, str]) -> bytes:
        return sha256(json.dumps(data, sort_keys=True).encode()).digest()

    def info(self, request: abci.RequestInfo) -> abci.ResponseInfo:
        return abci.ResponseInfo(
            data="kv",
            last_block_height=self.height,
            last_block_app_hash=self.app_hash(self.data) if self.height else b"",
        )

    def init_chain(self, request: abci.RequestInitChain) -> abci.ResponseInitChain:
        self.initial = request.initial_height
        self.data = {}
        return abci.ResponseInitChain(app_hash=self.app_hash({}))

    def check_tx(self, request: abci.RequestCheckTx) -> abci.ResponseCheckTx:
        if b"=" not in request.tx or request.tx in self.refuse:
            return abci.ResponseCheckTx(code=2, codespace="kv", log="no key")
        return abci.ResponseCheckTx(gas_wanted=1)

    def prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        return abci.ResponsePrepareProposal(txs=request.txs)

    def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        if self.height and request.height != self.height + 1:
            raise ProgrammerError(f"height {request.height} after {self.height}")
        self.requests.append(request)
        data = dict(self.data)
        results = []
        for tx in request.txs:
            key, value = tx.decode().split("=", 1)
            if key == "fail":
                results.append(abci.ExecTxResult(code=5, codespace="kv", log="told to"))
                continue
            data[key] = value
            event = abci.Event(
                type="set",
                attributes=[
                    abci.EventAttribute(key="key", value=key, index=True),
                    abci.EventAttribute(key="value", value=value, index=True),
                ],
            )
            results.append(abci.ExecTxResult(data=tx, gas_wanted=10, gas_used=len(tx), events=[event]))
        self.pending = (request.height, data)
        height_event = abci.Event(
            type="tick", attributes=[abci.EventAttribute(key="n", value=str(request.height), index=True)]
        )
        return abci.ResponseFinalizeBlock(
            tx_results=results,
            events=[height_event],
            app_hash=self.app_hash(data),
            validator_updates=self.updates.get(request.height, ()),
        )

    def commit(self, request: abci.RequestCommit) -> abci.ResponseCommit:
        assert self.pending is not None
        self.height, self.data = self.pending
        self.pending = None
        if self.path is not None:
            self.path.write_text(json.dumps({"height": self.height, "data": self.data}))
        return abci.ResponseCommit()

    def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        if request.path != "/get":
            return abci.ResponseQuery(
                code=6, codespace="sdk", log="unknown query path: unknown request", height=self.height
            )
        value = self.data.get(request.data.decode(), "")
        return abci.ResponseQuery(key=request.data, value=value.encode(), height=self.height)
