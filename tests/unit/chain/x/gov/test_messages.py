"""gov/messages.py, legacy_msg_server.py, legacy_query_server.py, convert.py; what proposals reach in other modules."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message

from supercloud.chain.app import Founder, default_genesis
from supercloud.chain.x.gov import convert, types
from supercloud.codec import registry
from supercloud.codec.known_types import KNOWN
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.consensus.v1 import tx_pb2 as consensus_tx
from supercloud.pb.cosmos.distribution.v1beta1.distribution_pb2 import CommunityPoolSpendProposal
from supercloud.pb.cosmos.distribution.v1beta1.tx_pb2 import MsgCommunityPoolSpend, MsgFundCommunityPool
from supercloud.pb.cosmos.gov.v1 import gov_pb2
from supercloud.pb.cosmos.gov.v1.tx_pb2 import (
    MsgExecLegacyContent,
    MsgSubmitProposal,
    MsgVote,
    MsgVoteWeighted,
)
from supercloud.pb.cosmos.gov.v1beta1 import query_pb2 as old_queries
from supercloud.pb.cosmos.gov.v1beta1 import tx_pb2 as old
from supercloud.pb.cosmos.gov.v1beta1.gov_pb2 import TextProposal
from supercloud.pb.cosmos.params.v1beta1.params_pb2 import ParameterChangeProposal
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.testing.ledger import RICHES, Ledger
from supercloud.testing.staked import attributes, person
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

YES, NO = 1, 3


def coins(amount: int) -> list[Coin]:
    return [Coin(denom="uakt", amount=str(amount))]


def older(assembly: Any, content: Message, deposit: int = 10_000_000) -> old.MsgSubmitProposal:
    return old.MsgSubmitProposal(
        content=registry.pack(content), initial_deposit=coins(deposit), proposer=assembly.text("alice")
    )


def fund(assembly: Any, amount: int) -> None:
    message = MsgFundCommunityPool(depositor=assembly.text("carol"), amount=coins(amount))
    assembly.chain.send(message)


def pool(assembly: Any) -> int:
    raw = dict(assembly.chain.k.distribution.community_pool(assembly.chain.ctx()).amounts).get("uakt", 0)
    return Dec(raw).truncate()


# --- Grants out of the community pool


def test_a_grant_is_proposed_voted_and_paid(assembly: Any) -> None:
    chain = assembly.chain
    fund(assembly, 1000)
    before = chain.balance(person("bob"))
    spend = MsgCommunityPoolSpend(authority=assembly.gov, recipient=chain.text("bob"), amount=coins(700))
    number = assembly.submit(spend)
    assembly.vote_all(number)
    events = assembly.end_vote()
    assert attributes(events, "active_proposal") == [
        {"proposal_id": "1", "proposal_result": "proposal_passed", "proposal_log": "passed"}
    ]
    paid = [told for told in attributes(events, "transfer") if told["recipient"] == chain.text("bob")]
    assert [told["amount"] for told in paid] == ["700uakt"]
    assert chain.balance(person("bob")) == before + 700
    assert pool(assembly) == 300
    assert registry.unpack(assembly.proposal(number).messages[0]) == spend
    again = assembly.decide(spend)
    assert again.status == types.FAILED
    assert "community pool does not have sufficient coins" in again.failed_reason
    assert pool(assembly) == 300
    assert chain.violations() == []


# --- Parameters of every module


def unchanged(assembly: Any, package: str, query: str = "Params") -> Message:
    """The present parameters of a module."""
    import importlib

    queries = importlib.import_module(f"supercloud.pb.{package}.query_pb2")
    return assembly.chain.query(
        f"/{package}.Query/{query}", getattr(queries, f"Query{query}Request")()
    ).params


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("cosmos/auth/v1beta1/tx", lambda params: setattr(params, "max_memo_characters", 99)),
        ("cosmos/bank/v1beta1/tx", lambda params: setattr(params, "default_send_enabled", False)),
        ("cosmos/staking/v1beta1/tx", lambda params: setattr(params, "max_validators", 77)),
        ("cosmos/slashing/v1beta1/tx", lambda params: setattr(params, "signed_blocks_window", 777)),
        ("cosmos/distribution/v1beta1/tx", lambda params: setattr(params, "community_tax", "7")),
        ("cosmos/mint/v1beta1/tx", lambda params: setattr(params, "blocks_per_year", 777)),
        ("cosmos/gov/v1/tx", lambda params: setattr(params, "quorum", "0.777000000000000000")),
        ("akash/deployment/v1beta4/paramsmsg", lambda params: params.min_deposits.pop()),
        ("akash/market/v1beta5/paramsmsg", lambda params: setattr(params, "order_max_bids", 7)),
        ("akash/take/v1/paramsmsg", lambda params: setattr(params, "default_take_rate", 7)),
        ("supercloud/market/v1/msg", lambda params: setattr(params, "max_expiries_per_block", 777)),
    ],
)
def test_a_proposal_changes_the_parameters_of_any_module(assembly: Any, file: str, change: Any) -> None:
    package = file.rpartition("/")[0].replace("/", ".")
    update = registry.message_class(f"/{package}.MsgUpdateParams")
    assert "MsgUpdateParams" in KNOWN[file].split()
    params = unchanged(assembly, package)
    wanted = type(params)()
    wanted.CopyFrom(params)
    change(wanted)
    assert wanted != params
    found = assembly.decide(update(authority=assembly.gov, params=wanted))
    assert found.failed_reason == ""
    assert unchanged(assembly, package) == wanted
    assert assembly.chain.violations() == []


def test_a_voted_change_of_the_consensus_holds_from_the_next_block_on() -> None:
    """Through signed transactions and whole blocks: engines are told of the change."""
    ledger = Ledger(start=False)
    purses = {ledger.actor(name).address: RICHES for name in ("alice", "bob")}
    founder = Founder(ledger.alice.address, b"\1" * 32, 10**12, "alice")
    ledger.init(default_genesis(ledger.profile, purses, [founder]))
    params = ledger.app.keepers.consensus.params(ledger.context())
    update = consensus_tx.MsgUpdateParams(
        authority=ledger.profile.bech32.text(ledger.profile.authority),
        block=params.block,
        evidence=params.evidence,
        validator=params.validator,
    )
    update.block.max_bytes, update.block.max_gas = 1_000_000, 7_777_777
    update.evidence.max_age_num_blocks, update.evidence.max_bytes = 1000, 1000
    update.evidence.max_age_duration.seconds = 1000
    del update.validator.pub_key_types[:]
    update.validator.pub_key_types.append("ed25519")
    proposal = MsgSubmitProposal(
        messages=[registry.pack(update)],
        initial_deposit=coins(10_000_000),
        proposer=ledger.bob.text,
        title="Blocks",
        summary="Smaller blocks",
    )
    proposed = ledger.deliver(proposal, by=ledger.bob)
    assert proposed.code == 0, proposed.log
    kinds = [event.type for event in proposed.events]
    assert kinds.index("submit_proposal") < kinds.index("proposal_deposit")
    vote = MsgVote(proposal_id=1, voter=ledger.alice.text, option=MsgVote(option=1).option)
    assert ledger.deliver(vote, by=ledger.alice).code == 0
    response = ledger.block(seconds=172_800)
    decided = [event for event in response.events if event.type == "active_proposal"]
    told = {attribute.key: attribute.value for attribute in decided[0].attributes}
    assert told == {
        "proposal_id": "1",
        "proposal_result": "proposal_passed",
        "proposal_log": "passed",
        "mode": "EndBlock",
    }
    assert response.consensus_param_updates.block.max_gas == 7_777_777
    assert not ledger.block().HasField("consensus_param_updates")


def test_wallets_that_sign_amino_json_propose_and_split_their_votes() -> None:
    ledger = Ledger()
    spend = MsgCommunityPoolSpend(
        authority=ledger.profile.bech32.text(ledger.profile.authority),
        recipient=ledger.bob.text,
        amount=coins(1),
    )
    proposal = MsgSubmitProposal(
        messages=[registry.pack(spend)],
        initial_deposit=coins(10_000_000),
        proposer=ledger.bob.text,
        title="Grant",
        summary="One unit",
    )
    split = MsgVoteWeighted(proposal_id=1, voter=ledger.alice.text)
    for option, weight in ((YES, "0.75"), (NO, "0.25")):
        split.options.add(option=option, weight=weight)
    content = older_proposal(ledger.bob.text)
    for message, by in ((proposal, ledger.bob), (split, ledger.alice), (content, ledger.bob)):
        result = ledger.deliver(message, by=by, mode=signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON)
        assert result.code == 0, result.log


def older_proposal(proposer: str) -> old.MsgSubmitProposal:
    text = TextProposal(title="t", description="d")
    return old.MsgSubmitProposal(
        content=registry.pack(text), initial_deposit=coins(100_000), proposer=proposer
    )


def test_only_the_vote_changes_gov_s_parameters(assembly: Any) -> None:
    from supercloud.pb.cosmos.gov.v1.tx_pb2 import MsgUpdateParams

    message = MsgUpdateParams(authority=assembly.text("alice"), params=types.default_params("uakt"))
    assert assembly.refusal(message) == ("gov", 13)
    message.authority = "x"
    assert assembly.refusal(message) == ("sdk", 7)


def test_messages_are_checked_before_they_are_proposed(assembly: Any) -> None:
    from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgExec

    spend = MsgCommunityPoolSpend(authority="nobody", recipient=assembly.text("bob"), amount=coins(1))
    assert assembly.refusal(assembly.propose(spend)) == ("gov", 13)
    exec_ = MsgExec(grantee=assembly.gov)
    assembly.chain.send(assembly.propose(exec_))
    with_check = assembly.chain.router.messages["/cosmos.authz.v1beta1.MsgExec"]
    assert with_check.signers(exec_) == (assembly.gov,)


# --- Contents of the older kind


def test_a_text_is_proposed_and_decided(assembly: Any) -> None:
    chain = assembly.chain
    chain.send(older(assembly, TextProposal(title="Hello", description="World")))
    found = assembly.proposal(1)
    assert (found.title, found.summary, found.expedited) == ("Hello", "World", False)
    assembly.vote_all(1)
    assembly.end_vote()
    assert assembly.proposal(1).status == types.PASSED


def test_an_older_grant_is_paid(assembly: Any) -> None:
    chain = assembly.chain
    content = CommunityPoolSpendProposal(
        title="Grant", description="For bob", recipient=chain.text("bob"), amount=coins(70)
    )
    assert assembly.refusal(older(assembly, content)) == ("gov", 5)
    fund(assembly, 100)
    before = chain.balance(person("bob"))
    chain.send(older(assembly, content))
    assert pool(assembly) == 100
    assembly.vote_all(1)
    assembly.end_vote()
    assert chain.balance(person("bob")) == before + 70
    assert pool(assembly) == 30
    assert chain.violations() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (ParameterChangeProposal(title="t", description="d"), ("gov", 9)),
        (TextProposal(title=" ", description="d"), ("gov", 5)),
        (TextProposal(title="t" * 141, description="d"), ("gov", 5)),
        (TextProposal(title="t", description=""), ("gov", 5)),
        (TextProposal(title="t", description="d" * 10_001), ("gov", 5)),
        (gov_pb2.Params(), ("sdk", 2)),
        (MsgFundCommunityPool(), ("gov", 9)),
    ],
)
def test_contents_that_are_refused(assembly: Any, content: Message, code: tuple[str, int]) -> None:
    assert assembly.refusal(older(assembly, content)) == code
    wrapped = MsgExecLegacyContent(content=registry.pack(content), authority=assembly.gov)
    inner = ("gov", 9) if code == ("gov", 9) else ("gov", 5)
    assert assembly.refusal(assembly.propose(wrapped)) == inner


def test_a_change_of_parameters_in_the_older_form_is_refused_by_name(assembly: Any) -> None:
    with pytest.raises(ChainError, match="propose the MsgUpdateParams of the module instead"):
        assembly.chain.send(older(assembly, ParameterChangeProposal(title="t", description="d")))


def test_contents_are_the_authority_s(assembly: Any) -> None:
    content = registry.pack(TextProposal(title="t", description="d"))
    message = MsgExecLegacyContent(content=content, authority=assembly.text("alice"))
    assert assembly.refusal(message) == ("gov", 13)
    assert assembly.refusal(old.MsgSubmitProposal(proposer=assembly.text("alice"))) == ("gov", 5)


# --- Messages and queries of v1beta1


def test_older_messages_do_as_today_s(assembly: Any) -> None:
    chain = assembly.chain
    chain.send(older(assembly, TextProposal(title="t", description="d"), deposit=9_900_000))
    chain.send(old.MsgDeposit(proposal_id=1, depositor=chain.text("bob"), amount=coins(100_000)))
    chain.send(old.MsgVote(proposal_id=1, voter=chain.text("bob"), option=YES))
    split = old.MsgVoteWeighted(proposal_id=1, voter=chain.text("carol"))
    split.options.add(option=YES, weight=Dec.from_text("0.25").to_wire())
    split.options.add(option=NO, weight=Dec.from_text("0.75").to_wire())
    chain.send(split)
    vote = assembly.ask("Vote", proposal_id=1, voter=chain.text("carol")).vote
    assert [part.weight for part in vote.options] == ["0.250000000000000000", "0.750000000000000000"]
    asked = assembly.ask("Vote", old_queries, proposal_id=1, voter=chain.text("carol")).vote
    assert list(asked.options) == list(split.options)
    votes = assembly.ask("Votes", old_queries, proposal_id=1).votes
    assert {each.voter for each in votes} == {chain.text("bob"), chain.text("carol")}
    deposit = assembly.ask("Deposit", old_queries, proposal_id=1, depositor=chain.text("bob")).deposit
    assert deposit.amount[0].amount == "100000"
    assert len(assembly.ask("Deposits", old_queries, proposal_id=1).deposits) == 2
    assert assembly.ask("TallyResult", old_queries, proposal_id=1).tally.yes == "0"
    split.options[0].weight = "x"
    assert assembly.refusal(split) == ("gov", 7)


def test_older_proposals_show_a_content_or_the_one_message(assembly: Any) -> None:
    chain = assembly.chain
    text = TextProposal(title="t", description="d")
    chain.send(older(assembly, text))
    spend = MsgCommunityPoolSpend(authority=assembly.gov, recipient=chain.text("bob"), amount=coins(7))
    assembly.submit(spend, deposit=100_000)
    assembly.submit(spend, spend)
    found = assembly.ask("Proposal", old_queries, proposal_id=1).proposal
    assert registry.unpack(found.content) == text
    assert found.voting_start_time.seconds == found.submit_time.seconds
    waiting = assembly.ask("Proposal", old_queries, proposal_id=2).proposal
    assert registry.unpack(waiting.content) == spend
    assert waiting.voting_start_time.seconds == types.NEVER_S
    with pytest.raises(ChainError, match="exactly one"):
        assembly.ask("Proposal", old_queries, proposal_id=3)
    listed = assembly.ask("Proposals", old_queries, pagination=PageRequest(count_total=True))
    assert [each.proposal_id for each in listed.proposals] == [1, 2]
    assert listed.pagination.total == 2


def test_older_parameters_by_kind(assembly: Any) -> None:
    def ask(kind: str) -> Any:
        return assembly.ask("Params", old_queries, params_type=kind)

    assert Dec.from_wire(ask("tallying").tally_params.quorum.decode()) == Dec.from_text("0.334")
    assert ask("voting").voting_params.voting_period.seconds == 172_800
    assert ask("deposit").deposit_params.min_deposit[0].denom == "uakt"
    with pytest.raises(ChainError, match="is not a valid parameter type"):
        ask("")


def test_counts_convert() -> None:
    result = gov_pb2.TallyResult(yes_count="1", abstain_count="2", no_count="3", no_with_veto_count="4")
    made = convert.result(result)
    assert (made.yes, made.abstain, made.no, made.no_with_veto) == ("1", "2", "3", "4")
