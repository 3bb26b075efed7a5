"""The signing guard: never two blocks at one height, whatever happened in between."""

from pathlib import Path

import orjson
import pytest

from supercloud.crypto import ed25519
from supercloud.node.engine.block import BlockID, vote_sign_bytes
from supercloud.node.engine.signer import (
    DoubleSign,
    KeyFileError,
    Signer,
    create_key_file,
    create_node_key_file,
    create_record_file,
    read_key_file,
)

A = BlockID(b"\1" * 32, 1, b"\2" * 32)
B = BlockID(b"\3" * 32, 1, b"\4" * 32)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    create_key_file(tmp_path / "key.json")
    create_record_file(tmp_path / "record.json")
    return Signer(read_key_file(tmp_path / "key.json"), tmp_path / "record.json")


def again(signer: Signer, tmp_path: Path) -> Signer:
    """The same validator after a restart."""
    return Signer(read_key_file(tmp_path / "key.json"), tmp_path / "record.json")


def test_a_vote_verifies(signer: Signer) -> None:
    vote = signer.sign_precommit("c", 1, 0, A, 77)
    assert ed25519.verify(signer.public_key, vote_sign_bytes("c", 1, 0, A, 77), vote.signature)


def test_the_same_block_gets_the_first_vote_again(signer: Signer, tmp_path: Path) -> None:
    first = signer.sign_precommit("c", 5, 0, A, 100)
    assert again(signer, tmp_path).sign_precommit("c", 5, 0, A, 999) == first


@pytest.mark.parametrize("height, round_, named", [(5, 0, B), (5, 1, B), (4, 0, A), (4, 9, B)])
def test_contradictions_are_refused_after_a_restart(
    signer: Signer, tmp_path: Path, height: int, round_: int, named: BlockID
) -> None:
    signer.sign_precommit("c", 5, 0, A, 100)
    before = (tmp_path / "record.json").read_bytes()
    with pytest.raises(DoubleSign):
        again(signer, tmp_path).sign_precommit("c", height, round_, named, 200)
    assert (tmp_path / "record.json").read_bytes() == before


def test_another_chain_is_another_vote(signer: Signer) -> None:
    signer.sign_precommit("c", 5, 0, A, 100)
    with pytest.raises(DoubleSign):
        signer.sign_precommit("other", 5, 0, A, 100)


def test_a_prevote_of_another_engine_blocks_the_height(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(orjson.dumps({"height": "5", "round": 0, "step": 2}))
    with pytest.raises(DoubleSign):
        again(signer, tmp_path).sign_precommit("c", 5, 0, A, 100)


def test_file_forms_are_cometbfts(signer: Signer, tmp_path: Path) -> None:
    key = orjson.loads((tmp_path / "key.json").read_bytes())
    assert key["pub_key"]["type"] == "tendermint/PubKeyEd25519"
    assert key["priv_key"]["type"] == "tendermint/PrivKeyEd25519"
    assert key["address"] == signer.address.hex().upper()
    assert orjson.loads((tmp_path / "record.json").read_bytes()) == {"height": "0", "round": 0, "step": 0}
    signer.sign_precommit("c", 9, 0, A, 100)
    record = orjson.loads((tmp_path / "record.json").read_bytes())
    assert (record["height"], record["round"], record["step"]) == ("9", 0, 3)
    assert bytes.fromhex(record["signbytes"]) == vote_sign_bytes("c", 9, 0, A, 100)
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600


def test_files_are_never_replaced(signer: Signer, tmp_path: Path) -> None:
    for create in (create_key_file, create_node_key_file):
        with pytest.raises(KeyFileError):
            create(tmp_path / "key.json")
    with pytest.raises(KeyFileError):
        create_record_file(tmp_path / "record.json")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"priv_key":{"type":"x","value":"AA=="}}'])
def test_broken_key_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=r"broken\.json"):
        read_key_file(path)


def test_a_missing_record_is_not_taken_for_an_empty_one(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "record.json").unlink()
    with pytest.raises(KeyFileError):
        again(signer, tmp_path)
