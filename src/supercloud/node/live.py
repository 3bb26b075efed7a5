"""What only the process that makes blocks can answer: it needs the state on top of the last block, or the trees."""

from __future__ import annotations

from typing import Protocol

from supercloud.chain.app import SupercloudApp
from supercloud.chain.baseapp import queries
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci


class Live(Protocol):
    """The state machine where it runs."""

    async def check_tx(self, raw: bytes) -> abci.ResponseCheckTx:
        """Judge a transaction without keeping it."""

    async def simulate(self, request: service_pb2.SimulateRequest) -> service_pb2.SimulateResponse:
        """Gas and result of a transaction that is not sent. Raises ChainError or Failed."""

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer an ABCI query."""


class Here:
    """The state machine in this process."""

    def __init__(self, app: SupercloudApp) -> None:
        self._app = app

    async def check_tx(self, raw: bytes) -> abci.ResponseCheckTx:
        """Judge a transaction without keeping it."""
        return self._app.check_tx(abci.RequestCheckTx(tx=raw))

    async def simulate(self, request: service_pb2.SimulateRequest) -> service_pb2.SimulateResponse:
        """Gas and result of a transaction that is not sent. Raises ChainError."""
        return queries.simulate(self._app, request)

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer an ABCI query."""
        return self._app.query(request)


def needs_live(request: abci.RequestQuery) -> bool:
    """Whether an ABCI query can not be answered out of a committed height alone."""
    if request.path == queries.SIMULATE_PATH or request.path.strip("/") == "app/simulate":
        return True
    return request.prove and request.path.strip("/").startswith("store/")
