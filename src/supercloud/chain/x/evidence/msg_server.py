"""Transactions that bring evidence. As on the network no kind of it is taken from transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.evidence import types
from supercloud.codec import registry
from supercloud.pb.cosmos.evidence.v1beta1.evidence_pb2 import Equivocation
from supercloud.pb.cosmos.evidence.v1beta1.tx_pb2 import MsgSubmitEvidence, MsgSubmitEvidenceResponse
from supercloud.types.errors import InvalidAddress, InvalidType

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


def register(router: Router) -> None:
    """Route this module's message."""
    router.message(MsgSubmitEvidence, submit_evidence, signers=signer_field("submitter"))


def submit_evidence(ctx: Context, msg: MsgSubmitEvidence) -> MsgSubmitEvidenceResponse:
    """Refuse: double signing is proved by the consensus engine alone."""
    try:
        ctx.bech32.parse(msg.submitter)
    except ValueError as error:
        raise InvalidAddress(f"invalid submitter address: {error}") from error
    if not msg.HasField("evidence"):
        raise types.InvalidEvidence("missing evidence")
    evidence = registry.unpack(msg.evidence)
    if not isinstance(evidence, Equivocation):
        raise InvalidType(f"{msg.evidence.type_url} is no evidence")
    types.check(evidence)
    raise types.NoHandler(types.ROUTE)
