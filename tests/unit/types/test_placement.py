"""What is asked of a provider against its record."""

from __future__ import annotations

import pytest

from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute, PlacementRequirements
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.types.placement import listed, undeclared, vouched


def pairs(*texts: str) -> list[Attribute]:
    return [Attribute(key=key, value=value) for key, _, value in (text.partition("=") for text in texts)]


@pytest.mark.parametrize(
    ("all_of", "any_of", "enough"),
    [
        ([], [], True),
        (["carol"], [], True),
        (["carol", "erin"], [], False),
        (["mallory"], [], False),
        ([], ["mallory", "carol"], True),
        ([], ["mallory", "erin"], False),
        (["carol"], ["mallory"], False),
    ],
)
def test_auditors_vouch_for_what_is_asked(all_of: list[str], any_of: list[str], enough: bool) -> None:
    requirements = PlacementRequirements(attributes=pairs("region=eu"))
    requirements.signed_by.all_of.extend(all_of)
    requirements.signed_by.any_of.extend(any_of)
    assert (
        vouched(requirements, {"carol": pairs("region=eu", "x=1"), "mallory": pairs("region=us")}) is enough
    )


DECLARED = pairs(
    "capabilities/storage/1/class=beta3",
    "capabilities/storage/1/persistent=true",
    "capabilities/storage/2/class=ram",
    "capabilities/storage/2/persistent=false",
    "capabilities/gpu/vendor/nvidia/model/t4=true",
)


@pytest.mark.parametrize(
    ("volume", "graphics", "absent"),
    [
        ([], [], ""),
        (["class=beta3", "persistent=true"], [], ""),
        # Of one class each: two classes do not add up to a third.
        (["class=ram", "persistent=true"], [], "storage class=ram, persistent=true"),
        ([], ["vendor/nvidia/model/t4=true"], ""),
        ([], ["vendor/nvidia/model/*=true"], ""),
        ([], ["vendor/nvidia/model/h100=true", "vendor/nvidia/model/t4=true"], ""),
        ([], ["vendor/nvidia/model/h100=true"], "gpu vendor/nvidia/model/h100"),
        (["class=b1"], ["vendor/amd/model/x=true"], "storage class=b1, gpu vendor/amd/model/x"),
    ],
)
def test_what_is_not_declared_is_named(volume: list[str], graphics: list[str], absent: str) -> None:
    resource = Resources(id=1)
    resource.storage.add(name="default")
    resource.storage.add(name="data", attributes=pairs(*volume))
    resource.gpu.units.val = b"1" if graphics else b"0"
    resource.gpu.attributes.extend(pairs(*graphics))
    assert undeclared(resource, DECLARED) == absent


def test_models_without_units_are_not_asked_for() -> None:
    resource = Resources(id=1)
    resource.gpu.attributes.extend(pairs("vendor/nvidia/model/h100=true"))
    assert undeclared(resource, []) == ""


def test_listed() -> None:
    assert listed(pairs("a=1", "b=2")) == "a=1, b=2"
