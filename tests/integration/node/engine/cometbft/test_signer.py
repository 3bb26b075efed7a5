"""A validator whose key is somewhere else: a remote signer makes and remembers the signatures, the node has no key.

The signer is the one that comes with CometBFT, and tmkms where it is in PATH (`cargo install tmkms --features softsign`).
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

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


class RemoteSigner:
    """CometBFT's own: a key, the record of what it signed, and a process that connects to whoever may ask it."""

    def __init__(self, program: str, folder: Path, home: Home) -> None:
        folder.mkdir()
        self.public_key = keys.read_key_file(home.validator_key).public_key
        self.folder = folder
        self.key = home.validator_key.rename(folder / "key.json")
        self.record = home.signing_record.rename(folder / "record.json")
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, address: str) -> list[str | Path]:
        """What to run. It tries to connect for a second, then never again."""
        words = ["-addr", address, "-chain-id", CHAIN, "-priv-key", self.key, "-priv-state", self.record]
        return [self.program, *words]

    def start(self, address: str) -> None:
        """Let it sign for whoever listens there by now."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(address), stdout=log, stderr=log)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Tmkms(RemoteSigner):
    """The signer that many validators run; it connects again by itself."""

    def __init__(self, program: str, folder: Path, home: Home) -> None:
        super().__init__(program, folder, home)
        self.record = folder / "state.json"
        for words in (["init", folder / "kms"], ["softsign", "import", self.key, folder / "secret"]):
            subprocess.run([program, *words], check=True, capture_output=True)

    def command(self, address: str) -> list[str | Path]:
        settings = self.folder / "tmkms.toml"
        settings.write_text(
            f"""
[[chain]]
id = "{CHAIN}"
key_format = {{ type = "hex" }}
state_file = "{self.record}"
[[providers.softsign]]
chain_ids = ["{CHAIN}"]
key_type = "consensus"
path = "{self.folder}/secret"
[[validator]]
chain_id = "{CHAIN}"
addr = "{address}"
secret_key = "{self.folder}/kms/secrets/kms-identity.key"
protocol_version = "v0.38"
reconnect = true
"""
        )
        return [self.program, "start", "-c", settings]


Maker = Callable[[Path, Home], RemoteSigner]


@pytest.fixture(scope="module", params=["cometbft", "tmkms"])
def make_signer(request: pytest.FixtureRequest) -> Maker:
    """Takes key and record out of a home."""
    script = ROOT / "scripts" / "cometbft"
    made = [subprocess.run([script, *more], capture_output=True, text=True) for more in ([], ["--signer"])]
    if any(done.returncode for done in made):
        pytest.skip(f"no CometBFT with a signer: {made[-1].stderr.strip()[-200:]}")
    os.environ.setdefault(PROGRAM_VARIABLE, made[0].stdout.strip())
    if request.param == "cometbft":
        return partial(RemoteSigner, made[1].stdout.strip())
    if (tmkms := shutil.which("tmkms")) is None:
        pytest.skip("no tmkms: cargo install tmkms --features softsign")
    return partial(Tmkms, tmkms)


class Running:
    """A node of one validator in a process of its own that waits for its signer, and what it logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        config = settings(0.2)
        config.engine.kind = "cometbft"
        config.p2p.listen = f"127.0.0.1:{free_port()}"
        config.p2p.signer_listen = f"127.0.0.1:{self.port}"
        config.doors.apart = True
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
        async with asyncio.timeout(PATIENCE_S):
            while not _listens(self.port):
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.02)

    async def gone(self) -> None:
        """Wait until its other processes, engine and doors, have ended as well."""
        async with asyncio.timeout(PATIENCE_S):
            while _listens(self.port) or _listens(int(self.url.rpartition(":")[2])):  # noqa: ASYNC110 - others
                await asyncio.sleep(0.02)


def _listens(port: int) -> bool:
    return any(at.endswith(f":{port:04X}") and state == "0A" for at, state in _sockets())


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


async def _validator(rpc: Rpc, public_key: str) -> dict[str, Any]:
    """What a node says of its validator, once it has this key: the doors hear of it within a second."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            known: dict[str, Any] = (await rpc.call("status"))["validator_info"]
            if known["pub_key"]["value"] == public_key:
                return known
            await asyncio.sleep(0.05)


async def test_no_signer_no_blocks(
    tmp_path: Path, session: aiohttp.ClientSession, make_signer: Maker
) -> None:
    node = Running(tmp_path)
    signer = make_signer(tmp_path / "elsewhere", node.home)
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
        known = await _validator(rpc, base64.b64encode(signer.public_key).decode())
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
        async with asyncio.timeout(PATIENCE_S):
            while "SignerListener" not in node.log.read_text():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        # It comes back: blocks go on, with what was sent meanwhile.
        signer.start(address)
        await rpc.committed(waiting)
        await _reach(rpc, stood + 3)
        # The same when the node is killed.
        assert node.end(signal.SIGKILL) == -signal.SIGKILL
        signer.kill()
        await node.gone()
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
    """Whoever asks, with whatever block: its record knows what was signed, and outlives the process."""
    last = int(orjson.loads(signer.record.read_bytes())["height"])
    for height in range(last - 3, last):
        assert not _sign(signer, path, height, 1)
    signature = _sign(signer, path, last + 1, 1)
    assert len(signature) == 64
    assert not _sign(signer, path, last + 1, 2)
    assert _sign(signer, path, last + 1, 1) == signature


@contextmanager
def _asking(signer: RemoteSigner, path: Path) -> Iterator[socket.socket]:
    """A connection with a signer that was just started, in a node's place."""
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


def _sign(signer: RemoteSigner, path: Path, height: int, number: int) -> bytes:
    """The signer's precommit for a made up block, in the first round of a height; empty when it refuses."""
    named = types_pb2.BlockID(hash=bytes([number]) * 32)
    named.part_set_header.total, named.part_set_header.hash = 1, bytes([number]) * 32
    vote = types_pb2.Vote(type=types_pb2.SIGNED_MSG_TYPE_PRECOMMIT, height=height, block_id=named)
    vote.validator_address = b"\1" * 20
    vote.timestamp.seconds = 1_800_000_000
    request = privval.Message(sign_vote_request=privval.SignVoteRequest(vote=vote, chain_id=CHAIN))
    with _asking(signer, path) as asking:
        asking.sendall(frame(request.SerializeToString()))
        unframer = Unframer()
        while arrived := asking.recv(4096):
            for answer in unframer.feed(arrived):
                found = privval.Message.FromString(answer).signed_vote_response
                assert bool(found.error.description) != bool(found.vote.signature)
                return found.vote.signature
    # tmkms hangs up instead of saying why.
    return b""
