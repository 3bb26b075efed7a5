"""What a proposed block may hold: bounds on bytes and gas, and nothing that cannot be decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.codec.tx import DecodedTx
    from supercloud.pb.tendermint.types import params_pb2

BLOCK_BYTES_MAX = 104_857_600
"""What -1 as the block's size limit stands for."""

Decode = Callable[[bytes], "DecodedTx"]


def tx_bytes_in_block(raw: bytes) -> int:
    """Bytes that a transaction takes in a block: itself, its tag and its length."""
    size = len(raw)
    return 1 + (size.bit_length() + 6) // 7 + size if size else 2


def block_bytes_max(params: params_pb2.ConsensusParams) -> int:
    """Size limit of a block."""
    limit = params.block.max_bytes
    return BLOCK_BYTES_MAX if limit <= 0 else min(limit, BLOCK_BYTES_MAX)


def block_gas_max(params: params_pb2.ConsensusParams) -> int:
    """Gas limit of a block; 0 when there is none."""
    return max(params.block.max_gas, 0)


def select(txs: Iterable[bytes], decode: Decode, bytes_max: int, gas_max: int) -> list[bytes]:
    """The transactions that fit, in the given order; what does not fit or decode is left out."""
    chosen: list[bytes] = []
    size = gas = 0
    for raw in txs:
        bytes_after = size + tx_bytes_in_block(raw)
        if bytes_after > bytes_max:
            break
        wanted = _gas_wanted(raw, decode)
        if wanted is None or (gas_max and gas + wanted > gas_max):
            continue
        chosen.append(raw)
        size, gas = bytes_after, gas + wanted
    return chosen


def acceptable(txs: Iterable[bytes], decode: Decode, bytes_max: int, gas_max: int) -> bool:
    """Whether a block proposed by someone else keeps to the bounds."""
    size = gas = 0
    for raw in txs:
        size += tx_bytes_in_block(raw)
        if size > bytes_max:
            return False
        wanted = _gas_wanted(raw, decode)
        if wanted is None:
            return False
        gas += wanted
        if gas_max and gas > gas_max:
            return False
    return True


def _gas_wanted(raw: bytes, decode: Decode) -> int | None:
    try:
        return int(decode(raw).auth_info.fee.gas_limit)
    except ChainError:
        return None
