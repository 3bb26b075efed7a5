"""Which database keeps the index: that of the settings, or a file."""

from __future__ import annotations

from pathlib import Path

from supercloud.node.config import ConfigError
from supercloud.node.indexer.index import Index
from supercloud.node.indexer.port import SearchIndex

SCHEMES = ("postgresql://", "postgres://")


def open_index(database: str, path: Path, chain_id: str) -> SearchIndex:
    """The index in the database of a URL, or in the file `path` when that is empty. Raises ConfigError.

    No message shows the URL: it may hold a password.
    """
    if not database:
        return Index(path)
    if not database.startswith(SCHEMES):
        raise ConfigError("index.database must begin with postgresql:// or be empty")
    try:
        from supercloud.node.indexer.postgres import PostgresIndex
    except ImportError as error:
        raise ConfigError(
            "index.database needs the library psycopg: pip install 'supercloud[postgresql]'"
        ) from error
    return PostgresIndex(database, chain_id)
