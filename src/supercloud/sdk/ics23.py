"""A verifier of ICS-23 proofs that shares no code with the prover: the rules of the two specs, checked one by one.

`verify` is the whole of it; it raises Refused for a proof that does not prove what it should. Numbers are those of
IavlSpec and TendermintSpec in cosmos/ics23 v0.11, with the further rules it has for IAVL alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError

from supercloud.pb.cosmos.ics23.v1 import proofs_pb2 as pb
from supercloud.sdk.errors import PermanentError

DEPTH_MAX: Final = 128
STEPS: Final = ("ics23:iavl", "ics23:simple")


class Refused(PermanentError):
    """The proof does not prove it."""


@dataclass(frozen=True)
class Spec:
    """What a tree's nodes look like; both have two children, left before right."""

    prefix_min: int
    prefix_max: int
    child: int
    iavl: bool
    """Whether prefixes hold IAVL's three numbers."""


IAVL = Spec(prefix_min=4, prefix_max=12, child=33, iavl=True)
TENDERMINT = Spec(prefix_min=1, prefix_max=1, child=32, iavl=False)


def _require(condition: object, text: str) -> None:
    if not condition:
        raise Refused(text)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _length_and(data: bytes) -> bytes:
    size, out = len(data), []
    while size >= 0x80:
        out.append(size % 0x80 + 0x80)
        size //= 0x80
    return bytes([*out, size]) + data


def _iavl_header(prefix: bytes) -> tuple[list[int], int]:
    """Three signed varints (height, size, version), and the number of bytes after them."""
    values, at = [], 0
    for _ in range(3):
        raw = shift = 0
        while True:
            _require(at < len(prefix), "header ends early")
            raw |= (prefix[at] & 0x7F) << shift
            shift += 7
            at += 1
            if prefix[at - 1] < 0x80:
                break
        values.append(-(raw + 1) // 2 if raw & 1 else raw // 2)
    return values, len(prefix) - at


def _check_leaf(spec: Spec, leaf: Any) -> None:
    _require(leaf.hash == pb.SHA256 and leaf.prehash_key == pb.NO_HASH, "leaf hashing")
    _require(leaf.prehash_value == pb.SHA256 and leaf.length == pb.VAR_PROTO, "leaf value")
    _require(leaf.prefix[:1] == b"\0", "leaf prefix")
    if spec.iavl:
        values, rest = _iavl_header(leaf.prefix)
        _require(min(values) >= 0 and rest == 0, "leaf header")


def _check_inner(spec: Spec, inner: Any, layer: int) -> None:
    _require(inner.hash == pb.SHA256, "inner hashing")
    _require(inner.prefix[:1] != b"\0", "an inner node that could be a leaf")
    _require(spec.prefix_min <= len(inner.prefix) <= spec.prefix_max + spec.child, "inner prefix")
    _require(len(inner.suffix) % spec.child == 0, "inner suffix")
    if spec.iavl:
        values, rest = _iavl_header(inner.prefix)
        _require(min(values) >= 0 and values[0] >= layer, "inner header")
        _require(rest in (1, 34), "inner header's rest")


def _side(spec: Spec, inner: Any) -> int:
    """0 for a step up from a left child, 1 from a right one."""
    for branch in (0, 1):
        before = branch * spec.child
        if (
            spec.prefix_min + before <= len(inner.prefix) <= spec.prefix_max + before
            and len(inner.suffix) == spec.child - before
        ):
            return branch
    raise Refused("a step from neither side")


def existence(spec: Spec, proof: Any, root: bytes, key: bytes, value: bytes) -> None:
    """Check that `key` holds `value` under `root`. Raises Refused."""
    _require(proof.key == key and proof.value == value, "about something else")
    _require(key and value, "empty key or value")
    _check_leaf(spec, proof.leaf)
    _require(len(proof.path) <= DEPTH_MAX, "too deep")
    node = _sha256(proof.leaf.prefix + _length_and(key) + _length_and(_sha256(value)))
    for layer, inner in enumerate(proof.path, 1):
        _check_inner(spec, inner, layer)
        node = _sha256(inner.prefix + node + inner.suffix)
    _require(node == root, "another root")


def absence(spec: Spec, proof: Any, root: bytes, key: bytes) -> None:
    """Check that `key` is not under `root`: two neighbours with nothing between them. Raises Refused."""
    left = proof.left if proof.HasField("left") else None
    right = proof.right if proof.HasField("right") else None
    _require(left is not None or right is not None, "no neighbour")
    if left is not None:
        existence(spec, left, root, left.key, left.value)
        _require(left.key < key, "left neighbour is not left")
    if right is not None:
        existence(spec, right, root, right.key, right.value)
        _require(key < right.key, "right neighbour is not right")
    down_left = [(inner.prefix, inner.suffix, _side(spec, inner)) for inner in left.path] if left else []
    down_right = [(inner.prefix, inner.suffix, _side(spec, inner)) for inner in right.path] if right else []
    if left is not None and right is not None:
        while down_left and down_right and down_left[-1] == down_right[-1]:
            down_left.pop()
            down_right.pop()
        _require(down_left and down_right, "one above the other")
        _require((down_left.pop()[2], down_right.pop()[2]) == (0, 1), "the paths part the wrong way")
    _require(all(step[2] == 1 for step in down_left), "something is right of the left neighbour")
    _require(all(step[2] == 0 for step in down_right), "something is left of the right neighbour")


def verify(proof_ops: Any, app_hash: bytes, store: str, key: bytes, value: bytes | None) -> None:
    """Check both steps: the key in its store (value None: not in it), the store's root in the app hash.

    `proof_ops` are CometBFT's ProofOps. Raises Refused.
    """
    _require(len(proof_ops.ops) == len(STEPS), "number of the steps")
    inner, outer = proof_ops.ops
    _require((inner.type, outer.type) == STEPS, "types of the steps")
    _require((inner.key, outer.key) == (key, store.encode()), "keys of the steps")
    try:
        key_proof = pb.CommitmentProof.FromString(inner.data)
        store_proof = pb.CommitmentProof.FromString(outer.data).exist
    except DecodeError as error:
        raise Refused("no proof at all") from error
    existence(TENDERMINT, store_proof, app_hash, store.encode(), store_proof.value)
    if value is None:
        _require(key_proof.WhichOneof("proof") == "nonexist", "a proof of presence")
        _require(key_proof.nonexist.key == key, "absence of something else")
        absence(IAVL, key_proof.nonexist, store_proof.value, key)
    else:
        _require(key_proof.WhichOneof("proof") == "exist", "a proof of absence")
        existence(IAVL, key_proof.exist, store_proof.value, key, value)
