"""A validator whose key is somewhere else: a signer of CometBFT's makes and keeps the signatures, the node has no key."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import orjson
import pytest
from chain_client import CHAIN, RUN, Rpc, free_port, make_home, settings, transfer

from supercloud.node.abci.framing import Unframer, frame
from supercloud.node.engine import signer as keys
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE
from supercloud.node.home import Home
from supercloud.pb.tendermint.privval import types_pb2 as privval
from supercloud.pb.tendermint.types import types_pb2

ROOT = Path(__file__).resolve().parents[5]
PATIENCE_S = 60

pytestmark = pytest.mark.node


@pytest.fixture(scope="module", autouse=True)
def program() -> str:
    """The signer that comes with CometBFT."""
    script = ROOT / "scripts" / "cometbft"
    made = [subprocess.run([script, *more], capture_output=True, text=True) for more in ([], ["--signer"])]
    if any(done.returncode for done in made):
        pytest.skip(f"no CometBFT with a signer: {made[-1].stderr.strip()[-200:]}")
    os.environ.setdefault(PROGRAM_VARIABLE, made[0].stdout.strip())
    return made[1].stdout.strip()


class RemoteSigner:
    """A key, the record of what it signed, and a process that connects to whoever may ask it."""

    def __init__(self, program: str, folder: Path, home: Home) -> None:
        folder.mkdir()
        self.key = home.validator_key.rename(folder / "key.json")
        self.record = home.signing_record.rename(folder / "record.json")
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, address: str) -> None:
        """Let it sign for whoever listens there by now: it tries for a second, then never again."""
        words = ["-addr", address, "-chain-id", CHAIN, "-priv-key", self.key, "-priv-state", self.record]
        self.process = subprocess.Popen([self.program, *words], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Running:
    """A node of one validator in a process of its own that waits for its signer, and what it logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        config = settings(0.2)
        config.engine.kind = "cometbft"
        config.p2p.listen = f"127.0.0.1:{free_port()}"
        config.p2p.signer_listen = f"127.0.0.1:{self.port}"
        config.rpc.listen = f"127.0.0.1:{free_port()}"
        config.grpc.listen = config.rest.listen = ""
        self.home = Home(make_home(folder / "home", config))
        self.url = f"http://{config.rpc.listen}"
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Run it."""
        with self.log.open("ab") as log:
            words = [sys.executable, "-c", RUN, str(self.home.folder)]
            self.process = subprocess.Popen(words, stdout=log, stderr=log)

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder / "node.log"

    def end(self, how: signal.Signals) -> int:
        """End it; its status."""
        self.process.send_signal(how)
        return self.process.wait(30)

    async def asks(self) -> None:
        """Wait until it listens for its signer. A connection to see would be taken for one."""
        wanted = f":{self.port:04X}"
        async with asyncio.timeout(PATIENCE_S):
            while not any(at.endswith(wanted) and state == "0A" for at, state in _sockets()):
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.02)


def _sockets() -> Iterator[tuple[str, str]]:
    """Local address and state of this machine's TCP sockets, in the kernel's hex."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        yield local, state


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def _height(rpc: Rpc) -> int:
    return int((await rpc.call("status"))["sync_info"]["latest_block_height"])


async def _reach(rpc: Rpc, wanted: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await _height(rpc) < wanted:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_no_signer_no_blocks(tmp_path: Path, session: aiohttp.ClientSession, program: str) -> None:
    node = Running(tmp_path)
    signer = RemoteSigner(program, tmp_path / "elsewhere", node.home)
    public_key = keys.read_key_file(signer.key).public_key
    rpc = Rpc(session, node.url)
    address = f"tcp://127.0.0.1:{node.port}"
    node.start()
    try:
        await node.asks()
        signer.start(address)
        await rpc.answering()
        raw = transfer(7, 0)
        assert (await rpc.send(raw))["code"] == 0
        await rpc.committed(raw)
        known = (await rpc.call("status"))["validator_info"]
        assert known["pub_key"]["value"] == base64.b64encode(public_key).decode()
        assert int(known["voting_power"]) > 0
        assert not node.home.validator_key.exists() and not node.home.signing_record.exists()
        # It goes away: no blocks, and the log says who is missing.
        signer.kill()
        await asyncio.sleep(1)
        stood = await _height(rpc)
        waiting = transfer(8, 1)
        assert (await rpc.send(waiting))["code"] == 0
        await asyncio.sleep(4)
        assert await _height(rpc) == stood and node.process.poll() is None
        assert "SignerListener" in node.log.read_text()
        # It comes back: blocks go on, with what was sent meanwhile.
        signer.start(address)
        await rpc.committed(waiting)
        await _reach(rpc, stood + 3)
        # The same when the node is killed.
        assert node.end(signal.SIGKILL) == -signal.SIGKILL
        signer.kill()
        node.start()
        await node.asks()
        signer.start(address)
        await rpc.answering()
        await _reach(rpc, stood + 6)
        assert await rpc.bobs() == 15
    finally:
        node.end(signal.SIGTERM)
        signer.kill()
    _refuses_a_second_signature(signer, tmp_path / "ask")


def _refuses_a_second_signature(signer: RemoteSigner, path: Path) -> None:
    """Whoever asks, with whatever block: its record knows what was signed, and outlives it."""
    with _asking(signer, path) as asking:
        last = int(orjson.loads(signer.record.read_bytes())["height"])
        for height in range(last - 3, last):
            assert "regression" in _sign(asking, height, 1).error.description
        first = _sign(asking, last + 1, 1)
        assert not first.HasField("error") and len(first.vote.signature) == 64
        assert "conflicting data" in _sign(asking, last + 1, 2).error.description
    with _asking(signer, path) as asking:
        assert "conflicting data" in _sign(asking, last + 1, 2).error.description
        assert _sign(asking, last + 1, 1).vote.signature == first.vote.signature


@contextmanager
def _asking(signer: RemoteSigner, path: Path) -> Iterator[socket.socket]:
    """A connection with the signer, in a node's place."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()
        door.settimeout(10)
        signer.start(f"unix://{path}")
        try:
            asking, _ = door.accept()
            with asking:
                asking.settimeout(10)
                yield asking
        finally:
            signer.kill()


def _sign(asking: socket.socket, height: int, number: int) -> privval.SignedVoteResponse:
    """The signer's answer to a precommit for a made up block, in the first round of a height."""
    named = types_pb2.BlockID(hash=bytes([number]) * 32)
    named.part_set_header.total, named.part_set_header.hash = 1, bytes([number]) * 32
    vote = types_pb2.Vote(type=types_pb2.SIGNED_MSG_TYPE_PRECOMMIT, height=height, block_id=named)
    vote.timestamp.seconds = 1_800_000_000
    request = privval.Message(sign_vote_request=privval.SignVoteRequest(vote=vote, chain_id=CHAIN))
    asking.sendall(frame(request.SerializeToString()))
    unframer = Unframer()
    while not (found := list(unframer.feed(asking.recv(4096)))):
        pass
    return privval.Message.FromString(found[0]).signed_vote_response
