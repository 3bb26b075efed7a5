"""Compute profiles: CPU, memory, GPU and volumes, with the network's rules about their attributes and order."""

from __future__ import annotations

from typing import Final

from supercloud.sdl import units
from supercloud.sdl.document import Value
from supercloud.sdl.schema import Attribute, Compute, Volume

U64_MAX: Final = 2**64 - 1
CLASSES: Final = ("default", "beta1", "beta2", "beta3", "ram")
_TRUE: Final = ("true", "on", "yes")
_FALSE: Final = ("false", "off", "no")


def compute(value: Value, present: bool) -> Compute:
    """The resources of a compute profile. Raises SdlError."""
    fields = value.fields() if present else {}
    for name, unit in (("cpu", "CPU"), ("memory", "memory"), ("storage", "storage")):
        if name not in fields or fields[name].is_null:
            raise value.refuse(f"invalid unit {unit}, cannot be nil", f"{name} with its size")
    cpu, cpu_attributes = _cpu(fields["cpu"])
    gpu, gpu_attributes = _gpu(fields.get("gpu"))
    return Compute(
        cpu=cpu,
        cpu_attributes=cpu_attributes,
        memory=_memory(fields["memory"]),
        gpu=gpu,
        gpu_attributes=gpu_attributes,
        storage=_storage(fields["storage"]),
    )


def _cpu(value: Value) -> tuple[int, tuple[Attribute, ...]]:
    fields = value.fields()
    _only(fields, ("units", "attributes"), "CPU resource")
    if "units" not in fields:
        raise value.refuse("invalid unit CPU, cannot be nil", "units: 500m or 0.5")
    attributes = []
    for name, entry in (fields["attributes"].fields() if "attributes" in fields else {}).items():
        if name != "arch":
            raise entry.refuse(f"unsupported cpu attribute {name!r}", "arch")
        attributes.append(Attribute(name, entry.text()))
    return units.cpu_milli(fields["units"]), tuple(attributes)


def _memory(value: Value) -> int:
    fields = value.fields()
    _only(fields, ("size", "attributes"), "memory resource")
    if "size" not in fields:
        raise value.refuse("invalid unit memory, cannot be nil", "size: 512Mi")
    return units.byte_size(fields["size"])


def _only(fields: dict[str, Value], known: tuple[str, ...], what: str) -> None:
    for name, value in fields.items():
        if name not in known:
            raise value.refuse(f"sdl: unsupported field ({name}) for {what}", ", ".join(known))


def _gpu(value: Value | None) -> tuple[int, tuple[Attribute, ...]]:
    if value is None or value.is_null:
        return 0, ()
    fields = value.fields()
    _only(fields, ("units", "attributes"), "GPU resource")
    count = _gpu_units(fields["units"]) if "units" in fields else 0
    attributes = _gpu_attributes(fields["attributes"]) if "attributes" in fields else ()
    if count > 0 and not attributes:
        raise value.refuse(
            "sdl: GPU attributes must be present if units > 0", "attributes: {vendor: {nvidia: [...]}}"
        )
    if count == 0 and attributes:
        raise value.refuse("GPU attributes cannot be present if units == 0", "units above zero")
    return count, attributes


def _gpu_units(value: Value) -> int:
    """A whole number; unlike elsewhere it may stand in quotes."""
    text = value.text()
    if not text.isascii() or not text.isdigit() or int(text) > U64_MAX:
        raise value.refuse(f"cannot unmarshal {value.found()}", "a whole number of GPUs")
    return int(text)


def _gpu_attributes(value: Value) -> tuple[Attribute, ...]:
    fields = value.fields()
    for name, entry in fields.items():
        if name != "vendor":
            raise entry.refuse(f"sdl: unsupported attribute ({name}) for GPU resource", "vendor")
    if "vendor" not in fields or fields["vendor"].is_null:
        raise value.refuse(
            "sdl: invalid GPU attributes. at least one vendor must be set", "vendor: {nvidia: [...]}"
        )
    models = fields["vendor"].fields().get("nvidia")
    keys = [_gpu_key(entry) for entry in (models.items() if models is not None else [])]
    # The network has no other vendor yet and reads every other list as any NVIDIA model.
    attributes = sorted(Attribute(key, "true") for key in keys or ["vendor/nvidia/model/*"])
    if len({attribute.key for attribute in attributes}) != len(attributes):
        raise value.refuse("sdl: invalid GPU attributes: duplicate keys", "each model once")
    return tuple(attributes)


