"""Reads of a network: queries by gRPC method over ABCI, blocks, transactions, events.

Every read goes through one node's CometBFT RPC, the interface all networks of this family have.
"""

from __future__ import annotations

import base64
import datetime
import statistics
from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message

from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth_query
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_query
from supercloud.pb.cosmos.base.query.v1beta1 import pagination_pb2
from supercloud.sdk.errors import QueryError
from supercloud.sdk.events import TypedEvent, typed_events
from supercloud.sdk.rpc import RpcClient, wait_for_node
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin

Answer = TypeVar("Answer", bound=Message)

PAGE_ITEMS = 100


class Account(NamedTuple):
    """What signing needs of an account."""

    address: bytes
    number: int
    sequence: int


class Client:
    """A network seen through one node. `bech32` turns addresses into text and back for this network."""

    def __init__(self, rpc: RpcClient, chain_id: str, bech32: Bech32) -> None:
        self.rpc = rpc
        self.chain_id = chain_id
        self.bech32 = bech32

    @classmethod
    async def connect(cls, url: str, bech32_prefix: str = "akash", timeout_s: float = 30.0) -> Client:
        """Connect to the node at `url` and learn the chain id; the prefix of addresses too when it is left empty.

        Raises TemporaryError when the node does not answer.
        """
        rpc = RpcClient(url)
        try:
            status = await wait_for_node(rpc, timeout_s)
            client = cls(rpc, status["node_info"]["network"], Bech32(bech32_prefix or "akash"))
            if not bech32_prefix:
                path = "/cosmos.auth.v1beta1.Query/Bech32Prefix"
                asked = await client.query(
                    path, auth_query.Bech32PrefixRequest(), auth_query.Bech32PrefixResponse
                )
                client.bech32 = Bech32(asked.bech32_prefix)
        except BaseException:
            await rpc.close()
            raise
        return client

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections."""
        await self.rpc.close()

    async def query(self, path: str, request: Message, answer: type[Answer], height: int = 0) -> Answer:
        """Call the query `path` (`/package.Service/Method`) at `height` (0: latest). Raises QueryError."""
        result = await self.rpc.call(
            "abci_query", path=path, data=request.SerializeToString().hex(), height=str(height), prove=False
        )
        response = result["response"]
        if response.get("code"):
            raise QueryError(
                path, int(response["code"]), response.get("codespace", ""), response.get("log", "")
            )
        return answer.FromString(base64.b64decode(response.get("value") or ""))

    async def pages(self, path: str, request: Any, answer: type[Answer], items: str) -> list[Any]:
        """All items of a paginated query: follows `next_key` until the end."""
        found: list[Any] = []
        while True:
            if not request.pagination.limit:
                request.pagination.CopyFrom(
                    pagination_pb2.PageRequest(limit=PAGE_ITEMS, key=request.pagination.key)
                )
            page: Any = await self.query(path, request, answer)
            found.extend(getattr(page, items))
            if not page.pagination.next_key:
                return found
            request.pagination.key = page.pagination.next_key

    async def height(self) -> int:
        """Height of the latest block."""
        status = await self.rpc.call("status")
        return int(status["sync_info"]["latest_block_height"])

    async def block_interval_s(self) -> float:
        """Seconds a block takes: the median over the last ones; prices per hour are computed from it.

        A mean would be off for long after a pause: hours without blocks are no cadence.
        """
        latest = await self.rpc.call("blockchain", minHeight="0", maxHeight="0")
        times = [parse_time(meta["header"]["time"]) for meta in latest["block_metas"]]
        steps = [newer - older for newer, older in pairwise(times)]
        return statistics.median(steps) / 1e9 if steps else 1.0

    async def account(self, address: bytes) -> Account | None:
        """Number and sequence of an account; None when the network has never seen it."""
        request = auth_query.QueryAccountRequest(address=self.bech32.text(address))
        try:
            answer = await self.query(
                "/cosmos.auth.v1beta1.Query/Account", request, auth_query.QueryAccountResponse
            )
        except QueryError as error:
            if error.not_found:
                return None
            raise
        base = auth_pb2.BaseAccount()
        if answer.account.type_url.endswith("ModuleAccount"):
            module = auth_pb2.ModuleAccount.FromString(answer.account.value)
            base.CopyFrom(module.base_account)
        else:
            base.ParseFromString(answer.account.value)
        return Account(address, base.account_number, base.sequence)

    async def balances(self, address: bytes) -> list[Coin]:
        """All balances of an account."""
        request = bank_query.QueryAllBalancesRequest(address=self.bech32.text(address))
        coins = await self.pages(
            "/cosmos.bank.v1beta1.Query/AllBalances", request, bank_query.QueryAllBalancesResponse, "balances"
        )
        return [Coin(coin.denom, int(coin.amount)) for coin in coins]

    async def tx(self, tx_hash: str) -> dict[str, Any] | None:
        """The committed transaction of that hash (upper-case hex), as the RPC prints it; None when unknown."""
        found = await self.rpc.call("tx_search", query=f"tx.hash='{tx_hash}'", page="1", per_page="1")
        return found["txs"][0] if found["txs"] else None

    async def block_events(self, height: int) -> list[TypedEvent]:
        """Typed events of one block, transactions first, in order; those of failed transactions are left out."""
        results = await self.rpc.call("block_results", height=str(height))
        events: list[TypedEvent] = []
        for result in results.get("txs_results") or []:
            if not result.get("code"):
                events.extend(typed_events(result.get("events") or []))
        events.extend(typed_events(results.get("finalize_block_events") or []))
        return events

    async def new_heights(self) -> AsyncGenerator[int, None]:
        """Yield 0 once the subscription stands, then the height of every new block."""
        async for event in self.rpc.subscribe("tm.event='NewBlockHeader'"):
            yield int(event["data"]["value"]["header"]["height"]) if event else 0


def parse_time(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time in UTC, as the RPC prints them."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.UTC)
    return int(moment.timestamp()) * 10**9 + int((fraction + "0" * 9)[:9])
