"""What was deployed last."""

from __future__ import annotations

from pathlib import Path

import pytest

from supercloud.provider.drivers.base import namespace
from supercloud.provider.drivers.podman.records import Record, Records


def test_kept_over_restarts_until_forgotten(tmp_path: Path) -> None:
    record = Record("v1", frozenset({"b", "a"}))
    Records(tmp_path / "leases").save("lease/1", record)
    records = Records(tmp_path / "leases")
    assert records.get("lease/1") == record
    assert records.get("lease/2") is None
    records.forget("lease/1")
    records.forget("lease/1")
    assert records.get("lease/1") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "v"}', '{"version": "v", "containers": 1}'])
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / f"{namespace('l')}.json").write_text(text)
    assert Records(tmp_path).get("l") is None
