"""Steps that need no account: form, timeouts, memo, size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Mode
from supercloud.chain.baseapp.timestamps import checked_ns, rfc3339
from supercloud.types.errors import (
    InvalidGasLimit,
    InvalidRequest,
    MemoTooLarge,
    NoSignatures,
    TxTimeout,
    TxTimeoutHeight,
    Undefined,
)

if TYPE_CHECKING:
    from supercloud.chain.ante.draft import Draft

GAS_LIMIT_MAX = 2**63 - 1
# What a signature and a public key that a simulated transaction lacks would add to it.
SIGNATURE_BYTES = 66
PUBLIC_KEY_BYTES = 81
MODE_BYTES = 8


def within_block(draft: Draft) -> None:
    """A transaction may not ask for more gas than a block has."""
    gas_max = draft.ctx.block.consensus.block.max_gas
    wanted = draft.tx.auth_info.fee.gas_limit
    if 0 < gas_max < wanted:
        raise InvalidGasLimit(f"tx gas limit {wanted} exceeds block max gas {gas_max}")


def validate_form(draft: Draft) -> None:
    """The parts that every transaction has."""
    if draft.ctx.mode is Mode.RECHECK:
        return
    tx = draft.tx
    if not tx.auth_info.HasField("fee"):
        raise Undefined("missing fee")
    if tx.auth_info.fee.gas_limit > GAS_LIMIT_MAX:
        raise InvalidRequest(f"invalid gas supplied; {tx.auth_info.fee.gas_limit} > {GAS_LIMIT_MAX}")
    if not tx.signatures and not draft.simulate:
        raise NoSignatures


def check_timeout(draft: Draft) -> None:
    """A transaction may name the last height or time at which it is good."""
    body, ctx = draft.tx.body, draft.ctx
    if 0 < body.timeout_height < ctx.height:
        raise TxTimeoutHeight(f"block height: {ctx.height}, timeout height: {body.timeout_height}")
    if body.HasField("timeout_timestamp"):
        timeout = checked_ns(body.timeout_timestamp)
        if body.timeout_timestamp.seconds and timeout < ctx.time:
            raise TxTimeout(f"block time: {rfc3339(ctx.time)}, timeout timestamp: {rfc3339(timeout)}")


def check_memo(draft: Draft) -> None:
    """The memo is bounded, in bytes."""
    memo = draft.tx.body.memo
    if memo:
        size, limit = len(memo.encode()), draft.params.max_memo_characters
        if size > limit:
            raise MemoTooLarge(f"maximum number of characters is {limit} but received {size} characters")


def charge_size(draft: Draft) -> None:
    """Every byte costs; a simulated transaction also pays for what its signed form will have."""
    size = len(draft.tx.raw)
    if draft.simulate:
        size += _missing_bytes(draft)
    draft.ctx.gas.consume(draft.params.tx_size_cost_per_byte * size, "txSize")


def _missing_bytes(draft: Draft) -> int:
    size = 0
    infos, signatures = draft.tx.auth_info.signer_infos, draft.tx.signatures
    for index in range(len(draft.signers)):
        if index >= len(signatures) or not signatures[index]:
            size += SIGNATURE_BYTES
        if index >= len(infos) or not infos[index].HasField("public_key"):
            size += PUBLIC_KEY_BYTES
        if index >= len(infos):
            size += MODE_BYTES
    return size
