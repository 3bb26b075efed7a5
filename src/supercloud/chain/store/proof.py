"""ICS-23 proofs: of a key in a store (IavlSpec), and of a store in the application (TendermintSpec).

Source: cosmos/ics23 proofs.proto and its specs; CometBFT ADR-026 for the two-step ProofOps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from supercloud.chain.store import merkle
from supercloud.pb.cosmos.ics23.v1 import proofs_pb2
from supercloud.pb.tendermint.crypto import proof_pb2

STORE_OP: Final = "ics23:iavl"
APP_OP: Final = "ics23:simple"


def existence(
    root: merkle.Node, key: bytes, value: bytes, read: merkle.Read = merkle.read_nothing
) -> proofs_pb2.ExistenceProof:
    """Proof that `key` holds `value` under `root`; the key must be there. Raises Unfoldable."""
    path = [_inner_op(node, right) for node, right in reversed(merkle.path(root, key, read))]
    return proofs_pb2.ExistenceProof(key=key, value=value, leaf=_leaf_op(merkle.LEAF_PREFIX), path=path)


def absence(
    root: merkle.Node,
    key: bytes,
    value_of: Callable[[bytes], bytes],
    read: merkle.Read = merkle.read_nothing,
) -> proofs_pb2.NonExistenceProof:
    """Proof that `key` is not under `root`: its neighbours. `value_of(key)` and `read` read at the same height.

    Raises Unfoldable.
    """
    before, after = merkle.neighbours(root, key, read)
    found = proofs_pb2.NonExistenceProof(key=key)
    if before is not None:
        found.left.CopyFrom(existence(root, before, value_of(before), read))
    if after is not None:
        found.right.CopyFrom(existence(root, after, value_of(after), read))
    return found


def _leaf_op(prefix: bytes) -> proofs_pb2.LeafOp:
    return proofs_pb2.LeafOp(
        hash=proofs_pb2.SHA256,
        prehash_key=proofs_pb2.NO_HASH,
        prehash_value=proofs_pb2.SHA256,
        length=proofs_pb2.VAR_PROTO,
        prefix=prefix,
    )


def _inner_op(node: merkle.Node, right: bool) -> proofs_pb2.InnerOp:
    head = merkle.INNER_PREFIX + b"\x20"
    if right:
        return proofs_pb2.InnerOp(hash=proofs_pb2.SHA256, prefix=head + node[3][0] + b"\x20")
    return proofs_pb2.InnerOp(hash=proofs_pb2.SHA256, prefix=head, suffix=b"\x20" + node[4][0])


def _store_leaf(name: str, root: bytes) -> bytes:
    text = name.encode()
    value = hashlib.sha256(root).digest()
    return hashlib.sha256(
        b"\0" + merkle.varint(len(text)) + text + merkle.varint(len(value)) + value
    ).digest()


def _split(count: int) -> int:
    """Size of the left part: the largest power of two below `count` (RFC 6962)."""
    return 1 << (count - 1).bit_length() - 1


def _simple_root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    cut = _split(len(leaves))
    return hashlib.sha256(b"\1" + _simple_root(leaves[:cut]) + _simple_root(leaves[cut:])).digest()


def app_hash(roots: Sequence[tuple[str, bytes]]) -> bytes:
    """Root over (store name, store root), sorted by name."""
    return _simple_root([_store_leaf(name, root) for name, root in roots])


def store_existence(roots: Sequence[tuple[str, bytes]], name: str) -> proofs_pb2.ExistenceProof:
    """Proof that a store's root is in the app hash."""
    leaves = [_store_leaf(store, root) for store, root in roots]
    index = [store for store, _ in roots].index(name)
    path: list[proofs_pb2.InnerOp] = []
    _simple_path(leaves, index, path)
    return proofs_pb2.ExistenceProof(
        key=name.encode(), value=roots[index][1], leaf=_leaf_op(b"\0"), path=path
    )


def _simple_path(leaves: Sequence[bytes], index: int, path: list[proofs_pb2.InnerOp]) -> None:
    """Append the inner steps from the leaf upwards."""
    if len(leaves) == 1:
        return
    cut = _split(len(leaves))
    if index < cut:
        _simple_path(leaves[:cut], index, path)
        path.append(
            proofs_pb2.InnerOp(hash=proofs_pb2.SHA256, prefix=b"\1", suffix=_simple_root(leaves[cut:]))
        )
    else:
        _simple_path(leaves[cut:], index - cut, path)
        path.append(proofs_pb2.InnerOp(hash=proofs_pb2.SHA256, prefix=b"\1" + _simple_root(leaves[:cut])))


def operations(
    store: str,
    key: bytes,
    key_proof: proofs_pb2.ExistenceProof | proofs_pb2.NonExistenceProof,
    store_proof: proofs_pb2.ExistenceProof,
) -> proof_pb2.ProofOps:
    """Both steps as CometBFT ProofOps."""
    if isinstance(key_proof, proofs_pb2.ExistenceProof):
        inner = proofs_pb2.CommitmentProof(exist=key_proof)
    else:
        inner = proofs_pb2.CommitmentProof(nonexist=key_proof)
    outer = proofs_pb2.CommitmentProof(exist=store_proof)
    return proof_pb2.ProofOps(
        ops=[
            proof_pb2.ProofOp(type=STORE_OP, key=key, data=inner.SerializeToString()),
            proof_pb2.ProofOp(type=APP_OP, key=store.encode(), data=outer.SerializeToString()),
        ]
    )
