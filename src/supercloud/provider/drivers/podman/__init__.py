"""Podman and Docker, through the Docker-compatible API."""

from supercloud.provider.drivers.podman.driver import PodmanDriver

__all__ = ["PodmanDriver"]
