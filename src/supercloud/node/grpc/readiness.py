"""Whether a node is alive and whether it is worth asking: `/live` and `/ready`, for load balancers and orchestrators.

/live    200 while the process that makes blocks answers. Whoever gets nothing else for long may start it anew.
/ready   200 while the node is level with the others and its last block is young; otherwise 503 with the reason. Starting it
         anew helps nobody: a network that waits, or that is being caught up with, comes by itself.

Neither asks the disk or CometBFT for anything, so a node under load answers as well. CometBFT's own `health` says less: that
its listener is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson

from supercloud.node.grpc.asgi import JSON, Header, Send, respond
from supercloud.node.grpc.view import Core
from supercloud.node.live import Live
from supercloud.pb.tendermint.abci import types_pb2 as abci

LIVE_PATH: Final = "/live"
READY_PATH: Final = "/ready"
BLOCK_AGE_S: Final = 30.0
ANSWER_S: Final = 5.0
"""Within which the process that makes blocks has to answer one that asks for it: longer than any block takes."""
ASK_AGAIN_S: Final = 1.0
_QUESTION: Final = abci.RequestQuery(path="/app/version")
_NO_STORE: Final = (b"cache-control", b"no-store")
_SERVICE_UNAVAILABLE: Final = 503


class Readiness:
    """Answers the two paths. `live` is the state machine where it may be another process; without it, it is this one's.

    `age_s` is how old the last block may be, in seconds of `clock`.
    """

    def __init__(
        self,
        core: Core,
        live: Live | None = None,
        age_s: float = BLOCK_AGE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._core = core
        self._live = live
        self._age_s = age_s
        self._clock = clock
        self._asking: asyncio.Future[str] | None = None
        self._asked_at = 0.0

    async def respond(self, path: str, send: Send, extra: Iterable[Header] = ()) -> bool:
        """Answer a request for one of the paths; False, and no answer, for any other."""
        if path == LIVE_PATH:
            name, reason = "live", await self._why_not_live()
        elif path == READY_PATH:
            name, reason = "ready", self._why_not_ready()
        else:
            return False
        document: dict[str, Any] = {name: not reason}
        if reason:
            document["reason"] = reason
        state = self._core.history.state
        document |= {
            "height": state.height,
            "block_age_s": round(self._age(), 3) if state.height else None,
            "catching_up": self._core.peers.catching_up,
        }
        status = _SERVICE_UNAVAILABLE if reason else 200
        await respond(send, status, orjson.dumps(document), [JSON, _NO_STORE, *extra])
        return True

    def _age(self) -> float:
        return max(0.0, self._clock() - self._core.history.state.time / 1e9)

    async def _why_not_live(self) -> str:
        if self._live is None:
            return ""
        now = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now - self._asked_at >= ASK_AGAIN_S):
            self._asking, self._asked_at = asyncio.ensure_future(_answers(self._live)), now
        # Whoever asks here is not counted, so however many there are the other process hears of one.
        return await asyncio.shield(self._asking)

    def _why_not_ready(self) -> str:
        if missing := self._core.peers.waiting_for:
            return f"waits for {missing}"
        if self._core.peers.catching_up:
            return "others are ahead, or not met yet"
        if not self._core.history.state.height:
            return "there is no block yet"
        age = self._age()
        if age > self._age_s:
            return f"the last block is {age:.0f} seconds old; up to {self._age_s:g} count as ready"
        return ""


async def _answers(live: Live) -> str:
    """Asks the process that makes blocks; why it does not answer, if it does not."""
    try:
        async with asyncio.timeout(ANSWER_S):
            await live.query(_QUESTION)
    except TimeoutError:
        return f"the process that makes blocks does not answer within {ANSWER_S:g} seconds"
    except Exception as error:
        return f"the process that makes blocks can not be asked: {error}"
    return ""
