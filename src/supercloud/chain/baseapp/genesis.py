"""Genesis documents of modules: JSON objects in the form of each module's GenesisState message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from supercloud.codec.json import from_dict, to_dict

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.tendermint.abci.types_pb2 import ValidatorUpdate

M = TypeVar("M", bound="Message")
Document = dict[str, Any]


class GenesisError(ValueError):
    """A genesis document that cannot start a chain."""


@dataclass(frozen=True)
class Module:
    """A module as the application sees it: its document and its work around the transactions of a block.

    The module that chooses the validators returns their changes from `init` and `end_block`; all others
    return nothing.
    """

    name: str
    init: Callable[[Context, Document], Sequence[ValidatorUpdate] | None]
    export: Callable[[Context], Document]
    required: bool = True
    pre_block: Callable[[Context], None] | None = None
    begin_block: Callable[[Context], None] | None = None
    end_block: Callable[[Context], Sequence[ValidatorUpdate] | None] | None = None


def read_state(document: Document, message_type: type[M]) -> M:
    """The module's GenesisState; refuses unknown fields."""
    try:
        return from_dict(document, message_type)
    except (ValueError, TypeError, KeyError) as error:
        raise GenesisError(f"{message_type.DESCRIPTOR.full_name}: {error}") from error


def write_state(message: Message) -> Document:
    """The document of a GenesisState."""
    return to_dict(message)
