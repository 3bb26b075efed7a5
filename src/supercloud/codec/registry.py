"""Which message a type URL names, and packing into Any. The list in `known_types` is all there is."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from google.protobuf import any_pb2
from google.protobuf.message import DecodeError, Message

from supercloud.codec.known_types import KNOWN
from supercloud.types.errors import TxParse

_classes: dict[str, type[Message]] = {}


def _files() -> dict[str, str]:
    """Type URL of every known message, and the proto file that defines it."""
    found = {}
    for file, names in KNOWN.items():
        package = file.rpartition("/")[0].replace("/", ".")
        found.update({f"/{package}.{name}": file for name in names.split()})
    return found


_FILES: Final = _files()


def type_urls() -> list[str]:
    """Type URLs of all messages that resolve, sorted."""
    return sorted(_FILES)


def message_class(type_url: str) -> type[Message]:
    """Class of a type URL such as `/cosmos.bank.v1beta1.MsgSend`. Raises TxParse when there is none."""
    found = _classes.get(type_url)
    if found is None:
        file = _FILES.get(type_url)
        if file is None:
            raise TxParse(f"unable to resolve type URL {type_url}")
        # Loaded when first named: what resolves does not depend on what a process imported before.
        module = import_module(f"supercloud.pb.{file.replace('/', '.')}_pb2")
        found = _classes[type_url] = getattr(module, type_url.rpartition(".")[2])
    return found


def pack(message: Message) -> any_pb2.Any:
    """The message as an Any."""
    return any_pb2.Any(
        type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializeToString(deterministic=True)
    )


def unpack(packed: any_pb2.Any) -> Message:
    """The message inside an Any. Raises TxParse for an unknown type or malformed bytes."""
    try:
        message = message_class(packed.type_url).FromString(packed.value)
    except DecodeError as error:
        raise TxParse(f"{packed.type_url}: {error}") from error
    return message


def options(field: Any) -> Any:
    """Options of a field; their extensions say how it is written elsewhere."""
    return field.GetOptions()
