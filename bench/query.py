"""Point queries and a list of 100 through every door: requests a second and latency, beside the Go node's figures.

Usage: bench/query.py [--seconds 2] [--connections 1,8,64] [--deployments 200] [--blocks] [--apart]
       bench/query.py --rpc URL --rest URL --grpc HOST:PORT --mnemonic WORDS ...          any node

`--blocks` asks while blocks of 1,000 transactions are made, and prints how far their intervals drift. `--apart` starts the
node's doors in a process of their own. Client and node share the machine, so the client's CPU is part of every figure.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import selectors
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import figures
import grpc.aio
import local
import wallet
from wire import Connection, broadcast_body, pump, request

from supercloud.pb.akash.deployment.v1beta4 import query_pb2 as deployment_query
from supercloud.pb.akash.market.v1beta5 import query_pb2 as market_query
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth_query
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_query

GO_NODE = {
    # Its serial p50 and p99 in milliseconds and its rate at 8 connections, on this kind of machine.
    "RPC balance": (0.69, 6.4, 1399),
    "REST balance": (0.90, 2.7, 1143),
    "REST account": (0.85, 2.4, 1463),
    "gRPC balance": (0.75, 1.7, 1357),
    "gRPC account": (0.80, 2.0, 625),
    "REST 100 deployments": (65.8, 122.0, 15),
    "REST 100 orders": (12.3, 38.0, 123),
    "gRPC 100 deployments": (4.2, 16.6, 184),
}
COMPARED_AT = 8
TXS_A_BLOCK = 1000


class Ask(NamedTuple):
    """One kind of request. `target` is a path with its query, or a gRPC method; `body` what is sent."""

    name: str
    door: str
    target: str
    body: bytes


class Outcome(NamedTuple):
    """What one cell gave."""

    rate: float
    p50_ms: float
    p99_ms: float
    failed: int


def asks(address: str) -> list[Ask]:
    """The requests, about somebody who exists."""
    balance = bank_query.QueryBalanceRequest(address=address, denom="uakt").SerializeToString()
    account = auth_query.QueryAccountRequest(address=address).SerializeToString()
    listed = deployment_query.QueryDeploymentsRequest()
    listed.pagination.limit = 100
    orders = market_query.QueryOrdersRequest()
    orders.pagination.limit = 100
    bank, auth = "/cosmos.bank.v1beta1.Query/Balance", "/cosmos.auth.v1beta1.Query/Account"
    deployments = "/akash.deployment.v1beta4.Query/Deployments"
    raw = {"path": bank, "data": balance.hex(), "height": "0", "prove": False}
    return [
        Ask("RPC balance", "rpc", "/", request("abci_query", raw)),
        Ask("REST balance", "rest", f"/cosmos/bank/v1beta1/balances/{address}/by_denom?denom=uakt", b""),
        Ask("REST account", "rest", f"/cosmos/auth/v1beta1/accounts/{address}", b""),
        Ask(
            "REST 100 deployments",
            "rest",
            "/akash/deployment/v1beta4/deployments/list?pagination.limit=100",
            b"",
        ),
        Ask("REST 100 orders", "rest", "/akash/market/v1beta5/orders/list?pagination.limit=100", b""),
        Ask("gRPC balance", "grpc", bank, balance),
        Ask("gRPC account", "grpc", auth, account),
        Ask("gRPC 100 deployments", "grpc", deployments, listed.SerializeToString()),
        Ask("gRPC 100 orders", "grpc", "/akash.market.v1beta5.Query/Orders", orders.SerializeToString()),
    ]


class Get(Connection):
    """A keep-alive connection that asks with GET."""

    def get(self, path: str) -> None:
        """Send a request."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.address[0]}\r\n\r\n".encode())


