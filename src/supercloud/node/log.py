"""The log of a node's processes: JSON lines on standard error."""

from __future__ import annotations

import datetime
import json
import logging
from typing import Any

import orjson


class Lines(logging.Formatter):
    """One JSON object a line."""

    _usual = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
        "message",
        "asctime",
        "taskName",
    }

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z",
            "level": record.levelname.lower(),
            "from": record.name.removeprefix("supercloud."),
            "text": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in self._usual}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:
            # A number of more than 64 bits, or the name of a file that is no text.
            told = json.dumps(line, default=str, ensure_ascii=False)
            return told.encode("utf-8", "replace").decode()


def log_to_stderr(level: str) -> None:
    """Send this process's log to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
