"""Gov's errors, limits, defaults and checks. Decimals of its parameters are decimal text, as its proto has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from supercloud.chain.baseapp.coins import coins_or_none, pb_coins_text
from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.pb.cosmos.gov.v1 import gov_pb2 as pb
from supercloud.types.coin import Coin
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import Undefined, define

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supercloud.types.address import Bech32

NAME: Final = "gov"
DISTRIBUTION: Final = "distribution"

InactiveProposal = define(NAME, 3, "inactive proposal")
AlreadyActiveProposal = define(NAME, 4, "proposal already active")
InvalidProposalContent = define(NAME, 5, "invalid proposal content")
InvalidProposalType = define(NAME, 6, "invalid proposal type")
InvalidVote = define(NAME, 7, "invalid vote option")
NoProposalHandlerExists = define(NAME, 9, "no handler exists for proposal type")
UnroutableProposalMsg = define(NAME, 10, "proposal message not recognized by router")
NoProposalMsgs = define(NAME, 11, "no messages proposed")
InvalidProposalMsg = define(NAME, 12, "invalid proposal message")
InvalidSigner = define(NAME, 13, "expected gov account as only signer for proposal message")
MetadataTooLong = define(NAME, 15, "metadata too long")
MinDepositTooSmall = define(NAME, 16, "minimum deposit is too small")
InvalidProposer = define(NAME, 18, "invalid proposer")
VotingPeriodEnded = define(NAME, 20, "voting period already ended")
InvalidProposal = define(NAME, 21, "invalid proposal")
SummaryTooLong = define(NAME, 22, "summary too long")
InvalidDepositDenom = define(NAME, 23, "invalid deposit denom")

DEPOSIT_PERIOD: Final = pb.PROPOSAL_STATUS_DEPOSIT_PERIOD
VOTING_PERIOD: Final = pb.PROPOSAL_STATUS_VOTING_PERIOD
PASSED: Final = pb.PROPOSAL_STATUS_PASSED
REJECTED: Final = pb.PROPOSAL_STATUS_REJECTED
FAILED: Final = pb.PROPOSAL_STATUS_FAILED
STATUSES: Final = (DEPOSIT_PERIOD, VOTING_PERIOD, PASSED, REJECTED, FAILED)

YES: Final = pb.VOTE_OPTION_YES
ABSTAIN: Final = pb.VOTE_OPTION_ABSTAIN
NO: Final = pb.VOTE_OPTION_NO
VETO: Final = pb.VOTE_OPTION_NO_WITH_VETO
OPTIONS: Final = (YES, ABSTAIN, NO, VETO)

METADATA_BYTES_MAX: Final = 10_200
SUMMARY_BYTES_MAX: Final = 40 * METADATA_BYTES_MAX
LEGACY_TITLE_BYTES_MAX: Final = 140
LEGACY_DESCRIPTION_BYTES_MAX: Final = 10_000
METADATA_BRACKETS_MAX: Final = 200
"""Metadata with more brackets than this are not looked into: readers differ in how deep they go."""
REASON_CHARS_MAX: Final = 2000
"""How much of the reason of a failure a proposal keeps."""

DROPPED_PER_BLOCK_MAX: Final = 100
DECIDED_PER_BLOCK_MAX: Final = 10
"""Bounds on the work of a block; what is due beyond them waits for the next one."""

DAY_S: Final = 86_400
PERIOD_NS_MAX: Final = 2**63 - 1
"""What the network's clients can express."""
NEVER_S: Final = -62_135_596_800
"""Seconds of the time that the older proposals carry where nothing has happened yet: year 1."""
REJECTED_REASON: Final = "proposal did not get enough votes to pass"


def default_params(denom: str) -> pb.Params:
    """The network's parameters for a new chain, with deposits in a denom."""
    params = pb.Params(
        quorum=_text("0.334"),
        threshold=_text("0.5"),
        veto_threshold=_text("0.334"),
        min_initial_deposit_ratio=_text("0"),
        proposal_cancel_ratio=_text("0.5"),
        expedited_threshold=_text("0.667"),
        burn_vote_veto=True,
        min_deposit_ratio=_text("0.01"),
    )
    params.min_deposit.add(denom=denom, amount="10000000")
    params.expedited_min_deposit.add(denom=denom, amount="50000000")
    params.max_deposit_period.seconds = params.voting_period.seconds = 2 * DAY_S
    params.expedited_voting_period.seconds = DAY_S
    return params


def check_params(bech32: Bech32, params: pb.Params) -> None:
    """Refuse parameters that mean nothing."""
    regular, expedited = coins_or_none(params.min_deposit), coins_or_none(params.expedited_min_deposit)
    if not regular:
        raise Undefined(f"invalid minimum deposit: {pb_coins_text(params.min_deposit)}")
    if not expedited:
        raise Undefined(f"invalid expedited minimum deposit: {pb_coins_text(params.expedited_min_deposit)}")
    if covers(regular, expedited):
        raise Undefined(
            "expedited minimum deposit must be greater than minimum deposit: "
            f"{pb_coins_text(params.expedited_min_deposit)}"
        )
    _check_periods(params)
    ratio(params.quorum, "quorum")
    threshold = _positive_ratio(params.threshold, "vote threshold")
    fast = _positive_ratio(params.expedited_threshold, "expedited vote threshold")
    if fast.raw <= threshold.raw:
        raise Undefined(
            f"expedited vote threshold {fast}, must be greater than the regular threshold {threshold}"
        )
    _positive_ratio(params.veto_threshold, "veto threshold")
    ratio(params.min_initial_deposit_ratio, "minimum initial deposit ratio of proposal")
    ratio(params.proposal_cancel_ratio, "burn rate of cancel proposal")
    ratio(params.min_deposit_ratio, "minimum deposit ratio")
    if params.proposal_cancel_dest:
        try:
            bech32.parse(params.proposal_cancel_dest)
        except ValueError as error:
            raise Undefined(
                f"deposits destination address is invalid: {params.proposal_cancel_dest}"
            ) from error


