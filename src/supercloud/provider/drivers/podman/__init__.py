"""Podman and Docker, through the Docker-compatible API."""

from supercloud.provider.drivers.podman.driver import PodmanDriver, Settings

__all__ = ["PodmanDriver", "Settings"]
