"""Which database keeps the index."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from supercloud.node.config import Config, ConfigError
from supercloud.node.indexer.choice import open_index
from supercloud.node.indexer.index import Index


def test_a_file_by_default(tmp_path: Path) -> None:
    index = open_index(Config().index.database, tmp_path / "index.sqlite", "c")
    assert isinstance(index, Index) and (tmp_path / "index.sqlite").exists()
    index.close()


def test_refuses_other_databases_without_showing_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must begin with postgresql://") as refusal:
        open_index("mysql://me:s3cret@h/x", tmp_path / "i", "c")
    assert "s3cret" not in str(refusal.value)


def test_says_which_library_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "supercloud.node.indexer.postgres", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'supercloud\[postgresql\]'"):
        open_index("postgresql://me:s3cret@h/x", tmp_path / "i", "c")


def test_settings_are_not_shown_with_a_password() -> None:
    config = Config()
    config.index.database = "postgresql://me:s3cret@h/x"
    assert "s3cret" not in repr(config)