def _check_periods(params: pb.Params) -> None:
    periods = (
        ("maximum deposit period", "max_deposit_period"),
        ("voting period", "voting_period"),
        ("expedited voting period", "expedited_voting_period"),
    )
    for words, name in periods:
        if not 0 < checked_duration_ns(getattr(params, name)) <= PERIOD_NS_MAX:
            raise Undefined(f"{words} must be positive and less than 293 years")
    if checked_duration_ns(params.expedited_voting_period) >= checked_duration_ns(params.voting_period):
        raise Undefined("expedited voting period must be strictly less that the regular voting period")


def ratio(text: str, words: str) -> Dec:
    """A parameter between nothing and all."""
    try:
        value = Dec.from_text(text)
    except ValueError as error:
        raise Undefined(f"invalid {words}: {error}") from error
    if value.raw < 0:
        raise Undefined(f"{words} cannot be negative: {value}")
    if value.raw > ONE:
        raise Undefined(f"{words} too large: {value}")
    return value


def _positive_ratio(text: str, words: str) -> Dec:
    value = ratio(text, words)
    if not value.raw:
        raise Undefined(f"{words} must be positive: {value}")
    return value


def covers(held: Sequence[Coin], wanted: Sequence[Coin]) -> bool:
    """Whether there is at least so much of each denom."""
    amounts = dict(held)
    return all(amounts.get(denom, 0) >= amount for denom, amount in wanted)


def minimum_of(params: pb.Params, expedited: bool) -> list[Coin]:
    """What must be deposited before a vote begins."""
    coins = params.expedited_min_deposit if expedited else params.min_deposit
    return [Coin(coin.denom, int(coin.amount)) for coin in coins]


def no_tally() -> pb.TallyResult:
    """The result of a vote in which nobody has voted."""
    return pb.TallyResult(yes_count="0", abstain_count="0", no_count="0", no_with_veto_count="0")


def whole_vote(option: int) -> list[pb.WeightedVoteOption]:
    """A vote that is not split."""
    return [pb.WeightedVoteOption(option=option, weight=_text("1"))]  # type: ignore[arg-type]


def check_vote(options: Sequence[pb.WeightedVoteOption]) -> None:
    """Refuse a vote whose parts are no options, come twice or do not add up to one."""
    total = 0
    seen: list[int] = []
    for part in options:
        weight = weight_of(part)
        if part.option not in OPTIONS or not 0 < weight.raw <= ONE:
            raise InvalidVote(f"option {part.option} with weight {weight}")
        if part.option in seen:
            raise InvalidVote("duplicated vote option")
        seen.append(part.option)
        total += weight.raw
    if total > ONE:
        raise InvalidVote("total weight overflow 1.00")
    if total < ONE:
        raise InvalidVote("total weight lower than 1.00")


def weight_of(part: pb.WeightedVoteOption) -> Dec:
    """The part of a voter's power that an option gets."""
    try:
        return Dec.from_text(part.weight)
    except ValueError as error:
        raise InvalidVote(f"invalid weight: {error}") from error


def options_text(options: Sequence[pb.WeightedVoteOption]) -> str:
    """A vote as its event shows it: JSON with numbered options."""
    rows = [{"option": part.option, "weight": part.weight} for part in options]
    return json.dumps(rows, separators=(",", ":"))


def check_metadata(metadata: str, title: str, summary: str) -> None:
    """Where metadata have the recommended form, their title and summary are those of the proposal."""
    document = _recommended(metadata)
    if document is None:
        return
    if document["title"] != title:
        raise InvalidProposalContent(
            f"metadata title '{document['title']}' must equal proposal title '{title}'"
        )
    if document["summary"] != summary:
        raise InvalidProposalContent(
            f"metadata summary '{document['summary']}' must equal proposal summary '{summary}'"
        )


_METADATA_TEXTS: Final = ("title", "summary", "details", "proposal_forum_url", "vote_option_context")


def _recommended(metadata: str) -> dict[str, str] | None:
    """The texts of metadata in the recommended form; None when they have another."""
    if metadata.count("[") + metadata.count("{") > METADATA_BRACKETS_MAX:
        return None
    try:
        document = json.loads(metadata, parse_float=str, parse_int=str, parse_constant=_no_constant)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    # Go reads names whatever their case, the last one wins, and null leaves a text empty.
    fields: dict[str, Any] = {name.lower(): value for name, value in document.items()}
    authors = fields.get("authors")
    if authors is not None and not (
        isinstance(authors, list) and all(isinstance(author, str | None) for author in authors)
    ):
        return None
    texts = {name: fields.get(name) for name in _METADATA_TEXTS}
    if not all(isinstance(text, str | None) for text in texts.values()):
        return None
    return {name: text or "" for name, text in texts.items()}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _text(text: str) -> str:
    return Dec.from_text(text).text()
