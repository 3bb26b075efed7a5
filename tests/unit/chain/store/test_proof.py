"""Proofs pass a verifier that was written from ICS-23's rules, and do not pass when anything in them is changed."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.store import merkle, proof
from supercloud.chain.store.backend import KEY_BYTES_MAX
from supercloud.sdk import ics23

keys = st.binary(min_size=1, max_size=3) | st.binary(min_size=1, max_size=KEY_BYTES_MAX)
contents = st.dictionaries(keys, st.binary(min_size=1, max_size=200), min_size=1, max_size=25)
NAMES = ["acc", "bank", "cert", "escrow", "market", "params", "take"]


def proved(content: dict[bytes, bytes], key: bytes, names: list[str], store: str) -> tuple[bytes, Any]:
    """App hash and proof of a key in one of several stores."""
    tree = merkle.build(sorted(content.items()), 1)
    assert tree is not None
    roots = [(name, hashlib.sha256(name.encode()).digest()) for name in names]
    roots[names.index(store)] = (store, merkle.root_hash(tree))
    if key in content:
        key_proof: Any = proof.existence(tree, key, content[key])
    else:
        key_proof = proof.absence(tree, key, content.__getitem__)
    return proof.app_hash(roots), proof.operations(store, key, key_proof, proof.store_existence(roots, store))


@given(contents, keys, st.integers(1, len(NAMES)), st.data())
@settings(max_examples=150, deadline=None)
def test_presence_and_absence_hold(
    content: dict[bytes, bytes], absent: bytes, stores: int, data: st.DataObject
) -> None:
    store = data.draw(st.sampled_from(NAMES[:stores]))
    for key in [*content, absent, absent + b"\0", bytes(1), b"\xff" * 9]:
        app_hash, ops = proved(content, key, NAMES[:stores], store)
        ics23.verify(ops, app_hash, store, key, content.get(key))


def refused(*arguments: Any) -> bool:
    try:
        ics23.verify(*arguments)
    except ics23.Refused:
        return True
    return False


CONTENT = {b"%02d" % number: b"value %d" % number for number in range(0, 40, 2)}


@pytest.mark.parametrize("key", [b"00", b"18", b"38", b"", b"0", b"07", b"99", b"180"])
def test_nothing_else_holds(key: bytes) -> None:
    value = CONTENT.get(key)
    app_hash, ops = proved(CONTENT, key, NAMES, "bank")
    assert refused(ops, app_hash, "bank", key, b"another value")
    assert refused(ops, app_hash, "bank", key + b"!", value)
    assert refused(ops, app_hash, "cert", key, value)
    assert refused(ops, bytes(32), "bank", key, value)
    assert refused(ops, app_hash, "bank", key, None if value else b"v")
    for step in ops.ops:
        for at in range(len(step.data)):
            damaged = type(ops).FromString(ops.SerializeToString())
            for copy in damaged.ops:
                if copy.type == step.type:
                    copy.data = copy.data[:at] + bytes([copy.data[at] ^ 1]) + copy.data[at + 1 :]
            assert refused(damaged, app_hash, "bank", key, value), f"byte {at} of {step.type}"


def test_a_neighbour_further_away_does_not_prove_absence() -> None:
    tree = merkle.build(sorted(CONTENT.items()), 1)
    assert tree is not None
    for left, right in [(b"04", b"08"), (b"02", b"06"), (b"00", b"38")]:
        wrong = proof.proofs_pb2.NonExistenceProof(
            key=b"05",
            left=proof.existence(tree, left, CONTENT[left]),
            right=proof.existence(tree, right, CONTENT[right]),
        )
        with pytest.raises(ics23.Refused):
            ics23.absence(ics23.IAVL, wrong, merkle.root_hash(tree), b"05")
    for side, key in [("left", b"04"), ("right", b"06")]:
        half = proof.proofs_pb2.NonExistenceProof(key=b"05")
        getattr(half, side).CopyFrom(proof.existence(tree, key, CONTENT[key]))
        with pytest.raises(ics23.Refused):
            ics23.absence(ics23.IAVL, half, merkle.root_hash(tree), b"05")


def test_the_roots_tree_is_that_of_rfc_6962() -> None:
    def leaf(name: str, root: bytes) -> bytes:
        return hashlib.sha256(
            b"\0" + bytes([len(name)]) + name.encode() + b"\x20" + hashlib.sha256(root).digest()
        ).digest()

    def inner(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    roots = [(name, bytes([number]) * 32) for number, name in enumerate("abcde")]
    a, b, c, d, e = (leaf(name, root) for name, root in roots)
    assert proof.app_hash(roots[:1]) == a
    assert proof.app_hash(roots[:3]) == inner(inner(a, b), c)
    assert proof.app_hash(roots) == inner(inner(inner(a, b), inner(c, d)), e)
