"""The blocks of a run in a file, each with a digest of what it led to.

    record   length (4 bytes) | JSON head | transactions, votes, proofs of double signatures, each with its length

The head has height, time, app hash, codes, gas and the SHA-256 of the whole response, events and logs included.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from supercloud.pb.tendermint.abci.types_pb2 import Misbehavior, ResponseFinalizeBlock, VoteInfo

_LENGTH = struct.Struct(">I")


class Frame(NamedTuple):
    """One block: what went in, and what must come out."""

    height: int
    time: int
    txs: list[bytes]
    outcome: dict[str, Any]
    votes: Sequence[VoteInfo] = ()
    proofs: Sequence[Misbehavior] = ()


def outcome_of(response: ResponseFinalizeBlock) -> dict[str, Any]:
    """What a block led to, so that two of them can be compared and a difference can be placed."""
    return {
        "app_hash": response.app_hash.hex(),
        "codes": [result.code for result in response.tx_results],
        "gas": [result.gas_used for result in response.tx_results],
        "events": len(response.events) + sum(len(result.events) for result in response.tx_results),
        "sha256": hashlib.sha256(response.SerializeToString(deterministic=True)).hexdigest(),
    }


class Writer:
    """Appends frames to a file."""

    def __init__(self, path: Path, genesis: dict[str, Any], genesis_time: int) -> None:
        self._file: BinaryIO = path.open("wb")
        self._put(json.dumps({"app_state": genesis, "time": genesis_time}).encode())

    def write(self, frame: Frame) -> None:
        """Append one frame."""
        parts = {"txs": len(frame.txs), "votes": len(frame.votes), "proofs": len(frame.proofs)}
        head = {"height": frame.height, "time": frame.time, "outcome": frame.outcome, **parts}
        self._put(json.dumps(head).encode())
        for raw in frame.txs:
            self._put(raw)
        for told in (*frame.votes, *frame.proofs):
            self._put(told.SerializeToString(deterministic=True))

    def _put(self, data: bytes) -> None:
        self._file.write(_LENGTH.pack(len(data)) + data)

    def close(self) -> None:
        """Flush and close."""
        self._file.close()


class Tape:
    """Reads what a Writer wrote."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        head = json.loads(self._get() or b"{}")
        self.app_state: dict[str, Any] = head["app_state"]
        self.time: int = head["time"]

    def _get(self) -> bytes | None:
        size = self._file.read(_LENGTH.size)
        return self._file.read(_LENGTH.unpack(size)[0]) if size else None

    def __iter__(self) -> Iterator[Frame]:
        while (data := self._get()) is not None:
            head = json.loads(data)
            txs, votes, proofs = (
                [self._get() or b"" for _ in range(head[part])] for part in ("txs", "votes", "proofs")
            )
            yield Frame(
                head["height"],
                head["time"],
                txs,
                head["outcome"],
                [VoteInfo.FromString(vote) for vote in votes],
                [Misbehavior.FromString(proof) for proof in proofs],
            )
        self._file.close()
