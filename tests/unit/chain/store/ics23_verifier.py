"""A verifier of ICS-23 proofs that shares no code with the prover: the rules of the two specs, checked one by one.

Numbers are those of IavlSpec and TendermintSpec in cosmos/ics23 v0.11, with the further rules it has for IAVL alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from supercloud.pb.cosmos.ics23.v1 import proofs_pb2 as pb

DEPTH_MAX = 128


class Refused(Exception):
    """The proof does not prove it."""


@dataclass(frozen=True)
class Spec:
    """What a tree's nodes look like; both have two children, left before right."""

    prefix_min: int
    prefix_max: int
    child: int
    iavl: bool


IAVL = Spec(prefix_min=4, prefix_max=12, child=33, iavl=True)
TENDERMINT = Spec(prefix_min=1, prefix_max=1, child=32, iavl=False)


def require(condition: object, text: str) -> None:
    if not condition:
        raise Refused(text)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def length_and(data: bytes) -> bytes:
    size, out = len(data), []
    while size >= 0x80:
        out.append(size % 0x80 + 0x80)
        size //= 0x80
    return bytes([*out, size]) + data


def iavl_header(prefix: bytes) -> tuple[list[int], int]:
    """Three signed varints (height, size, version), and the number of bytes after them."""
    values, at = [], 0
    for _ in range(3):
        raw = shift = 0
        while True:
            require(at < len(prefix), "header ends early")
            raw |= (prefix[at] & 0x7F) << shift
            shift += 7
            at += 1
            if prefix[at - 1] < 0x80:
                break
        values.append(-(raw + 1) // 2 if raw & 1 else raw // 2)
    return values, len(prefix) - at


def check_leaf(spec: Spec, leaf: Any) -> None:
    require(leaf.hash == pb.SHA256 and leaf.prehash_key == pb.NO_HASH, "leaf hashing")
    require(leaf.prehash_value == pb.SHA256 and leaf.length == pb.VAR_PROTO, "leaf value")
    require(leaf.prefix[:1] == b"\0", "leaf prefix")
    if spec.iavl:
        values, rest = iavl_header(leaf.prefix)
        require(min(values) >= 0 and rest == 0, "leaf header")


def check_inner(spec: Spec, inner: Any, layer: int) -> None:
    require(inner.hash == pb.SHA256, "inner hashing")
    require(inner.prefix[:1] != b"\0", "an inner node that could be a leaf")
    require(spec.prefix_min <= len(inner.prefix) <= spec.prefix_max + spec.child, "inner prefix")
    require(len(inner.suffix) % spec.child == 0, "inner suffix")
    if spec.iavl:
        values, rest = iavl_header(inner.prefix)
        require(min(values) >= 0 and values[0] >= layer, "inner header")
        require(rest in (1, 34), "inner header's rest")


def side(spec: Spec, inner: Any) -> int:
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
    require(proof.key == key and proof.value == value, "about something else")
    require(key and value, "empty key or value")
    check_leaf(spec, proof.leaf)
    require(len(proof.path) <= DEPTH_MAX, "too deep")
    node = sha256(proof.leaf.prefix + length_and(key) + length_and(sha256(value)))
    for layer, inner in enumerate(proof.path, 1):
        check_inner(spec, inner, layer)
        node = sha256(inner.prefix + node + inner.suffix)
    require(node == root, "another root")


def absence(spec: Spec, proof: Any, root: bytes, key: bytes) -> None:
    left = proof.left if proof.HasField("left") else None
    right = proof.right if proof.HasField("right") else None
    require(left is not None or right is not None, "no neighbour")
    if left is not None:
        existence(spec, left, root, left.key, left.value)
        require(left.key < key, "left neighbour is not left")
    if right is not None:
        existence(spec, right, root, right.key, right.value)
        require(key < right.key, "right neighbour is not right")
    down_left = [(inner.prefix, inner.suffix, side(spec, inner)) for inner in left.path] if left else []
    down_right = [(inner.prefix, inner.suffix, side(spec, inner)) for inner in right.path] if right else []
    if left is not None and right is not None:
        while down_left and down_right and down_left[-1] == down_right[-1]:
            down_left.pop()
            down_right.pop()
        require(down_left and down_right, "one above the other")
        require((down_left.pop()[2], down_right.pop()[2]) == (0, 1), "the paths part the wrong way")
    require(all(step[2] == 1 for step in down_left), "something is right of the left neighbour")
    require(all(step[2] == 0 for step in down_right), "something is left of the right neighbour")


def verify(proof_ops: Any, app_hash: bytes, store: str, key: bytes, value: bytes | None) -> None:
    """Both steps: the key in its store, the store's root in the app hash."""
    inner, outer = proof_ops.ops
    require((inner.type, outer.type) == ("ics23:iavl", "ics23:simple"), "types of the steps")
    require((inner.key, outer.key) == (key, store.encode()), "keys of the steps")
    try:
        key_proof = pb.CommitmentProof.FromString(inner.data)
        store_proof = pb.CommitmentProof.FromString(outer.data).exist
    except DecodeError as error:
        raise Refused("no proof at all") from error
    existence(TENDERMINT, store_proof, app_hash, store.encode(), store_proof.value)
    if value is None:
        require(key_proof.WhichOneof("proof") == "nonexist", "a proof of presence")
        require(key_proof.nonexist.key == key, "absence of something else")
        absence(IAVL, key_proof.nonexist, store_proof.value, key)
    else:
        require(key_proof.WhichOneof("proof") == "exist", "a proof of absence")
        existence(IAVL, key_proof.exist, store_proof.value, key, value)
