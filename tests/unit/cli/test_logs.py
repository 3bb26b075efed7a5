"""Logs of the long-running commands: one JSON object a line."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from supercloud.cli import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level


def test_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    log = logging.getLogger("supercloud.provider.service")
    log.info("bid %s\nsent", "b1", extra={"order": "a/1", "path": Path("/x")})
    log.debug("not asked for")
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    document = json.loads(line)
    assert out == "" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document.pop("time"))
    assert document == {
        "level": "info",
        "at": "provider.service",
        "message": "bid b1\nsent",
        "order": "a/1",
        "path": "/x",
    }


def test_a_traceback_is_one_field(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    try:
        raise ValueError("inside")
    except ValueError:
        logging.getLogger("supercloud.x").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: inside" in json.loads(line)["error"]


def test_chatty_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    for name in ("asyncio", "uvicorn", "grpc", "aiodocker"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble")
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["trouble"] * 4


def test_a_file_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES_MAX", 2000)
    logs.configure_file(tmp_path / "node.log")
    for number in range(100):
        logging.getLogger("supercloud.node").info("block", extra={"height": number})
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["node.log", "node.log.1", "node.log.2"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    last = (tmp_path / "node.log").read_text().splitlines()[-1]
    assert json.loads(last)["height"] == 99


def test_keys_show_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """What is logged by accident is a name."""
    from supercloud.crypto.secp256k1 import PrivateKey
    from supercloud.sdk.keyring import Key

    key = Key("alice", PrivateKey(b"\1" * 32), "abandon about")
    logs.configure()
    logging.getLogger("supercloud").warning("key %s", key, extra={"key": key, "private": key.private})
    line = capsys.readouterr().err
    assert "alice" in line and "01" * 32 not in line and "abandon" not in line


def test_numbers_beyond_64_bits_are_written_as_text() -> None:
    record = logging.LogRecord("supercloud.x", logging.INFO, "", 0, "bid placed", (), None)
    record.price = 10**20
    assert '"price":"100000000000000000000"' in logs.JsonLines().format(record)
