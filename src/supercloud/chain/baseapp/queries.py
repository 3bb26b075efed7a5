"""The ABCI query verb: gRPC paths, raw store reads with proofs, simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from supercloud.chain.baseapp.attributes import compact_json
from supercloud.chain.baseapp.events import abci_events
from supercloud.chain.baseapp.execution import Outcome, pack_response
from supercloud.chain.baseapp.status import SimulationFailed, abci_failure
from supercloud.chain.store.backend import HeightUnavailable
from supercloud.codec.json import to_dict
from supercloud.pb.cosmos.base.abci.v1beta1 import abci_pb2
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import (
    ChainError,
    InternalError,
    InvalidArgument,
    InvalidHeight,
    InvalidRequest,
    NotFound,
    UnknownRequest,
)

if TYPE_CHECKING:
    from supercloud.chain.baseapp.application import BaseApp

SIMULATE_PATH = "/cosmos.tx.v1beta1.Service/Simulate"
BROADCAST_PATH = "/cosmos.tx.v1beta1.Service/BroadcastTx"
STORE_KEY_BYTES_MAX = 4096


def query(app: BaseApp, request: abci.RequestQuery) -> abci.ResponseQuery:
    """Answer a query; every failure is an answer too."""
    height = request.height or app.store.height
    try:
        response = _answer(app, request, height)
    except (ChainError, DecodeError, HeightUnavailable) as error:
        response = _refusal(error, height)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        response = _refusal(InternalError(f"{type(error).__name__}: {error}"), height)
    response.height = height
    return response


def _answer(app: BaseApp, request: abci.RequestQuery, height: int) -> abci.ResponseQuery:
    path = request.path
    if path == BROADCAST_PATH:
        return _plain(InvalidRequest("can't route a broadcast tx message"))
    if path == SIMULATE_PATH:
        simulation = service_pb2.SimulateRequest.FromString(request.data)
        return abci.ResponseQuery(value=simulate(app, simulation).SerializeToString(deterministic=True))
    route = app.router.query_handlers.get(path)
    if route is not None:
        refused = _height_refused(app, request, height)
        if refused is not None:
            return _plain(refused)
        answer = route.handler(app.query_context(height), route.request_type.FromString(request.data))
        return abci.ResponseQuery(value=answer.SerializeToString(deterministic=True))
    parts = path.strip("/").split("/")
    if parts[0] == "app":
        return _app_query(app, parts, request)
    if parts[0] == "store":
        return _store_query(app, parts, request, height)
    if parts[0] == "p2p" and len(parts) == 4 and parts[1] == "filter":
        return abci.ResponseQuery()
    return _plain(UnknownRequest("unknown query path"))


def _height_refused(app: BaseApp, request: abci.RequestQuery, height: int) -> ChainError | None:
    if height < 0:
        return InvalidRequest("cannot query with height < 0; please provide a valid height")
    if not app.store.height:
        return InvalidHeight("the node is not ready; please wait for first block")
    if height > app.store.height:
        return InvalidHeight("cannot query with height in the future; please provide a valid height")
    return None


def _app_query(app: BaseApp, parts: list[str], request: abci.RequestQuery) -> abci.ResponseQuery:
    kind = parts[1] if len(parts) > 1 else ""
    if kind == "version":
        return abci.ResponseQuery(codespace="sdk", value=app.version.encode())
    if kind == "simulate":
        outcome = app.simulate(request.data)
        if outcome.failure is not None:
            space, code, log = outcome.failure
            return abci.ResponseQuery(codespace=space, code=code, log=f"failed to simulate tx: {log}")
        answer = abci_pb2.SimulationResponse(gas_info=_gas_info(outcome), result=_result(outcome))
        return abci.ResponseQuery(codespace="sdk", value=compact_json(to_dict(answer)).encode())
    words = "expected second parameter to be either 'simulate' or 'version', neither was present"
    return _plain(UnknownRequest(f"unknown query: {parts}" if kind else words))


def _store_query(
    app: BaseApp, parts: list[str], request: abci.RequestQuery, height: int
) -> abci.ResponseQuery:
    if len(parts) != 3 or parts[2] != "key" or parts[1] not in app.store.names:
        return _plain(UnknownRequest(f"no such store or operation: {request.path}"))
    if not 0 < len(request.data) <= STORE_KEY_BYTES_MAX:
        return _plain(InvalidRequest("the key of a store query is missing or too long"))
    refused = _height_refused(app, request, height)
    if refused is not None:
        return _plain(refused)
    name = parts[1]
    response = abci.ResponseQuery(key=request.data)
    if request.prove:
        value, proof = app.store.prove(name, request.data, height)
        response.proof_ops.CopyFrom(proof)
    else:
        value = app.store.at(height).get(name, request.data)
    response.value = value or b""
    return response


def simulate(app: BaseApp, request: service_pb2.SimulateRequest) -> service_pb2.SimulateResponse:
    """The gas that a transaction would use and what it would answer."""
    raw = request.tx_bytes
    if not raw and request.HasField("tx"):
        # The deprecated form carries the transaction as a message, which serialises to the same three fields.
        raw = request.tx.SerializeToString(deterministic=True)
    if not raw:
        raise InvalidArgument("empty txBytes is not allowed")
    outcome = app.simulate(raw)
    if outcome.failure is not None:
        raise SimulationFailed(f"{outcome.failure.log} with gas used: '{outcome.gas_used}'")
    return service_pb2.SimulateResponse(gas_info=_gas_info(outcome), result=_result(outcome))


def _gas_info(outcome: Outcome) -> abci_pb2.GasInfo:
    return abci_pb2.GasInfo(gas_wanted=outcome.gas_wanted, gas_used=outcome.gas_used)


def _result(outcome: Outcome) -> abci_pb2.Result:
    return abci_pb2.Result(
        data=outcome.data,
        events=abci_events(outcome.events),
        msg_responses=[pack_response(response) for response in outcome.responses],
    )


def _plain(error: ChainError) -> abci.ResponseQuery:
    return abci.ResponseQuery(codespace=error.codespace, code=error.code, log=str(error))


def _refusal(error: Exception, height: int) -> abci.ResponseQuery:
    if isinstance(error, HeightUnavailable):
        return _plain(NotFound(f"failed to load state at height {height}; {error}"))
    codespace, code, log = abci_failure(error)
    return abci.ResponseQuery(codespace=codespace, code=code, log=log)
