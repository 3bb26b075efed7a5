"""gov: proposals, deposits.py, votes, cancelling, both periods' ends, queries, genesis; keeper, msg_server, query_server."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.gov import abci, deposits, genesis, keys, types
from supercloud.codec import registry
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.gov.v1 import gov_pb2
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as pb
from supercloud.testing.staked import attributes, person
from supercloud.types.address import module_address
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

DAY = 86_400
GOV = module_address("gov")
MINIMUM = 10_000_000
YES, ABSTAIN, NO, VETO = 1, 2, 3, 4
WHOLE = "1.000000000000000000"


def results(events: Any, kind: str = "active_proposal") -> list[str]:
    return [told["proposal_result"] for told in attributes(events, kind)]


# --- Submitting


def test_a_proposal_with_its_whole_deposit_is_voted_on_at_once(assembly: Any) -> None:
    chain = assembly.chain
    before = chain.balance(person("alice"))
    events = chain.send(assembly.propose())
    assert attributes(events, "submit_proposal") == [
        {"proposal_id": "1", "proposal_proposer": chain.text("alice"), "proposal_messages": ""},
        {"voting_period_start": "1"},
    ]
    assert attributes(events, "proposal_deposit") == [
        {"depositor": chain.text("alice"), "amount": "10000000uakt", "proposal_id": "1"}
    ]
    found = assembly.proposal(1)
    assert found.status == types.VOTING_PERIOD
    assert found.voting_end_time.seconds - found.voting_start_time.seconds == 2 * DAY
    assert chain.balance(person("alice")) == before - MINIMUM
    assert chain.balance(GOV) == MINIMUM
    assert chain.violations() == []


def test_without_its_whole_deposit_a_proposal_waits(assembly: Any) -> None:
    chain = assembly.chain
    number = assembly.submit(deposit=MINIMUM - 100_000)
    assert assembly.proposal(number).status == types.DEPOSIT_PERIOD
    assert assembly.refusal(pb.MsgVote(proposal_id=number, voter=chain.text("bob"), option=YES)) == ("gov", 3)
    assert assembly.refusal(assembly.deposit(number, 99_999)) == ("gov", 16)
    assert assembly.refusal(assembly.deposit(number, 100_000, denom="uusdc")) == ("gov", 23)
    assert assembly.refusal(assembly.deposit(number, 0)) == ("sdk", 10)
    assert assembly.refusal(assembly.deposit(99, 100_000)) == ("undefined", 1)
    events = chain.send(assembly.deposit(number, 100_000))
    assert attributes(events, "proposal_deposit")[1] == {"voting_period_start": str(number)}
    found = assembly.proposal(number)
    assert found.status == types.VOTING_PERIOD
    assert [coin.amount for coin in found.total_deposit] == [str(MINIMUM)]
    assert chain.violations() == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": ""}, ("sdk", 18)),
        ({"summary": ""}, ("sdk", 18)),
        ({"metadata": ""}, ("gov", 11)),
        ({"metadata": "x" * 10_201}, ("gov", 15)),
        ({"title": "x" * 10_201}, ("gov", 15)),
        ({"summary": "x" * 408_001}, ("gov", 22)),
        ({"metadata": '{"title": "other", "summary": "Summary"}'}, ("gov", 5)),
        ({"metadata": '{"title": "Title", "summary": "other"}'}, ("gov", 5)),
        ({"metadata": "null"}, None),
        ({"metadata": '{"TITLE": "Title", "summary": "Summary", "authors": ["a"]}'}, None),
        ({"metadata": '{"title": "other", "authors": "a"}'}, None),
        ({"metadata": "[" * 10_000}, None),
        ({"metadata": '{"title": NaN}'}, None),
        ({"deposit": 99_999}, ("gov", 16)),
        ({"deposit": 0}, ("gov", 16)),
    ],
)
def test_what_may_be_proposed(assembly: Any, fields: dict[str, Any], code: tuple[str, int] | None) -> None:
    message = assembly.propose(**fields)
    if code is None:
        assembly.chain.send(message)
    else:
        assert assembly.refusal(message) == code


def test_messages_that_the_authority_could_not_send(assembly: Any) -> None:
    chain = assembly.chain
    from supercloud.pb.akash.wasm.v1.paramsmsg_pb2 import MsgUpdateParams as Unserved
    from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend

    foreign = MsgSend(from_address=chain.text("bob"), to_address=chain.text("alice"))
    assert assembly.refusal(assembly.propose(foreign)) == ("gov", 13)
    assert assembly.refusal(assembly.propose(MsgMultiSend())) == ("gov", 13)
    assert assembly.refusal(assembly.propose(Unserved())) == ("gov", 10)
    unknown = assembly.propose()
    unknown.messages.add(type_url="/nobody.knows.Msg")
    assert assembly.refusal(unknown) == ("sdk", 2)
    unnamed = assembly.propose()
    unnamed.proposer = "nobody"
    assert assembly.refusal(unnamed) == ("sdk", 7)


def test_a_part_of_the_deposit_may_have_to_come_first(make_assembly: Any) -> None:
    assembly = make_assembly(gov={"params": {"min_initial_deposit_ratio": "0.5"}})
    assert assembly.refusal(assembly.propose(deposit=MINIMUM // 2 - 1)) == ("gov", 16)
    assembly.submit(deposit=MINIMUM // 2)
    assert assembly.refusal(assembly.propose(deposit=MINIMUM, expedited=True)) == ("gov", 16)


def test_without_a_least_deposit_a_proposal_may_begin_with_nothing(make_assembly: Any) -> None:
    assembly = make_assembly(gov={"params": {"min_deposit_ratio": "0"}})
    number = assembly.submit(deposit=0)
    assert assembly.proposal(number).status == types.DEPOSIT_PERIOD
    assembly.chain.block(seconds=3 * DAY)
    assembly.chain.block()
    assert list(assembly.chain.k.gov.proposals(assembly.chain.ctx())) == []
    assert assembly.chain.violations() == []


# --- The end of the deposit period


@pytest.mark.parametrize("burns", [False, True])
def test_a_proposal_that_finds_too_few_deposits_is_dropped(make_assembly: Any, burns: bool) -> None:
    assembly = make_assembly(gov={"params": {"burn_proposal_deposit_prevote": burns}})
    chain = assembly.chain
    supply = chain.k.bank.supply(chain.ctx(), "uakt")
    before = chain.balance(person("alice")), chain.balance(person("bob"))
    number = assembly.submit(deposit=200_000)
    chain.send(assembly.deposit(number, 300_000))
    chain.block(seconds=2 * DAY - 1)
    assert results(chain.block(seconds=1), "inactive_proposal") == []
    assert results(chain.block(), "inactive_proposal") == ["proposal_dropped"]
    lost = (200_000, 300_000) if burns else (0, 0)
    assert chain.balance(person("alice")) == before[0] - lost[0]
    assert chain.balance(person("bob")) == before[1] - lost[1]
    assert chain.k.bank.supply(chain.ctx(), "uakt") == supply - sum(lost)
    with pytest.raises(ChainError, match="proposal 1 doesn't exist"):
        assembly.proposal(number)
    assert chain.violations() == []


# --- Votes


def test_votes_are_told_kept_and_changed(assembly: Any) -> None:
    chain = assembly.chain
    number = assembly.submit()
    message = pb.MsgVoteWeighted(proposal_id=number, voter=chain.text("bob"), metadata="why")
    message.options.add(option=YES, weight="0.6")
    message.options.add(option=ABSTAIN, weight="0.4")
    events = chain.send(message)
    assert attributes(events, "proposal_vote") == [
        {
            "voter": chain.text("bob"),
            "option": '[{"option":1,"weight":"0.6"},{"option":2,"weight":"0.4"}]',
            "proposal_id": "1",
        }
    ]
    assert assembly.ask("Vote", proposal_id=number, voter=chain.text("bob")).vote.metadata == "why"
    assembly.vote(number, "bob", NO)
    vote = assembly.ask("Vote", proposal_id=number, voter=chain.text("bob")).vote
    assert [(part.option, part.weight) for part in vote.options] == [(NO, WHOLE)]
    assert len(assembly.ask("Votes", proposal_id=number).votes) == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], ("sdk", 18)),
        ([(YES, "0.5")], ("gov", 7)),
        ([(YES, "1"), (NO, "0.1")], ("gov", 7)),
        ([(YES, "0.5"), (YES, "0.5")], ("gov", 7)),
        ([(5, "1")], ("gov", 7)),
        ([(YES, "x")], ("gov", 7)),
        ([(YES, "-1")], ("gov", 7)),
        ([(YES, "1.5"), (NO, "-0.5")], ("gov", 7)),
    ],
)
def test_votes_that_are_refused(assembly: Any, options: list[tuple[int, str]], code: tuple[str, int]) -> None:
    number = assembly.submit()
    message = pb.MsgVoteWeighted(proposal_id=number, voter=assembly.text("bob"))
    for option, weight in options:
        message.options.add(option=option, weight=weight)
    assert assembly.refusal(message) == code


def test_single_votes_that_are_refused(assembly: Any) -> None:
    number = assembly.submit()
    bob = assembly.text("bob")
    assert assembly.refusal(pb.MsgVote(proposal_id=number, voter=bob)) == ("gov", 7)
    assert assembly.refusal(pb.MsgVote(proposal_id=number, voter="x", option=YES)) == ("sdk", 7)
    assert assembly.refusal(pb.MsgVote(proposal_id=number + 1, voter=bob, option=YES)) == ("gov", 3)
    long = pb.MsgVote(proposal_id=number, voter=bob, option=YES, metadata="x" * 10_201)
    assert assembly.refusal(long) == ("gov", 15)


# --- The end of the vote


@pytest.mark.parametrize(
    ("votes", "result", "burns", "tally"),
    [
        ({}, "proposal_rejected", False, (0, 0, 0, 0)),
        ({0: YES}, "proposal_rejected", False, (10, 0, 0, 0)),
        ({1: YES}, "proposal_rejected", False, (20, 0, 0, 0)),
        ({0: YES, 1: YES}, "proposal_passed", False, (30, 0, 0, 0)),
        ({0: YES, 1: NO}, "proposal_rejected", False, (10, 0, 20, 0)),
        ({2: ABSTAIN}, "proposal_rejected", False, (0, 30, 0, 0)),
        ({0: YES, 2: ABSTAIN}, "proposal_passed", False, (10, 30, 0, 0)),
        ({1: VETO, 2: YES}, "proposal_rejected", True, (30, 0, 0, 20)),
        ({0: VETO, 2: YES}, "proposal_passed", False, (30, 0, 0, 10)),
    ],
)
def test_verdicts(
    assembly: Any, votes: dict[int, int], result: str, burns: bool, tally: tuple[int, ...]
) -> None:
    chain = assembly.chain
    before = chain.balance(person("alice"))
    number = assembly.submit()
    for index, option in votes.items():
        assembly.vote(number, chain.validators[index], option)
    running = assembly.ask("TallyResult", proposal_id=number).tally
    assert results(assembly.end_vote()) == [result]
    found = assembly.proposal(number)
    assert found.final_tally_result == running
    counts = (running.yes_count, running.abstain_count, running.no_count, running.no_with_veto_count)
    assert counts == tuple(str(power * 10**6) for power in tally)
    assert found.status == (types.PASSED if result == "proposal_passed" else types.REJECTED)
    assert found.failed_reason == ("" if result == "proposal_passed" else types.REJECTED_REASON)
    assert chain.balance(person("alice")) == before - (MINIMUM if burns else 0)
    assert chain.balance(GOV) == 0
    assert assembly.ask("Votes", proposal_id=number).votes == []
    assert assembly.ask("Deposits", proposal_id=number).deposits == []
    assert assembly.ask("TallyResult", proposal_id=number).tally == running
    assert chain.violations() == []


def test_without_stake_nothing_passes(make_assembly: Any) -> None:
    assembly = make_assembly(powers=(10,), gov={"params": {"burn_vote_quorum": True}})
    number = assembly.submit()
    assembly.chain.block(2, seconds=2 * DAY)
    found = assembly.proposal(number)
    assert found.status == types.REJECTED
    assert assembly.chain.balance(GOV) == 0


def test_a_block_ends_a_bounded_number_of_periods(assembly: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "DROPPED_PER_BLOCK_MAX", 2)
    monkeypatch.setattr(types, "DECIDED_PER_BLOCK_MAX", 1)
    for _ in range(3):
        assembly.submit(deposit=100_000)
        assembly.vote_all(assembly.submit())
    assembly.chain.block(seconds=2 * DAY)
    ends = [assembly.chain.block() for _ in range(4)]
    assert [len(results(events, "inactive_proposal")) for events in ends] == [2, 1, 0, 0]
    assert [results(events) for events in ends] == [["proposal_passed"]] * 3 + [[]]
    assert assembly.chain.violations() == []


def test_an_expedited_proposal_is_decided_in_a_day(assembly: Any) -> None:
    number = assembly.submit(deposit=5 * MINIMUM, expedited=True)
    assembly.vote_all(number)
    assert results(assembly.chain.block(2, seconds=DAY)) == ["proposal_passed"]
    assert assembly.proposal(number).expedited


def test_an_expedited_proposal_that_fails_goes_on_with_its_votes(assembly: Any) -> None:
    chain = assembly.chain
    number = assembly.submit(deposit=5 * MINIMUM, expedited=True)
    assembly.vote(number, chain.validators[0], NO)
    assembly.vote(number, chain.validators[1], NO)
    assembly.vote(number, chain.validators[2], YES)
    assert results(chain.block(2, seconds=DAY)) == ["expedited_proposal_rejected"]
    found = assembly.proposal(number)
    assert not found.expedited
    assert found.status == types.VOTING_PERIOD
    assert found.voting_end_time.seconds - found.voting_start_time.seconds == 2 * DAY
    assert chain.balance(GOV) == 5 * MINIMUM
    assert chain.violations() == []
    assembly.vote(number, chain.validators[0], YES)
    assert results(chain.block()) == ["proposal_passed"]
    assert chain.balance(GOV) == 0
    assert chain.violations() == []


def test_deposits_can_be_added_during_the_vote_but_not_after(assembly: Any) -> None:
    number = assembly.submit()
    assembly.chain.send(assembly.deposit(number, MINIMUM))
    assert assembly.proposal(number).total_deposit[0].amount == str(2 * MINIMUM)
    assembly.end_vote()
    assert assembly.refusal(assembly.deposit(number, MINIMUM)) == ("gov", 3)
    assert assembly.chain.violations() == []


# --- Messages


def send(assembly: Any, amount: int) -> MsgSend:
    coins = [Coin(denom="uakt", amount=str(amount))]
    return MsgSend(from_address=assembly.gov, to_address=assembly.text("bob"), amount=coins)


def test_messages_are_carried_out_all_or_none(assembly: Any) -> None:
    chain = assembly.chain
    chain.k.bank.send_to_module(chain.ctx(), person("carol"), "gov", [Coin_(100)])
    before = chain.balance(person("bob"))
    found = assembly.decide(send(assembly, 60), send(assembly, 41))
    assert found.status == types.FAILED
    assert "insufficient funds" in found.failed_reason
    assert chain.balance(person("bob")) == before
    number = assembly.submit(send(assembly, 60), send(assembly, 40))
    assembly.vote_all(number)
    events = assembly.end_vote()
    assert results(events) == ["proposal_passed"]
    assert [told["amount"] for told in attributes(events, "transfer")][-2:] == ["60uakt", "40uakt"]
    assert chain.balance(person("bob")) == before + 100
    assert chain.violations() == []


def Coin_(amount: int) -> Any:
    from supercloud.types.coin import Coin as Value

    return Value("uakt", amount)


def test_a_proposal_does_not_spend_the_deposits_of_another(assembly: Any) -> None:
    chain = assembly.chain
    before = chain.balance(person("bob"))
    number = assembly.submit(send(assembly, 1))
    assembly.vote_all(number)
    chain.block(seconds=DAY)
    assembly.submit()
    chain.block(2, seconds=DAY)
    found = assembly.proposal(number)
    assert found.status == types.FAILED
    assert found.failed_reason == "the messages would spend the deposits of other proposals"
    assert chain.balance(person("bob")) == before
    assert chain.violations() == []


def test_a_message_that_meets_a_defect_fails_its_proposal(
    assembly: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(ctx: Any, message: Any) -> Any:
        raise KeyError("anything")

    number = assembly.submit(send(assembly, 1))
    monkeypatch.setattr(assembly.chain.router, "invoke", defect)
    ctx = assembly.chain.ctx()
    reason = abci._execute(ctx, assembly.chain.k.gov, registry.pack(send(assembly, 1)))
    assert reason == "the message met a defect: KeyError"
    assert number == 1


def test_messages_that_nobody_understands_any_more_fail_their_proposal(assembly: Any) -> None:
    keeper, ctx = assembly.chain.k.gov, assembly.chain.ctx()
    number = assembly.submit()
    stored = keeper.require_proposal(ctx, number)
    stored.messages.add(type_url="/gone.Msg")
    keeper.save(ctx, stored)
    assembly.vote_all(number)
    assembly.end_vote()
    found = assembly.proposal(number)
    assert found.status == types.FAILED
    assert "/gone.Msg" in found.failed_reason


def test_a_refund_that_the_bank_refuses_holds_nothing_up(assembly: Any) -> None:
    chain = assembly.chain
    number = assembly.submit()
    chain.k.bank.send_from_module(chain.ctx(), "gov", person("carol"), [Coin_(1)])
    assert results(assembly.end_vote()) == ["proposal_rejected"]
    assert deposits.total(chain.ctx()) == [Coin_(MINIMUM)]
    assert assembly.proposal(number).status == types.REJECTED


# --- Cancelling


@pytest.mark.parametrize("target", ["", "distribution", "carol"])
def test_a_cancelled_proposal_loses_a_part(make_assembly: Any, target: str) -> None:
    assembly = make_assembly()
    chain = assembly.chain
    params = gov_pb2.Params()
    params.CopyFrom(chain.k.gov.params(chain.ctx()))
    if target == "distribution":
        params.proposal_cancel_dest = chain.bech32.text(module_address("distribution"))
    elif target:
        params.proposal_cancel_dest = chain.text(target)
    chain.k.gov.set_params(chain.ctx(), params)
    supply = chain.k.bank.supply(chain.ctx(), "uakt")
    before = {name: chain.balance(person(name)) for name in ("alice", "bob", "carol")}
    number = assembly.submit(deposit=MINIMUM)
    chain.send(assembly.deposit(number, 100_001))
    assembly.vote(number, chain.validators[0])
    events = chain.send(pb.MsgCancelProposal(proposal_id=number, proposer=chain.text("alice")))
    assert attributes(events, "cancel_proposal") == [{"sender": chain.text("alice"), "proposal_id": "1"}]
    lost = MINIMUM // 2 + 50_000
    assert chain.balance(person("alice")) == before["alice"] - MINIMUM // 2
    assert chain.balance(person("bob")) == before["bob"] - 50_000
    assert chain.k.bank.supply(chain.ctx(), "uakt") == supply - (0 if target else lost)
    assert chain.balance(person("carol")) == before["carol"] + (lost if target == "carol" else 0)
    pool = dict(chain.k.distribution.community_pool(chain.ctx()).amounts)
    assert pool == ({"uakt": Dec.of(lost).raw} if target == "distribution" else {})
    assert list(chain.k.gov.proposals(chain.ctx())) == []
    assert chain.balance(GOV) == 0
    assert chain.violations() == []


def test_cancelling_is_the_proposer_s_and_in_time(assembly: Any) -> None:
    chain = assembly.chain
    number = assembly.submit()

    def cancel(number: int, by: str) -> pb.MsgCancelProposal:
        return pb.MsgCancelProposal(proposal_id=number, proposer=assembly.text(by))

    assert assembly.refusal(cancel(number, "bob")) == ("gov", 18)
    assert assembly.refusal(cancel(9, "alice")) == ("undefined", 1)
    chain.time += (2 * DAY + 1) * 10**9
    assert assembly.refusal(cancel(number, "alice")) == ("gov", 20)
    chain.block()
    assert assembly.refusal(cancel(number, "alice")) == ("gov", 21)
    stored = chain.k.gov.require_proposal(chain.ctx(), number)
    stored.proposer = ""
    chain.k.gov.save(chain.ctx(), stored)
    assert assembly.refusal(cancel(number, "alice")) == ("gov", 21)


# --- Queries


def test_lists_are_filtered(assembly: Any) -> None:
    chain = assembly.chain
    first, second = assembly.submit(), assembly.submit(deposit=100_000, by="bob")
    assembly.vote(first, "carol")

    def listed(**fields: Any) -> list[int]:
        return [each.id for each in assembly.ask("Proposals", **fields).proposals]

    assert listed() == [first, second]
    assert listed(proposal_status=types.DEPOSIT_PERIOD) == [second]
    assert listed(voter=chain.text("carol")) == [first]
    assert listed(depositor=chain.text("bob")) == [second]
    assert listed(voter=chain.text("bob")) == []
    assert listed(pagination=PageRequest(limit=1, reverse=True)) == [second]
    held = assembly.ask("Deposit", proposal_id=second, depositor=chain.text("bob")).deposit
    assert held.amount[0].amount == "100000"
    assert assembly.ask("TallyResult", proposal_id=second).tally == types.no_tally()


def test_parameters_by_kind(assembly: Any) -> None:
    params = assembly.ask("Params").params
    assert params.quorum == "0.334000000000000000"
    assert assembly.ask("Params", params_type="voting").voting_params.voting_period.seconds == 2 * DAY
    assert assembly.ask("Params", params_type="tallying").tally_params.threshold == params.threshold
    asked = assembly.ask("Params", params_type="deposit").deposit_params
    assert asked.min_deposit[0].amount == str(MINIMUM)
    assert assembly.ask("Constitution").constitution == ""


@pytest.mark.parametrize(
    ("method", "fields", "words"),
    [
        ("Proposal", {}, "proposal id can not be 0"),
        ("Proposal", {"proposal_id": 9}, "proposal 9 doesn't exist"),
        ("Vote", {"proposal_id": 1}, "empty voter address"),
        ("Vote", {"proposal_id": 1, "voter": "x"}, "bech32"),
        ("Votes", {}, "proposal id can not be 0"),
        ("Deposit", {"proposal_id": 1}, "empty depositor address"),
        ("Params", {"params_type": "x"}, "unknown params type: x"),
        ("TallyResult", {"proposal_id": 9}, "doesn't exist"),
    ],
)
def test_queries_that_are_refused(assembly: Any, method: str, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ChainError, match=words):
        assembly.ask(method, **fields)


def test_nobody_s_vote_and_deposit(assembly: Any) -> None:
    number = assembly.submit()
    with pytest.raises(ChainError, match=f"not found for proposal: {number}"):
        assembly.ask("Vote", proposal_id=number, voter=assembly.text("bob"))
    with pytest.raises(ChainError, match=f"not found for proposal: {number}"):
        assembly.ask("Deposit", proposal_id=number, depositor=assembly.text("bob"))


# --- Parameters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_deposit", []),
        ("min_deposit", [{"denom": "uakt", "amount": "0"}]),
        ("expedited_min_deposit", []),
        ("expedited_min_deposit", [{"denom": "uakt", "amount": "10000000"}]),
        ("max_deposit_period", "0s"),
        ("voting_period", "-1s"),
        ("voting_period", "9300000000s"),
        ("expedited_voting_period", "172800s"),
        ("quorum", "1.1"),
        ("quorum", "x"),
        ("threshold", "0"),
        ("expedited_threshold", "0.5"),
        ("veto_threshold", "0"),
        ("min_initial_deposit_ratio", "-0.1"),
        ("proposal_cancel_ratio", "2"),
        ("min_deposit_ratio", ""),
        ("proposal_cancel_dest", "nobody"),
    ],
)
def test_parameters_that_are_refused(assembly: Any, name: str, value: Any) -> None:
    from supercloud.codec.json import from_dict, to_dict

    document = to_dict(types.default_params("uakt")) | {name: value}
    params = from_dict(document, gov_pb2.Params)
    message = pb.MsgUpdateParams(authority=assembly.gov, params=params)
    assert assembly.refusal(message) == ("undefined", 1)


# --- Genesis


def test_an_imported_chain_goes_on_alike(assembly: Any, make_assembly: Any) -> None:
    chain = assembly.chain
    voting, waiting = assembly.submit(send(assembly, 1)), assembly.submit(deposit=200_000, by="bob")
    assembly.vote(voting, chain.validators[1], VETO)
    document = chain.export()
    assert document["gov"]["starting_proposal_id"] == "3"
    other = make_assembly()
    other.chain.load(document, chain.height)
    other.chain.time = chain.time
    assert other.chain.violations() == []
    assert other.chain.export()["gov"] == document["gov"]
    for each in (assembly, other):
        each.vote(voting, chain.validators[2], YES)
        each.end_vote()
    assert other.proposal(voting) == assembly.proposal(voting)
    assert other.chain.export()["gov"] == chain.export()["gov"]
    assert waiting == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.update(starting_proposal_id="0"), "greater than 0"),
        (lambda state: state.update(starting_proposal_id="1"), "still to be given"),
        (lambda state: state["proposals"].append(state["proposals"][0]), "duplicate proposal"),
        (lambda state: state["deposits"].append(state["deposits"][0]), "duplicate deposit"),
        (lambda state: state["votes"].append(state["votes"][0]), "duplicate vote"),
        (lambda state: state["votes"][0].update(proposal_id="7"), "non-existent"),
        (lambda state: state["deposits"][0].update(proposal_id="7"), "non-existent"),
        (lambda state: state["votes"][0].update(voter="x"), "gov"),
        (lambda state: state["votes"][0].update(options=[]), "lower than"),
        (lambda state: state["params"].update(quorum="2"), "too large"),
        (lambda state: state["deposits"][0]["amount"][0].update(amount="99999999999999999"), "hold"),
    ],
)
def test_documents_that_are_refused(assembly: Any, change: Any, words: str) -> None:
    number = assembly.submit()
    assembly.vote(number, "bob")
    document = assembly.chain.export()
    change(document["gov"])
    with pytest.raises(GenesisError, match=words):
        assembly.chain.load(document)


def test_without_a_document_there_are_the_usual_parameters(assembly: Any) -> None:
    document = assembly.chain.export()
    document["gov"] = {}
    assembly.chain.load(document)
    assert assembly.ask("Params").params == types.default_params("uakt")


def test_a_constitution_is_kept(assembly: Any) -> None:
    document = assembly.chain.export()
    document["gov"] = genesis.default("uakt") | {"constitution": "Be kind."}
    assembly.chain.load(document)
    assert assembly.ask("Constitution").constitution == "Be kind."
    assert assembly.chain.export()["gov"]["constitution"] == "Be kind."


# --- What must hold is looked for


def test_violations_are_found(assembly: Any) -> None:
    chain = assembly.chain
    number = assembly.submit()
    keeper, ctx = chain.k.gov, chain.ctx()
    stored = keeper.require_proposal(ctx, number)
    with ctx.attempt():
        mark = ctx.branch.mark()
        ctx.kv(keys.STORE).delete(keys.voting_key(number))
        assert any("queues" in words for words in keeper.invariants(ctx))
        ctx.branch.revert(mark)
        stored.total_deposit[0].amount = "1"
        keeper.save(ctx, stored)
        assert any("other deposits" in words for words in keeper.invariants(ctx))
        ctx.branch.revert(mark)
        keeper.set_next_id(ctx, number)
        assert any("still to be given" in words for words in keeper.invariants(ctx))
        ctx.branch.revert(mark)
        chain.k.bank.send_from_module(ctx, "gov", person("bob"), [Coin_(1)])
        assert any("less than the deposits" in words for words in keeper.invariants(ctx))


def test_keys_are_as_written_down() -> None:
    account = b"\1" * 20
    assert keys.proposal_key(258).hex() == "00" + "0000000000000102"
    assert keys.deposit_key(1, account).hex() == "10" + "0000000000000001" + "14" + account.hex()
    assert keys.vote_key(1, account).hex() == "20" + "0000000000000001" + "14" + account.hex()
    assert keys.account_of(keys.vote_key(1, account)) == account
    assert keys.voting_queue_key(5, 7).hex() == "01" + f"{5:024x}" + f"{7:016x}"
    assert keys.queued_id(keys.deposit_queue_key(5, 7)) == 7
