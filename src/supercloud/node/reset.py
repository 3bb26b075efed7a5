"""Throwing away what a node has copied from its network, so that it copies it again: the cure for a damaged home.

Keys, settings, genesis, the address book and the record of what the validator signed stay. Without that record the
validator could sign a height twice, which costs a part of its stake.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from supercloud.node.config import load
from supercloud.node.files import is_locked
from supercloud.node.storage.environment import take_lock

KEPT: Final = ("LOCK", "priv_validator_state.json")
COMET_FOLDERS: Final = ("data", "executed")


class ResetError(Exception):
    """A home of which nobody else has the blocks, or none at all."""


def reset(folder: Path) -> list[Path]:
    """Empty the home of a node that does not run; returns what was removed. Raises ResetError, HomeInUse, ConfigError."""
    settings, data = folder / "config" / "config.toml", folder / "data"
    if not settings.exists() or not data.is_dir():
        raise ResetError(f"{folder} is no home of a node")
    config = load(settings, os.environ)
    alone = not (config.p2p.persistent_peers or config.p2p.seeds)
    if config.engine.kind != "cometbft" or alone:
        raise ResetError(
            f"{folder} knows no peers that have its blocks: restore it from a copy, or it has to begin anew"
        )
    lock = take_lock(data)
    try:
        if is_locked(folder / "cometbft" / "data" / "blockstore.db" / "LOCK"):
            raise ResetError(f"a CometBFT works on {folder / 'cometbft'}: stop that first")
        found = [path for path in sorted(data.iterdir()) if path.name not in KEPT]
        found += [path for name in COMET_FOLDERS if (path := folder / "cometbft" / name).exists()]
        for path in found:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        return found
    finally:
        os.close(lock)
