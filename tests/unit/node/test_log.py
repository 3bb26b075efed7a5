"""node/log.py: a line is one JSON document with a time, a level, a place, a text, and whatever facts it has."""

from __future__ import annotations

import logging
import sys

import orjson

from supercloud.node.genesis import parse_time
from supercloud.node.log import Lines


def line(**facts: object) -> dict[str, object]:
    record = logging.LogRecord("supercloud.node.x", logging.WARNING, "f", 1, "block %d", (5,), None)
    vars(record).update(facts)
    made: dict[str, object] = orjson.loads(Lines().format(record))
    return made


def test_lines_are_json_with_their_facts() -> None:
    said = line(height=5, created=1_764_248_462.25)
    assert said == {
        "time": "2025-11-27T13:01:02.250Z",
        "level": "warning",
        "from": "node.x",
        "text": "block 5",
        "height": 5,
    }
    assert parse_time(str(said["time"])) == 1_764_248_462_250_000_000


def test_what_json_does_not_know_is_text_and_errors_are_shown() -> None:
    try:
        raise ValueError("so it is")
    except ValueError:
        said = line(folder=object, exc_info=sys.exc_info())
    assert said["folder"] == "<class 'object'>"
    assert str(said["exception"]).endswith("ValueError: so it is")


def test_no_line_is_lost_for_what_it_tells() -> None:
    said = line(power=10**30, folder=b"a\xff".decode("utf-8", "surrogateescape"))
    assert (said["power"], said["folder"], said["text"]) == (1e30, "a?", "block 5")
