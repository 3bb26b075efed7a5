"""The tree depends on its content alone, however it came about and however deep it is."""

from __future__ import annotations

import hashlib
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.store import merkle
from supercloud.chain.store.backend import KEY_BYTES_MAX

# Few letters and short keys, so that prefixes of one another, neighbours and deletions are frequent.
keys = st.lists(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]), min_size=1, max_size=5).map(bytes)
writes = st.dictionaries(keys, st.none() | st.binary(min_size=1, max_size=3), max_size=40)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree_of(content: dict[bytes, bytes]) -> merkle.Node | None:
    return merkle.build(sorted(content.items()))


def source(content: dict[bytes, bytes]) -> merkle.Read:
    """What is folded in trees of this content is read here."""
    pairs = sorted(content.items())
    return lambda key, leaves: [pair for pair in pairs if pair[0] >= key][:leaves]


def opened(tree: merkle.Node | None, read: merkle.Read) -> merkle.Node | None:
    """A tree without anything folded."""
    if tree is None or len(tree) == 2:
        return tree
    if len(tree) == 3:
        return merkle.unfold(tree, read)
    hash_, key, bit, left, right = tree
    return hash_, key, bit, opened(left, read), opened(right, read)


def plain_root(content: dict[bytes, bytes], bit: int = 0) -> bytes:
    """The definition, word for word: split at the first bit in which keys differ."""
    if not content:
        return sha256(b"")
    if len(content) == 1:
        [(key, value)] = content.items()
        return sha256(b"\x00\x02\x02" + bytes([len(key)]) + key + b"\x20" + sha256(value))

    def right(key: bytes) -> bool:
        byte, offset = divmod(bit, 9)
        there = bin(0x100 | key[byte])[2:] if byte < len(key) else "000000000"
        return there[offset] == "1"

    sides = {False: dict[bytes, bytes](), True: dict[bytes, bytes]()}
    for key, value in content.items():
        sides[right(key)][key] = value
    if not sides[False] or not sides[True]:
        return plain_root(content, bit + 1)
    children = [plain_root(sides[False], bit + 1), plain_root(sides[True], bit + 1)]
    return sha256(b"\xfe\x7f\x02\x02\x20" + children[0] + b"\x20" + children[1])


@given(st.lists(writes, max_size=5))
@settings(max_examples=200, deadline=None)
def test_updates_lead_where_building_anew_does(blocks: list[dict[bytes, bytes | None]]) -> None:
    content: dict[bytes, bytes] = {}
    tree: merkle.Node | None = None
    roots = []
    for block in blocks:
        read = source(content.copy())
        tree = merkle.update(tree, sorted(block.items(), key=lambda pair: pair[0]), read)
        content |= {key: value for key, value in block.items() if value is not None}
        for key, value in block.items():
            if value is None:
                content.pop(key, None)
        roots.append((tree, plain_root(content)))
    # Checked at the end, so that a later update that changed an earlier tree is seen.
    assert [(merkle.root_hash(each), root) for each, root in roots] == [(root, root) for _, root in roots]
    whole = merkle.build(sorted(content.items()), 1)
    assert opened(tree, source(content)) == whole == opened(tree_of(content), source(content))


@given(writes)
@settings(deadline=None)
def test_a_folded_tree_is_the_same_tree(block: dict[bytes, bytes | None]) -> None:
    content = {key: value or b"kept" for key, value in block.items()}
    whole, read = merkle.build(sorted(content.items()), 1), source(content)
    nodes = list(merkle.folded(whole))
    assert sum(leaves for _, leaves, _ in nodes) == len(content)
    assert all(leaves <= merkle.FOLDED_LEAVES_MAX for _, leaves, _ in nodes)
    folded = merkle.joined(nodes)
    assert folded == tree_of(content)
    assert opened(folded, read) == whole
    # Folding again what is folded in part, as a node has it after some blocks.
    part = merkle.update(folded, [(key, content[key]) for key in sorted(content)[::3]], read)
    assert list(merkle.folded(part)) == nodes


@given(writes, writes)
@settings(deadline=None)
def test_a_tree_that_was_kept_takes_up_what_was_written_since(
    former: dict[bytes, bytes | None], block: dict[bytes, bytes | None]
) -> None:
    before = {key: value for key, value in former.items() if value is not None}
    now = {key: value for key, value in (before | block).items() if value is not None}
    pairs = sorted(now.items())

    def read(start: bytes, end: bytes | None) -> list[tuple[bytes, bytes]]:
        return [pair for pair in pairs if start <= pair[0] and (end is None or pair[0] < end)]

    found = merkle.joined(merkle.renewed(merkle.folded(tree_of(before)), sorted(block), read))
    assert merkle.root_hash(found) == merkle.root_hash(tree_of(now))


