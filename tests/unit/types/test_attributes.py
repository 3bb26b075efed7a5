"""Keys, globs and sets of attributes."""

from __future__ import annotations

import pytest

from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute
from supercloud.types import attributes
from supercloud.types.errors import ChainError


def pairs(text: str) -> list[Attribute]:
    return [
        Attribute(key=key, value=value) for key, _, value in (each.partition("=") for each in text.split())
    ]


@pytest.mark.parametrize(
    ("key", "strict", "wildcard"),
    [
        ("region", True, True),
        ("re", True, True),
        ("r", False, False),
        ("capabilities/gpu/vendor/nvidia", True, True),
        ("vendor/nvidia/model/*", False, True),
        ("*", False, False),
        ("1region", False, False),
        ("re gion", False, False),
        ("", False, False),
        ("a" * 127, True, True),
        ("a" * 128, False, True),
        ("a" * 129, False, False),
        ("région", False, False),
        ("region\n", False, False),
    ],
)
def test_keys(key: str, strict: bool, wildcard: bool) -> None:
    for check, good in ((attributes.check_strict, strict), (attributes.check_wildcard, wildcard)):
        if good:
            check([Attribute(key=key)])
        else:
            with pytest.raises(attributes.InvalidKey):
                check([Attribute(key=key)])


def test_keys_are_unique() -> None:
    with pytest.raises(ChainError) as caught:
        attributes.check_strict(pairs("region=eu tier=1 region=us"))
    assert (caught.value.codespace, caught.value.code, caught.value.grpc) == ("akash", 1, 3)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "α", True),
        ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False),
        ("a*b", "a/b", False),
        ("[\\]a]", "]", True),
        ("[\\-]", "-", True),
        ("[x\\-]", "z", False),
        ("*x", "xxx", True),
        ("a[", "a", False),
        ("a[", "ab", False),
        ("[]a]", "]", False),
        ("[-]", "-", False),
        ("[x-]", "x", False),
        ("[a-b-c]", "a", False),
        ("[", "a", False),
        ("[^bc", "a", False),
        ("a\\", "a", False),
        ("**", "abc", True),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_globs(pattern: str, name: str, matches: bool) -> None:
    assert attributes.glob_match(pattern, name) is matches


def test_a_hostile_pattern_is_quick() -> None:
    assert attributes.glob_match("*a" * 60 + "b", "a" * 127) is False


def test_sets() -> None:
    own = pairs("region=eu tier=1 capabilities/gpu/vendor/nvidia=true")
    assert attributes.subset(pairs("region=eu tier=1"), own)
    assert attributes.subset([], own)
    assert not attributes.subset(pairs("region=eu tier=2"), own)
    assert attributes.subset(pairs("capabilities/gpu/vendor/*=true"), own)
    assert attributes.any_of(pairs("tier=2 region=eu"), own)
    assert not attributes.any_of(pairs("tier=2"), own)
    assert not attributes.any_of([], own)
