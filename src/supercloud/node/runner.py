"""Runs a node's program, and the next one when it has stopped for an upgrade.

    pending upgrade? -> its program is there -> backup -> the operator's step -> the program's own step -> switch -> start

Everything before the switch is done again by whoever comes after a runner that died in it; after the switch the new
program just runs. Nothing is ever downloaded. It stays as long as the node, so it imports little.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from supercloud.children import ends_with_parent
from supercloud.node.log import log_to_stderr
from supercloud.node.programs import INFO, Plan, ProgramError, ProgramMissing, Programs

log = logging.getLogger("supercloud.node.runner")

MISSING: Final = 69
"""Exit status: a program is not in its place. These three are such that starting again changes nothing by itself."""
STEP_FAILED: Final = 70
"""Exit status: the backup or another step before the switch failed; nothing was switched."""
WRONG_TREE: Final = 78
"""Exit status: the tree or a note in it is not as it has to be."""
IN_USE: Final = 75
"""Exit status: another runner is at work here, or a program that one left behind."""

STOPPING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
PASSED_ON: Final = (*STOPPING, signal.SIGUSR1, signal.SIGUSR2)
STEP_ABSENT: Final = (1, 2)
"""What programs say that know no `pre-upgrade`: 1 by the convention of such networks, 2 for a command that is unknown."""
STEP_AGAIN: Final = 31
NOT_STARTED: Final = 126
RETRY_S: Final = 1.0
WATCH_S: Final = 1.0
END_S: Final = 30.0
"""How long a program that has noted its upgrade may take to end, then to obey, before it is told, then killed."""
LOCK_S: Final = 30.0
CRASH_DELAY_S: Final = 1.0
CRASH_DELAY_S_MAX: Final = 60.0
BACKUP: Final = "SUPERCLOUD_BACKUP_COMMAND"
"""Where a backup's command is handed to its shell: words of a process are seen by everybody, and it may name passwords."""
VARIABLE: Final = "SUPERCLOUD_RUNNER"
"""What the process that becomes a runner leaves for it."""
STEADY_S: Final = 300.0
"""A program that ran so long has not crashed in a row."""


@dataclass(frozen=True)
class Settings:
    """What an operator wants of a runner."""

    arguments: Sequence[str] = ()
    """Of the program."""
    backup: str = ""
    """A shell's command before a switch; it finds DAEMON_HOME, UPGRADE_NAME and UPGRADE_HEIGHT in its environment."""
    step: Sequence[str] = ()
    """A program that is called before a switch with the plan's name and height behind these words."""
    start_after_upgrade: bool = True
    """Whether the new program is started; otherwise the runner ends with 0 once it has switched."""
    retries: int = 0
    """How often a `pre-upgrade` that asks for it (status 31) is called again."""
    start_after_crash: bool = False
    """Whether a program that fails is started again, after 1, 2, 4 ... 60 seconds."""
    end_s: float = END_S


class StepFailed(Exception):
    """What has to be done before a switch was not done."""


class Told(Exception):
    """Somebody wants the runner to end."""


class InUse(Exception):
    """Another runner, or a program that it left behind, is at work here."""


