"""Grants' errors, limits, defaults, checks, and the arithmetic of what is earned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from supercloud.chain.baseapp.coins import coins_or_none, pb_coins_text
from supercloud.chain.baseapp.timestamps import checked_duration_ns, checked_ns, to_ns
from supercloud.pb.supercloud.grants.v1 import grant_pb2 as pb
from supercloud.types.coin import Coin, coins_from_pb, sorted_coins
from supercloud.types.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, define, invariant

if TYPE_CHECKING:
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb

NAME: Final = "grants"

InvalidParams = define(NAME, 2, "parameter invalid", INVALID_ARGUMENT)
InvalidGrant = define(NAME, 3, "invalid grant", INVALID_ARGUMENT)
GrantNotFound = define(NAME, 4, "grant not found", NOT_FOUND)
GrantNotActive = define(NAME, 5, "grant not active", FAILED_PRECONDITION)
TooManyGrants = define(NAME, 6, "too many active grants", FAILED_PRECONDITION)
InvalidMilestone = define(NAME, 7, "invalid milestone", INVALID_ARGUMENT)
NothingToClaim = define(NAME, 8, "nothing to claim", FAILED_PRECONDITION)
NotRecipient = define(NAME, 9, "not the recipient of the grant", 7)

ACTIVE: Final = pb.GRANT_STATUS_ACTIVE
COMPLETED: Final = pb.GRANT_STATUS_COMPLETED
CANCELLED: Final = pb.GRANT_STATUS_CANCELLED

TITLE_BYTES_MAX: Final = 200
METADATA_BYTES_MAX: Final = 10_200
DENOMS_MAX: Final = 16
DURATION_MAX_NS: Final = 20 * 366 * 86_400 * 10**9
ACTIVE_LIMIT: Final = 10_000
MILESTONES_LIMIT: Final = 100


def default_params() -> pb.Params:
    """Two hundred grants at once, of at most twenty-four milestones."""
    return pb.Params(active_max=200, milestones_max=24)


def check_params(params: pb.Params) -> None:
    """Both bounds are within what a block can bear."""
    if not 0 < params.active_max <= ACTIVE_LIMIT:
        raise InvalidParams(f"active_max {params.active_max} is not within 1..{ACTIVE_LIMIT}")
    if not 0 < params.milestones_max <= MILESTONES_LIMIT:
        raise InvalidParams(f"milestones_max {params.milestones_max} is not within 1..{MILESTONES_LIMIT}")


def check_words(title: str, metadata: str) -> None:
    """A title, and not too many words."""
    if not title.strip() or len(title.encode()) > TITLE_BYTES_MAX:
        raise InvalidGrant(f"a title has 1 to {TITLE_BYTES_MAX} bytes")
    if len(metadata.encode()) > METADATA_BYTES_MAX:
        raise InvalidGrant(f"metadata have at most {METADATA_BYTES_MAX} bytes")


def check_stream(stream: pb.Stream) -> list[Coin]:
    """What a stream pays; refused when it has no coins or no duration."""
    if not 0 < checked_duration_ns(stream.duration) <= DURATION_MAX_NS:
        raise InvalidGrant(f"duration {stream.duration.seconds}s is not within 1 ns and 20 years")
    if stream.HasField("start"):
        checked_ns(stream.start)
    return _checked(stream.amount)


def check_milestones(milestones: Sequence[pb.Milestone], most: int) -> list[Coin]:
    """What milestones pay together; refused when one has no coins, no title, or is released already."""
    if not 0 < len(milestones) <= most:
        raise InvalidGrant(f"{len(milestones)} milestones; a grant has 1 to {most}")
    for milestone in milestones:
        check_words(milestone.title, "")
        _checked(milestone.amount)
        if milestone.HasField("released_at"):
            raise InvalidGrant("a milestone of a new grant is not released yet")
    return milestones_total(milestones)


def milestones_total(milestones: Iterable[pb.Milestone]) -> list[Coin]:
    """What milestones pay together."""
    return total(coin for milestone in milestones for coin in coins_from_pb(milestone.amount))


def _checked(given: Sequence[CoinPb]) -> list[Coin]:
    coins = coins_or_none(given)
    if not coins or len(coins) > DENOMS_MAX:
        raise InvalidGrant(f"amount {pb_coins_text(given)[:200]!r}; it has 1 to {DENOMS_MAX} denoms")
    return coins


def total(coins: Iterable[Coin]) -> list[Coin]:
    """The set of these amounts."""
    return sorted_coins(coins)


def minus(coins: Sequence[Coin], *others: Sequence[Coin]) -> list[Coin]:
    """What is left of a set; there must be enough."""
    left = total([*coins, *(Coin(coin.denom, -coin.amount) for other in others for coin in other)])
    invariant(all(coin.amount > 0 for coin in left), "grants: more is taken than there is")
    return left


def earned(grant: pb.Grant, now: int) -> list[Coin]:
    """What a grant has earned by a time; of a stream whole units, and all of it at its end."""
    if grant.status == CANCELLED:
        return minus(coins_from_pb(grant.amount), coins_from_pb(grant.returned))
    if grant.HasField("stream"):
        duration = checked_duration_ns(grant.stream.duration)
        passed = min(max(now - to_ns(grant.stream.start), 0), duration)
        return total(
            Coin(coin.denom, coin.amount * passed // duration) for coin in coins_from_pb(grant.amount)
        )
    return total(
        coin
        for milestone in grant.milestones
        if milestone.HasField("released_at")
        for coin in coins_from_pb(milestone.amount)
    )


def claimable(grant: pb.Grant, now: int) -> list[Coin]:
    """What is earned and not claimed; nothing where a chain began again with an earlier time than it ended with."""
    claimed = dict(coins_from_pb(grant.claimed))
    return total(Coin(denom, max(amount - claimed.get(denom, 0), 0)) for denom, amount in earned(grant, now))


def held(grant: pb.Grant) -> list[Coin]:
    """What is set aside for a grant: neither claimed nor gone back."""
    return minus(coins_from_pb(grant.amount), coins_from_pb(grant.claimed), coins_from_pb(grant.returned))
