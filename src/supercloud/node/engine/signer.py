"""The validator's key and the record of what it last signed, which keeps it from ever signing two blocks at
one height.

Both files have CometBFT's form, so that an operator can move between engines with the same guard. The record
reaches the disk before a signature leaves this module.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from supercloud.crypto import ed25519
from supercloud.node.engine.block import BlockID, parse_vote, time_ns, vote_sign_bytes
from supercloud.node.files import write_durably

STEP_NONE = 0
STEP_PRECOMMIT = 3
PUB_KEY_TYPE = "tendermint/PubKeyEd25519"
PRIV_KEY_TYPE = "tendermint/PrivKeyEd25519"


class DoubleSign(Exception):
    """Signing this would contradict an earlier signature."""


class KeyFileError(Exception):
    """A key file or signing record that cannot be read."""


class Vote(NamedTuple):
    """A signed vote."""

    time: int
    signature: bytes


class Record(NamedTuple):
    """The last thing that was signed."""

    height: int
    round: int
    step: int
    signature: bytes
    sign_bytes: bytes


_NOTHING = Record(0, 0, STEP_NONE, b"", b"")


class Signer:
    """Signs precommits of one validator for one chain, each height at most one block."""

    def __init__(self, key: ed25519.PrivateKey, record_path: Path) -> None:
        self._key = key
        self._path = record_path
        self.record = _read_record(record_path)

    @property
    def address(self) -> bytes:
        """The validator's consensus address."""
        return self._key.address

    @property
    def public_key(self) -> bytes:
        """The validator's consensus key."""
        return self._key.public_key

    def sign_precommit(self, chain_id: str, height: int, round_: int, named: BlockID, time: int) -> Vote:
        """Vote for a block. Asked again for the same block it answers with the same vote. Raises
        DoubleSign.
        """
        record = self.record
        if height < record.height:
            raise DoubleSign(f"height {height} lies before the last signed height {record.height}")
        if height == record.height and record.step != STEP_NONE:
            return self._again(chain_id, height, named)
        sign_bytes = vote_sign_bytes(chain_id, height, round_, named, time)
        signature = self._key.sign(sign_bytes)
        self._save(Record(height, round_, STEP_PRECOMMIT, signature, sign_bytes))
        return Vote(time, signature)

    def _again(self, chain_id: str, height: int, named: BlockID) -> Vote:
        record = self.record
        if record.step != STEP_PRECOMMIT or not record.sign_bytes:
            raise DoubleSign(f"something other than a precommit was signed at height {height}")
        signed = parse_vote(record.sign_bytes)
        time = time_ns(signed.timestamp)
        # Any other block at this height is refused, whatever the round: the first signature may be known to
        # others.
        if vote_sign_bytes(chain_id, height, record.round, named, time) != record.sign_bytes:
            raise DoubleSign(f"another block was already signed at height {height}")
        return Vote(time, record.signature)

    def _save(self, record: Record) -> None:
        write_durably(self._path, _record_json(record))
        self.record = record


def create_key_file(path: Path) -> ed25519.PrivateKey:
    """Make a new validator key; refuses to replace one."""
    if path.exists():
        raise KeyFileError(f"{path} exists; a validator key is never replaced")
    key = ed25519.PrivateKey.generate()
    document = {
        "address": key.address.hex().upper(),
        "pub_key": {"type": PUB_KEY_TYPE, "value": _base64(key.public_key)},
        "priv_key": {"type": PRIV_KEY_TYPE, "value": _base64(key.secret)},
    }
    write_durably(path, _dump(document))
    return key


def create_record_file(path: Path) -> None:
    """The record of a validator that has signed nothing; refuses to replace one."""
    if path.exists():
        raise KeyFileError(f"{path} exists; a signing record is never replaced")
    write_durably(path, _record_json(_NOTHING))


def create_node_key_file(path: Path) -> ed25519.PrivateKey:
    """Make a new node key; refuses to replace one."""
    if path.exists():
        raise KeyFileError(f"{path} exists; a node key is never replaced")
    key = ed25519.PrivateKey.generate()
    write_durably(path, _dump({"priv_key": {"type": PRIV_KEY_TYPE, "value": _base64(key.secret)}}))
    return key


def read_key_file(path: Path) -> ed25519.PrivateKey:
    """The key of a validator key file or a node key file. Raises KeyFileError."""
    document = _read(path)
    try:
        entry = document["priv_key"]
        secret = base64.b64decode(entry["value"], validate=True)
        if entry["type"] != PRIV_KEY_TYPE or len(secret) != 64:
            raise KeyFileError(f"{path}: the key is not of type ed25519")
        key = ed25519.PrivateKey(secret[:32])
    except (KeyError, TypeError, binascii.Error) as error:
        raise KeyFileError(f"{path}: not a key file") from error
    if key.secret != secret:
        raise KeyFileError(f"{path}: the public half of the key does not belong to the secret half")
    return key


def _read_record(path: Path) -> Record:
    document = _read(path)
    try:
        return Record(
            int(document["height"]),
            int(document["round"]),
            int(document["step"]),
            base64.b64decode(document.get("signature") or "", validate=True),
            bytes.fromhex(document.get("signbytes") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KeyFileError(f"{path}: not a signing record") from error


def _record_json(record: Record) -> bytes:
    document: dict[str, Any] = {"height": str(record.height), "round": record.round, "step": record.step}
    if record.sign_bytes:
        document["signature"] = _base64(record.signature)
        document["signbytes"] = record.sign_bytes.hex().upper()
    return _dump(document)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise KeyFileError(f"{path}: not JSON") from error
    if not isinstance(document, dict):
        raise KeyFileError(f"{path}: not a JSON object")
    return document


def _dump(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