class Runner:
    """Runs what `programs` has. Not to be used twice."""

    def __init__(self, programs: Programs, settings: Settings) -> None:
        self._programs = programs
        self._settings = settings
        self._told = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._waker: int

    def run(self) -> int:
        """Until the program ends without an upgrade; returns the exit status: the program's, or one of the above."""
        with self._signals():
            try:
                with self._alone() as lock:
                    return self._run(lock)
            except Told:
                return 0
            except InUse as error:
                log.critical("%s", error)
                return IN_USE
            except StepFailed as error:
                log.critical("the upgrade does not happen: %s", error)
                return STEP_FAILED
            except ProgramMissing as error:
                log.critical("%s", error)
                return MISSING
            except ProgramError as error:
                log.critical("%s", error)
                return WRONG_TREE

    def _run(self, lock: int) -> int:
        delay = CRASH_DELAY_S
        while True:
            if (plan := self._programs.pending()) is not None:
                self._upgrade(plan, lock)
                if not self._settings.start_after_upgrade:
                    log.info("switched; the new program is started by whoever starts this again")
                    return 0
            program = self._programs.runnable(self._programs.current())
            started = time.monotonic()
            status = self._call(lock, [str(program), *self._settings.arguments], watched=True)
            if self._told:
                return status
            if self._programs.pending() is not None:
                continue
            if not status or not self._settings.start_after_crash:
                return status
            if time.monotonic() - started > STEADY_S:
                delay = CRASH_DELAY_S
            log.error("the program failed; it is started again", extra={"status": status, "in_s": delay})
            self._rest(delay)
            delay = min(delay * 2, CRASH_DELAY_S_MAX)

    # --- An upgrade

    def _upgrade(self, plan: Plan, lock: int) -> None:
        programs, settings = self._programs, self._settings
        told = {"upgrade": plan.name, "height": plan.height}
        try:
            program = programs.runnable(programs.folder(plan.name), plan.name)
        except ProgramMissing as error:
            raise ProgramMissing(_what_to_do(programs, plan, error)) from error
        log.info("an upgrade is due", extra=told | {"program": str(program)})
        if settings.backup:
            self._step("the backup", ["/bin/sh", "-c", f'eval "${BACKUP}"'], plan, lock)
        if settings.step:
            self._step("the operator's step", [*settings.step, plan.name, str(plan.height)], plan, lock)
        self._programs_own_step(str(program), plan, lock)
        programs.switch(plan)
        log.info("switched to the program of the upgrade", extra=told)

    def _programs_own_step(self, program: str, plan: Plan, lock: int) -> None:
        for left in range(self._settings.retries, -1, -1):
            status = self._call(lock, [program, "pre-upgrade"], plan=plan)
            self._heed()
            if status == 0 or status in STEP_ABSENT:
                return
            if status != STEP_AGAIN:
                raise StepFailed(f"`{program} pre-upgrade` ended with status {status}")
            if left:
                self._rest(RETRY_S)
        raise StepFailed(f"`{program} pre-upgrade` asks to be called again; `retries` of it are used up")

    def _step(self, what: str, command: list[str], plan: Plan, lock: int) -> None:
        log.info("before the upgrade: %s", what, extra={"command": command})
        status = self._call(lock, command, plan=plan)
        self._heed()
        if status:
            raise StepFailed(f"{what} ended with status {status}: {' '.join(command)}")

    # --- Processes

    def _call(self, lock: int, command: list[str], *, plan: Plan | None = None, watched: bool = False) -> int:
        """Run a program until it ends; its status, as shells count: 128 and the signal that ended it."""
        self._heed()
        env = os.environ | {"DAEMON_HOME": str(self._programs.home), "DAEMON_NAME": self._programs.name}
        if plan is not None:
            env |= {
                "UPGRADE_NAME": plan.name,
                "UPGRADE_HEIGHT": str(plan.height),
                BACKUP: self._settings.backup,
            }
        # It, and whatever it starts, keeps the lock as long as it lives: a runner that comes after one that was killed waits
        # for a program, and for a backup that goes on without it.
        try:
            process = subprocess.Popen([*ends_with_parent(), *command], env=env, pass_fds=(lock,))
        except OSError as error:
            log.error("%s can not be started: %s", command[0], error)
            return NOT_STARTED
        self._process = process
        if self._told:
            process.send_signal(self._told)
        try:
            self._await(process, watched=watched)
        finally:
            self._process = None
        return process.returncode if process.returncode >= 0 else 128 - process.returncode

    def _await(self, process: subprocess.Popen[bytes], *, watched: bool) -> None:
        ended = os.pidfd_open(process.pid)
        wait = select.poll()
        wait.register(ended, select.POLLIN)
        noted, ways = 0.0, [process.kill, process.terminate]
        try:
            while not wait.poll(WATCH_S * 1000 if watched else None):
                if not watched or not ways or not self._noted():
                    continue
                # It has noted that it can not go on, and hangs instead of ending.
                noted = noted or time.monotonic()
                if time.monotonic() - noted > self._settings.end_s:
                    log.warning("the program has stopped for an upgrade and does not end")
                    ways.pop()()
                    noted = time.monotonic()
            process.wait()
        finally:
            os.close(ended)

    def _noted(self) -> bool:
        try:
            return self._programs.pending() is not None
        except ProgramError:
            # Told when the program has ended.
            return False

    def _rest(self, seconds: float) -> None:
        select.select([self._waker], [], [], seconds)
        self._heed()

    def _heed(self) -> None:
        if self._told:
            raise Told

    def _hear(self, number: int, _: Any) -> None:
        if number in STOPPING:
            self._told = number
            os.eventfd_write(self._waker, 1)
        if self._process is not None:
            self._process.send_signal(number)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        self._waker = os.eventfd(0)
        before = {number: signal.signal(number, self._hear) for number in PASSED_ON}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._waker)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the tree's lock. Raises InUse when another has it for long."""
        root = self._programs.root
        if not root.is_dir():
            self._programs.current()
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            until = time.monotonic() + LOCK_S
            while not _locked(descriptor):
                if time.monotonic() > until:
                    raise InUse(f"another runner, or a program that it left behind, is at work in {root}")
                self._rest(0.1)
            yield descriptor
        finally:
            os.close(descriptor)


def become(programs: Programs, settings: Settings) -> NoReturn:
    """Make this process a runner, without all that it has loaded to get here."""
    wanted = {"home": str(programs.home), "name": programs.name, "settings": asdict(settings)}
    sys.stdout.flush()
    # In a variable, since words of a command are seen by everybody. -P: what lies in the working folder is not looked at.
    command = [sys.executable, "-P", "-m", __name__]
    os.execve(sys.executable, command, os.environ | {VARIABLE: json.dumps(wanted)})


def main() -> int:
    """Run what `become` was told; returns the exit status."""
    log_to_stderr("info")
    wanted = json.loads(os.environ.pop(VARIABLE))
    programs = Programs(Path(wanted["home"]), wanted["name"])
    return Runner(programs, Settings(**wanted["settings"])).run()


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _what_to_do(programs: Programs, plan: Plan, error: ProgramMissing) -> str:
    note = programs.home / "data" / INFO
    said = f" The proposal says of it: {plan.info!r}." if plan.info else ""
    return (
        f"upgrade {plan.name!r} is due at height {plan.height} and {error}; then start again.{said} Only if all validators"
        f" agree to go on without it: engine.skip_upgrade_height = {plan.height} in the settings, and remove {note}"
    )


if __name__ == "__main__":
    sys.exit(main())
