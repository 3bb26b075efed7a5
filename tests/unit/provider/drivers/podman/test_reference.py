"""Names of images."""

from __future__ import annotations

import pytest

from supercloud.provider.drivers.base import PermanentError
from supercloud.provider.drivers.podman.reference import parse
from supercloud.sdl.manifest import Credentials

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/app", "docker.io/team/app:latest"),
        ("index.docker.io/team/app:v1", "docker.io/team/app:v1"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("ghcr.io/a/b/c:1", "ghcr.io/a/b/c:1"),
        ("localhost/mine", "localhost/mine:latest"),
        ("localhost:5000/mine:1", "localhost:5000/mine:1"),
        ("[::1]:5000/mine:1", None),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        (f"nginx:1.27@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        ("nginx@sha256:short", None),
        ("nginx@", None),
        ("Nginx", None),
        ("a/../b", None),
        ("nginx:", None),
        ("nginx:tag with space", None),
        ("", None),
        ("a" * 2000, None),
        ("ghcr.io/", None),
        ("-bad.example/x", None),
    ],
)
def test_parse(text: str, full: str | None) -> None:
    if full is None:
        with pytest.raises(PermanentError, match="image name"):
            parse(text)
    else:
        assert parse(text).text == full


@pytest.mark.parametrize(
    ("text", "local", "moving"),
    [
        ("localhost/a:1", True, False),
        ("localhost:5000/a", False, True),
        ("nginx", False, True),
        ("nginx:latest", False, True),
        ("nginx:1", False, False),
        (f"nginx:latest@{DIGEST}", False, False),
    ],
)
def test_kinds(text: str, local: bool, moving: bool) -> None:
    """What is made here is never pulled; what may change its meaning is asked for again."""
    reference = parse(text)
    assert (reference.is_local, reference.is_moving) == (local, moving)


@pytest.mark.parametrize(
    ("image", "host", "given"),
    [
        ("ghcr.io/a/b", "ghcr.io", True),
        ("ghcr.io/a/b", "https://ghcr.io/v2", True),
        ("nginx", "docker.io", True),
        ("nginx", "https://index.docker.io/v1/", True),
        ("nginx", "", True),
        ("evil.example/nginx", "docker.io", False),
        ("ghcr.io/a/b", "", False),
        ("ghcr.io/a/b", "ghcr.io.evil.example", False),
    ],
)
def test_a_login_is_shown_to_its_own_registry_alone(image: str, host: str, given: bool) -> None:
    assert parse(image).takes(Credentials(host, "", "me", "secret")) is given
    assert not parse(image).takes(None)
