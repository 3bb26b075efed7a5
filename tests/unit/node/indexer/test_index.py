"""The index: what it finds, that it is never ahead, that it shrinks. One contract for every database that keeps it."""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from supercloud.node.indexer import port as module
from supercloud.node.indexer.index import Index
from supercloud.node.indexer.port import Position, SearchIndex, SearchTooWide
from supercloud.node.indexer.postgres import PostgresIndex
from supercloud.node.indexer.query import parse
from supercloud.pb.tendermint.abci import types_pb2 as abci


def event(kind: str, *attributes: tuple[str, str], index: bool = True) -> abci.Event:
    return abci.Event(
        type=kind, attributes=[abci.EventAttribute(key=k, value=v, index=index) for k, v in attributes]
    )


def transfer(sender: str, recipient: str, amount: str) -> abci.Event:
    return event("transfer", ("sender", sender), ("recipient", recipient), ("amount", amount))


def response(*results: list[abci.Event], block: list[abci.Event] | None = None) -> abci.ResponseFinalizeBlock:
    return abci.ResponseFinalizeBlock(
        tx_results=[abci.ExecTxResult(events=events) for events in results], events=block or []
    )


Open = Callable[[], SearchIndex]


@pytest.fixture(
    params=[
        "file",
        pytest.param("postgresql", marks=[pytest.mark.node, pytest.mark.xdist_group("postgresql")]),
    ]
)
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens one and the same index, each time anew."""
    if request.param == "file":
        return lambda: Index(tmp_path / "index.sqlite")
    # Asked for only here: without the database these cases alone are skipped.
    url = request.getfixturevalue("postgresql").schema()
    return lambda: PostgresIndex(url, "c")


@pytest.fixture
def index(open_index: Open) -> Iterator[SearchIndex]:
    index = open_index()
    index.add(
        1,
        [b"one", b"two"],
        response(
            [transfer("alice", "bob", "8uakt"), event("message", ("action", "send"))],
            [transfer("bob", "carol", "20uakt"), transfer("dave", "alice", "1uakt")],
            block=[event("mint", ("amount", "5"))],
        ),
    )
    index.add(
        2, [], response(block=[event("mint", ("amount", "7")), event("hidden", ("a", "b"), index=False)])
    )
    index.add(
        3, [b"three"], response([transfer("alice", "carol", "3uakt"), event("message", ("action", "deploy"))])
    )
    yield index
    index.close()


def found(
    index: SearchIndex, text: str, *, ascending: bool = True, offset: int = 0, limit: int = 10
) -> list[tuple[int, int]]:
    return [
        tuple(p) for p in index.search_txs(parse(text), ascending=ascending, offset=offset, limit=limit).found
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("transfer.sender='alice'", [(1, 0), (3, 0)]),
        ("transfer.sender='nobody'", []),
        ("nothing.known='x'", []),
        ("transfer.sender='alice' AND message.action='send'", [(1, 0)]),
        ("transfer.sender='alice' AND transfer.recipient='carol'", [(3, 0)]),
        # Sender and recipient of two different transfers are no transfer between them.
        ("transfer.sender='bob' AND transfer.recipient='alice'", []),
        ("transfer.amount > 7", [(1, 0), (1, 1)]),
        ("transfer.recipient CONTAINS 'aro'", [(1, 1), (3, 0)]),
        ("message.action EXISTS", [(1, 0), (3, 0)]),
        ("tx.height=1", [(1, 0), (1, 1)]),
        ("tx.height>1", [(3, 0)]),
        ("tx.height='3'", [(3, 0)]),
        ("transfer.sender='alice' AND tx.height>1 AND tx.height<9", [(3, 0)]),
        ("tm.event='Tx' AND tx.height=3", [(3, 0)]),
        ("tm.event='NewBlock'", []),
        ("mint.amount='5'", []),
        (f"tx.hash='{sha256(b'two').hexdigest().upper()}'", [(1, 1)]),
        ("tx.hash='00'", []),
        ("tx.hash='zz'", []),
    ],
)
def test_searches(index: SearchIndex, text: str, expected: list[tuple[int, int]]) -> None:
    assert found(index, text) == expected


def test_pages_and_order(index: SearchIndex) -> None:
    page = index.search_txs(parse("transfer.sender EXISTS"), ascending=False, offset=1, limit=1)
    assert page.total == 3
    assert list(page.found) == [Position(1, 1)]


def test_blocks_are_found_by_their_own_events(index: SearchIndex) -> None:
    def blocks(text: str) -> list[int]:
        page = index.search_blocks(parse(text), ascending=True, offset=0, limit=10)
        return [position.height for position in page.found]

    assert blocks("mint.amount > 4") == [1, 2]
    assert blocks("mint.amount = 7 AND block.height < 9") == [2]
    assert blocks("block.height >= 2") == [2, 3]
    assert blocks("transfer.sender='alice'") == []
    assert blocks("hidden.a='b'") == []


def test_a_hash_leads_to_the_transaction(index: SearchIndex) -> None:
    assert index.find(sha256(b"three").digest()) == Position(3, 0)
    assert index.find(sha256(b"four").digest()) is None


def test_success_stays_what_a_hash_stands_for(index: SearchIndex) -> None:
    key = sha256(b"again").digest()
    failed, done = abci.ExecTxResult(code=5), abci.ExecTxResult()
    for height, result in ((4, failed), (5, done), (6, failed)):
        index.add(height, [b"again"], abci.ResponseFinalizeBlock(tx_results=[result]))
    assert index.find(key) == Position(5, 0)


def test_heights_are_taken_once(index: SearchIndex) -> None:
    index.add(3, [b"other"], response([]))
    assert index.find(sha256(b"other").digest()) is None
    assert index.height == 3


def test_pruning_and_going_back(index: SearchIndex, open_index: Open) -> None:
    index.prune(2)
    assert found(index, "transfer.sender EXISTS") == [(3, 0)]
    assert (index.base, index.height) == (2, 3)
    index.drop_above(2)
    assert found(index, "tx.height > 0") == []
    assert index.height == 2
    index.close()
    reopened = open_index()
    assert (reopened.base, reopened.height) == (2, 2)
    reopened.add(3, [b"new"], response([transfer("alice", "bob", "1uakt")]))
    assert found(reopened, "transfer.sender='alice'") == [(3, 0)]
    reopened.close()


def test_long_values_are_found_whole(index: SearchIndex) -> None:
    long = "x" * 5000
    index.add(4, [b"long"], response([event("note", ("text", long))]))
    assert found(index, "note.text CONTAINS 'xxxx'") == [(4, 0)]


def test_a_search_without_end_is_cut_off(index: SearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [event("n", *(("k", str(n)) for n in range(3000)))]
    index.add(4, [b"many"], response(events))
    monkeypatch.setattr(module, "SEARCH_SECONDS_MAX", -1.0)
    with pytest.raises(SearchTooWide):
        found(index, "n.k > 1 AND n.k > 2")
    monkeypatch.undo()
    assert found(index, "n.k = '7'") == [(4, 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tx.height >= 1 AND tx.height <= 1", [(1, 0), (1, 1)]),
        ("tx.height = 1.0", [(1, 0), (1, 1)]),
        ("tx.height EXISTS", [(1, 0), (1, 1), (3, 0)]),
        ("tx.height CONTAINS '3'", [(3, 0)]),
        ("tx.height > DATE 2020-01-01", []),
        ("transfer.amount = 20", [(1, 1)]),
        ("transfer.amount >= 3.0 AND transfer.amount < 20", [(1, 0), (3, 0)]),
        ("transfer.sender = 5", []),
        ("transfer.sender EXISTS AND message.action CONTAINS 'dep'", [(3, 0)]),
        ("transfer.recipient CONTAINS '%'", []),
        ("transfer.sender='a''", None),
    ],
)
def test_comparisons(index: SearchIndex, text: str, expected: list[tuple[int, int]] | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="invalid input"):
            parse(text)
    else:
        assert found(index, text) == expected


def test_values_of_every_kind(index: SearchIndex) -> None:
    odd = ["", "a\tb\\n", "naïve ☃ 𝄞", "{1,2}", "x" * 128 + "1", "x" * 128 + "2", "☃" * 2000]
    events = [event("odd", ("v", value)) for value in odd]
    index.add(4, [b"odd"], response(events))
    for value in odd:
        if "'" not in value and len(value) < 400:
            assert found(index, f"odd.v='{value}'") == [(4, 0)], value
    assert found(index, "odd.v CONTAINS '☃☃'") == [(4, 0)]
    assert found(index, f"odd.v='{'x' * 128}'") == []


def test_forgetting_everything(index: SearchIndex) -> None:
    index.drop_above(0)
    assert (index.height, index.base) == (0, 0)
    index.ready()
    index.add(5, [b"late"], response([transfer("a", "b", "1")]))
    assert (index.height, index.base, found(index, "transfer.sender='a'")) == (5, 5, [(5, 0)])


def test_places_of_one_value_stay_apart(index: SearchIndex) -> None:
    # Three events of two transactions and the block itself share a value; only the first transfer is alice's to erin.
    index.add(
        4,
        [b"four", b"five"],
        response(
            [transfer("bob", "dora", "5uakt"), transfer("alice", "erin", "5uakt")],
            [transfer("alice", "dora", "5uakt"), transfer("bob", "erin", "5uakt")],
            block=[transfer("alice", "erin", "5uakt")],
        ),
    )
    assert found(index, "transfer.sender='alice' AND transfer.recipient='erin' AND transfer.amount=5") == [
        (4, 0)
    ]
    assert found(index, "transfer.amount='5uakt'") == [(4, 0), (4, 1)]
    page = index.search_blocks(parse("transfer.sender='alice'"), ascending=True, offset=0, limit=9)
    assert list(page.found) == [Position(4, -1)]


@pytest.mark.parametrize("open_index", ["file"], indirect=True)
def test_a_file_of_another_version_is_emptied(index: Index, tmp_path: Path) -> None:
    index._writer.execute("PRAGMA user_version = 1")
    index.close()
    again = Index(tmp_path / "index.sqlite")
    assert (again.height, again.find(sha256(b"three").digest())) == (0, None)
    again.add(1, [b"three"], response([transfer("alice", "bob", "8uakt")]))
    assert found(again, "transfer.sender='alice'") == [(1, 0)]
    again.close()


def test_one_transaction_is_found_while_a_search_goes_on(tmp_path: Path) -> None:
    """It is looked up in the loop that makes blocks, and a search takes seconds."""
    index = Index(tmp_path / "index.sqlite")
    for height in range(1, 4):
        index.add(height, [b"%d" % height], response([transfer("alice", "bob", f"{height}uakt")]))
    searching, found_it = threading.Event(), threading.Event()

    class Slow(Index):
        def _holds(self, number: int, value: str) -> bool:
            searching.set()
            assert found_it.wait(30)
            return super()._holds(number, value)

    slow = Slow(tmp_path / "index.sqlite")
    query = parse("tx.height > 1")
    search = threading.Thread(target=lambda: slow.search_txs(query, ascending=True, offset=0, limit=9))
    found: list[Position | None] = []
    find = threading.Thread(target=lambda: found.append(slow.find(sha256(b"2").digest())))
    search.start()
    assert searching.wait(30)
    find.start()
    find.join(10)
    was_found = list(found)
    found_it.set()
    search.join()
    find.join()
    slow.close()
    index.close()
    assert was_found == [Position(2, 0)]
