"""Which message a type URL names, and packing into Any. Only types whose modules are loaded exist here."""

from __future__ import annotations

from typing import Any

from google.protobuf import any_pb2, descriptor_pool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from supercloud.types.errors import TxParse

_classes: dict[str, type[Message]] = {}


def message_class(type_url: str) -> type[Message]:
    """Class of a type URL such as `/cosmos.bank.v1beta1.MsgSend`. Raises TxParse when there is none."""
    found = _classes.get(type_url)
    if found is None:
        if not type_url.startswith("/"):
            raise TxParse(f"unable to resolve type URL {type_url}")
        try:
            descriptor = descriptor_pool.Default().FindMessageTypeByName(type_url[1:])
        except KeyError as error:
            raise TxParse(f"unable to resolve type URL {type_url}") from error
        found = _classes[type_url] = GetMessageClass(descriptor)
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