def ask_http(url: str, ask: Ask, connections: int, seconds: float) -> Outcome:
    """Every connection asks again as soon as it has its answer."""
    selector = selectors.DefaultSelector()
    sent: dict[Get, float] = {}

    def send(connection: Get) -> None:
        sent[connection] = time.perf_counter()
        if ask.body:
            connection.write(ask.body)
        else:
            connection.get(ask.target)

    for _ in range(connections):
        connection = Get(url)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        send(connection)
    waits, failed = [], 0
    begun = time.perf_counter()
    while (now := time.perf_counter()) < begun + seconds:
        for key, _ in selector.select(0.1):
            answer = key.data.read()
            if answer is not None:
                waits.append(time.perf_counter() - sent[key.data])
                failed += b'"code":' in answer[:40] and b'"code":0' not in answer
                send(key.data)
    ended = now
    # What is still under way must not weigh on the next cell.
    for connection in sent:
        while connection.read() is None:
            pass
        connection.socket.close()
    selector.close()
    return _outcome(waits, ended - begun, failed)


async def ask_grpc(address: str, ask: Ask, connections: int, seconds: float) -> Outcome:
    """The same over as many HTTP/2 connections."""
    waits: list[float] = []
    failed = 0

    async def one() -> None:
        nonlocal failed
        # Without an own pool all channels share one connection.
        options = (("grpc.use_local_subchannel_pool", 1),)
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            call = channel.unary_unary(ask.target)
            await call(ask.body)
            while (at := time.perf_counter()) < ends:
                try:
                    await call(ask.body)
                except grpc.aio.AioRpcError:
                    failed += 1
                waits.append(time.perf_counter() - at)

    begun = time.perf_counter()
    ends = begun + seconds
    await asyncio.gather(*(one() for _ in range(connections)))
    return _outcome(waits, seconds, failed)


def _outcome(waits: Sequence[float], seconds: float, failed: int) -> Outcome:
    p50, p99 = (figures.percentile(waits, share) * 1000 for share in (0.5, 0.99))
    return Outcome(len(waits) / seconds, p50, p99, failed)


def measure(given: argparse.Namespace, urls: dict[str, str], address: str) -> list[tuple[object, ...]]:
    """Rows of the table."""
    rows = []
    for ask, connections in itertools.product(asks(address), map(int, given.connections.split(","))):
        if ask.door == "grpc":
            found = asyncio.run(ask_grpc(urls["grpc"], ask, connections, given.seconds))
        else:
            found = ask_http(urls[ask.door], ask, connections, given.seconds)
        rows.append(
            (
                ask.name,
                connections,
                f"{found.rate:,.0f}",
                f"{found.p50_ms:.2f} / {found.p99_ms:.2f}",
                found.failed,
                *_beside(ask.name, connections, found),
            )
        )
    return rows


def _beside(name: str, connections: int, found: Outcome) -> tuple[str, str]:
    """The Go node's figure for this cell, where there is one, and how many times better ours is."""
    if name not in GO_NODE:
        return "-", "-"
    p50, p99, rate = GO_NODE[name]
    if connections == 1:
        return f"{p50} / {p99} ms", f"{p50 / found.p50_ms:.1f} x / {p99 / found.p99_ms:.1f} x"
    if connections == COMPARED_AT:
        return f"{rate} /s", f"{found.rate / rate:.1f} x"
    return "-", "-"


def make_blocks(url: str, bodies: Iterable[bytes]) -> None:
    """Keep the mempool as full as a block, in a process of its own."""
    rpc = Connection(url)
    waiting = iter(bodies)
    while group := list(itertools.islice(waiting, TXS_A_BLOCK)):
        pump(url, group, 2, lambda number, answer, at: True)
        while int(rpc.call("num_unconfirmed_txs")["total"]) > TXS_A_BLOCK // 2:
            time.sleep(0.02)


def intervals(rpc: Connection, first: int, last: int) -> tuple[list[float], int]:
    """Seconds between the blocks of a span, by their times, and the transactions in them."""
    times, txs = [], 0
    for low in range(first, last + 1, 20):
        span = {"minHeight": str(low), "maxHeight": str(min(low + 19, last))}
        for meta in reversed(rpc.call("blockchain", **span)["block_metas"]):
            times.append(
                datetime.fromisoformat(meta["header"]["time"][:26].rstrip("Z") + "+00:00").timestamp()
            )
            txs += int(meta["num_txs"])
    return [after - before for before, after in itertools.pairwise(times)], txs


