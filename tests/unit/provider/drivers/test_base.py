"""Names of leases and the words of commands."""

from __future__ import annotations

import pytest

from supercloud.provider.drivers.base import environment_of, expand, namespace


def test_namespace_is_the_networks() -> None:
    lease = (
        "akash1qufa3xzrf34qvwyejkhvnc4psf49fftaw0asmh/1234/1/1/akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63"
    )
    assert namespace(lease) == "ud66g5gaqbtev8gef7citivsk58ag4p3f5h952j9csjq4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$(A)", "1"),
        ("x$(A)y$(B)z", "x1y$(A)z"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(C)", "$(C)"),
        ("$(A", "$(A"),
        ("$A $", "$A $"),
        ("$()", "$()"),
        ("", ""),
    ],
)
def test_expand(text: str, expected: str) -> None:
    """As Kubernetes expands: known names once, unknown ones stay, $$ is a dollar."""
    assert expand(text, {"A": "1", "B": "$(A)"}) == expected


def test_variables_refer_to_what_stands_before() -> None:
    entries = ["B=$(A)", "A=2", "C=$(A)$(B)$(D)", "D=4", "E", "F=a=b"]
    assert environment_of({"A": "1"}, entries) == {
        "A": "2",
        "B": "1",
        "C": "21$(D)",
        "D": "4",
        "E": "",
        "F": "a=b",
    }
