"""CometBFT's home inside ours: its settings and genesis written from ours, keys and signing record shared.

`cometbft/` holds what only CometBFT needs. The validator's key, the signing record and the node key stay where the
embedded engine has them, so that one guard file watches over both engines.
"""

from __future__ import annotations

import base64
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from supercloud.crypto import ed25519
from supercloud.node.engine.state import EngineState
from supercloud.node.files import write_durably
from supercloud.node.genesis import Document, format_time

SOCKET_PATH_BYTES_MAX: Final = 100
"""The kernel takes 107 bytes in a Unix socket's name."""


class HomeError(ValueError):
    """A folder that CometBFT can not work in."""


@dataclass(frozen=True)
class Peering:
    """How CometBFT meets other nodes."""

    listen: str = "127.0.0.1:26656"
    external_address: str = ""
    persistent_peers: str = ""
    seeds: str = ""
    private: bool = False
    """Take peers whose addresses are not routable on the internet, and several from one address."""
    exchange: bool = True
    """Ask other nodes for addresses and tell them some."""
    hidden: str = ""
    """Ids of nodes that are always taken and of which nobody is told."""
    signer_listen: str = ""
    """Where a remote signer connects; empty: the key file signs."""


@dataclass(frozen=True)
class StateSync:
    """Where a new node takes a state from instead of executing all blocks; without servers it does not."""

    servers: tuple[str, ...] = ()
    trust_height: int = 0
    trust_hash: str = ""


