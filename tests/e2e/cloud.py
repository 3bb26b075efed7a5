"""A whole local supercloud as a process, and commands against it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from supercloud.cli import session
from supercloud.provider.drivers.podman.container import LABEL_SCOPE
from supercloud.testing import ports

PATIENCE_S = 60.0


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Cloud:
    """A running `supercloud up` and commands against it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.process = self._start(options)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors.read_text()
        self.ready = json.loads(line)
        self.addresses = {item["name"]: item["address"] for item in self.ready["accounts"]}
        self.environment = {**os.environ, "SUPERCLOUD_HOME": str(home), "COLUMNS": "200"}

    @property
    def errors(self) -> Path:
        """What `up` wrote to stderr."""
        return self.home.parent / "up.err"

    def _start(self, options: tuple[str, ...]) -> subprocess.Popen[str]:
        words = ["up", "--home", str(self.home), "--json", "--block-time", "0.2", *options]
        base = () if "--port-base" in options else ("--port-base", str(ports.row(8)))
        return subprocess.Popen(
            [sys.executable, "-m", "supercloud", *words, *base],
            stdout=subprocess.PIPE,
            stderr=self.errors.open("ab"),
            text=True,
        )

    def run(self, *words: str, timeout_s: float = PATIENCE_S) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "supercloud", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def deploy(self, file: Path, *words: str) -> Done:
        return self.run("deploy", str(file), "--json", "--pick", "cheapest", *words)

    def settings(self, key: str = "tenant") -> session.Settings:
        return session.Settings(self.home, self.ready["rpc"], key, "test", session.DEFAULT_GAS_PRICE)

    def kill_provider(self) -> None:
        """kill -9 of the agent; `up` starts it again."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        agents = [pid for pid in children if b"provider" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert agents
        for pid in agents:
            os.kill(int(pid), signal.SIGKILL)

    def stop(self) -> int:
        """End it as a person would; its exit code, -9 when it had to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def leave_nothing(self) -> None:
        """After its end: containers that still ran and their networks are not for whoever uses the machine next."""
        (file,) = self.home.rglob("scope")
        ours = ["--filter", f"label={LABEL_SCOPE}={file.read_text().strip()}"]
        for program in filter(shutil.which, ("podman", "docker")):
            for listed, removed in ((["ps", "-a"], ["rm", "-f"]), (["network", "ls"], ["network", "rm"])):
                found = subprocess.run(
                    [program, *listed, "-q", *ours], capture_output=True, text=True, check=False
                )
                if names := found.stdout.split():
                    subprocess.run([program, *removed, *names], capture_output=True, check=False)
