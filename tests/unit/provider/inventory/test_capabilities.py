"""What a machine has becomes what its record declares, in the form the ledger checks orders against."""

from __future__ import annotations

from supercloud.provider.inventory.capabilities import declared
from supercloud.provider.inventory.inventory import GpuUnit

H100 = GpuUnit("nvidia", "h100", "80Gi", "sxm")


def test_storage_classes_and_memory_as_a_volume() -> None:
    assert declared(["ephemeral", "default", "beta2"], [], {"tier": "community"}) == {
        "tier": "community",
        "capabilities/storage/1/class": "beta2",
        "capabilities/storage/1/persistent": "true",
        "capabilities/storage/2/class": "default",
        "capabilities/storage/2/persistent": "true",
        "capabilities/storage/3/class": "ram",
        "capabilities/storage/3/persistent": "false",
    }


def test_gpus_in_every_form_an_order_may_ask_for() -> None:
    found = declared([], [H100, H100, GpuUnit("amd", "mi300x", "", "")], {})
    assert sorted(key for key in found if key.startswith("capabilities/gpu/")) == [
        "capabilities/gpu/vendor/amd/model/mi300x",
        "capabilities/gpu/vendor/nvidia/model/h100",
        "capabilities/gpu/vendor/nvidia/model/h100/interface/sxm",
        "capabilities/gpu/vendor/nvidia/model/h100/ram/80Gi",
        "capabilities/gpu/vendor/nvidia/model/h100/ram/80Gi/interface/sxm",
    ]
    assert {value for key, value in found.items() if "gpu" in key} == {"true"}


def test_what_the_operator_says_of_a_kind_is_all_that_is_said() -> None:
    own = {"capabilities/storage/1/class": "beta3", "capabilities/storage/1/persistent": "true"}
    found = declared(["default"], [H100], own)
    assert {key: value for key, value in found.items() if "storage" in key} == own
    assert "capabilities/gpu/vendor/nvidia/model/h100" in found
