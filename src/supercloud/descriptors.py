"""File descriptors of a process that serves: as many as the system lets it have.

A connection is a descriptor, and so is the file a block goes to. Shells and services begin with 1,024, fewer than the
listeners may hold connections: whoever opened them all would end the node.
"""

from __future__ import annotations

import resource
from typing import Final

ENOUGH: Final = 65_536
"""Some systems allow a billion, and programs that close all they might have inherited take minutes then."""


def raise_limit(enough: int = ENOUGH) -> int:
    """Raise this process's own limit up to `enough`, never above what it may; children inherit it. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft
