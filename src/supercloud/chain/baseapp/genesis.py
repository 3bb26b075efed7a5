"""Genesis documents of modules: JSON objects in the form of each module's GenesisState message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from supercloud.codec.json import from_dict, to_dict

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context

M = TypeVar("M", bound="Message")
Document = dict[str, Any]


class GenesisError(ValueError):
    """A genesis document that cannot start a chain."""


@dataclass(frozen=True)
class Module:
    """A module as the application sees it: its document and its work around the transactions of a block."""

    name: str
    init: Callable[[Context, Document], None]
    export: Callable[[Context], Document]
    required: bool = True
    pre_block: Callable[[Context], None] | None = None
    begin_block: Callable[[Context], None] | None = None
    end_block: Callable[[Context], None] | None = None


def read_state(document: Document, message_type: type[M]) -> M:
    """The module's GenesisState; refuses unknown fields."""
    try:
        return from_dict(document, message_type)
    except (ValueError, TypeError, KeyError) as error:
        raise GenesisError(f"{message_type.DESCRIPTOR.full_name}: {error}") from error


def write_state(message: Message) -> Document:
    """The document of a GenesisState."""
    return to_dict(message)
