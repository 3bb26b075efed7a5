"""A local supercloud for a benchmark: `bin/supercloud up` in a home of its own, ended when the benchmark ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
STOP_S = 30


class Local(NamedTuple):
    """A supercloud that runs: what `up --json` printed, its home and the process."""

    ready: dict[str, Any]
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def rpc(self) -> str:
        """URL of the RPC."""
        return str(self.ready["rpc"])

    @property
    def tenant_mnemonic(self) -> str:
        """Words of the funded tenant key."""
        return next(a["mnemonic"] for a in self.ready["accounts"] if a["name"] == "tenant")


@contextmanager
def up(*options: str, settings: dict[str, str] | None = None) -> Iterator[Local]:
    """Start, yield when ready, stop, and remove the home. `settings` are environment variables."""
    home = Path(tempfile.mkdtemp(prefix="supercloud-bench-"))
    command = [str(ROOT / "bin" / "supercloud"), "up", "--home", str(home), "--json", *options]
    environment = {**os.environ, **(settings or {})}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            for log in sorted(home.glob("logs/*.log")):
                sys.stderr.write(f"--- {log.name}\n{log.read_text()[-2000:]}\n")
            raise SystemExit("the local supercloud did not start")
        yield Local(json.loads(line), home, process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)
