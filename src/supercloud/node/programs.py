"""The programs of a node, one for each upgrade, in the tree that Cosmovisor knows; either may take it over from the other.

HOME/cosmovisor/
    current                 a link to the folder whose program runs: genesis or upgrades/NAME
    genesis/bin/PROGRAM     the one that the network began with
    upgrades/NAME/bin/PROGRAM
    upgrades/NAME/upgrade-info.json    the plan, once its program has been switched to

NAME is the plan's in lower case, with what is special in a path written as in a URL.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from supercloud.node.files import sync, write_durably

INFO: Final = "upgrade-info.json"
"""What a node leaves in `data/` that stopped for an upgrade."""
TREE: Final = "cosmovisor"
GENESIS: Final = "genesis"
UPGRADES: Final = "upgrades"
CURRENT: Final = "current"
PROGRAM: Final = "supercloud"
"""How the program in `bin/` is called, unless the operator says otherwise."""
INFO_BYTES_MAX: Final = 2**20
NOTE_MODE: Final = 0o644
"""Of notes: supervisors may run as another account than the node."""
NEVER: Final = "0001-01-01T00:00:00Z"
"""A plan's time, which is not used any more."""
_SAFE_IN_PATH: Final = "$&+=:@"
_NO_NAMES: Final = ("", ".", "..")


class ProgramError(Exception):
    """The tree, or a note in it, is not as it has to be; the text says what is wrong."""


class ProgramMissing(ProgramError):
    """A program that has to run is not in its place; the text says how to put it there."""


class Plan(NamedTuple):
    """An upgrade that is due: its name, the height of its first block, and what the proposal said of it."""

    name: str
    height: int
    info: str


class Programs:
    """The tree of the node in `home`, whose programs are called `name`."""

    def __init__(self, home: Path, name: str = PROGRAM) -> None:
        if name in _NO_NAMES or "/" in name:
            raise ProgramError(f"a program can not be called {name!r}")
        self.home = home
        self.name = name
        self.root = home / TREE

    def folder(self, upgrade: str) -> Path:
        """Where the program of an upgrade belongs. Raises ProgramError when it can have no folder."""
        part = quote(upgrade.lower(), safe=_SAFE_IN_PATH)
        if part in _NO_NAMES:
            raise ProgramError(f"an upgrade called {upgrade!r} can have no folder")
        return self.root / UPGRADES / part

    def program(self, folder: Path) -> Path:
        """The program in a folder of the tree, whether it is there or not."""
        return folder / "bin" / self.name

    def current(self) -> Path:
        """The folder whose program has to run now; genesis, of which the link is then made, before the first upgrade.

        Raises ProgramError.
        """
        link = self.root / CURRENT
        if not link.is_symlink():
            if link.exists():
                raise ProgramError(f"{link} has to be a link to {GENESIS} or {UPGRADES}/NAME")
            if not self.root.is_dir():
                raise ProgramMissing(f"{self.root} is not there: {self.hint()}")
            self._point(self.root / GENESIS)
        return self.root / os.readlink(link)

    def runnable(self, folder: Path, upgrade: str = "") -> Path:
        """The program in a folder. Raises ProgramMissing when it can not be run."""
        program = self.program(folder)
        if not program.is_file() or not os.access(program, os.X_OK):
            raise ProgramMissing(f"{program} is no program that can be run: {self.hint(upgrade)}")
        return program

    def hint(self, upgrade: str = "") -> str:
        """How to put a program in its place."""
        of = f" --upgrade {shlex.quote(upgrade)}" if upgrade else ""
        called = f" --name {self.name}" if self.name != PROGRAM else ""
        return f"supercloud node add-program /path/to/{self.name}{of}{called} --home {self.home}"

    def pending(self) -> Plan | None:
        """The upgrade that the node stopped for and whose program is not the current one. Raises ProgramError."""
        plan = read_plan(self.home / "data" / INFO)
        if plan is None:
            return None
        folder = self.current()
        if folder.resolve() == self.folder(plan.name).resolve():
            return None
        switched = read_plan(folder / INFO)
        # A note from before what runs now: a copy of an older `data/` was put back.
        return None if switched is not None and plan.height <= switched.height else plan

    def switch(self, plan: Plan) -> None:
        """Make an upgrade's program the current one. Whoever dies in here leaves the one or the other."""
        folder = self.folder(plan.name)
        self.runnable(folder, plan.name)
        note = {"name": plan.name, "time": NEVER, "height": plan.height, "info": plan.info}
        # The note first: a link without it would do, a note without the link is written again.
        write_durably(folder / INFO, json.dumps(note).encode(), NOTE_MODE)
        self._point(folder)

    def add(self, program: Path, upgrade: str = "", *, replace: bool = False) -> Path:
        """Put a program in its place, of an upgrade or, without one, the network's first; returns where it is.

        A script is linked: it needs what is around it. Anything else is copied. Raises ProgramError.
        """
        source = program.resolve()
        if not source.is_file() or not os.access(source, os.X_OK):
            raise ProgramError(f"{program} is no program that can be run")
        place = self.program(self.folder(upgrade) if upgrade else self.root / GENESIS)
        if os.path.lexists(place) and not replace:
            raise ProgramError(f"{place} is there already; --replace puts this one in its place")
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{self.name}.new")
        fresh.unlink(missing_ok=True)
        if _is_script(source):
            fresh.symlink_to(source)
        else:
            shutil.copy(source, fresh)
            sync(fresh)
        fresh.replace(place)
        sync(place.parent)
        return place

    def _point(self, folder: Path) -> None:
        fresh = self.root / f".{CURRENT}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.relative_to(self.root))
        fresh.replace(self.root / CURRENT)
        sync(self.root)


def read_plan(path: Path) -> Plan | None:
    """What a note says, its height as a number or as text; nothing when there is none. Raises ProgramError."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(INFO_BYTES_MAX))
        plan = Plan(str(document["name"]), int(document["height"]), str(document.get("info") or ""))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProgramError(f"{path} can not be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ProgramError(f"{path} does not name an upgrade and a height") from error
    if not plan.name or plan.height <= 0:
        raise ProgramError(f"{path} does not name an upgrade and a height")
    return plan


def _is_script(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(2) == b"#!"
