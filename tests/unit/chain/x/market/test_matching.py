"""Matching of attributes, audits, storage classes and gpu models."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.market import matching
from supercloud.pb.akash.audit.v1.audit_pb2 import AuditedProvider
from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute, PlacementRequirements


def attributes(*pairs: str) -> list[Attribute]:
    return [Attribute(key=key, value=value) for key, value in (pair.split("=") for pair in pairs)]


def requirements(wanted: list[str], all_of: str = "", any_of: str = "") -> PlacementRequirements:
    made = PlacementRequirements(attributes=attributes(*wanted))
    made.signed_by.all_of.extend(all_of.split())
    made.signed_by.any_of.extend(any_of.split())
    return made


def records(**said: str) -> list[AuditedProvider]:
    return [
        AuditedProvider(auditor=name, attributes=attributes(*pairs.split())) for name, pairs in said.items()
    ]


@pytest.mark.parametrize(
    ("wanted", "own", "matches"),
    [
        ([], "", True),
        (["region=eu"], "region=eu tier=1", True),
        (["region=eu"], "region=us", False),
        (["region=eu", "tier=1"], "region=eu", False),
        (["capabilities/gpu/*=true"], "capabilities/gpu/nvidia=true", True),
        (["capabilities/*=true"], "capabilities/gpu/nvidia=true", False),
    ],
)
def test_own_attributes(wanted: list[str], own: str, matches: bool) -> None:
    assert matching.attributes_match(requirements(wanted), attributes(*own.split()), []) is matches


@pytest.mark.parametrize(
    ("all_of", "any_of", "audits", "matches"),
    [
        ("carol", "", {}, False),
        ("carol", "", {"carol": "region=eu"}, True),
        ("carol", "", {"carol": "region=us"}, False),
        ("carol dan", "", {"carol": "region=eu"}, False),
        ("carol dan", "", {"carol": "region=eu", "dan": "region=eu"}, True),
        ("", "carol dan", {"dan": "region=eu"}, True),
        ("", "carol dan", {"eve": "region=eu"}, False),
        ("carol", "dan eve", {"carol": "region=eu", "eve": "region=eu"}, True),
        ("carol", "dan eve", {"dan": "region=eu", "eve": "region=eu"}, False),
    ],
)
def test_audited_attributes(all_of: str, any_of: str, audits: dict[str, str], matches: bool) -> None:
    """The provider's own word does not count once auditors are named."""
    wanted = requirements(["region=eu"], all_of, any_of)
    assert matching.attributes_match(wanted, attributes("region=eu"), records(**audits)) is matches


@pytest.mark.parametrize(
    ("wanted", "own", "matches"),
    [
        ("class=beta3", "capabilities/storage/1/class=beta3", True),
        ("class=beta3 persistent=true", "capabilities/storage/1/class=beta3", False),
        (
            "class=beta3 persistent=true",
            "capabilities/storage/1/class=beta3 capabilities/storage/2/persistent=true",
            False,
        ),
        (
            "class=beta3 persistent=true",
            "capabilities/storage/2/class=beta3 capabilities/storage/2/persistent=true",
            True,
        ),
        ("class=beta3", "capabilities/storage/1/class/x=beta3", False),
        ("", "", True),
    ],
)
def test_storage_classes(build: Any, wanted: str, own: str, matches: bool) -> None:
    spec = build.group_spec()
    spec.resources[0].resource.storage[0].attributes.extend(attributes(*wanted.split()))
    assert matching.capabilities_match(spec, attributes(*own.split())) is matches


@pytest.mark.parametrize(
    ("units", "wanted", "own", "matches"),
    [
        (1, "vendor/nvidia/model/a100=true", "capabilities/gpu/vendor/nvidia/model/a100=true", True),
        (1, "vendor/nvidia/model/*=true", "capabilities/gpu/vendor/nvidia/model/a100=true", True),
        (
            1,
            "vendor/nvidia/model/h100=true vendor/amd/model/x=true",
            "capabilities/gpu/vendor/amd/model/x=true",
            True,
        ),
        (1, "vendor/nvidia/model/h100=true", "capabilities/gpu/vendor/nvidia/model/a100=true", False),
        (1, "", "", True),
        (0, "vendor/nvidia/model/h100=true", "", True),
    ],
)
def test_gpu_models(build: Any, units: int, wanted: str, own: str, matches: bool) -> None:
    spec = build.group_spec()
    gpu = spec.resources[0].resource.gpu
    gpu.units.val = str(units).encode()
    gpu.attributes.extend(attributes(*wanted.split()))
    assert matching.capabilities_match(spec, attributes(*own.split())) is matches
