"""A running node to try things on: its doors, its memory, its log, and what has to be true of it afterwards."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "node"))

from chain_client import RUN, free_port, make_home, settings

from supercloud.node.server import export_genesis

ANSWER_S_MAX = 5.0
START_S_MAX = 60.0
GROWTH_BYTES_MAX = 256 * 1024 * 1024


class Target:
    """A node process."""

    def __init__(self, folder: Path, connections: int = 0) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.log = folder / "node.log"
        self.ports = [free_port() for _ in range(3)]
        config = settings(0.2)
        config.state.heights_kept = 1000
        if connections:
            config.rpc.connections = 2 * connections
            config.rpc.connections_per_client = 0
            config.rpc.sockets_per_client = connections
            config.rpc.subscriptions_per_client = 0
        for door, port in zip((config.rpc, config.rest, config.grpc), self.ports, strict=True):
            door.listen = f"127.0.0.1:{port}"
        make_home(self.home, config)
        self.process: subprocess.Popen[bytes]

    @property
    def rpc(self) -> str:
        """URL of the RPC."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def rest(self) -> str:
        """URL of the REST door."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def grpc(self) -> str:
        """Address of the gRPC door."""
        return f"127.0.0.1:{self.ports[2]}"

    def start(self) -> None:
        """Start and wait for two blocks."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-c", RUN, str(self.home)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        ends = time.monotonic() + START_S_MAX
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            with contextlib.suppress(OSError):
                if self.height() >= 2:
                    return
            time.sleep(0.05)
        raise AssertionError("the node made no blocks")

    def stop(self) -> None:
        """End it as an operator does."""
        self.process.terminate()
        assert self.process.wait(30) == 0, self.log.read_text()[-2000:]

    def post(self, body: bytes, url: str = "") -> tuple[int, bytes, float]:
        """Status, body and seconds of a POST, whatever the status."""
        return self._ask(urllib.request.Request(url or self.rpc, body, {"Content-Type": "application/json"}))

    def get(self, url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, float]:
        """Status, body and seconds of a GET, whatever the status."""
        return self._ask(urllib.request.Request(url, headers=headers or {}))

    def _ask(self, request: urllib.request.Request) -> tuple[int, bytes, float]:
        begun = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), time.monotonic() - begun
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), time.monotonic() - begun

    def call(self, method: str, **params: Any) -> Any:
        """The result of an RPC method, or its error object."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        answer = json.loads(self.post(body)[1])
        return answer.get("result", answer.get("error"))

    def broadcast(self, raw: bytes) -> dict[str, Any]:
        """The answer of broadcast_tx_sync: a result or an error object."""
        return dict(self.call("broadcast_tx_sync", tx=base64.b64encode(raw).decode()))

    def height(self) -> int:
        """The last block."""
        return int(self.call("status")["sync_info"]["latest_block_height"])

    def included(self, raw: bytes) -> int:
        """Wait for a transaction's block; its code there."""
        name = base64.b64encode(hashlib.sha256(raw).digest()).decode()
        ends = time.monotonic() + START_S_MAX
        while time.monotonic() < ends:
            found = self.call("tx", hash=name)
            if "tx_result" in found:
                return int(found["tx_result"]["code"])
            time.sleep(0.05)
        raise AssertionError("the transaction is in no block")

    def rss(self) -> int:
        """Resident bytes of the node."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def complaints(self) -> list[str]:
        """Log lines that speak of a defect: errors, tracebacks."""
        lines = self.log.read_text().splitlines()
        return [
            line[:2000]
            for line in lines
            if '"exception"' in line or '"level":"error"' in line or line[:1] != "{"
        ]

    @contextlib.contextmanager
    def unharmed(self) -> Iterator[None]:
        """What happens inside leaves the node making blocks, its log clean and its memory bounded."""
        before = self.rss()
        complained = len(self.complaints())
        yield
        height = self.height()
        ends = time.monotonic() + START_S_MAX
        while self.height() <= height:
            assert time.monotonic() < ends, "no more blocks"
            time.sleep(0.05)
        assert self.complaints()[complained:] == []
        grown = self.rss() - before
        assert grown < GROWTH_BYTES_MAX, f"{grown >> 20} MiB more"

    def replay(self) -> None:
        """Execute the stopped node's blocks anew, from genesis, in another home: the same state comes out.

        Every app hash on the way is compared by the node itself, which does not start when one differs.
        """
        copy = self.folder / "copy"
        shutil.copytree(self.home, copy, ignore=shutil.ignore_patterns("state", "index.sqlite*"))
        assert export_genesis(copy)["app_state"] == export_genesis(self.home)["app_state"]


@contextlib.contextmanager
def running(folder: Path, connections: int = 0) -> Iterator[Target]:
    """A node until the block ends, that lets one client have that many connections (0: the default)."""
    node = Target(folder, connections)
    try:
        node.start()
        yield node
        node.stop()
        node.replay()
    finally:
        if node.process.poll() is None:
            node.process.kill()
        node.process.wait()
