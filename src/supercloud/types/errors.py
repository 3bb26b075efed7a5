"""Errors whose codespace and code are consensus, and the error that means a bug of ours.

Source of the numbers: Cosmos SDK `errors` (codespace sdk) and each module's own list. The text is no consensus, yet
clients match phrases of it, so a refusal reads `detail: title`, as the network's own wrapping does.
"""

from __future__ import annotations

from typing import Final

# gRPC status numbers (google.rpc.Code).
UNKNOWN: Final = 2
INVALID_ARGUMENT: Final = 3
NOT_FOUND: Final = 5
ALREADY_EXISTS: Final = 6
PERMISSION_DENIED: Final = 7
FAILED_PRECONDITION: Final = 9
UNIMPLEMENTED: Final = 12
INTERNAL: Final = 13
UNAUTHENTICATED: Final = 16


class ChainError(Exception):
    """A refusal of the ledger. Subclasses are made by `define`."""

    codespace: str = "undefined"
    code: int = 1
    title: str = ""
    grpc: int = UNKNOWN

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        if not self.detail:
            return self.title
        return f"{self.detail}: {self.title}" if self.title else self.detail


class Undefined(ChainError):
    """A refusal that the network reports as codespace undefined, code 1, with a phrase clients match."""


class ProgrammerError(Exception):
    """Something that can not happen happened: the node stops rather than go on with a wrong state."""


def define(codespace: str, code: int, title: str, grpc: int = UNKNOWN) -> type[ChainError]:
    """A new kind of refusal."""
    name = "".join(word.capitalize() for word in f"{codespace} {title}".replace("-", " ").split())
    return type(
        name,
        (ChainError,),
        {"codespace": codespace, "code": code, "title": title, "grpc": grpc, "__doc__": title},
    )


def invariant(condition: object, text: str) -> None:
    """Halt when what must be true is not; kept in production, unlike `assert`."""
    if not condition:
        raise ProgrammerError(text)


def _sdk(code: int, title: str, grpc: int = UNKNOWN) -> type[ChainError]:
    return define("sdk", code, title, grpc)


TxDecode = TxParse = _sdk(2, "tx parse error", INVALID_ARGUMENT)
InvalidSequence = _sdk(3, "invalid sequence", INVALID_ARGUMENT)
Unauthorized = _sdk(4, "unauthorized", UNAUTHENTICATED)
InsufficientFunds = _sdk(5, "insufficient funds")
UnknownRequest = _sdk(6, "unknown request")
InvalidAddress = _sdk(7, "invalid address", INVALID_ARGUMENT)
InvalidPubKey = _sdk(8, "invalid pubkey", INVALID_ARGUMENT)
UnknownAddress = _sdk(9, "unknown address", NOT_FOUND)
InvalidCoins = _sdk(10, "invalid coins", INVALID_ARGUMENT)
OutOfGas = _sdk(11, "out of gas")
MemoTooLarge = _sdk(12, "memo too large", INVALID_ARGUMENT)
InsufficientFee = _sdk(13, "insufficient fee")
TooManySignatures = _sdk(14, "maximum number of signatures exceeded", INVALID_ARGUMENT)
NoSignatures = _sdk(15, "no signatures supplied", INVALID_ARGUMENT)
JsonMarshal = _sdk(16, "failed to marshal JSON bytes")
JsonUnmarshal = _sdk(17, "failed to unmarshal JSON bytes")
InvalidRequest = _sdk(18, "invalid request", INVALID_ARGUMENT)
TxInMempoolCache = _sdk(19, "tx already in mempool")
MempoolFull = _sdk(20, "mempool is full")
TxTooLarge = _sdk(21, "tx too large")
KeyNotFound = _sdk(22, "key not found", NOT_FOUND)
WrongPassword = _sdk(23, "invalid account password")
InvalidSigner = _sdk(24, "tx intended signer does not match the given signer", INVALID_ARGUMENT)
InvalidGasAdjustment = _sdk(25, "invalid gas adjustment")
InvalidHeight = _sdk(26, "invalid height", INVALID_ARGUMENT)
InvalidVersion = _sdk(27, "invalid version", INVALID_ARGUMENT)
InvalidChainId = _sdk(28, "invalid chain-id", INVALID_ARGUMENT)
InvalidType = _sdk(29, "invalid type", INVALID_ARGUMENT)
TxTimeoutHeight = _sdk(30, "tx timeout height", FAILED_PRECONDITION)
UnknownExtensionOptions = _sdk(31, "unknown extension options", INVALID_ARGUMENT)
WrongSequence = _sdk(32, "incorrect account sequence", INVALID_ARGUMENT)
PackAny = _sdk(33, "failed packing protobuf message to Any")
UnpackAny = _sdk(34, "failed unpacking protobuf message from Any")
LogicError = _sdk(35, "internal logic error", INTERNAL)
Conflict = _sdk(36, "conflict", FAILED_PRECONDITION)
NotSupported = _sdk(37, "feature not supported", UNIMPLEMENTED)
NotFound = _sdk(38, "not found", NOT_FOUND)
IoError = _sdk(39, "Internal IO error", INTERNAL)
AppConfigError = _sdk(40, "error in app.toml")
InvalidGasLimit = _sdk(41, "invalid gas limit", INVALID_ARGUMENT)
TxTimeout = _sdk(42, "tx timeout", FAILED_PRECONDITION)

# Refusals of queries that carry only a gRPC status on the network.
InvalidArgument = define("undefined", 1, "", INVALID_ARGUMENT)
QueryNotFound = define("undefined", 1, "", NOT_FOUND)
Unimplemented = define("undefined", 1, "", UNIMPLEMENTED)
InternalError = define("undefined", 1, "", INTERNAL)
