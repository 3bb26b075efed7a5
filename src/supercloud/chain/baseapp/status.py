"""How errors read as gRPC statuses and as ABCI query results.

Clients match on these texts: a missing account is recognised by `rpc error: code = NotFound`, a missing
delegation by `key not found`. The texts therefore follow the network's node to the letter.
"""

from __future__ import annotations

from typing import NamedTuple

from google.protobuf.message import DecodeError

from supercloud.types import errors
from supercloud.types.errors import ChainError, Undefined

_STATUS_NAMES = {
    errors.UNKNOWN: "Unknown",
    errors.INVALID_ARGUMENT: "InvalidArgument",
    errors.NOT_FOUND: "NotFound",
    errors.ALREADY_EXISTS: "AlreadyExists",
    errors.PERMISSION_DENIED: "PermissionDenied",
    errors.FAILED_PRECONDITION: "FailedPrecondition",
    errors.UNIMPLEMENTED: "Unimplemented",
    errors.INTERNAL: "Internal",
    errors.UNAUTHENTICATED: "Unauthenticated",
}

# What a status becomes in an ABCI query result; any other is (6, unknown request).
_ABCI_CODES = {
    errors.NOT_FOUND: (22, "key not found"),
    errors.INVALID_ARGUMENT: (18, "invalid request"),
    errors.FAILED_PRECONDITION: (18, "invalid request"),
    errors.UNAUTHENTICATED: (4, "unauthorized"),
}
_ABCI_OTHER = (6, "unknown request")

SimulationFailed = errors.define("undefined", 1, "", errors.UNKNOWN)


class GrpcStatus(NamedTuple):
    """A status as a gRPC server sends it."""

    code: int
    message: str


class AbciFailure(NamedTuple):
    """A failure as an ABCI query answers it."""

    codespace: str
    code: int
    log: str


def grpc_status(error: Exception) -> GrpcStatus:
    """The gRPC status of an exception that left a query handler."""
    if not isinstance(error, ChainError):
        return GrpcStatus(errors.INTERNAL, f"{type(error).__name__}: {error}")
    if error.codespace == "undefined":
        return GrpcStatus(error.grpc, str(error))
    text = f"codespace {error.codespace} code {error.code}: {error.title}"
    return GrpcStatus(error.grpc, f"{text}: {error.detail}" if error.detail else text)


def abci_failure(error: Exception) -> AbciFailure:
    """The ABCI query result of an exception that left a query handler."""
    if isinstance(error, Undefined):
        # An error without any status.
        return AbciFailure("sdk", 18, f"{error}: invalid request")
    if isinstance(error, DecodeError):
        refusal = errors.InvalidRequest(f"the request cannot be decoded: {error}")
        return AbciFailure(refusal.codespace, refusal.code, str(refusal))
    status = grpc_status(error)
    code, title = _ABCI_CODES.get(status.code, _ABCI_OTHER)
    if isinstance(error, ChainError) and error.codespace != "undefined":
        text = str(error)
    else:
        text = f"rpc error: code = {_STATUS_NAMES.get(status.code, 'Unknown')} desc = {status.message}"
    return AbciFailure("sdk", code, f"{text}: {title}")