def height(rpc: Connection) -> int:
    """The last block."""
    return int(rpc.call("status")["sync_info"]["latest_block_height"])


def prepare(given: argparse.Namespace, rpc: str, mnemonic: str) -> tuple[wallet.Wallet, list[wallet.Account]]:
    """Accounts with coins, some of them with a deployment."""
    purse = wallet.Wallet(rpc, given.prefix)
    accounts = purse.accounts(max(given.deployments, TXS_A_BLOCK if given.blocks else 0), "queries")
    if missing := purse.read(accounts):
        if not mnemonic:
            raise SystemExit("--mnemonic: the accounts are not funded yet")
        purse.fund(mnemonic, missing)
        purse.read(missing)
    made = purse.deployments(accounts[: given.deployments], height(purse.rpc))
    pump(rpc, [broadcast_body(raw) for raw in made], 8, lambda number, answer, at: True)
    return purse, accounts


def run(given: argparse.Namespace, urls: dict[str, str], mnemonic: str) -> None:
    """Prepare, measure, print."""
    purse, accounts = prepare(given, urls["rpc"], mnemonic)
    at = height(purse.rpc)
    while height(purse.rpc) < at + 2:
        time.sleep(0.1)
    maker = None
    if given.blocks:
        # Rounds of sends of the same accounts: enough for as long as asking takes.
        cells = len(asks("")) * len(given.connections.split(","))
        rounds = int(cells * given.seconds * 1.5) + 5
        bodies = [broadcast_body(raw) for _ in range(rounds) for raw in purse.sends(accounts)]
        maker = multiprocessing.Process(target=make_blocks, args=(urls["rpc"], bodies), daemon=True)
        maker.start()
    before = height(purse.rpc)
    rows = measure(given, urls, accounts[0].text)
    after = height(purse.rpc)
    if maker is not None:
        maker.terminate()
    columns = ("request", "connections", "/s", "p50 / p99, ms", "failed", "Go", "to Go")
    print(
        f"# Queries{' while blocks are made' if given.blocks else ''}{', doors apart' if given.apart else ''}\n"
    )
    print(f"{figures.machine()}\n\n{figures.table(columns, rows)}\n")
    spans, txs = intervals(purse.rpc, before, after)
    p50, p99 = (figures.percentile(spans, share) for share in (0.5, 0.99))
    print(f"{len(spans)} blocks with {txs:,} transactions, intervals p50 {p50:.2f} s, p99 {p99:.2f} s")


def main() -> None:
    """Parse, start what is missing, go."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rpc", help="URL of a CometBFT RPC; without it a local ledger is started")
    parser.add_argument("--rest", default="http://127.0.0.1:1317")
    parser.add_argument("--grpc", default="127.0.0.1:9090")
    parser.add_argument("--mnemonic", default="", help="words of the key that funds the accounts")
    parser.add_argument("--seconds", type=float, default=2, help="a cell")
    parser.add_argument("--connections", default="1,8,64")
    parser.add_argument("--deployments", type=int, default=200)
    parser.add_argument("--blocks", action="store_true", help="while blocks of 1,000 transactions are made")
    parser.add_argument("--block-time", default="1")
    parser.add_argument("--prefix", default="akash")
    parser.add_argument("--apart", action="store_true", help="the node's doors in a process of their own")
    given = parser.parse_args()
    with ExitStack() as stack:
        if given.rpc:
            urls, mnemonic = {"rpc": given.rpc, "rest": given.rest, "grpc": given.grpc}, given.mnemonic
        else:
            settings = {"SUPERCLOUD_DOORS_APART": "true"} if given.apart else {}
            options = ("--no-provider", "--block-time", given.block_time)
            ours = stack.enter_context(local.up(*options, settings=settings))
            urls = {name: str(ours.ready[name]) for name in ("rpc", "rest", "grpc")}
            urls["grpc"] = urlsplit(urls["grpc"]).netloc or urls["grpc"]
            mnemonic = ours.tenant_mnemonic
        run(given, urls, mnemonic)


if __name__ == "__main__":
    main()
