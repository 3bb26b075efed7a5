"""How fast a block's events reach many WebSocket subscribers: 500 hear of each of 1,000 transactions.

Usage: bench/subscribers.py [--subscribers 500] [--txs 1000] [--blocks 3] [--query "tm.event='Tx'"] [--apart]
       bench/subscribers.py --rpc URL --mnemonic WORDS ...          any CometBFT RPC, accounts funded by that key

Everybody subscribes, the transactions are sent ahead of their block, and the clock runs from the moment the first
subscriber hears of the first of them to the last one hearing of the last. The subscribers are a process of their own that
only counts what it reads: frames are not parsed but by their lengths.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import selectors
import socket
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection as Pipe
from typing import Any
from urllib.parse import urlsplit

import figures
import local
import wallet
from wire import broadcast_body, pump

ADDRESSES = 20
"""Loopback addresses that the subscribers come from: nodes limit how many come from one."""
QUIET_S = 30.0


class Subscriber:
    """One WebSocket: the handshake, one subscription, and then bytes counted by frame."""

    def __init__(self, url: str, number: int, query: str) -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or 26657
        source = (f"127.0.0.{number % ADDRESSES + 1}", 0) if host == "127.0.0.1" else None
        self.socket = socket.create_connection((host, port), 30, source)
        self.socket.sendall(
            b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise SystemExit(f"no WebSocket: {head.decode()}")
        asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"query": query}})
        data = asked.encode()
        # A mask of zeros leaves the text as it is.
        self.socket.sendall(bytes((0x81, 0x80 | 126)) + len(data).to_bytes(2, "big") + bytes(4) + data)
        self.socket.setblocking(False)
        self.heard = -1
        """Messages, without the answer to the request."""
        self._left = 0
        self._head = b""

    def read(self, buffer: bytearray) -> int:
        """Read what is there; how many bytes."""
        total = 0
        view = memoryview(buffer)
        while True:
            try:
                size = self.socket.recv_into(buffer)
            except BlockingIOError:
                return total
            if not size:
                raise SystemExit("the node closed a subscriber's connection")
            total += size
            self._count(view[:size])

    def _count(self, data: memoryview) -> None:
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                self.heard += not self._left
                continue
            self._head += data[at : at + 1].tobytes()
            at += 1
            self._left = self._length()

    def _length(self) -> int:
        head = self._head
        if len(head) < 2:
            return 0
        short = head[1] & 127
        extra = {126: 2, 127: 8}.get(short, 0)
        if len(head) < 2 + extra:
            return 0
        self._head = b""
        return int.from_bytes(head[2:], "big") if extra else short


def listen(url: str, count: int, query: str, expected: int, pipe: Pipe) -> None:
    """The subscribers' process: for each block, when the first and the last message came and how many bytes."""
    everybody = [Subscriber(url, number, query) for number in range(count)]
    selector = selectors.DefaultSelector()
    for subscriber in everybody:
        selector.register(subscriber.socket, selectors.EVENT_READ, subscriber)
    buffer = bytearray(1 << 20)
    while min(subscriber.heard for subscriber in everybody) < 0:
        for key, _ in selector.select(1):
            key.data.read(buffer)
    pipe.send("ready")
    while True:
        first, received = 0.0, 0
        waiting = len(everybody)
        goal = everybody[0].heard + expected
        while waiting:
            ready = selector.select(QUIET_S)
            if not ready:
                raise SystemExit(f"{waiting} subscribers did not hear everything")
            first = first or time.perf_counter()
            for key, _ in ready:
                subscriber = key.data
                before = subscriber.heard
                received += subscriber.read(buffer)
                waiting -= before < goal <= subscriber.heard
        pipe.send((first, time.perf_counter(), received))


def run(given: argparse.Namespace, url: str, mnemonic: str, pid: int | None) -> list[tuple[Any, ...]]:
    """Rows of the table, one a block."""
    purse = wallet.Wallet(url, given.prefix)
    accounts = purse.accounts(given.txs, "subscribers")
    if missing := purse.read(accounts):
        purse.fund(mnemonic, missing)
        purse.read(missing)
    time.sleep(2)
    ours, theirs = multiprocessing.Pipe()
    expected = given.txs if "'Tx'" in given.query else 1
    arguments = (url, given.subscribers, given.query, expected, theirs)
    listener = multiprocessing.Process(target=listen, args=arguments, daemon=True)
    listener.start()
    pids = figures.tree(pid) if pid else []
    rows = []
    try:
        if ours.recv() != "ready":
            raise SystemExit("the subscribers did not get in")
        for _ in range(given.blocks):
            bodies = [broadcast_body(raw) for raw in purse.sends(accounts)]
            await_block(purse)
            before = figures.usage(pids)
            pump(url, bodies, 8, lambda number, answer, at: True)
            first, last, received = ours.recv()
            after = figures.usage(pids)
            rows.append(
                (
                    f"{given.subscribers * expected:,}",
                    f"{received / 2**20:,.0f}",
                    f"{last - first:.2f}",
                    f"{after.cpu_s - before.cpu_s:.2f}",
                    after.rss >> 20,
                )
            )
    finally:
        listener.terminate()
    return rows


def await_block(purse: wallet.Wallet) -> None:
    """Until a block was just made, so that what is sent now fits into the next one."""

    def height() -> int:
        return int(purse.rpc.call("status")["sync_info"]["latest_block_height"])

    at = height()
    while height() == at:
        time.sleep(0.01)


def main() -> None:
    """Parse, start what is missing, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rpc", help="URL of a CometBFT RPC; without it a local ledger is started")
    parser.add_argument("--mnemonic", default="", help="words of the key that funds the accounts")
    parser.add_argument("--subscribers", type=int, default=500)
    parser.add_argument("--txs", type=int, default=1000)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument(
        "--block-time", default="3", help="long enough for all transactions to be in one block"
    )
    parser.add_argument("--query", default="tm.event='Tx'")
    parser.add_argument("--prefix", default="akash")
    parser.add_argument("--apart", action="store_true", help="the node's doors in a process of their own")
    given = parser.parse_args()
    with ExitStack() as stack:
        url, mnemonic, pid = given.rpc, given.mnemonic, None
        if not url:
            settings = {"SUPERCLOUD_RPC_CONNECTIONS": str(4 * given.subscribers + 100)}
            if given.apart:
                settings["SUPERCLOUD_DOORS_APART"] = "true"
            options = ("--no-provider", "--block-time", given.block_time)
            ours = stack.enter_context(local.up(*options, settings=settings))
            url, mnemonic, pid = ours.rpc, ours.tenant_mnemonic, ours.process.pid
        rows = run(given, url, mnemonic, pid or figures.listener(urlsplit(url).port or 26657))
    columns = ("messages", "MiB", "first to last, s", "node CPU s, block included", "RSS MiB")
    print(f"# {given.subscribers} subscribers, {given.txs} transactions a block, {given.query}\n")
    print(f"{figures.machine()}\n\n{figures.table(columns, rows)}")


if __name__ == "__main__":
    main()