@dataclass(frozen=True)
class CometHome:
    """The folder and the files around it."""

    folder: Path
    validator_key: Path
    signing_record: Path
    node_key: Path

    @property
    def abci_socket(self) -> Path:
        """Where CometBFT finds the state machine."""
        return self._sockets / "abci.sock"

    @property
    def rpc_socket(self) -> Path:
        """Where CometBFT answers us."""
        return self._sockets / "rpc.sock"

    @property
    def store_lock(self) -> Path:
        """What a process that works on CometBFT's files holds (flock)."""
        return self.folder / "data" / "blockstore.db" / "LOCK"

    @cached_property
    def _sockets(self) -> Path:
        """The folder itself; one of this account's with a short name where its path is too long for a socket."""
        folder = self.folder.absolute()
        if len(str(folder / "abci.sock").encode()) <= SOCKET_PATH_BYTES_MAX:
            return folder
        name = f"supercloud-{os.getuid()}-{sha256(str(folder).encode()).hexdigest()[:16]}"
        short = Path(tempfile.gettempdir()) / name
        short.mkdir(mode=0o700, exist_ok=True)
        status = short.lstat()
        if (
            status.st_uid != os.getuid()
            or stat.S_IMODE(status.st_mode) != 0o700
            or not stat.S_ISDIR(status.st_mode)
        ):
            raise HomeError(f"{short} belongs to somebody else; choose a shorter home than {folder}")
        return short

    @property
    def genesis(self) -> Path:
        """The genesis document as CometBFT reads it."""
        return self.folder / "config" / "genesis.json"

    @property
    def initial_height(self) -> int:
        """Height of the first block that CometBFT decides."""
        return int(orjson.loads(self.genesis.read_bytes()).get("initial_height") or 1)

    def prepare(self, document: Document) -> None:
        """Make the folders, and the genesis file unless there is one: a chain has only one beginning.

        The state stays in this node's own document: CometBFT would only hand it back, in a message of at most 100 MiB.
        """
        self._make_folders()
        if not self.genesis.exists():
            write_durably(self.genesis, orjson.dumps(document | {"app_state": {}}))

    def _make_folders(self) -> None:
        for name in ("config", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def write_settings(
        self,
        *,
        moniker: str,
        interval_s: float,
        mempool_count: int,
        mempool_bytes: int,
        tx_bytes: int,
        peering: Peering,
        state_sync: StateSync,
    ) -> bool:
        """CometBFT's settings, made anew at every start; what is left out has CometBFT's default.

        Returns whether others were there before.
        """
        sections: dict[str, dict[str, Any]] = {
            "": {
                "proxy_app": f"unix://{self.abci_socket.absolute()}",
                "abci": "socket",
                "moniker": moniker,
                "log_format": "json",
                "log_level": "error",
                "genesis_file": str(self.genesis.absolute()),
                **self._signing(peering.signer_listen),
                "node_key_file": str(self.node_key.absolute()),
            },
            "rpc": {
                "laddr": f"unix://{self.rpc_socket.absolute()}",
                "max_body_bytes": 2 * tx_bytes + 1_000_000,
                "timeout_broadcast_tx_commit": "10s",
            },
            "p2p": _p2p(peering),
            "mempool": {
                "size": mempool_count,
                "max_txs_bytes": mempool_bytes,
                "max_tx_bytes": tx_bytes,
                "keep-invalid-txs-in-cache": False,
            },
            "statesync": {
                "enable": bool(state_sync.servers),
                "rpc_servers": ",".join(state_sync.servers),
                "trust_height": state_sync.trust_height,
                "trust_hash": state_sync.trust_hash,
                # The least that CometBFT takes: time in which peers tell of their snapshots.
                "discovery_time": "5s",
            },
            "consensus": {
                "timeout_commit": _go_duration(interval_s),
                "timeout_propose": _go_duration(max(3 * interval_s, 0.5)),
                "create_empty_blocks": True,
                "peer_gossip_sleep_duration": _go_duration(min(0.1, interval_s / 10)),
            },
            # Our own index answers searches; a second one would only cost.
            "tx_index": {"indexer": "null"},
            "instrumentation": {"prometheus": False},
        }
        return self._write(sections)

    def _write(self, sections: Mapping[str, Mapping[str, Any]]) -> bool:
        lines: list[str] = []
        for section, values in sections.items():
            lines += [f"[{section}]"] if section else []
            lines += [f"{name} = {orjson.dumps(value).decode()}" for name, value in values.items()]
        self._make_folders()
        path, written = self.folder / "config" / "config.toml", ("\n".join(lines) + "\n").encode()
        before = path.read_bytes() if path.exists() else written
        write_durably(path, written)
        return before != written

    def _signing(self, listen: str) -> dict[str, str]:
        """What signs: the key file, or, at an address, a remote signer."""
        key, record, address = self.validator_key, self.signing_record, ""
        if listen:
            # CometBFT makes a key where it finds none, even if it never uses it: not where the validator's belongs.
            key = self.folder / "config" / "unused_validator_key.json"
            record = self.folder / "data" / "unused_validator_state.json"
            address = "tcp://" + listen.removeprefix("tcp://")
        return {
            "priv_validator_key_file": str(key.absolute()),
            "priv_validator_state_file": str(record.absolute()),
            "priv_validator_laddr": address,
        }


def _p2p(peering: Peering) -> dict[str, Any]:
    return {
        "laddr": f"tcp://{peering.listen}",
        "external_address": peering.external_address,
        "persistent_peers": peering.persistent_peers,
        "seeds": peering.seeds,
        "addr_book_strict": not peering.private,
        "allow_duplicate_ip": peering.private,
        "pex": peering.exchange,
        "private_peer_ids": peering.hidden,
        "unconditional_peer_ids": peering.hidden,
        # A quarter of this is CometBFT's own: a snapshot of a million accounts has 250 MB.
        "send_rate": 20_480_000,
        "recv_rate": 20_480_000,
        # Small packets are sent at once: votes wait for nothing on the way.
        "flush_throttle_timeout": "10ms",
    }


def continued(document: Document, state: EngineState) -> Document:
    """The genesis document by which CometBFT goes on where the embedded engine stopped.

    It begins one block later with the app hash and the validators of then. Raises HomeError while a change of
    validators is under way: one more block settles it.
    """
    if state.validators != state.next_validators:
        raise HomeError("the validator set is changing; let the embedded engine make one more block first")
    names = {entry["pub_key"]["value"]: entry.get("name", "") for entry in document.get("validators") or ()}
    made = dict(document)
    made["genesis_time"] = format_time(state.time)
    made["initial_height"] = str(state.next_height)
    made["app_hash"] = state.app_hash.hex().upper()
    made["app_state"] = {}
    made["validators"] = [
        _validator(validator.public_key, validator.power, names) for validator in state.validators
    ]
    return made


def _validator(public_key: bytes, power: int, names: dict[str, str]) -> dict[str, Any]:
    value = base64.b64encode(public_key).decode()
    return {
        "address": ed25519.address(public_key).hex().upper(),
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": value},
        "power": str(power),
        "name": names.get(value, ""),
    }


def _go_duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
