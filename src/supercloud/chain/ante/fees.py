"""Fees: the node's own minimum, and the deduction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.baseapp.coins import coins_or_none, pb_coins_text
from supercloud.chain.baseapp.context import Event, Mode
from supercloud.types.coin import Coin, coins_text
from supercloud.types.errors import (
    ChainError,
    InsufficientFee,
    InsufficientFunds,
    InvalidAddress,
    InvalidGasLimit,
    UnknownAddress,
)

if TYPE_CHECKING:
    from supercloud.chain.ante.draft import Draft
    from supercloud.chain.ante.expected_keepers import BankKeeper, FeegrantKeeper
    from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
    from supercloud.types.dec import Dec

FEE_COLLECTOR = "fee_collector"
INT64_MAX = 2**63 - 1
DEC_ONE = 10**18

SIMULATED_FEE_GAS = 12_200
"""What deducting a fee costs, charged to a simulation that names none: two balances read and written, an account read."""
SIMULATED_FEE_BYTES = 32


class GasPrice(NamedTuple):
    """The least that this node takes for a unit of gas, in one denom."""

    denom: str
    price: Dec


def read_fee(draft: Draft) -> None:
    """Check the fee's form and, in CheckTx, that it is enough for this node."""
    fee = draft.tx.auth_info.fee
    gas = fee.gas_limit
    if not draft.simulate and draft.ctx.height > 0 and gas == 0:
        raise InvalidGasLimit("must provide positive gas")
    coins = draft.reading.fee
    if coins is None:
        coins = draft.reading.fee = _checked_fee(fee.amount)
    draft.fee = coins
    if gas and coins:
        draft.ctx.priority = min(min([coin.amount for coin in coins]) // gas, INT64_MAX)


def _checked_fee(amount: Sequence[coin_pb2.Coin]) -> list[Coin]:
    coins = coins_or_none(amount)
    if coins is not None:
        return coins
    if any(coin.amount.strip("0") for coin in amount):
        raise InsufficientFee(f"invalid fee amount: {pb_coins_text(amount)}")
    return []


def require_minimum(draft: Draft, prices: Sequence[GasPrice]) -> None:
    """One of the node's gas prices must be met; only in CheckTx, for other nodes have other prices."""
    if not prices or draft.ctx.mode not in (Mode.CHECK, Mode.RECHECK):
        return
    gas = draft.tx.auth_info.fee.gas_limit
    required = [Coin(denom, -(-price.raw * gas // DEC_ONE)) for denom, price in prices]
    given = dict(draft.fee)
    if not any(coin.amount and given.get(coin.denom, 0) >= coin.amount for coin in required):
        raise InsufficientFee(
            f"insufficient fees; got: {coins_text(draft.fee)} required: {coins_text(required)}"
        )


def deduct(draft: Draft, bank: BankKeeper, feegrant: FeegrantKeeper) -> None:
    """Take the fee from its payer: the named payer or the first signer, or the granter that pays for it."""
    ctx, fee = draft.ctx, draft.tx.auth_info.fee
    payer = _parse(draft, fee.payer, "payer") if fee.payer else draft.signers[0]
    source = payer
    if fee.granter:
        source = _parse(draft, fee.granter, "granter")
        if source != payer:
            _use_grant(draft, feegrant, source, payer)
    if draft.find(source) is None:
        raise UnknownAddress(f"fee payer address: {ctx.bech32.text(source)} does not exist")
    if draft.fee:
        try:
            bank.send_to_module(ctx, source, FEE_COLLECTOR, draft.fee)
        except InsufficientFunds as error:
            raise InsufficientFunds(str(error)) from error
    elif draft.simulate:
        extra = SIMULATED_FEE_BYTES * draft.params.tx_size_cost_per_byte
        ctx.gas.consume(SIMULATED_FEE_GAS + extra, "simulated fee")
    ctx.events.append(Event("tx", (("fee", coins_text(draft.fee)), ("fee_payer", ctx.bech32.text(source)))))


def _use_grant(draft: Draft, feegrant: FeegrantKeeper, granter: bytes, payer: bytes) -> None:
    urls = ["/" + message.DESCRIPTOR.full_name for message in draft.tx.msgs]
    try:
        feegrant.use(draft.ctx, granter, payer, draft.fee, urls)
    except ChainError as error:
        text = draft.ctx.bech32.text
        words = f"{text(granter)} does not allow to pay fees for {text(payer)}"
        raise type(error)(f"{words}: {error.detail}" if error.detail else words) from error


def _parse(draft: Draft, text: str, what: str) -> bytes:
    try:
        return draft.ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"Invalid fee {what} address ({error})") from error
