"""The engine's errors as the driver's own."""

from __future__ import annotations

import aiodocker
import pytest

from supercloud.provider.drivers.base import DriverError, PermanentError, PortTaken, TemporaryError
from supercloud.provider.drivers.podman import failures

PORTS = {("web", 9000, "TCP"): 30001}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aiodocker.DockerError(500, "boom"), TemporaryError),
        (aiodocker.DockerError(408, "slow"), TemporaryError),
        (aiodocker.DockerError(404, "no such"), PermanentError),
        (aiodocker.DockerError(409, "conflict"), PermanentError),
        (ConnectionRefusedError(), TemporaryError),
        (TimeoutError(), TemporaryError),
    ],
)
def test_translated(error: Exception, expected: type[DriverError]) -> None:
    """What the engine can not do now is tried again; what it refuses is not."""
    with pytest.raises(expected, match="lease x"), failures.translated("lease x"):
        raise error


def test_absent_is_fine_and_nothing_else() -> None:
    with failures.absent_is_fine():
        raise aiodocker.DockerError(404, "gone")
    with pytest.raises(aiodocker.DockerError), failures.absent_is_fine():
        raise aiodocker.DockerError(409, "in use")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rootlessport listen tcp 127.0.0.1:30001: bind: address already in use", PortTaken),
        ("cannot listen on the TCP port: listen tcp4 :30001: bind: address already in use", PortTaken),
        ("driver failed: Bind for 0.0.0.0:30001 failed: port is already allocated", PortTaken),
        ("listen udp: address already in use", TemporaryError),
        ("exec: /nope: no such file or directory", PermanentError),
    ],
)
def test_why_a_container_does_not_start(text: str, expected: type[DriverError]) -> None:
    found = failures.of_start("web", aiodocker.DockerError(500, text), PORTS)
    assert type(found) is expected
    if isinstance(found, PortTaken):
        assert found.host_port == 30001


def test_failures_of_the_machine_name_the_next_step() -> None:
    for text, step in (
        ('slirp4netns failed: open("/dev/net/tun"): Permission denied', "chmod 666 /dev/net/tun"),
        ("failed to mount runtime directory for rootless netns: no such file", "enable-linger"),
    ):
        found = failures.of_start("web", aiodocker.DockerError(500, {"message": text}), {})
        assert step in str(found) and text in str(found)