def _gpu_key(value: Value) -> str:
    fields = value.fields()
    key = "vendor/nvidia/model/" + (fields["model"].text() if "model" in fields else "")
    if "ram" in fields and not fields["ram"].is_null:
        key += "/ram/" + units.gpu_ram(fields["ram"])
    if "interface" in fields and not fields["interface"].is_null:
        interface = fields["interface"].text()
        if interface not in ("pcie", "sxm"):
            raise fields["interface"].refuse(f"sdl: invalid GPU interface {interface[:20]}", "pcie, sxm")
        key += "/interface/" + interface
    return key


# --- Storage


def _storage(value: Value) -> tuple[Volume, ...]:
    """Volumes of a profile in the network's order, which the manifest hash depends on."""
    if not value.is_map and not value.is_list:
        raise value.refuse(f"invalid unit storage, cannot be nil: found {value.found()}", "a list of volumes")
    entries = [value] if value.is_map else value.items()
    if not entries:
        raise value.refuse("invalid unit storage, cannot be nil", "at least one volume")
    volumes: list[Volume] = []
    for entry in entries:
        volume = _volume(entry)
        if any(other.name == volume.name for other in volumes):
            raise entry.refuse(f"duplicated volume name {volume.name!r}", "a name of its own for each volume")
        volumes.append(volume)
    return tuple(_insertion_sorted(volumes))


def _volume(value: Value) -> Volume:
    fields = value.fields()
    if "size" not in fields:
        raise value.refuse("invalid unit storage, cannot be nil", "size: 1Gi")
    name = fields["name"].text() if "name" in fields else ""
    attributes = _volume_attributes(fields["attributes"]) if "attributes" in fields else ()
    return Volume(name or "default", units.byte_size(fields["size"]), attributes)


def _volume_attributes(value: Value) -> tuple[Attribute, ...]:
    if value.is_null:
        return ()
    found: dict[str, str] = {}
    for name, entry in value.fields().items():
        if name == "persistent":
            found[name] = _boolean_text(entry)
        elif name == "class":
            if entry.text() not in CLASSES:
                raise entry.refuse(f"invalid value for attribute class: {entry.found()}", ", ".join(CLASSES))
            found[name] = entry.text()
        else:
            raise entry.refuse(f"unsupported storage attribute {name!r}", "class, persistent")
    kind = found.get("class")
    persistent = found.setdefault("persistent", "false") == "true"
    if persistent and kind is None:
        found["class"] = "default"
    if kind == "ram" and persistent:
        raise value.refuse("storage of class ram can not be persistent", "persistent: false")
    if kind not in (None, "ram") and not persistent:
        raise value.refuse(
            "ephemeral storage should not set attribute class", "persistent: true beside class"
        )
    return tuple(Attribute(key, found[key]) for key in sorted(found))


def _boolean_text(value: Value) -> str:
    text = value.text()
    if text in _TRUE:
        return "true"
    if text in _FALSE:
        return "false"
    raise value.refuse(f"expected bool, found {value.found()}", "true, false")


def _insertion_sorted(volumes: list[Volume]) -> list[Volume]:
    """Sorted as Go's stable sort does for up to twenty volumes; the network's comparison is no order, so the
    algorithm itself shows: equal ephemeral volumes come out reversed."""
    result = list(volumes)
    for end in range(1, len(result)):
        at = end
        while at > 0 and _less(result[at], result[at - 1]):
            result[at], result[at - 1] = result[at - 1], result[at]
            at -= 1
    return result


def _less(one: Volume, other: Volume) -> bool:
    if one.size != other.size:
        return one.size < other.size
    mine, theirs = one.attribute("persistent"), other.attribute("persistent")
    if mine is None and theirs is not None:
        return True
    if mine is not None and theirs is not None and mine < theirs:
        return True
    if mine is not None and theirs is None:
        return False
    if not one.persistent:
        return True
    if not other.persistent:
        return False
    return one.name < other.name
