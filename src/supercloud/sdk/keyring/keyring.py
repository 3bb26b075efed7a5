"""Named keys of one home.

Backends: `file` (all keys sealed under one passphrase), `test` (plain files, for development and local networks; the
name is the network tools' own), `memory` (nothing is written).

Processes may use one keyring at the same time: a key file appears whole or not at all, and never replaces another.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from supercloud.crypto import hd
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.sdk.keyring.seal import WrongPassphrase, seal, unseal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
FILE_BYTES_MAX = 64 * 1024
ADDRESS_BYTES = 20


class KeyringError(Exception):
    """The key can't be had; the text says why and what to do."""


class Backend(StrEnum):
    """Where keys live."""

    FILE = "file"
    TEST = "test"
    MEMORY = "memory"


class Key(NamedTuple):
    """A usable key. `mnemonic` is None for keys imported without one. Never log this value."""

    name: str
    private: PrivateKey
    mnemonic: str | None

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return self.private.public_key.address

    @property
    def signer(self) -> PrivateKey:
        """What signs transactions and tokens."""
        return self.private

    def __repr__(self) -> str:
        return f"Key({self.name!r})"


class Keyring:
    """Keys in `folder`. `passphrase` is asked for once, when a sealed key is first written or opened.

    `new_passphrase` is asked instead where no key is sealed yet, so that a person can be made to type it twice.
    """

    def __init__(
        self,
        folder: Path,
        backend: Backend = Backend.FILE,
        passphrase: Callable[[], str] | None = None,
        new_passphrase: Callable[[], str] | None = None,
    ) -> None:
        self.folder = folder
        self.backend = backend
        self._ask = passphrase
        self._ask_new = new_passphrase or passphrase
        self._known: str | None = None
        self._memory: dict[str, dict[str, Any]] = {}

    def create(self, name: str) -> Key:
        """Make a key from a new 24-word mnemonic."""
        return self.restore(name, hd.generate_mnemonic())

    def restore(self, name: str, mnemonic: str, account: int = 0, index: int = 0) -> Key:
        """Store the key of a BIP-39 mnemonic at m/44'/118'/account'/0/index."""
        try:
            private = hd.derive(mnemonic, account=account, index=index)
        except ValueError as error:
            raise KeyringError(f"mnemonic refused: {error}") from error
        return self._add(Key(name, private, mnemonic))

    def add_private(self, name: str, private: PrivateKey) -> Key:
        """Store a bare private key."""
        return self._add(Key(name, private, None))

    def key(self, name: str) -> Key:
        """The key of that name. Raises KeyringError, also for a file that was changed or renamed."""
        document = self._read(name)
        try:
            secret = orjson.loads(self._open(document))
            key = Key(name, PrivateKey(bytes.fromhex(secret["private_key"])), secret.get("mnemonic"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyringError(f"{self._path(name)} holds no private key") from error
        if (document["name"], document["address"]) != (name, key.address.hex()):
            raise KeyringError(f"{self._path(name)} was changed: it holds the key of another name or address")
        return key

    def has(self, name: str) -> bool:
        """Whether a key of that name exists."""
        return name in self.names()

    def names(self) -> list[str]:
        """Names in order."""
        if self.backend is Backend.MEMORY:
            return sorted(self._memory)
        if not self.folder.is_dir():
            return []
        return sorted(path.stem for path in self.folder.glob("*.json") if NAME.fullmatch(path.stem))

    def address(self, name: str) -> bytes:
        """Address of a key as its file says, without opening it."""
        return bytes.fromhex(self._read(name)["address"])

    def delete(self, name: str) -> None:
        """Remove a key for good, a damaged file too."""
        self._demand(name)
        if self.backend is Backend.MEMORY:
            del self._memory[name]
        else:
            self._path(name).unlink()

    def rename(self, name: str, new: str) -> Key:
        """Give a key another name."""
        key = self.key(name)
        renamed = self._add(key._replace(name=new))
        self.delete(name)
        return renamed

    def _add(self, key: Key) -> Key:
        if not NAME.fullmatch(key.name):
            raise KeyringError(f"key name {key.name!r}: use letters, digits, '.', '_' and '-', at most 64")
        if self.has(key.name):
            raise _exists(key.name)
        secret = orjson.dumps({"private_key": key.private.secret.hex(), "mnemonic": key.mnemonic})
        header = {
            "name": key.name,
            "address": key.address.hex(),
            "public_key": bytes(key.private.public_key).hex(),
        }
        if self.backend is Backend.FILE:
            document = seal(header, secret, self._passphrase_for_writing())
        else:
            document = {"version": 1, **header, "plain": secret.decode()}
        self._write(key.name, document)
        return key

    def _open(self, document: dict[str, Any]) -> bytes:
        if "plain" in document:
            if self.backend is Backend.FILE:
                # Whoever can write the file could otherwise put a key of their own in its place.
                raise KeyringError(
                    f"key {document['name']!r} is not sealed; --keyring-backend test opens plain keys"
                )
            return str(document["plain"]).encode()
        try:
            return unseal(document, self._passphrase())
        except WrongPassphrase as error:
            self._known = None
            raise KeyringError(f"key {document.get('name')!r}: {error}") from error
        except ValueError as error:
            raise KeyringError(f"key {document.get('name')!r}: {error}") from error

    def _passphrase_for_writing(self) -> str:
        """The passphrase of the keys that are there; a slip of the finger must not seal a key under another one."""
        sealed = next(self._sealed(), None)
        if sealed is None:
            return self._passphrase(self._ask_new)
        self._open(sealed)
        return self._passphrase()

    def _sealed(self) -> Iterator[dict[str, Any]]:
        for name in self.names():
            with contextlib.suppress(KeyringError):
                if "sealed" in (document := self._read(name)):
                    yield document

    def _passphrase(self, ask: Callable[[], str] | None = None) -> str:
        ask = ask or self._ask
        if self._known is None:
            if ask is None:
                raise KeyringError(
                    "this keyring is sealed; give its passphrase on stdin or in SUPERCLOUD_PASSPHRASE"
                )
            self._known = ask()
            if not self._known:
                self._known = None
                raise KeyringError(
                    "an empty passphrase protects nothing; use --keyring-backend test for throw-away keys"
                )
        return self._known

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _demand(self, name: str) -> None:
        if not self.has(name):
            known = ", ".join(self.names()) or "none"
            raise KeyringError(f"no key named {name!r} in {self.folder} (keys there: {known})")

    def _read(self, name: str) -> dict[str, Any]:
        self._demand(name)
        if self.backend is Backend.MEMORY:
            return self._memory[name]
        with self._path(name).open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise KeyringError(f"{self._path(name)} is no key file: it is too long")
        try:
            return _checked(orjson.loads(data))
        except ValueError as error:
            raise KeyringError(f"{self._path(name)} is damaged: {error}") from error

    def _write(self, name: str, document: dict[str, Any]) -> None:
        if self.backend is Backend.MEMORY:
            self._memory[name] = document
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        temporary = self.folder / f".{name}.{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, fails where another process was faster: its key must not be lost.
            os.link(temporary, self._path(name))
        except FileExistsError as error:
            raise _exists(name) from error
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(self.folder)


def _exists(name: str) -> KeyringError:
    return KeyringError(f"a key named {name!r} exists already; delete it first or choose another name")


def _checked(document: Any) -> dict[str, Any]:
    """A key file's document. Raises ValueError."""
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    for field in ("name", "address"):
        if not isinstance(document.get(field), str):
            raise ValueError(f"it has no {field}")
    if len(bytes.fromhex(document["address"])) != ADDRESS_BYTES:
        raise ValueError(f"its address has not {ADDRESS_BYTES} bytes")
    return document


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
