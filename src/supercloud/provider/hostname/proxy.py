"""The web proxy: a Caddy process of the agent's own, told its routes through its admin API on a unix socket.

Without Caddy nothing is lost but the names: services are then reached by host and port.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import orjson

from supercloud.children import end, end_leftovers, ends_with_parent, turn_over
from supercloud.sdl.manifest import HttpOptions

log = logging.getLogger(__name__)

LOG_NAME: Final = "caddy.log"
START_TIMEOUT_S: Final = 10.0
ANSWER_TIMEOUT_S: Final = 10.0
RESTART_S: Final = 0.5
STOP_S: Final = 5.0
"""Pause before a Caddy that ended is said to be gone: one that ends again and again costs little."""


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


class Route(NamedTuple):
    """A name and the loopback ports that answer for it."""

    name: str
    upstreams: tuple[int, ...]
    http: HttpOptions


class Proxy:
    """Caddy, supervised. `available` says whether there is one."""

    def __init__(self, folder: Path, listen: str, port: int) -> None:
        self._folder = folder
        self._listen = listen
        self.port = port
        self._socket = folder / "caddy.sock"
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._applied: bytes = b""
        self._wanted = False

    @property
    def available(self) -> bool:
        """Whether services are reached by name. A Caddy that once ran and ended is started again by `apply`."""
        return self._wanted

    @property
    def _runs(self) -> bool:
        return self._process is not None and self._process.returncode is None and self._session is not None

    async def start(self) -> None:
        """Start Caddy if it is installed."""
        program = shutil.which("caddy")
        if program is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        first = self._folder.absolute() / "caddy.json"
        if leftovers := end_leftovers(str(first)):
            log.info("a proxy of an earlier run was ended", extra={"count": leftovers})
        # Caddy shares a port with whoever listens there already, and every other request would go astray.
        if not _is_free(self._listen, self.port):
            log.warning("the proxy's port is used by another program", extra={"port": self.port})
            return
        self._socket.unlink(missing_ok=True)
        first.write_bytes(orjson.dumps(self._document([])))
        with (self._folder / LOG_NAME).open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *ends_with_parent(),
                program,
                "run",
                "--config",
                str(first),
                stdout=output,
                stderr=output,
                stdin=asyncio.subprocess.DEVNULL,
                env={"HOME": str(self._folder), "XDG_DATA_HOME": str(self._folder), "PATH": "/usr/bin:/bin"},
                start_new_session=True,
            )
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(self._socket)),
            timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S),
        )
        await self._wait_ready()

    async def _wait_ready(self) -> None:
        for _ in range(int(START_TIMEOUT_S / 0.05)):
            if self._process is not None and self._process.returncode is not None:
                break
            try:
                assert self._session is not None
                async with self._session.get("http://caddy/config/", headers={"Host": "caddy"}):
                    self._wanted = True
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.05)
        log.warning("the proxy did not start", extra={"port": self.port, "log": str(self._folder / LOG_NAME)})
        await self.stop()

    async def stop(self) -> None:
        """End Caddy."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._process is not None:
            await end(self._process, STOP_S)
        self._process = None

    async def gone(self) -> None:
        """Return when a Caddy that ran has ended by itself, so that `apply` can start another."""
        if self._process is None:
            await asyncio.Event().wait()
        else:
            await self._process.wait()
            await asyncio.sleep(RESTART_S)

    async def apply(self, routes: Sequence[Route]) -> None:
        """Make these the routes; a no-op when they are already. Restarts Caddy when it is gone."""
        if not self._wanted:
            return
        turn_over(self._folder / LOG_NAME)
        if not self._runs:
            await self.stop()
            await self.start()
            self._applied = b""
        if not self._runs or self._session is None:
            return
        document = orjson.dumps(self._document(routes))
        if document == self._applied:
            return
        headers = {"Content-Type": "application/json", "Host": "caddy"}
        try:
            async with self._session.post("http://caddy/load", data=document, headers=headers) as response:
                if response.status == 200:
                    self._applied = document
                    return
                reason = (await response.text())[:500]
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
        log.warning("the proxy did not take its routes", extra={"reason": reason})

    def _document(self, routes: Sequence[Route]) -> dict[str, Any]:
        server = {
            "listen": [f"{self._listen}:{self.port}"],
            "automatic_https": {"disable": True},
            "routes": [route_document(route) for route in routes] + [_NOT_FOUND],
        }
        return {
            "admin": {"listen": f"unix/{self._socket}", "origins": ["caddy"], "config": {"persist": False}},
            "logging": {"logs": {"default": {"level": "ERROR"}}},
            "apps": {"http": {"servers": {"ingress": server}}},
        }


_NOT_FOUND: Final[Mapping[str, Any]] = {
    "handle": [
        {"handler": "static_response", "status_code": 404, "body": "no lease answers under this name\n"}
    ]
}


def route_document(route: Route) -> dict[str, Any]:
    """A route as Caddy's configuration has it; times are nanoseconds there."""
    millisecond = 10**6
    http = route.http
    return {
        "match": [{"host": [route.name]}],
        "handle": [
            {"handler": "request_body", "max_size": http.max_body_size or 1048576},
            {
                "handler": "reverse_proxy",
                "upstreams": [{"dial": f"127.0.0.1:{port}"} for port in route.upstreams],
                "load_balancing": {
                    "selection_policy": {"policy": "round_robin"},
                    "retries": max(http.next_tries - 1, 0),
                    "try_duration": max(http.next_timeout, 1000) * millisecond,
                    "try_interval": 50 * millisecond,
                },
                "transport": {
                    "protocol": "http",
                    "dial_timeout": 3000 * millisecond,
                    "response_header_timeout": (http.read_timeout or 60000) * millisecond,
                    "write_timeout": (http.send_timeout or 60000) * millisecond,
                },
            },
        ],
        "terminal": True,
    }
