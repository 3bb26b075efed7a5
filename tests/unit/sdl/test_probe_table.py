"""One change at a time to a small file, and what becomes of it: units, resources, rules, parser, document, schema.

`OK` means the version hash is that of the unchanged file; `other` that it is valid with another hash; any other text must
be part of the refusal.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from supercloud import sdl
from supercloud.sdl import SdlError, groups, manifest, parser, resources, rules, schema, units  # noqa: F401
from supercloud.sdl.document import BYTES_MAX

BASE_HASH_PREFIX = "5d3473fb"


def base() -> dict[str, Any]:
    return {
        "version": "2.0",
        "services": {"web": {"image": "nginx", "expose": [{"port": 80, "to": [{"global": True}]}]}},
        "profiles": {
            "compute": {
                "web": {
                    "resources": {
                        "cpu": {"units": "100m"},
                        "memory": {"size": "128Mi"},
                        "storage": {"size": "1Gi"},
                    }
                }
            },
            "placement": {"west": {"pricing": {"web": {"denom": "uakt", "amount": 50}}}},
        },
        "deployment": {"web": {"west": {"profile": "web", "count": 1}}},
    }


def at(document: dict[str, Any], path: str) -> tuple[Any, Any]:
    here: Any = document
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        if isinstance(here, dict):
            here = here.setdefault(part, {})
        else:
            here = here[part]
    return here, last


def changed(*changes: tuple[str, Any]) -> str:
    document = base()
    for path, value in changes:
        here, last = at(document, path)
        here[last] = value
    return str(yaml.safe_dump(document, sort_keys=False))


def outcome(text: str) -> str:
    try:
        version = sdl.load(text).version.hex()
    except SdlError as error:
        return str(error)
    return "OK" if version == sdl.load(changed()).version.hex() else "other"


RESOURCES = "profiles.compute.web.resources"
CPU, MEMORY, GPU, STORAGE = (f"{RESOURCES}.{name}" for name in ("cpu", "memory", "gpu", "storage"))
PRICE = "profiles.placement.west.pricing.web"
EXPOSE = "services.web.expose"
NVIDIA = f"{GPU}.attributes.vendor.nvidia"

SCALARS = [
    *((("version", value), "OK") for value in (2, "2.0", "2.0.0", "v2.0", " 2.0", "2.1", "2.1.0", "3.0")),
    *((("version", value), "unsupported version") for value in ("1.0", "2.0.1")),
    (("version", "2.0-rc"), "pre-release"),
    ((f"{CPU}.units", 0.1), "OK"),
    *(((f"{CPU}.units", value), "other") for value in ("1", "1.5", "384", "1e2")),
    *(((f"{CPU}.units", value), "invalid unit CPU") for value in ("0.0001", 0.0005, 0)),
    *(((f"{CPU}.units", value), "ParseUint") for value in ("1.5m", "1000 m", " 100m")),
    *(((f"{CPU}.units", value), "ParseFloat") for value in ("500M", True)),
    ((f"{CPU}.units", "-1"), "negative value not allowed"),
    ((f"{CPU}.units", "385"), "unit CPU"),
    *(
        ((f"{MEMORY}.size", value), "other")
        for value in ("1Gi", "1.5Gi", "1G", "100M", 1048576, "2Ti", "1e3Mi", "+1Gi", "1.0000001Mi")
    ),
    ((f"{MEMORY}.size", "1_000k"), "unit memory"),
    *(
        ((f"{MEMORY}.size", value), "ParseFloat")
        for value in ("1g", "1gi", "1K", "1KB", "1Kib", "1 Gi", " 1Gi", "0x10Mi", "NaN")
    ),
    *(((f"{MEMORY}.size", value), "unit memory") for value in ("1024", "0.3k", "1k", 1.5)),
    ((f"{MEMORY}.size", "-1Gi"), "negative value"),
    *(((f"{PRICE}.amount", value), "OK") for value in (1, 1.5, "1.5", 1000.0, 10000000)),
    *(
        ((f"{PRICE}.amount", value), "failed to set decimal string")
        for value in ("1e3", 1e25, 1e-18, "100uakt", "1,5")
    ),
    ((f"{PRICE}.amount", "0.1234567890123456789"), "precision"),
    ((f"{PRICE}.amount", 0), "zero"),
    ((f"{PRICE}.amount", -1), "negative"),
    *(((f"{PRICE}.amount", value), "empty") for value in ("", None)),
    ((f"{PRICE}.amount", 10000001), "unit price"),
    *(((f"{PRICE}.denom", value), "OK") for value in ("uact", "foo", "ibc/ABCDEF")),
    *(((f"{PRICE}.denom", value), "invalid denom") for value in ("", "u")),
]

GPUS = [
    ([(GPU, {"units": 1})], "GPU attributes must be present if units > 0"),
    *([([(f"{GPU}.units", 1), (NVIDIA, value)], "other") for value in (None, [], [{"model": "*"}])]),
    ([(f"{GPU}.units", 1), (f"{GPU}.attributes", {"vendor": {}})], "other"),
    ([(f"{GPU}.units", 1), (f"{GPU}.attributes", {"vendor": {"amd": [{"model": "mi250"}]}})], "other"),
    ([(f"{GPU}.units", 1), (f"{GPU}.attributes", {})], "at least one vendor must be set"),
    ([(f"{GPU}.units", 1), (NVIDIA, [{"model": "a100", "ram": "80Gi", "interface": "sxm"}])], "other"),
    *(
        ([(f"{GPU}.units", 1), (NVIDIA, [{"model": "a100", "interface": value}])], "invalid GPU interface")
        for value in ("SXM", "nvlink", "sxm4")
    ),
    ([(f"{GPU}.units", 1), (NVIDIA, [{"model": "a100", "ram": "80G"}])], "ram"),
    ([(f"{GPU}.units", 1), (NVIDIA, [{"model": "a100"}, {"model": "a100"}])], "duplicate keys"),
    ([(f"{GPU}.units", 0), (NVIDIA, [{"model": "a100"}])], "cannot be present if units == 0"),
    ([(f"{GPU}.units", 25), (NVIDIA, [{"model": "a100"}])], "unit GPU"),
    ([(f"{GPU}.units", "1.5"), (NVIDIA, [{"model": "a100"}])], "cannot unmarshal"),
]

VOLUMES = [
    ([{"size": "1Gi"}, {"size": "2Gi"}], "duplicated volume name"),
    (
        [{"name": "x", "size": "1Gi", "attributes": {"class": "beta9", "persistent": True}}],
        "invalid value for attribute class",
    ),
    ([{"size": "1Gi", "attributes": {"class": "beta2"}}], "ephemeral storage should not set attribute class"),
    (
        [{"size": "1Gi", "attributes": {"class": "default", "persistent": False}}],
        "ephemeral storage should not set",
    ),
    ([{"size": "1Gi", "attributes": {"persistent": "maybe"}}], "expected bool"),
    ([{"size": "1Gi", "attributes": {"foo": "bar"}}], "unsupported storage attribute"),
    ([], "invalid unit storage, cannot be nil"),
    (None, "invalid unit storage, cannot be nil"),
    ("5Gi", "invalid unit storage, cannot be nil"),
    ({"size": "4Mi"}, "unit storage"),
    ({"size": "1Gi", "attributes": {}}, "other"),
    ([{"name": "d", "size": "1Gi", "attributes": {"persistent": True}}], "to have mount"),
]

SERVICES = [
    (("services.web.extra", 1), "OK"),
    (("include", ["x"]), "OK"),
    (("surprise", 1), "unexpected field surprise"),
    (("services.web.image", ""), "empty image name"),
    (("services.web.command", "sh"), "cannot unmarshal"),
    (("services.web.command", []), "other"),
    (("services.web.env", {"A": "b"}), "cannot unmarshal"),
    (("services.web.env", ["1-A B=1"]), "invalid name"),
    (("services.web.env", [1]), 'invalid name "1"'),
    (("services.web.env", ["FOO", "FOO"]), "other"),
    ((EXPOSE, []), "zero global services"),
    ((f"{EXPOSE}.0.to", []), "zero global services"),
    ((f"{EXPOSE}.0.proto", "http"), "unsupported service protocol"),
    *(((f"{EXPOSE}.0.port", value), "port value must be") for value in (0, 65536)),
    ((f"{EXPOSE}.0.accept", ["B.com"]), "invalid hostname"),
    ((f"{EXPOSE}.0.accept", ["*.x.com"]), "invalid hostname"),
    ((f"{EXPOSE}.0.accept", ["a.com", "a.com"]), "duplicated"),
    ((f"{EXPOSE}.0.accept", []), "other"),
    (("deployment.web.west.count", 0), "total CPU"),
    (("deployment.web.west.count", -1), "cannot unmarshal"),
    (("deployment.web.west.count", 51), "other"),
    (("endpoints", {"spare": {"kind": "ip"}}), "declared but never used"),
    ((f"{EXPOSE}.0.to", [{"global": True, "ip": "gone"}]), 'no endpoint named "gone" exists'),
    ((f"{EXPOSE}.0.to", [{"service": "x", "ip": "gone"}]), "must be declared as global"),
    ((f"{EXPOSE}.0.http_options", {"next_cases": ["off", "error"]}), "no other cases"),
    ((f"{EXPOSE}.0.http_options", {"next_cases": ["501"]}), "next case is unknown"),
    ((f"{EXPOSE}.0.http_options", {"read_timeout": 60001}), "read_timeout"),
    ((f"{EXPOSE}.0.http_options", {"max_body_size": 104857601}), "max_body_size"),
    ((f"{EXPOSE}.0.http_options", {"read_timeout": 0, "next_cases": []}), "OK"),
    ((f"{CPU}.attributes", {"arch": "arm64"}), "other"),
    ((f"{CPU}.attributes", {"bits": "64"}), "unsupported cpu attribute"),
    (("profiles.placement.west.attributes", {"reg ion": "x"}), "OK"),
    (("reclamation", {"min_window": "24h"}), "OK"),
    (("reclamation", {"min_window": "0s"}), "invalid duration"),
    (("deployment.web.west.profile", "gone"), "no compute profile named gone"),
]


def test_the_unchanged_file_has_the_network_s_hash() -> None:
    assert sdl.load(changed()).version.hex().startswith(BASE_HASH_PREFIX)


@pytest.mark.parametrize(("change", "expected"), [*SCALARS, *SERVICES], ids=str)
def test_one_change(change: tuple[str, Any], expected: str) -> None:
    found = outcome(changed(change))
    assert found == expected if expected in ("OK", "other") else expected in found


@pytest.mark.parametrize(("changes", "expected"), GPUS, ids=str)
def test_gpus(changes: list[tuple[str, Any]], expected: str) -> None:
    found = outcome(changed(*changes))
    assert found == expected if expected in ("OK", "other") else expected in found


@pytest.mark.parametrize(("storage", "expected"), VOLUMES, ids=str)
def test_volumes(storage: Any, expected: str) -> None:
    found = outcome(changed((STORAGE, storage)))
    assert found == expected if expected in ("OK", "other") else expected in found


@pytest.mark.parametrize(
    ("attributes", "key"),
    [
        ({"ram": "1.5Gi", "model": "a100"}, "vendor/nvidia/model/a100/ram/1Gi"),
        (
            {"model": "a100", "ram": "80Gi", "interface": "sxm"},
            "vendor/nvidia/model/a100/ram/80Gi/interface/sxm",
        ),
        ({"ram": "80Gi"}, "vendor/nvidia/model//ram/80Gi"),
    ],
)
def test_gpu_keys(attributes: dict[str, str], key: str) -> None:
    document = sdl.load(changed((f"{GPU}.units", 1), (NVIDIA, [attributes])))
    assert document.groups_json[0]["resources"][0]["resource"]["gpu"]["attributes"] == [
        {"key": key, "value": "true"}
    ]


def test_equal_volumes_come_out_reversed() -> None:
    volumes = [{"name": name, "size": "1Gi"} for name in "abc"]
    document = sdl.load(changed((STORAGE, volumes)))
    names = [volume["name"] for volume in document.groups_json[0]["resources"][0]["resource"]["storage"]]
    assert names == ["c", "b", "a"]


def test_same_profile_is_one_unit_since_2_1() -> None:
    second = {"image": "nginx", "expose": [{"port": 81, "to": [{"global": True}]}]}
    changes = [("services.api", second), ("deployment.api", {"west": {"profile": "web", "count": 2}})]
    old = sdl.load(changed(*changes)).groups_json[0]["resources"]
    new = sdl.load(changed(*changes, ("version", "2.1"))).groups_json[0]["resources"]
    assert [unit["resource"]["id"] for unit in old] == [1, 2]
    assert [(unit["resource"]["id"], unit["count"]) for unit in new] == [(1, 3)]


def test_two_denominations_are_refused() -> None:
    placement = {"pricing": {"web": {"denom": "uact", "amount": 1}}}
    line = {"west": {"profile": "web", "count": 1}, "east": {"profile": "web", "count": 1}}
    assert "inconsistent group denomination" in outcome(
        changed(("profiles.placement.east", placement), ("deployment.web", line))
    )


def test_credentials_are_trimmed_since_2_1_only() -> None:
    credentials = {"host": " docker.io ", "email": "a@b.c", "username": " u ", "password": " p "}
    old = sdl.load(changed(("services.web.credentials", credentials))).manifest_json[0]["services"][0][
        "credentials"
    ]
    new = sdl.load(changed(("services.web.credentials", credentials), ("version", "2.1"))).manifest_json[0][
        "services"
    ][0]
    assert old == {"host": " docker.io ", "email": "", "username": " u ", "password": " p "}
    assert new["credentials"] == {"host": "docker.io", "email": "a@b.c", "username": "u", "password": "p"}


def test_html_characters_are_escaped_in_the_hash() -> None:
    document = sdl.load(changed(("services.web.env", ['A=<b>&"x"\u2028é'])))
    assert b'A=\\u003cb\\u003e\\u0026\\"x\\"\\u2028\xc3\xa9' in document.canonical_manifest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "uninitialized"),
        ("[]", "no version found"),
        ("a: [", "not valid YAML"),
        ("version: '2.0'\nversion: '2.1'\n", "stands twice, first in line 1"),
        ("a: \x07", "control character U+0007"),
        ("x" * (BYTES_MAX + 1), "at most"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [" + ",".join([f"*{chr(97 + n)}"] * 9) + "]\n"
                for n in range(8)
            ),
            "too many values",
        ),
        ("a: " + "[" * 200 + "]" * 200, "nested too deeply"),
    ],
    ids=["empty", "list", "yaml", "twice", "control", "long", "bytes", "documents", "bomb", "deep"],
)
def test_bad_files_end_quickly(text: str | bytes, expected: str) -> None:
    assert expected in outcome(text)  # type: ignore[arg-type]


def test_an_error_names_file_line_key_found_and_allowed() -> None:
    text = changed((f"{MEMORY}.size", "1g"))
    with pytest.raises(SdlError) as caught:
        sdl.load(text, "app.yaml")
    message = str(caught.value)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "1g" in line)
    assert message.startswith(f"app.yaml:{line}: profiles.compute.web.resources.memory.size: ")
    assert "'1g'" in message or "1g" in message
    assert "allowed: a size such as 512Mi" in message
