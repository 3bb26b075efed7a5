"""The Merkle tree against CometBFT's and against its own proofs."""

from hashlib import sha256

import cometbft_vectors as go
import pytest

from supercloud.node.engine import merkle

ITEMS = [b"a", b"bb", b"ccc"]


def test_aunts_as_in_cometbft() -> None:
    assert [aunt.hex() for aunt in merkle.aunts(ITEMS, 0)] == go.AUNTS_0
    assert [aunt.hex() for aunt in merkle.aunts(ITEMS, 2)] == go.AUNTS_2


def test_root_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").digest()


def climb(index: int, total: int, leaf: bytes, path: list[bytes]) -> bytes:
    """A verifier written from RFC 6962's recursive definition."""
    if total == 1:
        assert not path
        return leaf
    split = 1 << (total - 1).bit_length() - 1
    if index < split:
        return sha256(b"\1" + climb(index, split, leaf, path[:-1]) + path[-1]).digest()
    return sha256(b"\1" + path[-1] + climb(index - split, total - split, leaf, path[:-1])).digest()


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5, 7, 8, 9, 31])
def test_every_proof_leads_to_the_root(total: int) -> None:
    items = [bytes([n]) * n for n in range(total)]
    for index, item in enumerate(items):
        assert climb(index, total, merkle.leaf_hash(item), merkle.aunts(items, index)) == merkle.root(items)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(IndexError):
        merkle.aunts(ITEMS, 3)
