"""Images: pulled when they are not here, kept while they are used, removed when nobody needs them any more.

Only images that this agent pulled are ever removed. An image that needed a login is given to nobody who does not log
in for it as well.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import shutil
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiodocker

from supercloud.provider.drivers.base import PermanentError, Progress, TemporaryError
from supercloud.provider.drivers.podman import failures, reference
from supercloud.provider.drivers.podman.reference import Reference
from supercloud.sdl.manifest import Credentials, Service

log = logging.getLogger(__name__)

UNUSED_S: Final = 24 * 3600
"""An image nobody has used for so long is removed."""
UNUSED_SHORT_S: Final = 600
"""The same when the disk is short. Not at once: what was just pulled has no container yet."""
PULLS_MAX: Final = 4
LOW_DISK_RETRY_S: Final = 30.0


class Limits(NamedTuple):
    """How long a pull may take and how much disk it has to leave."""

    pull_timeout_s: float
    storage_reserve: int


class Images:
    """The images of one engine; `ledger` is the file that says which of them are ours."""

    def __init__(self, ledger: Path, storage: Path, limits: Limits) -> None:
        self._ledger = ledger
        self._storage = storage
        self._limits = limits
        self._locks: dict[str, asyncio.Lock] = {}
        self._pulls = asyncio.Semaphore(PULLS_MAX)
        self._ours: dict[str, dict[str, Any]] = _read(ledger)

    async def ensure(self, api: aiodocker.Docker, service: Service, progress: Progress | None) -> str:
        """Have a service's image here and return its id. Raises PermanentError naming the image, TemporaryError."""
        wanted = reference.parse(service.image)
        async with self._locks.setdefault(wanted.text, asyncio.Lock()):
            present = await self._present(api, wanted)
            if wanted.is_local:
                if not present:
                    raise PermanentError(
                        f"image {service.image} is not on this machine, and localhost/ images are not pulled"
                    )
                return present
            if present and not wanted.is_moving and self._may_use(wanted, service.credentials):
                self._note(wanted, service.credentials)
                return present
            await self._refresh(api, wanted, service.credentials, progress, bool(present))
            return await self._present(api, wanted)

    async def _refresh(
        self,
        api: aiodocker.Docker,
        wanted: Reference,
        credentials: Credentials | None,
        progress: Progress | None,
        present: bool,
    ) -> None:
        try:
            await self._pull(api, wanted, credentials, progress)
        except (PermanentError, TemporaryError) as error:
            # `latest` is asked for again each time; without its registry the one that is here has to do.
            if not (present and self._may_use(wanted, credentials)):
                raise
            log.warning("image not refreshed", extra={"image": wanted.text, "reason": str(error)})
        self._note(wanted, credentials, pulled=True)

    async def _present(self, api: aiodocker.Docker, wanted: Reference) -> str:
        """The image's id; empty when it is not here."""
        try:
            return str((await api.images.inspect(wanted.text))["Id"])
        except aiodocker.DockerError as error:
            if error.status != failures.NOT_FOUND:
                raise
            return ""

    def _may_use(self, wanted: Reference, credentials: Credentials | None) -> bool:
        """An image that came by a login asks for the same login again."""
        needed = self._ours.get(wanted.text, {}).get("login", "")
        return not needed or needed == _login(wanted, credentials)

    async def _pull(
        self,
        api: aiodocker.Docker,
        wanted: Reference,
        credentials: Credentials | None,
        progress: Progress | None,
    ) -> None:
        free = shutil.disk_usage(self._storage).free
        if free < self._limits.storage_reserve:
            raise TemporaryError(
                f"only {free // 2**20} MiB of disk are free; pulling {wanted.text} waits", LOW_DISK_RETRY_S
            )
        why = f"image {wanted.text} can not be pulled"
        try:
            async with self._pulls, asyncio.timeout(self._limits.pull_timeout_s):
                async for step in api.images.pull(wanted.text, auth=_auth(wanted, credentials), stream=True):
                    if "error" in step:
                        raise PermanentError(f"{why}: {step['error']}")
                    if progress is not None and step.get("status"):
                        progress(f"{wanted.text}: {step['status']} {step.get('progress') or ''}".rstrip())
        except TimeoutError as error:
            raise PermanentError(f"{why}: not finished after {self._limits.pull_timeout_s:g} s") from error
        except aiodocker.DockerError as error:
            raise PermanentError(f"{why}: {error.message}") from error

    # --- Cleaning up

    async def collect(self, api: aiodocker.Docker, used: set[str]) -> list[str]:
        """Remove images of ours that no container uses; returns their names. `used` names images of containers."""
        now_s = int(time.time())
        short = shutil.disk_usage(self._storage).free < 2 * self._limits.storage_reserve
        patience_s = UNUSED_SHORT_S if short else UNUSED_S
        removed = []
        for name, entry in list(self._ours.items()):
            if name in used:
                entry["used_s"] = now_s
            elif now_s - entry["used_s"] > patience_s and not self._busy(name):
                try:
                    await api.images.delete(name)
                    removed.append(name)
                except aiodocker.DockerError as error:
                    if error.status != failures.NOT_FOUND:
                        continue  # Somebody else uses it, or the engine is busy: another time.
                del self._ours[name]
                self._locks.pop(name, None)
        self._save()
        return removed

    def _busy(self, name: str) -> bool:
        lock = self._locks.get(name)
        return lock is not None and lock.locked()

    def _note(self, wanted: Reference, credentials: Credentials | None, pulled: bool = False) -> None:
        entry = self._ours.get(wanted.text)
        if entry is None and not pulled:
            return
        self._ours[wanted.text] = {
            "used_s": int(time.time()),
            "login": _login(wanted, credentials) if pulled else (entry or {}).get("login", ""),
        }
        self._save()

    def _save(self) -> None:
        self._ledger.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._ledger.with_suffix(".new")
        fresh.write_text(json.dumps(self._ours, sort_keys=True))
        fresh.replace(self._ledger)


def _read(ledger: Path) -> dict[str, dict[str, Any]]:
    """What was pulled before; a damaged file only means that those images stay."""
    try:
        found = json.loads(ledger.read_text())
        return {
            str(name): {"used_s": int(e["used_s"]), "login": str(e["login"])} for name, e in found.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _auth(wanted: Reference, credentials: Credentials | None) -> dict[str, Any] | None:
    if credentials is None or not wanted.takes(credentials):
        return None
    return {
        "username": credentials.username,
        "password": credentials.password,
        "email": credentials.email,
        "serveraddress": wanted.host,
    }


def _login(wanted: Reference, credentials: Credentials | None) -> str:
    """A digest by which the same login is known again; empty without one."""
    if credentials is None or not wanted.takes(credentials):
        return ""
    parts = (wanted.host, credentials.username, credentials.password)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
