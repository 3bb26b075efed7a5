"""Which engine is used, and the settings our own gets."""

from __future__ import annotations

import contextlib
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from supercloud.provider.drivers.base import PermanentError
from supercloud.provider.drivers.podman import engine


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        path.parent.mkdir(parents=True, exist_ok=True)
        listener.bind(str(path))
        listener.listen()
        yield


def test_the_engines_are_told_apart() -> None:
    assert engine.is_podman({"BuildahVersion": "1.28.2", "ServerVersion": "4.3.1"})
    assert not engine.is_podman({"ServerVersion": "28.0"})


def test_what_was_named_comes_first() -> None:
    variables = {"CONTAINER_HOST": "unix:///b.sock", "DOCKER_HOST": "unix:///c.sock"}
    assert engine.find_socket("/a.sock", variables) == "/a.sock"
    assert engine.find_socket("", variables) == "/b.sock"
    assert engine.find_socket("", {"DOCKER_HOST": "unix:///c.sock"}) == "/c.sock"


def test_a_usual_socket_counts_only_when_somebody_listens(tmp_path: Path) -> None:
    path = tmp_path / "podman" / "podman.sock"
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with _listening(path):
        assert engine._answers(str(path))
        assert engine.find_socket("", environment) in {str(path), "/run/podman/podman.sock"}
    assert not engine._answers(str(path))


@pytest.mark.parametrize("value", ["tcp://10.0.0.1:2375", "relative.sock", "ssh://box"])
def test_other_machines_are_refused(value: str) -> None:
    with pytest.raises(PermanentError, match=r"engine_socket is .*expected the path of a unix socket"):
        engine.find_socket(value, {})
    with pytest.raises(PermanentError, match="DOCKER_HOST"):
        engine.find_socket("", {"DOCKER_HOST": value})


def test_settings_are_valid_and_limits_within_our_own() -> None:
    settings = tomllib.loads(engine.containers_conf())
    files, processes = engine.process_limits()
    assert settings["containers"]["default_ulimits"] == [
        f"nofile={files}:{files}",
        f"nproc={processes}:{processes}",
    ]
    assert 0 < processes <= int(engine.PID_MAX.read_text())


@pytest.mark.parametrize("registries", [(), ("registry.local:5000",), ('a"b', "c.example")])
def test_registries_without_tls_are_those_named(registries: tuple[str, ...]) -> None:
    settings = tomllib.loads(engine.registries_conf(registries))
    assert [(entry["location"], entry["insecure"]) for entry in settings.get("registry", [])] == [
        (name, True) for name in registries
    ]
    assert settings["unqualified-search-registries"] == ["docker.io"]
