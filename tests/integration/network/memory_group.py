"""A control group of its own for one process tree, whose memory the kernel bounds: version 1 and 2."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
LEAST_BYTES = 1 << 20
SETTLED_S = 10.0


class NoGroups(Exception):
    """This machine lets this account make no control group with bounded memory; why."""


class MemoryGroup:
    """Made below the group that this process is in, or in version 2 the nearest one above that bounds memory.

    Raises NoGroups.
    """

    def __init__(self) -> None:
        own = dict(_own())
        self.unified = "memory" not in own
        above = (
            _delegating(ROOT / own.get("", "").lstrip("/"))
            if self.unified
            else ROOT / "memory" / own["memory"]
        )
        self.folder = above / f"supercloud-test-{os.getpid()}"
        try:
            self.folder.mkdir()
        except OSError as error:
            raise NoGroups(f"{above}: {error.strerror}") from error
        self._limit = self.folder / ("memory.max" if self.unified else "memory.limit_in_bytes")
        if not self._limit.exists():
            self.folder.rmdir()
            raise NoGroups(f"{above} does not bound memory")

    @property
    def entering(self) -> list[str]:
        """Before a command: runs it inside."""
        return ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(self.folder)]

    def squeeze(self) -> int:
        """Lower the limit as far as the kernel lets; that many bytes. Version 2 ends processes for it at once."""
        limit = int((self.folder / f"memory.{'current' if self.unified else 'usage_in_bytes'}").read_text())
        if self.unified:
            limit //= 2
            self._limit.write_text(str(limit))
            return limit
        # Version 1 refuses a limit that it can not bring them under without ending one.
        while not self.bound(limit):
            limit += LEAST_BYTES
        step = limit // 2
        while step > LEAST_BYTES:
            if self.bound(limit - step):
                limit -= step
            else:
                step //= 2
        return limit

    def bound(self, limit: int) -> bool:
        """Set the limit; whether the kernel took it."""
        try:
            self._limit.write_text(str(limit))
        except OSError:
            return False
        return True

    def lift(self) -> None:
        """No limit."""
        self._limit.write_text("max" if self.unified else "-1")

    @property
    def killed(self) -> int:
        """How many processes the kernel has ended here for their memory."""
        counts = (self.folder / ("memory.events" if self.unified else "memory.oom_control")).read_text()
        return next(int(line.split()[1]) for line in counts.splitlines() if line.startswith("oom_kill "))

    def close(self) -> None:
        """Remove it once nobody is in it any more."""
        until = time.monotonic() + SETTLED_S
        while self.folder.exists() and time.monotonic() < until:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            time.sleep(0.05)


def _own() -> list[tuple[str, str]]:
    """Controllers, one each, and this process's group in their hierarchy; the unified one has none."""
    found = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError as error:
        raise NoGroups(str(error)) from error
    for line in lines:
        _, controllers, path = line.split(":", 2)
        found += [(controller, path.lstrip("/")) for controller in controllers.split(",")]
    return found


def _delegating(group: Path) -> Path:
    """The nearest group, from one upwards, whose children's memory is bounded."""
    for each in (group, *group.parents):
        control = each / "cgroup.subtree_control"
        if control.exists() and "memory" in control.read_text().split():
            return each
        if each == ROOT:
            break
    raise NoGroups("no group above this process bounds the memory of its children")
