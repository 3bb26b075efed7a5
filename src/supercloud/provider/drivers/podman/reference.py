"""Names of images, in full. Pure.

A short name means Docker Hub, as everywhere; no tag and no digest means `latest`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from supercloud.provider.drivers.base import PermanentError
from supercloud.sdl.manifest import Credentials

HUB: Final = "docker.io"
_HUB_NAMES: Final = frozenset({"", HUB, "index.docker.io", "registry-1.docker.io"})
_CHARS_MAX: Final = 1024
_HOST: Final = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:[0-9]{1,5})?")
_PATH: Final = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class Reference(NamedTuple):
    """Host, path and either or both of tag and digest."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def text(self) -> str:
        """The name the engine is given. With a digest the tag has no say and is left out."""
        return f"{self.host}/{self.path}" + (f"@{self.digest}" if self.digest else f":{self.tag}")

    @property
    def is_local(self) -> bool:
        """Whether it was made on this machine and is in no registry."""
        return self.host == "localhost"

    @property
    def is_moving(self) -> bool:
        """Whether the name may mean another image tomorrow."""
        return not self.digest and self.tag == "latest"

    def takes(self, credentials: Credentials | None) -> bool:
        """Whether a login is for this image's registry; it is shown to no other."""
        if credentials is None:
            return False
        wanted = credentials.host.removeprefix("https://").removeprefix("http://").partition("/")[0]
        return wanted == self.host or (self.host == HUB and wanted in _HUB_NAMES)


def parse(text: str) -> Reference:
    """Read an image name. Raises PermanentError."""
    rest, _, digest = text.partition("@")
    first, slash, after = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, after
    else:
        host, path = HUB, rest
    path, colon, tag = path.partition(":")
    if host in _HUB_NAMES:
        host, path = HUB, path if "/" in path else f"library/{path}"
    tag = tag if colon else "latest"
    valid = (
        len(text) <= _CHARS_MAX
        and _HOST.fullmatch(host)
        and _PATH.fullmatch(path)
        and _TAG.fullmatch(tag)
        and ("@" not in text or _DIGEST.fullmatch(digest))
    )
    if not valid:
        raise PermanentError(
            f"image name {text[:120]!r} is not valid; expected host/path:tag or host/path@sha256:..."
        )
    return Reference(host, path, tag, digest)