def test_only_what_is_near_to_what_was_written_is_read() -> None:
    content = {sha256(b"%d" % number): b"v" for number in range(4000)}
    kept = list(merkle.folded(tree_of(content)))
    written = sorted(content)[::1000]
    content |= dict.fromkeys(written, b"w")
    pairs, read = sorted(content.items()), []

    def counted(start: bytes, end: bytes | None) -> list[tuple[bytes, bytes]]:
        found = [pair for pair in pairs if start <= pair[0] and (end is None or pair[0] < end)]
        read.extend(found)
        return found

    tree = merkle.joined(merkle.renewed(kept, written, counted))
    assert merkle.root_hash(tree) == merkle.root_hash(tree_of(content))
    assert len(written) <= len(read) < 10 * len(written)


def test_a_tree_is_walked_no_further_than_its_folded_nodes_are_asked_for() -> None:
    whole = merkle.build([(b"%04d" % number, b"v") for number in range(3000)], 1)
    nodes = list(merkle.folded(whole))
    beginning = list(islice(merkle.folded(whole), 5))
    assert beginning == nodes[:5]
    # A part that is no node at all is not met.
    assert whole is not None
    broken = (*whole[:4], "no node")
    assert list(islice(merkle.folded(broken), 5)) == beginning


def test_what_does_not_hash_to_what_was_folded_is_refused() -> None:
    content = {b"%d" % number: b"v" for number in range(4)}
    tree = tree_of(content)
    assert tree is not None
    for other in ({**content, b"2": b"w"}, {b"1": b"v"}, {}):
        with pytest.raises(merkle.Unfoldable, match="4 pairs from 30"):
            merkle.path(tree, b"1", source(other))
        with pytest.raises(merkle.Unfoldable):
            merkle.update(tree, [(b"1", b"w")], source(other))
    assert len(merkle.path(tree, b"1", source(content))) > 0


@given(st.dictionaries(keys, st.binary(min_size=1, max_size=3), min_size=1, max_size=30), keys)
def test_neighbours_of_an_absent_key(content: dict[bytes, bytes], key: bytes) -> None:
    content.pop(key, None)
    tree = tree_of(content)
    if tree is None:
        return
    before = max((each for each in content if each < key), default=None)
    after = min((each for each in content if each > key), default=None)
    assert merkle.neighbours(tree, key, source(content)) == (before, after)


@given(keys, keys)
def test_the_critical_bit_orders_two_keys(a: bytes, b: bytes) -> None:
    if a == b:
        assert merkle.critical_bit(a, b) > KEY_BYTES_MAX * 9
        return
    bit = merkle.critical_bit(a, b)
    assert bit == merkle.critical_bit(b, a)
    assert merkle.direction(a, bit) == (a > b)
    assert merkle.direction(b, bit) == (b > a)


def test_a_chain_of_a_thousand_prefixes_is_no_problem() -> None:
    """Keys that split at every bit make the deepest tree there can be; recursion would not survive it."""
    longest = b"\xff" * KEY_BYTES_MAX
    bits = "1" * (8 * KEY_BYTES_MAX)
    deep = {longest: b"x"}
    for at in range(8 * KEY_BYTES_MAX):
        turned = bits[:at] + "0" + bits[at + 1 :]
        deep[int(turned, 2).to_bytes(KEY_BYTES_MAX, "big")] = b"x"
    built = tree_of(deep)
    assert built is not None
    assert len(merkle.path(built, longest, source(deep))) == 8 * KEY_BYTES_MAX
    half = sorted(deep)[::2]
    tree = merkle.update(None, [(key, b"y") for key in half])
    tree = merkle.update(tree, [(key, b"x") for key in sorted(deep)], source(dict.fromkeys(half, b"y")))
    assert merkle.root_hash(tree) == merkle.root_hash(built)
    nodes = list(merkle.folded(tree))
    assert nodes == list(merkle.folded(built))
    assert merkle.root_hash(merkle.joined(nodes)) == merkle.root_hash(built)
    tree = merkle.update(tree, [(key, None) for key in sorted(deep) if key != longest], source(deep))
    assert tree == merkle.leaf(longest, b"x")


def test_an_empty_tree_is_the_hash_of_nothing() -> None:
    assert merkle.build([]) is None
    assert merkle.update(merkle.leaf(b"a", b"b"), [(b"a", None)]) is None
    assert merkle.root_hash(None).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "00"), (127, "7f"), (128, "8001"), (240, "f001"), (300, "ac02"), (1 << 35, "808080808001")],
)
def test_varint(value: int, text: str) -> None:
    assert merkle.varint(value).hex() == text
