"""Parameters, refusals and arithmetic of fee auctions."""

from __future__ import annotations

from typing import Final, NamedTuple

from supercloud.pb.supercloud.feeauction.v1.auction_pb2 import Params
from supercloud.types.coin import parse_amount
from supercloud.types.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, define

CODESPACE: Final = "feeauction"
NAME: Final = "feeauction"
TAKE: Final = "take"
FEE_COLLECTOR: Final = "fee_collector"

BPS: Final = 10_000
ROUND_BLOCKS_MAX: Final = 10_000_000
LOT_DENOMS_MAX: Final = 64
"""A lot has no more kinds of coins: all are moved in one block."""

InvalidParam = define(CODESPACE, 1, "parameter invalid", INVALID_ARGUMENT)
NoRound = define(CODESPACE, 2, "no such round is running", FAILED_PRECONDITION)
InvalidBid = define(CODESPACE, 3, "invalid bid", INVALID_ARGUMENT)
BidTooLow = define(CODESPACE, 4, "bid too low", FAILED_PRECONDITION)


class Split(NamedTuple):
    """What becomes of a winner's payment; the parts are the whole."""

    burned: int
    community: int
    stakers: int


def default_params() -> Params:
    """No auctions until they are voted; then all that is paid goes to those who stake."""
    return Params(round_blocks=0, extension_blocks=0, min_bid="1000000", min_increment_bps=500)


def check_params(params: Params) -> None:
    """Refuse parameters that mean nothing."""
    if params.round_blocks > ROUND_BLOCKS_MAX:
        raise InvalidParam(f"round_blocks {params.round_blocks} is above {ROUND_BLOCKS_MAX}")
    if params.extension_blocks > params.round_blocks:
        raise InvalidParam("extension_blocks must not be above round_blocks")
    try:
        least = parse_amount(params.min_bid)
    except ValueError as error:
        raise InvalidParam(f"min_bid: {error}") from error
    if least < 1:
        raise InvalidParam("min_bid must be positive")
    if params.min_increment_bps > BPS:
        raise InvalidParam(f"min_increment_bps {params.min_increment_bps} is above {BPS}")
    if params.burn_bps + params.community_bps > BPS:
        raise InvalidParam(f"burn_bps and community_bps are above {BPS} together")


def least_bid(params: Params, best: int) -> int:
    """What the next bid must be at least: more than the best one, by the increment, rounded up."""
    if not best:
        return int(params.min_bid)
    return best + max(-(-best * params.min_increment_bps // BPS), 1)


def split(params: Params, paid: int) -> Split:
    """The parts of a payment; what rounding leaves goes to those who stake."""
    burned, community = paid * params.burn_bps // BPS, paid * params.community_bps // BPS
    return Split(burned, community, paid - burned - community)
