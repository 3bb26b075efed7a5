"""A node's own genesis document: checked once, served from disk, never trusted when it has changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.node import genesis, genesis_file
from supercloud.node.genesis import GenesisError, GenesisValidator, build

STATE = {"bank": {"balances": []}, "acc": 1}


def document(**changes: Any) -> dict[str, Any]:
    return build("c", 0, [GenesisValidator(b"\1" * 32, 5)], STATE) | changes


def put(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "genesis.json"
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    return path


def joined(found: genesis.Genesis) -> bytes:
    size = found.source.size()
    return b"".join(found.source.part(at, 7) for at in range(0, size, 7))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that were read whole."""
    seen: list[Path] = []

    def reading(path: Path) -> Any:
        seen.append(path)
        return genesis.read(path)

    monkeypatch.setattr(genesis_file, "read", reading)
    return seen


def test_only_the_first_start_reads_the_whole_document(tmp_path: Path, reads: list[Path]) -> None:
    path = put(tmp_path, document())
    first, again = (genesis_file.load(path, tmp_path) for _ in range(2))
    assert reads == [path]
    assert first == again and "app_state" not in first.head
    assert (again.chain_id, again.validators[0].power) == ("c", 5)
    assert again.app_state == b'{"acc":1,"bank":{"balances":[]}}' and again.document == document()
    assert joined(again) == path.read_bytes()


def test_a_document_that_changed_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    path = put(tmp_path, document())
    genesis_file.load(path, tmp_path)
    put(tmp_path, document(chain_id="d"))
    os.utime(path, ns=(1, 1))
    assert genesis_file.load(path, tmp_path).chain_id == "d"
    assert len(reads) == 2
    path.write_bytes(b"{")
    with pytest.raises(GenesisError, match="not JSON"):
        genesis_file.load(path, tmp_path)


def test_the_networks_own_form_is_served_as_cometbfts(tmp_path: Path, reads: list[Path]) -> None:
    plain = document()
    inner = {"validators": plain.pop("validators"), "params": plain.pop("consensus_params")}
    path = put(tmp_path, {**plain, "app_name": "akash", "consensus": inner})
    genesis_file.load(path, tmp_path)
    found = genesis_file.load(path, tmp_path)
    assert reads == [path]
    served = orjson.loads(joined(found))
    assert served["app_state"] == STATE and "consensus" not in served and served["validators"]
    (tmp_path / "genesis.served").unlink()
    assert genesis_file.load(path, tmp_path).document == served


@pytest.mark.parametrize("content", [b"", b"[]", b'{"stamp":[1,2],"head":{}}'])
def test_notes_that_say_nothing_are_made_anew(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path, document())
    (tmp_path / "genesis.head").write_bytes(content)
    assert genesis_file.load(path, tmp_path).chain_id == "c"
    assert orjson.loads((tmp_path / "genesis.head").read_bytes())["head"]["chain_id"] == "c"


def test_where_nothing_can_be_written_the_document_stays_in_memory(tmp_path: Path) -> None:
    path = put(tmp_path, document())
    found = genesis_file.load(path, tmp_path / "absent")
    path.unlink()
    assert found.document == document() and orjson.loads(joined(found)) == document()
    with pytest.raises(GenesisError, match="No such file"):
        genesis_file.load(path, tmp_path)


def test_a_kill_in_the_midst_of_a_note_leaves_nothing_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document of a million accounts has 270 MB: what every kill left of it would fill the disk."""
    path = put(tmp_path, {**document(), "consensus": {}, "app_name": "x"})

    def killed(source: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        for process in (1, 2):
            patch.setattr(os, "getpid", lambda number=process: number)
            with pytest.raises(KeyboardInterrupt):
                genesis_file.load(path, tmp_path)
    genesis_file.load(path, tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["genesis.head", "genesis.json"]


def test_notes_are_on_the_disk_before_they_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss of power may leave a name without content: such a document would be served to whoever founds from it."""
    written: list[Path] = []
    write = genesis_file.write_durably

    def writing(path: Path, content: bytes) -> None:
        write(path, content)
        written.append(path)

    monkeypatch.setattr(genesis_file, "write_durably", writing)
    plain = document()
    inner = {"validators": plain.pop("validators"), "params": plain.pop("consensus_params")}
    genesis_file.load(put(tmp_path, {**plain, "consensus": inner}), tmp_path)
    assert [path.name for path in written] == ["genesis.served", "genesis.head"]
