"""Backup of a home whose node may be running: what a `kill -9` could have left behind, which every start recovers from.

The order makes it so. What comes later is newer, and whatever is behind something newer is executed again out of it:

    state  ->  results that wait  ->  blocks  ->  what CometBFT keeps, all of it at one moment

State and blocks are copied as of one commit each while the node goes on. CometBFT's files are only opened while it is held
still: they grow at their ends or are replaced by others, so what an open file began with is there to be read afterwards.

Keys, and the record of what was signed, are left out unless asked for: a second copy that runs signs twice. The index, the
trees of the state and snapshots are left out always: they are made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from supercloud.node import genesis as genesis_document
from supercloud.node.backup.standstill import StandstillError, comet_of, held, holder_of
from supercloud.node.engine.state import EngineState
from supercloud.node.home import Home
from supercloud.node.storage.archive import BLOCK_BYTES, ArchiveError, Tell, Writing
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.environment import HomeInUse, take_lock
from supercloud.node.storage.lmdb import LmdbBackend

Result = TypeVar("Result")

KIND: Final = "backup of a node"
KEYS: Final = ("config/priv_validator_key.json", "config/node_key.json")
RECORD: Final = "data/priv_validator_state.json"
SECRETS: Final = (*KEYS, RECORD)
_PROPOSAL: Final = "data/proposal.block"
_COMET_CONFIG: Final = tuple(f"cometbft/config/{name}.json" for name in ("genesis", "addrbook"))
_COMET_STORES: Final = ("*.db/*", "cs.wal/*")
_NOT_OF_COMET: Final = ("LOCK", "LOG", "LOG.old")
"""Made anew whenever a store is opened."""
SMALL_BYTES: Final = 2**18
"""Files up to this size are read at once: a few small ones are written anew in their place."""
TRIES: Final = 3


class BackupError(Exception):
    """There is nothing to back up, or it can not be had."""


class Taken(NamedTuple):
    """What a backup holds."""

    file: str
    chain_id: str
    height: int
    """Of the state; blocks may reach further."""
    app_hash: str
    first_block: int
    last_block: int
    bytes: int
    seconds: float
    held_ms: float
    """Milliseconds for which CometBFT stood still; 0 when there was none to hold."""
    keys: bool
    """Whether keys and the record of what was signed are in it."""


class _Caught(NamedTuple):
    """A file as it was at one moment: its content, or, opened, how much there was of it."""

    name: str
    descriptor: int
    size: int
    content: bytes

    def blocks(self) -> Iterator[bytes]:
        """What there was."""
        if self.descriptor < 0:
            yield self.content
            return
        at = 0
        while at < self.size:
            block = os.pread(self.descriptor, min(BLOCK_BYTES, self.size - at), at)
            if not block:
                raise BackupError(f"{self.name} became shorter meanwhile; try again")
            at += len(block)
            yield block


def back_up(
    folder: Path, output: Path, *, with_keys: bool = False, tell: Tell = lambda written: None
) -> Taken:
    """Write the home of a node, running or not, into one file. Raises BackupError, StandstillError, OSError."""
    home = Home(folder)
    for path in (
        home.config,
        home.genesis,
        home.data / "state" / "data.mdb",
        home.data / "blocks" / "data.mdb",
    ):
        if not path.exists():
            raise BackupError(f"{path} is not there: {folder} is no home of a node that has ever run")
    began = time.monotonic()
    with ExitStack() as stack:
        _hold_home(folder, stack)
        try:
            writing = Writing(output, tell)
            stack.callback(writing.abandon)
            return _Taking(home, writing, stack, with_keys).run(output, began)
        except ArchiveError as error:
            raise BackupError(str(error)) from error


def total_bytes(folder: Path) -> int:
    """About how many bytes a backup will have, for whoever wants to see it advance."""
    found = [folder / "config" / "genesis.json", *(folder / "data").glob("*/data.mdb")]
    found += [path for form in _COMET_STORES for path in (folder / "cometbft" / "data").glob(form)]
    size = 0
    for path in found:
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return size


def _hold_home(folder: Path, stack: ExitStack) -> None:
    """Keep a node that does not run from starting in the midst of it; see that one that runs can be looked into."""
    lock = folder / "data" / "LOCK"
    try:
        stack.callback(os.close, take_lock(folder / "data"))
    except HomeInUse:
        if holder_of(lock) is None:
            raise BackupError(
                f"the process that works on {folder} can not be looked into; be root or the node's own account"
            ) from None


class _Taking:
    """One backup on its way."""

    def __init__(self, home: Home, writing: Writing, stack: ExitStack, with_keys: bool) -> None:
        self._home = home
        self._writing = writing
        self._stack = stack
        self._with_keys = with_keys
        self._decided_by_comet = (home.folder / "cometbft" / "data" / "blockstore.db").is_dir()

    def run(self, output: Path, began: float) -> Taken:
        """All steps in their order."""
        # The embedded engine writes the record before the block: an older one fits newer blocks, but not the reverse.
        early = [RECORD] if self._with_keys and not self._decided_by_comet else []
        self._add(self._catch([*early, *(KEYS if self._with_keys else ()), _PROPOSAL]))
        height, meta = self._state()
        self._add(self._catch(self._files("cometbft/executed", ["*"])))
        (first, last), chain_id = self._blocks()
        held_ms = self._comet()
        self._require_following(height, first)
        # The genesis document comes last: a home without it starts no node.
        self._add(self._catch(["config/config.toml", "config/genesis.json"]))
        chain_id = chain_id or genesis_document.load(self._home.genesis).chain_id
        about = {
            "kind": KIND,
            "made": genesis_document.format_time(time.time_ns()),
            "chain_id": chain_id,
            "height": height,
            "app_hash": meta["app_hash"],
            "first_block": first,
            "last_block": last,
            "keys": self._with_keys,
        }
        size = self._writing.finish(about)
        return Taken(
            str(output),
            chain_id,
            height,
            meta["app_hash"],
            first,
            last,
            size,
            round(time.monotonic() - began, 3),
            round(held_ms, 1),
            self._with_keys,
        )

    def _state(self) -> tuple[int, dict[str, Any]]:
        backend = LmdbBackend(self._home.data / "state", readonly=True)
        try:
            found = self._copied("data/state/data.mdb", backend.copy)
        finally:
            backend.close()
        if found is None:
            raise BackupError(f"{self._home.folder} has no state yet")
        return found[0], json.loads(found[1])

    def _blocks(self) -> tuple[tuple[int, int], str]:
        """Lowest and highest height of the copy, and the chain they are of."""
        store = BlockStore(self._home.data / "blocks", readonly=True)
        try:
            edges = self._copied("data/blocks/data.mdb", store.copy)
            state = store.state(edges[1])
        finally:
            store.close()
        return edges, EngineState.from_bytes(state).chain_id if state else ""

    def _require_following(self, height: int, first: int) -> None:
        """Refuse a copy whose state has no blocks to go on with: the node has forgotten them while it was being made."""
        store = BlockStore(self._home.data / "blocks", readonly=True)
        try:
            # CometBFT keeps as many, and was looked at before this.
            first = max(first, store.base)
        finally:
            store.close()
        if first > height:
            raise BackupError(
                f"the state was copied at height {height}, and meanwhile the node has forgotten the blocks below {first}: "
                "let it keep more (engine.blocks_kept), or stop it for the backup"
            )

    def _copied(self, name: str, copy: Callable[[int], Result]) -> Result:
        found: list[Result] = []
        with contextlib.closing(_piped(copy, found)) as content:
            self._writing.add(name, content)
        return found[0]

    def _comet(self) -> float:
        """What CometBFT has on disk at one moment; returns for how many milliseconds it stood still."""
        if not self._decided_by_comet:
            return 0.0
        for _ in range(TRIES):
            pid, took_ms = comet_of(self._home.folder), 0.0
            if pid is None:
                caught = self._catch(self._of_comet())
            else:
                with held(pid) as since:
                    caught = self._catch(self._of_comet())
                    took_ms = (time.monotonic() - since) * 1000
            # One that was started meanwhile has changed what was looked at.
            if comet_of(self._home.folder) == pid:
                self._add(caught)
                return took_ms
        raise StandstillError("CometBFT ends and starts again and again; see the node's log, and try again")

    def _of_comet(self) -> Iterator[str]:
        if self._with_keys:
            yield RECORD
        yield from _COMET_CONFIG
        for name in self._files("cometbft/data", _COMET_STORES):
            if name.rpartition("/")[2] not in _NOT_OF_COMET:
                yield name

    def _files(self, place: str, forms: Iterable[str]) -> list[str]:
        folder = self._home.folder
        found = [path for form in forms for path in (folder / place).glob(form)]
        return sorted(str(path.relative_to(folder)) for path in found)

    def _catch(self, names: Iterable[str]) -> list[_Caught]:
        """Files as they are now; what is not there is left out."""
        caught: list[_Caught] = []
        for name in names:
            try:
                descriptor = os.open(self._home.folder / name, os.O_RDONLY | os.O_NONBLOCK)
            except FileNotFoundError:
                continue
            self._stack.callback(os.close, descriptor)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                continue
            small = status.st_size <= SMALL_BYTES
            content = os.pread(descriptor, SMALL_BYTES, 0) if small else b""
            caught.append(_Caught(name, -1 if small else descriptor, status.st_size, content))
        return caught

    def _add(self, caught: Iterable[_Caught]) -> None:
        for each in caught:
            self._writing.add(each.name, each.blocks())


def _piped(copy: Callable[[int], Result], found: list[Result]) -> Generator[bytes, None, None]:
    """What `copy` writes to a descriptor, block by block; its result is put into `found`."""
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(copy(write_end))
        except BaseException as error:
            failed.append(error)
        finally:
            os.close(write_end)

    worker = threading.Thread(target=work, name="copy")
    worker.start()
    try:
        while block := os.read(read_end, BLOCK_BYTES):
            yield block
    finally:
        # Whoever still writes is told that nobody listens.
        os.close(read_end)
        worker.join()
    if failed:
        raise failed[0]
