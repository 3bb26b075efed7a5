"""Failures of queries, and how errors of both kinds read as gRPC statuses and as ABCI query results.

Clients match on these texts: a missing account is recognised by `rpc error: code = NotFound`, a missing delegation by
`key not found`. The texts therefore follow the network's node to the letter.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from supercloud.types.errors import ChainError


class Status(IntEnum):
    """The gRPC status codes that queries answer with."""

    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


_STATUS_NAMES = {
    1: "Canceled", 2: "Unknown", 3: "InvalidArgument", 4: "DeadlineExceeded", 5: "NotFound", 6: "AlreadyExists",
    7: "PermissionDenied", 8: "ResourceExhausted", 9: "FailedPrecondition", 10: "Aborted", 11: "OutOfRange",
    12: "Unimplemented", 13: "Internal", 14: "Unavailable", 15: "DataLoss", 16: "Unauthenticated",
}  # fmt: skip

# What a status becomes in an ABCI query result; any other is (6, unknown request).
_ABCI_CODES = {
    Status.NOT_FOUND: (22, "key not found"),
    Status.INVALID_ARGUMENT: (18, "invalid request"),
    Status.FAILED_PRECONDITION: (18, "invalid request"),
    Status.UNAUTHENTICATED: (4, "unauthorized"),
}
_ABCI_OTHER = (6, "unknown request")


class QueryError(Exception):
    """A query's refusal with a gRPC status of its own, where no registered error fits."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text

    @classmethod
    def invalid_argument(cls, text: str) -> QueryError:
        """The request itself is wrong."""
        return cls(Status.INVALID_ARGUMENT, text)

    @classmethod
    def not_found(cls, text: str) -> QueryError:
        """What the request names does not exist."""
        return cls(Status.NOT_FOUND, text)


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
    if isinstance(error, QueryError):
        return GrpcStatus(error.status, error.text)
    if isinstance(error, ChainError):
        if error.codespace == "undefined":
            return GrpcStatus(Status.UNKNOWN, str(error))
        text = f"codespace {error.codespace} code {error.code}: {error.title}"
        return GrpcStatus(error.grpc, f"{text}: {error.detail}" if error.detail else text)
    return GrpcStatus(Status.INTERNAL, f"{type(error).__name__}: {error}")


def abci_failure(error: Exception) -> AbciFailure:
    """The ABCI query result of an exception that left a query handler."""
    status = grpc_status(error)
    code, title = _ABCI_CODES.get(Status(status.code), _ABCI_OTHER) if status.code in _KNOWN else _ABCI_OTHER
    if isinstance(error, ChainError):
        text = str(error)
    else:
        text = f"rpc error: code = {_STATUS_NAMES.get(status.code, 'Unknown')} desc = {status.message}"
    return AbciFailure("sdk", code, f"{text}: {title}")


_KNOWN = frozenset(Status)
