"""What can go wrong between us and the outside world.

SdkError
 +-- TemporaryError     try again later: connection refused, timeout, node behind
 |    +-- TxUncertain   a transaction left, and nobody answered whether it arrived
 +-- PermanentError     trying again does not help
      +-- QueryError    the node answered a query with a refusal
      |    +-- WouldFail  a transaction that stayed here: its simulation failed
      +-- TxFailed      the network refused or failed a transaction
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from supercloud.sdk.tx import Signed, TxResult


ENVELOPE: Final = re.compile(r"rpc error: code = \w+ desc = ")
SIMULATION_REASON: Final = re.compile(
    r"(?:.*?message index: \d+: )?(.*?)(?: with gas used: '.*)?$", re.DOTALL
)
"""What nodes put around a reason, which is all that people need of it; the whole text is kept beside."""


class SdkError(Exception):
    """Base of everything this library raises on purpose."""


class TemporaryError(SdkError):
    """The outside world is not ready; `retry_after` is a hint in seconds."""

    def __init__(self, text: str, retry_after: float = 1.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class PermanentError(SdkError):
    """The request can not succeed as it stands."""


class QueryError(PermanentError):
    """A query the node refused: `code` and `codespace` of the ABCI answer, `log` its text."""

    def __init__(self, path: str, code: int, codespace: str, log: str) -> None:
        super().__init__(f"{path}: {ENVELOPE.sub('', log, count=1) or f'code {code}'}")
        self.path = path
        self.code = code
        self.codespace = codespace
        self.log = log

    @property
    def not_found(self) -> bool:
        """Whether the thing asked for does not exist (gRPC NotFound travels as sdk code 22, key not found)."""
        return self.code == 22


class WouldFail(QueryError):
    """A transaction that was not sent, because the node's simulation of it fails. `log` has all of the node's words."""

    def __init__(self, path: str, code: int, codespace: str, log: str) -> None:
        super().__init__(path, code, codespace, log)
        found = SIMULATION_REASON.match(ENVELOPE.sub("", log, count=1))
        self.args = (f"the network would refuse this: {(found and found[1]) or f'code {code}'}",)


class TxUncertain(TemporaryError):
    """The node fell silent while it was given a transaction. `TxSender.resume(signed)` finds out, or sends it again."""

    def __init__(self, signed: Signed, reason: object) -> None:
        super().__init__(f"nobody knows whether transaction {signed.hash} arrived: {reason}", 2.0)
        self.signed = signed


class TxFailed(PermanentError):
    """A transaction that was refused by CheckTx or failed when it was executed."""

    def __init__(self, result: TxResult) -> None:
        where = f"at height {result.height}" if result.height else "before it reached a block"
        super().__init__(
            f"transaction {result.hash} failed {where}: {result.codespace} code {result.code}: {result.log}"
        )
        self.result = result
