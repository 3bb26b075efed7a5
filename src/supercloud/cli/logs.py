"""Logging of the long-running commands: one JSON object a line on stderr, with the fields of `extra` and no secrets."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

import orjson

FILE_BYTES_MAX = 10 * 2**20
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        document = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "at": record.name.removeprefix("supercloud."),
            "message": record.getMessage(),
        }
        document |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            document["error"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(document, default=str).decode()
        except TypeError:  # a number of more than 64 bits
            return orjson.dumps({name: str(value) for name, value in document.items()}).decode()


def configure(level: int = logging.INFO) -> None:
    """Log to stderr."""
    _log_to(logging.StreamHandler(sys.stderr), level)


def configure_file(path: Path, level: int = logging.INFO) -> None:
    """Log to a file that is turned over before it grows large."""
    _log_to(RotatingFileHandler(path, maxBytes=FILE_BYTES_MAX, backupCount=2), level)


def _log_to(handler: logging.Handler, level: int) -> None:
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiodocker", "asyncio", "uvicorn", "grpc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
