"""Pages over a key range: offset or key, limit, reverse, count_total (cosmos.base.query.v1beta1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from supercloud.chain.baseapp.context import prefix_end
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest, PageResponse
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import KV

T = TypeVar("T")

LIMIT_DEFAULT = 100
LIMIT_MAX = 10_000
"""A larger page than this is cut; `next_key` leads on."""
COUNTED_UNASKED_MAX = 100_000
"""Of more records than this the total is told only to those who ask for it."""


def paginate(
    kv: KV, prefix: bytes, page: PageRequest, accept: Callable[[bytes, bytes], T | None]
) -> tuple[list[T], PageResponse]:
    """One page of the records under a prefix.

    `accept` gets the key without the prefix and the value, and returns the item, or None to leave it out.
    `next_key` is the key, without the prefix, of the first record of the next page. A request without a limit has
    its total counted, asked for or not, as the network's lists do; not where that were a walk through a large state.
    """
    if page.offset and page.key:
        raise InvalidArgument("invalid request, either offset or key is expected, got both")
    limit = min(page.limit or LIMIT_DEFAULT, LIMIT_MAX)
    counting = (page.count_total or not page.limit) and not page.key
    items: list[T] = []
    response = PageResponse()
    matched = 0
    skipped = len(prefix)
    for key, value in _records(kv, prefix, page):
        item = accept(key[skipped:], value)
        if item is None:
            continue
        matched += 1
        if matched <= page.offset:
            continue
        if len(items) < limit:
            items.append(item)
            continue
        if not response.next_key:
            response.next_key = key[skipped:]
        if not counting:
            break
        if matched > COUNTED_UNASKED_MAX and not page.count_total:
            counting = False
            break
    if counting:
        response.total = matched
    return items, response


def _records(kv: KV, prefix: bytes, page: PageRequest) -> Iterator[tuple[bytes, bytes]]:
    start, end = prefix, prefix_end(prefix)
    if page.key:
        if page.reverse:
            # The key itself belongs to the page, and a range excludes its end.
            end = prefix + page.key + b"\x00"
        else:
            start = prefix + page.key
    return kv.range(start, end, page.reverse)
