"""Client library: what a tenant, a provider or a page needs of the network, through public interfaces alone.

Flow: `Client` reads, `TxSender` signs and broadcasts, `market` has the tenant's steps, `gateway` speaks to providers.
Nothing here imports the state machine: the network is seen as any stranger sees it.
"""

from supercloud.sdk.client import Client
from supercloud.sdk.errors import (
    PermanentError,
    QueryError,
    SdkError,
    TemporaryError,
    TxFailed,
    TxUncertain,
    WouldFail,
)
from supercloud.sdk.tx import Signed, TxResult, TxSender

__all__ = [
    "Client",
    "PermanentError",
    "QueryError",
    "SdkError",
    "Signed",
    "TemporaryError",
    "TxFailed",
    "TxResult",
    "TxSender",
    "TxUncertain",
    "WouldFail",
]
