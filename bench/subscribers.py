"""How fast a block's events reach many WebSocket subscribers: 500 hear of each of 1,000 transactions.

Usage: bench/subscribers.py [--subscribers 500] [--txs 1000] [--blocks 3] [--query "tm.event='Tx'"] [--apart] [--plain]
       bench/subscribers.py --rpc URL --mnemonic WORDS ...          any CometBFT RPC, accounts funded by that key

Everybody subscribes, the transactions are sent ahead of their block, and the clock runs from the moment the first
subscriber hears of the first of them to the last one hearing of the last. The subscribers are a process of their own that
only counts what it reads: frames are not parsed but by their lengths. They take compressed messages, as browsers do (not
with `--plain`), and one of them unpacks and reads everything when the clock has stopped.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import selectors
import socket
import time
import zlib
from contextlib import ExitStack
from multiprocessing.connection import Connection as Pipe
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import figures
import local
import wallet
from wire import broadcast_body, pump

ADDRESSES = 20
"""Loopback addresses that the subscribers come from: nodes limit how many come from one."""
QUIET_S = 30.0
PING = 9
"""Opcode of a frame that is no message."""


class Subscriber:
    """One WebSocket: the handshake, one subscription, and then bytes counted by frame."""

    def __init__(self, url: str, number: int, query: str, offer: bytes = b"") -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or 26657
        source = (f"127.0.0.{number % ADDRESSES + 1}", 0) if host == "127.0.0.1" else None
        self.socket = socket.create_connection((host, port), 30, source)
        self.socket.sendall(
            b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + offer + b"\r\n"
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
        self.kept: list[bytes] | None = None if number else []
        """What the first of them has read of the last block."""
        self._pinged: bytes | None = None
        self._inflate = zlib.decompressobj(wbits=-15)
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
            if self.kept is not None:
                self.kept.append(bytes(view[:size]))
            self._count(view[:size])

    def texts(self) -> list[bytes]:
        """The messages it has kept, unpacked; forgets them."""
        data, at, texts = b"".join(self.kept or ()), 0, []
        self.kept = []
        while at < len(data):
            kind, packed, short = data[at] & 15, data[at] & 0x40, data[at + 1] & 127
            begin = at + 2 + {126: 2, 127: 8}.get(short, 0)
            at = begin + (int.from_bytes(data[at + 2 : begin], "big") if begin > at + 2 else short)
            text = data[begin:at]
            if kind != PING:
                texts.append(self._inflate.decompress(text + b"\0\0\xff\xff") if packed else text)
        return texts

    def _count(self, data: memoryview) -> None:
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                if self._pinged is not None:
                    self._pinged += data[at : at + step].tobytes()
                self._left -= step
                at += step
                if not self._left:
                    self._end()
                continue
            self._head += data[at : at + 1].tobytes()
            at += 1
            self._left = self._length()

    def _end(self) -> None:
        """A frame is here whole: a message, or a ping that wants an answer."""
        if self._pinged is None:
            self.heard += 1
            return
        pong = bytes((0x8A, 0x80 | len(self._pinged))) + bytes(4) + self._pinged
        self._pinged = None
        self.socket.sendall(pong)

    def _length(self) -> int:
        head = self._head
        if len(head) < 2:
            return 0
        short = head[1] & 127
        extra = {126: 2, 127: 8}.get(short, 0)
        if len(head) < 2 + extra:
            return 0
        self._head = b""
        self._pinged = b"" if head[0] & 15 == PING else None
        return int.from_bytes(head[2:], "big") if extra else short


class Told(NamedTuple):
    """What the subscribers heard of a block."""

    first: float
    last: float
    """Seconds on the clock."""
    received: int
    """Bytes, all of them together."""
    text: int
    """Bytes of its messages once unpacked, for one of them."""


def listen(url: str, given: argparse.Namespace, expected: int, pipe: Pipe) -> None:
    """The subscribers' process: sends what they heard of each block."""
    offer = b"" if given.plain else b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    everybody = [Subscriber(url, number, given.query, offer) for number in range(given.subscribers)]
    selector = selectors.DefaultSelector()
    for subscriber in everybody:
        selector.register(subscriber.socket, selectors.EVENT_READ, subscriber)
    buffer = bytearray(1 << 20)
    while min(subscriber.heard for subscriber in everybody) < 0:
        for key, _ in selector.select(1):
            key.data.read(buffer)
    everybody[0].texts()
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
        last = time.perf_counter()
        texts = everybody[0].texts()
        if len(texts) != expected or len({json.dumps(json.loads(text)) for text in texts}) != expected:
            raise SystemExit(f"a subscriber has read {len(texts)} messages, not {expected} that differ")
        pipe.send(Told(first, last, received, sum(map(len, texts))))


def run(given: argparse.Namespace, url: str, mnemonic: str, pid: int | None) -> list[tuple[Any, ...]]:
    """Rows of the table, one a block."""
    purse = wallet.Wallet(url, given.prefix)
    accounts = purse.accounts(given.txs, "subscribers")
    if missing := purse.read(accounts):
        purse.fund(mnemonic, missing)
        purse.read(missing)
    await_block(purse)
    ours, theirs = multiprocessing.Pipe()
    expected = given.txs if "'Tx'" in given.query else 1
    arguments = (url, given, expected, theirs)
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
            told = ours.recv()
            after = figures.usage(pids)
            rows.append(
                (
                    f"{given.subscribers * expected:,}",
                    f"{given.subscribers * told.text / 2**20:,.0f}",
                    f"{told.received / 2**20:,.0f}",
                    f"{told.last - told.first:.2f}",
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
    parser.add_argument("--plain", action="store_true", help="subscribers that take no compressed messages")
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
    columns = (
        "messages",
        "MiB of text",
        "MiB sent",
        "first to last, s",
        "node CPU s, block included",
        "RSS MiB",
    )
    print(f"# {given.subscribers} subscribers, {given.txs} transactions a block, {given.query}\n")
    print(f"{figures.machine()}\n\n{figures.table(columns, rows)}")


if __name__ == "__main__":
    main()
