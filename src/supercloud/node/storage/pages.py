"""LMDB's file read page by page, without LMDB.

LMDB has no checksums and believes its pages: one that is damaged gives wrong answers or ends the process by a signal. This
reader believes nothing, so what is wrong comes out as `Damaged`. It reads the file as of the last commit, while nobody
writes it.

    page     number, pad, flags, lower, upper | offsets of nodes up to lower | free | nodes from upper to the end
    node     size or child (low, high), flags or child (highest), length of the key | key | value
    meta     pages 0 and 1 in turn: magic, version | tables of free pages and of tables | last page, transaction
    big      a value longer than a page has some of its own, one after another: number, pad, flags, how many | value

Formats: LMDB 0.9, lmdb.h and mdb.c (MDB_page, MDB_node, MDB_meta, MDB_db), little endian, 64 bits.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from operator import lt
from pathlib import Path
from typing import Any, Final, NamedTuple

MAGIC: Final = 0xBEEFC0DE
VERSION: Final = 1
NO_PAGE: Final = 2**64 - 1
DEPTH_MAX: Final = 32
"""Deepest tree that LMDB can walk."""
PAGES_KEPT: Final = 256
"""Pages of each kind that `find` remembers."""
SPARE_PAGES: Final = 1 << 20
"""More pages than one commit can allocate at the end of the file without writing them."""
_BRANCH, _LEAF, _BIG, _META = 1, 2, 4, 8
_NODE_BIG, _NODE_TABLE = 1, 2
_NUMBER_KEYS: Final = 8
_HEAD: Final = struct.Struct("<QHHHH")
_BIG_HEAD: Final = struct.Struct("<QHHI")
_NODE: Final = struct.Struct("<HHHH")
_META_HEAD: Final = struct.Struct("<IIQQ")
_TABLE: Final = struct.Struct("<IHHQQQQQ")
_META_TAIL: Final = struct.Struct("<QQ")
_TABLES_AT: Final = _HEAD.size + _META_HEAD.size
_META_END: Final = _TABLES_AT + 2 * _TABLE.size + _META_TAIL.size
_PAGE_BYTES: Final = tuple(1 << bits for bits in range(9, 17))

Record = tuple[bytes, bytes]
Prove = Callable[[bytes, bytes], object]
"""Given a key and its value, raises when it is damaged."""
Node = tuple[bytes, int, bytes, int]
"""Key, kind, value or where it is, its length."""


class Damaged(Exception):
    """A page is not what LMDB writes."""


class Table(NamedTuple):
    """A tree, as the pages above it describe it."""

    page_bytes: int
    flags: int
    depth: int
    branches: int
    leaves: int
    big_pages: int
    records: int
    root: int


class _Meta(NamedTuple):
    free: Table
    tables: Table
    last_page: int
    transaction: int


class Pages:
    """The file of one environment. Raises Damaged, OSError.

    Every page belongs to one tree or to the free ones: whoever walks a tree claims its pages, and a page that is claimed
    twice, or by nobody in the end (`unclaimed`), is damage too.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        try:
            self._size = os.fstat(self._file).st_size
            self.page_bytes = 0
            metas = [self._meta(0), self._meta(1)]
            newest = max(metas, key=lambda meta: meta.transaction)
            self.transaction = newest.transaction
            """Number of the last commit."""
            self.last_page = newest.last_page
            # The last pages may be free ones that nobody has written yet; their number alone can not be too large.
            if self.last_page > self._size // self.page_bytes + SPARE_PAGES:
                raise Damaged(f"the file ends before page {self.last_page}")
            self._free, self._names = newest.free, newest.tables
            self._claimed = bytearray(self.last_page + 1)
            self._claimed[0] = self._claimed[1] = 1
            self._leaves: dict[int, dict[bytes, bytes]] = {}
            self._branches: dict[int, tuple[list[bytes], list[int]]] = {}
            self.leaves_read = 0
            """How many leaves `find` has read."""
            self.tables: dict[str, Table] = {}
            self.notes: dict[bytes, bytes] = {}
            """Records beside the tables."""
            self._read_names()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file; again is no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    # --- Whole trees

    def records(self, table: Table) -> Iterator[Record]:
        """All records in key order; claims the pages."""
        count = big_pages = 0
        for number, low, high in self._walk(table):
            for key, kind, value, length in self._leaf(number, table, (low, high)):
                if kind == _NODE_BIG:
                    value, pages = self._big(value, length, claim=True)
                    big_pages += pages
                elif kind:
                    raise Damaged(f"page {number} has a node of another kind")
                count += 1
                yield key, value
        self._agree(count, table.records, "records")
        self._agree(big_pages, table.big_pages, "pages of long values")

    def look(self, table: Table, leaves_max: int, prove: Prove | None = None) -> int:
        """Look at the pages above the leaves and at up to `leaves_max` leaves; claims them, but no long values.

        `prove` is called with their records. Returns how many leaves were looked at.
        """
        looked_at = big_pages = 0
        for number, low, high in self._walk(table):
            if looked_at < leaves_max:
                for key, kind, value, length in self._leaf(number, table, (low, high)):
                    if kind == _NODE_BIG:
                        value, pages = self._big(value, length)
                        big_pages += pages
                    if prove is not None:
                        prove(key, value)
                looked_at += 1
        if looked_at == table.leaves:
            # A long value that says it has more pages than it has would take others' with it when it goes.
            self._agree(big_pages, table.big_pages, "pages of long values")
        return looked_at

    def claim_free(self) -> None:
        """Look at the list of free pages; claims them."""
        for key, body in self.records(self._free):
            transaction, count = int.from_bytes(key, "little"), int.from_bytes(body[:8], "little")
            if transaction > self.transaction or 8 * (count + 1) > len(body):
                raise Damaged("the list of free pages is none")
            pages = struct.unpack_from(f"<{count}Q", body, 8)
            if any(later >= earlier for earlier, later in pairwise(pages)):
                raise Damaged("the list of free pages is out of order")
            for number in pages:
                self._claim(number)

    def unclaimed(self) -> int:
        """How many pages nobody has claimed."""
        return self._claimed.count(0)

    def _walk(self, table: Table) -> Iterator[tuple[int, bytes, bytes | None]]:
        """Leaves in order, each with the keys from which on and before which its own may be."""
        branches = leaves = 0
        todo: list[tuple[int, int, bytes, bytes | None]] = []
        if table.root != NO_PAGE:
            todo.append((table.root, 1, b"", None))
        while todo:
            number, level, low, high = todo.pop()
            self._claim(number)
            if level == table.depth:
                leaves += 1
                yield number, low, high
                continue
            branches += 1
            keys, children = self._branch(number, table, (low, high))
            bounds = [low, *keys[1:], high]
            todo += [
                (child, level + 1, bounds[at] or b"", bounds[at + 1])
                for at, child in reversed(list(enumerate(children)))
            ]
        self._agree(branches, table.branches, "branches")
        self._agree(leaves, table.leaves, "leaves")

    def _agree(self, found: int, noted: int, what: str) -> None:
        if found != noted:
            raise Damaged(f"a table has {found} {what}, not {noted}")

    # --- Single records

    def find(self, table: Table, key: bytes, prove: Prove) -> bytes | None:
        """The value under a key, where LMDB would look for it; None when it is not there.

        `prove` is called with every record of each leaf that is read.
        """
        if table.root == NO_PAGE:
            return None
        number = table.root
        for _ in range(table.depth - 1):
            known = self._branches.get(number) or self._branch(number, table, (b"", None))
            if len(self._branches) >= PAGES_KEPT:
                self._branches.clear()
            self._branches[number] = known
            keys, children = known
            number = children[bisect_right(keys, key, 1) - 1]
        leaf = self._leaves.get(number)
        if leaf is None:
            leaf = {}
            for each, kind, value, length in self._leaf(number, table, (b"", None)):
                found = self._big(value, length)[0] if kind == _NODE_BIG else value
                prove(each, found)
                leaf[each] = found
            if len(self._leaves) >= PAGES_KEPT:
                self._leaves.clear()
            self._leaves[number] = leaf
            self.leaves_read += 1
        return leaf.get(key)

    def last_key(self, table: Table) -> bytes | None:
        """The last key of a table."""
        if table.root == NO_PAGE:
            return None
        number = table.root
        for _ in range(table.depth - 1):
            number = self._branch(number, table, (b"", None))[1][-1]
        return self._leaf(number, table, (b"", None))[-1][0]

    # --- Pages

    def _meta(self, number: int) -> _Meta:
        head = os.pread(self._file, 512, number * self.page_bytes)
        if len(head) < _META_END:
            raise Damaged("the file is too short")
        at, _, flags, _, _ = _HEAD.unpack_from(head)
        magic, version, _, _ = _META_HEAD.unpack_from(head, _HEAD.size)
        free, tables = (_table(head, _TABLES_AT + each * _TABLE.size) for each in (0, 1))
        last_page, transaction = _META_TAIL.unpack_from(head, _TABLES_AT + 2 * _TABLE.size)
        if (at, flags, magic, version) != (number, _META, MAGIC, VERSION):
            raise Damaged(f"page {number} is no beginning of a file")
        self.page_bytes = self.page_bytes or free.page_bytes
        if (
            free.page_bytes != self.page_bytes
            or self.page_bytes not in _PAGE_BYTES
            or (free.flags, tables.flags) != (_NUMBER_KEYS, 0)
            or (transaction and transaction % 2 != number)
        ):
            raise Damaged(f"page {number} is no beginning of this file")
        return _Meta(free, tables, last_page, transaction)

    def _read_names(self) -> None:
        for number, low, high in self._walk(self._names):
            for name, kind, value, _ in self._leaf(number, self._names, (low, high)):
                if kind == _NODE_TABLE and len(value) == _TABLE.size:
                    self.tables[name.decode()] = _table(value, 0)
                elif not kind:
                    self.notes[name] = value
                else:
                    raise Damaged(f"page {number} has a node of another kind")
        self._agree(len(self.tables) + len(self.notes), self._names.records, "records")
        for table in (self._free, self._names, *self.tables.values()):
            if table.depth > DEPTH_MAX or (table.root == NO_PAGE) != (table.depth == 0):
                raise Damaged(f"a table is {table.depth} pages deep")

    def _claim(self, first: int, count: int = 1) -> None:
        if not 2 <= first <= first + count - 1 <= self.last_page:
            raise Damaged(f"page {first} is named, which is not there")
        for number in range(first, first + count):
            if self._claimed[number]:
                raise Damaged(f"page {number} is named twice")
            self._claimed[number] = 1

    def _page(self, number: int, kind: int) -> tuple[bytes, int, Sequence[int]]:
        """A page of a tree, where its nodes begin, and where each is."""
        size = self.page_bytes
        page = os.pread(self._file, size, number * size) if number <= self.last_page else b""
        if len(page) < size:
            raise Damaged(f"page {number} is not there")
        at, _, flags, lower, upper = _HEAD.unpack_from(page)
        count = (lower - _HEAD.size) >> 1
        if at != number or flags != kind or not count or not lower <= upper <= size:
            raise Damaged(f"page {number} is not what it should be")
        return page, upper, struct.unpack_from(f"<{count}H", page, _HEAD.size)

    def _branch(
        self, number: int, table: Table, bounds: tuple[bytes, bytes | None]
    ) -> tuple[list[bytes], list[int]]:
        """Keys and children; a child has the keys from its own on, the first one those before as well."""
        page, upper, nodes = self._page(number, _BRANCH)
        keys, children, used = [], [], 0
        for at in nodes:
            if not upper <= at <= self.page_bytes - _NODE.size:
                raise Damaged(f"page {number} has a node outside itself")
            low, high, highest, size = _NODE.unpack_from(page, at)
            keys.append(page[at + _NODE.size : at + _NODE.size + size])
            children.append(low | high << 16 | highest << 32)
            used += _NODE.size + size + (size & 1)
        keys[0] = b""
        self._proper(number, (upper, used), (keys[1:], table), bounds)
        return keys, children

    def _leaf(self, number: int, table: Table, bounds: tuple[bytes, bytes | None]) -> list[Node]:
        page, upper, places = self._page(number, _LEAF)
        size, used = self.page_bytes, 0
        unpack, head = _NODE.unpack_from, _NODE.size
        nodes: list[Node] = []
        for at in places:
            if not upper <= at <= size - head:
                raise Damaged(f"page {number} has a node outside itself")
            low, high, kind, key_length = unpack(page, at)
            start = at + head + key_length
            length = low | high << 16
            end = start + (8 if kind == _NODE_BIG else length)
            if end > size:
                raise Damaged(f"page {number} has a node outside itself")
            used += (end - at + 1) & ~1
            nodes.append((page[at + head : start], kind, page[start:end], length))
        self._proper(number, (upper, used), ([node[0] for node in nodes], table), bounds)
        return nodes

    def _proper(
        self,
        number: int,
        room: tuple[int, int],
        keys: tuple[list[bytes], Table],
        bounds: tuple[bytes, bytes | None],
    ) -> None:
        """Nodes fill a page from `upper` to its end; keys grow, within the bounds that the pages above set."""
        upper, used = room
        if used != self.page_bytes - upper:
            raise Damaged(f"page {number} has nodes of {used} bytes in {self.page_bytes - upper}")
        order: Sequence[Any] = keys[0]
        low: Any = bounds[0]
        if bounds[1] is not None:
            order = [*order, bounds[1]]
        if keys[1].flags & _NUMBER_KEYS:
            order, low = [int.from_bytes(key, "little") for key in order], int.from_bytes(low, "little")
        if not all(map(lt, order, order[1:])) or (order and order[0] < low):
            raise Damaged(f"page {number} has keys that are out of order")

    def _big(self, place: bytes, length: int, *, claim: bool = False) -> tuple[bytes, int]:
        """A value on pages of its own, and how many these are."""
        first, size = int.from_bytes(place, "little"), self.page_bytes
        needed = (_BIG_HEAD.size - 1 + length) // size + 1
        body = os.pread(self._file, needed * size, first * size) if first <= self.last_page else b""
        if len(body) < needed * size:
            raise Damaged(f"page {first} is not there")
        at, _, flags, pages = _BIG_HEAD.unpack_from(body)
        if at != first or flags != _BIG or not needed <= pages <= self.last_page + 1 - first:
            raise Damaged(f"page {first} is not what it should be")
        if claim:
            self._claim(first, pages)
        return body[_BIG_HEAD.size : _BIG_HEAD.size + length], pages


def _table(body: bytes, at: int) -> Table:
    return Table(*_TABLE.unpack_from(body, at))
