"""The reader of LMDB's file sees what LMDB sees."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from supercloud.node.storage.pages import Damaged, Pages

NAMES = (b"a", b"b")


def nothing(key: bytes, value: bytes) -> None:
    """All records are good."""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Any]:
    made = lmdb.open(str(tmp_path), map_size=2**28, max_dbs=4, sync=False)
    yield made
    made.close()


def churn(environment: Any, seed: int, commits: int) -> list[Any]:
    """Values of all lengths come and go in two tables."""
    rng = random.Random(seed)
    tables = [environment.open_db(name) for name in NAMES]
    for _ in range(commits):
        with environment.begin(write=True) as txn:
            for _ in range(40):
                key = rng.randbytes(rng.randint(1, 60))
                txn.put(key, rng.randbytes(rng.choice((0, 20, 100, 3000, 9000))), db=rng.choice(tables))
                with txn.cursor(db=tables[0]) as cursor:
                    if rng.random() < 0.6 and cursor.set_range(rng.randbytes(2)):
                        cursor.delete()
    return tables


@pytest.mark.parametrize("seed", range(3))
def test_the_same_records_and_every_page_accounted_for(environment: Any, tmp_path: Path, seed: int) -> None:
    tables = churn(environment, seed, 50)
    with environment.begin(write=True) as txn:
        txn.put(b"note", b"value")
    pages = Pages(tmp_path / "data.mdb")
    assert pages.notes == {b"note": b"value"} and sorted(pages.tables) == ["a", "b"]
    found = {}
    for name, table in zip(("a", "b"), tables, strict=True):
        with environment.begin(db=table) as txn:
            expected = list(txn.cursor())
        found[name] = list(pages.records(pages.tables[name]))
        assert found[name] == expected
        assert pages.last_key(pages.tables[name]) == expected[-1][0]
        for key, value in expected[::7]:
            assert pages.find(pages.tables[name], key, nothing) == value
            assert pages.find(pages.tables[name], key + b"\0", nothing) is None
    assert pages.tables["b"].depth >= 2 and pages.tables["b"].big_pages
    pages.claim_free()
    assert pages.unclaimed() == 0
    pages.close()
    looking = Pages(tmp_path / "data.mdb")
    seen: list[bytes] = []
    for name in ("a", "b"):
        leaves = looking.look(looking.tables[name], 10_000, lambda key, value: seen.append(key))
        assert leaves == looking.tables[name].leaves
    assert seen == [key for name in ("a", "b") for key, _ in found[name]]
    looking.claim_free()
    assert looking.unclaimed() == sum(table.big_pages for table in looking.tables.values())
    looking.close()


def test_empty_tables(environment: Any, tmp_path: Path) -> None:
    for name in NAMES:
        environment.open_db(name)
    pages = Pages(tmp_path / "data.mdb")
    table = pages.tables["a"]
    assert list(pages.records(table)) == [] and pages.last_key(table) is None
    assert pages.find(table, b"x", nothing) is None
    pages.claim_free()
    assert pages.unclaimed() == 0
    pages.close()


def test_a_page_is_claimed_once(environment: Any, tmp_path: Path) -> None:
    churn(environment, 1, 3)
    pages = Pages(tmp_path / "data.mdb")
    list(pages.records(pages.tables["a"]))
    with pytest.raises(Damaged, match="named twice"):
        list(pages.records(pages.tables["a"]))
    pages.close()


def test_what_prove_refuses_is_refused(environment: Any, tmp_path: Path) -> None:
    churn(environment, 1, 3)
    pages = Pages(tmp_path / "data.mdb")
    key = next(iter(pages.records(pages.tables["b"])))[0]

    def prove(key: bytes, value: bytes) -> None:
        raise Damaged(key.hex())

    with pytest.raises(Damaged):
        pages.find(pages.tables["b"], key, prove)
    pages.close()


@pytest.mark.parametrize("content", [b"", b"x", bytes(4096), bytes(8192), b"\xff" * 8192])
def test_no_file_of_lmdb(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.mdb").write_bytes(content)
    with pytest.raises(Damaged):
        Pages(tmp_path / "data.mdb")


def test_noise_never_gets_out_as_anything_else(environment: Any, tmp_path: Path) -> None:
    """Any bytes anywhere: read whole, or Damaged."""
    churn(environment, 5, 12)
    path = tmp_path / "copy.mdb"
    whole = (tmp_path / "data.mdb").read_bytes()
    rng = random.Random(9)
    refused = 0
    for _ in range(150):
        changed = bytearray(whole)
        for _ in range(rng.randint(1, 20)):
            at = rng.randrange(len(changed) // 4096) * 4096 + rng.choice(
                (rng.randrange(4096), rng.randrange(64))
            )
            changed[at] = rng.randrange(256)
        path.write_bytes(changed)
        try:
            pages = Pages(path)
            for table in pages.tables.values():
                for key, _ in pages.records(table):
                    pages.find(table, key, nothing)
            pages.claim_free()
            pages.close()
        except (Damaged, UnicodeDecodeError):
            refused += 1
    assert refused > 20
