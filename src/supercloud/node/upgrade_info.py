"""`upgrade-info.json`: what a node leaves behind that stopped for an upgrade.

Process supervisors of such networks watch for it in the data folder, and start the program that it names. Its form is
that of the network's node: `{"name", "time", "height", "info"}`, a time that is not used, and numbers as numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import orjson

from supercloud.chain.x.upgrade.types import UpgradeNeeded
from supercloud.node.files import write_durably
from supercloud.node.programs import INFO, NEVER, NOTE_MODE

log = logging.getLogger(__name__)


def note(data: Path, error: BaseException) -> None:
    """Write the file when an upgrade is what an error, or one that led to it, is about."""
    for each in _chain(error):
        if isinstance(each, UpgradeNeeded):
            document = {"name": each.name, "time": NEVER, "height": each.height, "info": each.info}
            try:
                write_durably(data / INFO, orjson.dumps(document), NOTE_MODE)
            except OSError as failure:
                # What the node stops for is the news; whoever starts it again gets to the same height, and here.
                log.error("%s can not be written: %s", data / INFO, failure)
            return


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__
