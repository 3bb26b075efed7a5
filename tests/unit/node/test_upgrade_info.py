"""node/upgrade_info.py: the file that asks for another program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from supercloud.chain.x.upgrade.types import UpgradeNeeded, UpgradeTooEarly
from supercloud.node import upgrade_info


def test_an_upgrade_leaves_its_file(tmp_path: Path) -> None:
    error = RuntimeError("the state machine failed")
    error.__cause__ = UpgradeNeeded("v2", 77, '{"binaries": {}}')
    upgrade_info.note(tmp_path, error)
    assert json.loads((tmp_path / "upgrade-info.json").read_text()) == {
        "name": "v2",
        "time": "0001-01-01T00:00:00Z",
        "height": 77,
        "info": '{"binaries": {}}',
    }
    assert [path.name for path in tmp_path.iterdir()] == ["upgrade-info.json"]


def test_other_errors_leave_none(tmp_path: Path) -> None:
    for error in (UpgradeTooEarly("v2", 5), OSError("disk")):
        upgrade_info.note(tmp_path, error)
    looped = ValueError("loop")
    looped.__cause__ = looped
    upgrade_info.note(tmp_path, looped)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_does_not_hide_what_the_node_stops_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade_info.note(tmp_path / "absent", UpgradeNeeded("v2", 77, ""))
    assert "upgrade-info.json can not be written" in caplog.text
