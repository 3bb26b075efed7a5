"""The messages of proposals: which may be proposed, and how those of the older kind are carried out.

A proposal of the older kind has a content instead of messages. Each content that means something here stands for one
message of today; a content that names parameters by subspace and key does not, and is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from supercloud.chain.x.gov import types
from supercloud.codec import registry
from supercloud.pb.cosmos.distribution.v1beta1.distribution_pb2 import CommunityPoolSpendProposal
from supercloud.pb.cosmos.distribution.v1beta1.tx_pb2 import MsgCommunityPoolSpend
from supercloud.pb.cosmos.gov.v1.tx_pb2 import MsgExecLegacyContent
from supercloud.pb.cosmos.gov.v1beta1.gov_pb2 import TextProposal
from supercloud.pb.cosmos.params.v1beta1.params_pb2 import ParameterChangeProposal
from supercloud.pb.cosmos.upgrade.v1beta1.tx_pb2 import MsgCancelUpgrade, MsgSoftwareUpgrade
from supercloud.pb.cosmos.upgrade.v1beta1.upgrade_pb2 import (
    CancelSoftwareUpgradeProposal,
    SoftwareUpgradeProposal,
)
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as AnyPb
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router

_CONTENT = (TextProposal, CommunityPoolSpendProposal, SoftwareUpgradeProposal, CancelSoftwareUpgradeProposal)


def check(ctx: Context, router: Router, packed: Sequence[AnyPb]) -> None:
    """Refuse messages that the network's authority could not send."""
    for each in packed:
        message = registry.unpack(each)
        route = router.messages.get(each.type_url)
        if route is None:
            raise types.UnroutableProposalMsg(each.type_url)
        try:
            route.validate(ctx, message)
        except ChainError as error:
            raise types.InvalidProposalMsg(str(error)) from error
        signers = route.signers(message)
        if len(signers) != 1:
            raise types.InvalidSigner
        if not _is_authority(ctx, signers[0]):
            raise types.InvalidSigner(signers[0])
        if isinstance(message, MsgExecLegacyContent):
            _rehearse(ctx, router, message)


def _is_authority(ctx: Context, text: str) -> bool:
    try:
        return ctx.bech32.parse(text) == ctx.authority
    except ValueError:
        return False


def _rehearse(ctx: Context, router: Router, message: MsgExecLegacyContent) -> None:
    """Carry a content out and undo it: one that can not be carried out now is refused at once."""
    mark, events = ctx.branch.mark(), len(ctx.events)
    try:
        router.invoke(ctx, message)
    except types.NoProposalHandlerExists:
        raise
    except ChainError as error:
        raise types.InvalidProposalContent(str(error)) from error
    finally:
        ctx.branch.revert(mark)
        del ctx.events[events:]


def unpack_content(packed: AnyPb) -> Any:
    """A proposal's content; refused when it is none that is carried out here."""
    content: Any = registry.unpack(packed)
    if isinstance(content, ParameterChangeProposal):
        raise types.NoProposalHandlerExists("params: propose the MsgUpdateParams of the module instead")
    if not isinstance(content, _CONTENT):
        raise types.NoProposalHandlerExists(packed.type_url)
    return content


def check_content(content: Any) -> None:
    """The rules for the words of a content."""
    title, description = content.title, content.description
    if not title.strip():
        raise types.InvalidProposalContent("proposal title cannot be blank")
    if len(title.encode()) > types.LEGACY_TITLE_BYTES_MAX:
        raise types.InvalidProposalContent(
            f"proposal title is longer than max length of {types.LEGACY_TITLE_BYTES_MAX}"
        )
    if not description:
        raise types.InvalidProposalContent("proposal description cannot be blank")
    if len(description.encode()) > types.LEGACY_DESCRIPTION_BYTES_MAX:
        raise types.InvalidProposalContent(
            f"proposal description is longer than max length of {types.LEGACY_DESCRIPTION_BYTES_MAX}"
        )


def of_content(authority: str, content: Any) -> Message | None:
    """The message that a content stands for; None for one that only says something."""
    match content:
        case CommunityPoolSpendProposal():
            return MsgCommunityPoolSpend(
                authority=authority, recipient=content.recipient, amount=content.amount
            )
        case SoftwareUpgradeProposal():
            return MsgSoftwareUpgrade(authority=authority, plan=content.plan)
        case CancelSoftwareUpgradeProposal():
            return MsgCancelUpgrade(authority=authority)
    return None
