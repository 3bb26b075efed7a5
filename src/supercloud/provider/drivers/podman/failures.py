"""The engine library's errors as the driver's own: the one place that knows both."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

import aiodocker
import aiohttp

from supercloud.provider.drivers.base import DriverError, PermanentError, PortTaken, TemporaryError

NOT_FOUND: Final = 404
UNGUARDED_RETRY_S: Final = 30.0
_UNREACHABLE: Final = frozenset({408, 900})


_HINTS: Final = {
    "/dev/net/tun": "networks of engines without root need that device: sudo chmod 666 /dev/net/tun",
    "rootless netns": "engines without root need a runtime folder: log in by ssh or at a console, or run "
    "`sudo loginctl enable-linger $USER` and set XDG_RUNTIME_DIR=/run/user/$(id -u)",
}
"""What to do about failures of the machine that people meet on their first try."""


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise TemporaryError when the engine does not answer or fails by itself, PermanentError when it refuses."""
    try:
        yield
    except aiodocker.DockerError as error:
        raise of(what, error) from error
    except (aiohttp.ClientError, ConnectionError, TimeoutError, OSError) as error:
        raise TemporaryError(
            f"{what}: the container engine does not answer ({type(error).__name__})"
        ) from error


@contextlib.contextmanager
def absent_is_fine() -> Iterator[None]:
    """What is to be removed may be gone already."""
    try:
        yield
    except aiodocker.DockerError as error:
        if error.status != NOT_FOUND:
            raise


def of(what: str, error: aiodocker.DockerError) -> DriverError:
    """One of the engine's errors as ours."""
    if error.status >= 500 or error.status in _UNREACHABLE:
        return TemporaryError(f"{what}: {error.message}")
    return PermanentError(f"{what}: {error.message}")


def unguarded(error: Exception) -> DriverError:
    """A lease's network can not be shut off from private ones; it waits until it can."""
    return TemporaryError(f"private networks can not be blocked: {error}", UNGUARDED_RETRY_S)


def of_start(
    service: str, error: aiodocker.DockerError, ports: Mapping[tuple[str, int, str], int]
) -> DriverError:
    """Why a container does not start. Engines tell all of it with status 500, so the text has to be looked at for a
    port that another program holds; everything else is the workload's own doing."""
    text = str(error.message)
    if error.status in _UNREACHABLE:
        return TemporaryError(f"service {service}: {text}")
    if is_port_conflict(text):
        for port in ports.values():
            if str(port) in text:
                return PortTaken(f"host port {port} is used by another program", port)
        return TemporaryError(f"service {service}: a host port is used by another program: {text}")
    hint = next((f"; {step}" for phrase, step in _HINTS.items() if phrase in text), "")
    return PermanentError(f"service {service} can not be started: {text}{hint}")


def is_port_conflict(text: str) -> bool:
    """Whether an engine's text says that a host port is in use."""
    return any(
        phrase in text for phrase in ("address already in use", "already allocated", "port is already")
    )
