"""grants: made, earned, claimed, stopped; keeper, keys, types, msg_server, query_server, genesis."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.grants import genesis, keys, types
from supercloud.codec import registry
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.distribution.v1beta1.tx_pb2 import MsgFundCommunityPool
from supercloud.pb.cosmos.gov.v1 import tx_pb2 as gov
from supercloud.pb.supercloud.grants.v1 import grant_pb2, query_pb2
from supercloud.pb.supercloud.grants.v1 import msg_pb2 as pb
from supercloud.testing.staked import GENESIS_TIME, SECOND, StakedChain, attributes, person
from supercloud.types.address import module_address
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

DAY = 86_400
POOL = 10_000
ACCOUNT = module_address("grants")


def funded(**genesis_: Any) -> StakedChain:
    chain = StakedChain((10,), genesis=genesis_)
    for denom in ("uakt", "uusdc"):
        coins = [Coin(denom=denom, amount=str(POOL))]
        chain.send(MsgFundCommunityPool(depositor=chain.text("carol"), amount=coins))
    return chain


@pytest.fixture
def chain() -> StakedChain:
    """A chain whose community has ten thousand of two coins."""
    return funded()


def authority(chain: StakedChain) -> str:
    return chain.bech32.text(chain.profile.authority)


def coins(**amounts: int) -> list[Coin]:
    return [Coin(denom=denom, amount=str(amounts[denom])) for denom in sorted(amounts)]


def stream(chain: StakedChain, seconds: int = 100, **fields: Any) -> pb.MsgCreateGrant:
    made: dict[str, Any] = {
        "authority": authority(chain),
        "recipient": chain.text("bob"),
        "title": "Docs",
        "metadata": "ipfs://x",
    }
    message = pb.MsgCreateGrant(**(made | fields))
    message.stream.amount.extend(coins(uakt=1000))
    message.stream.duration.seconds = seconds
    return message


def milestones(chain: StakedChain, *amounts: int) -> pb.MsgCreateGrant:
    message = stream(chain)
    message.ClearField("stream")
    for number, amount in enumerate(amounts):
        message.milestones.add(title=f"Step {number}", amount=coins(uakt=amount))
    return message


def release(chain: StakedChain, number: int, index: int) -> pb.MsgReleaseMilestone:
    return pb.MsgReleaseMilestone(authority=authority(chain), id=number, milestone=index)


def cancel(chain: StakedChain, number: int, forfeit: bool = False) -> pb.MsgCancelGrant:
    return pb.MsgCancelGrant(authority=authority(chain), id=number, forfeit=forfeit)


def claim(chain: StakedChain, number: int, by: str = "bob") -> pb.MsgClaim:
    return pb.MsgClaim(recipient=chain.text(by), id=number)


def ask(chain: StakedChain, method: str, **fields: Any) -> Any:
    request = getattr(query_pb2, f"Query{method}Request")(**fields)
    return chain.query(f"/supercloud.grants.v1.Query/{method}", request)


def pool(chain: StakedChain, denom: str = "uakt") -> int:
    raw = dict(chain.k.distribution.community_pool(chain.ctx()).amounts).get(denom, 0)
    return Dec(raw).truncate()


def amount(found: Any) -> int:
    return sum(int(coin.amount) for coin in found)


def refusal(chain: StakedChain, message: Any) -> tuple[str, int]:
    before = chain.branch.mark()
    with pytest.raises(ChainError) as caught:
        chain.send(message)
    assert chain.branch.mark() == before
    return caught.value.codespace, caught.value.code


def wait(chain: StakedChain, seconds: int) -> None:
    chain.block(seconds=seconds)


# --- Streams


def test_a_stream_is_earned_evenly_and_claimed_in_parts(chain: StakedChain) -> None:
    before = chain.balance(person("bob"))
    told = attributes(chain.send(stream(chain)), "supercloud.grants.v1.EventGrantCreated")
    assert told == [
        {
            "id": '"1"',
            "recipient": f'"{chain.text("bob")}"',
            "title": '"Docs"',
            "amount": '[{"denom":"uakt","amount":"1000"}]',
        }
    ]
    assert (pool(chain), chain.balance(ACCOUNT)) == (POOL - 1000, 1000)
    assert refusal(chain, claim(chain, 1)) == ("grants", 8)
    wait(chain, 33)
    found = ask(chain, "Grant", id=1)
    assert (amount(found.earned), amount(found.claimable)) == (330, 330)
    assert found.grant.stream.start == found.grant.created_at
    told = attributes(chain.send(claim(chain, 1)), "supercloud.grants.v1.EventGrantClaimed")
    assert (json.loads(told[0]["amount"])[0]["amount"], told[0]["completed"]) == ("330", "false")
    assert chain.balance(person("bob")) == before + 330
    assert refusal(chain, claim(chain, 1)) == ("grants", 8)
    wait(chain, 500)
    told = attributes(chain.send(claim(chain, 1)), "supercloud.grants.v1.EventGrantClaimed")
    assert (json.loads(told[0]["amount"])[0]["amount"], told[0]["completed"]) == ("670", "true")
    found = ask(chain, "Grant", id=1).grant
    assert found.status == types.COMPLETED
    assert found.HasField("ended_at")
    assert (chain.balance(person("bob")), chain.balance(ACCOUNT)) == (before + 1000, 0)
    assert refusal(chain, cancel(chain, 1)) == ("grants", 5)
    assert chain.violations() == []


def test_a_stream_may_begin_earlier_or_later_than_its_grant(chain: StakedChain) -> None:
    earlier, later = stream(chain), stream(chain)
    earlier.stream.start.seconds = GENESIS_TIME // SECOND - 50
    later.stream.start.seconds = GENESIS_TIME // SECOND + 50
    chain.send(earlier, later)
    passed = (chain.time - GENESIS_TIME) // SECOND
    assert amount(ask(chain, "Grant", id=1).claimable) == 10 * (50 + passed)
    assert refusal(chain, claim(chain, 2)) == ("grants", 8)
    wait(chain, 60)
    assert amount(ask(chain, "Grant", id=2).claimable) == 10 * (10 + passed)
    assert chain.violations() == []


@pytest.mark.parametrize("forfeit", [False, True])
def test_a_stream_is_stopped(chain: StakedChain, forfeit: bool) -> None:
    before = chain.balance(person("bob"))
    chain.send(stream(chain))
    wait(chain, 20)
    chain.send(claim(chain, 1))
    wait(chain, 20)
    told = attributes(chain.send(cancel(chain, 1, forfeit)), "supercloud.grants.v1.EventGrantCancelled")
    back = 800 if forfeit else 600
    assert told == [
        {
            "id": '"1"',
            "returned": json.dumps([{"denom": "uakt", "amount": str(back)}], separators=(",", ":")),
            "forfeit": "true" if forfeit else "false",
        }
    ]
    assert pool(chain) == POOL - 1000 + back
    wait(chain, 500)
    if forfeit:
        assert refusal(chain, claim(chain, 1)) == ("grants", 8)
    else:
        chain.send(claim(chain, 1))
        assert refusal(chain, claim(chain, 1)) == ("grants", 8)
    assert chain.balance(person("bob")) == before + 1000 - back
    assert chain.balance(ACCOUNT) == 0
    assert ask(chain, "Grant", id=1).grant.status == types.CANCELLED
    assert refusal(chain, cancel(chain, 1)) == ("grants", 5)
    assert chain.violations() == []


# --- Milestones


def test_milestones_are_released_one_by_one(chain: StakedChain) -> None:
    before = chain.balance(person("bob"))
    chain.send(milestones(chain, 100, 200, 300))
    assert chain.balance(ACCOUNT) == 600
    assert refusal(chain, claim(chain, 1)) == ("grants", 8)
    events = chain.send(release(chain, 1, 1))
    assert attributes(events, "supercloud.grants.v1.EventMilestoneReleased") == [
        {"id": '"1"', "milestone": "1", "amount": '[{"denom":"uakt","amount":"200"}]'}
    ]
    chain.send(claim(chain, 1))
    assert chain.balance(person("bob")) == before + 200
    assert refusal(chain, release(chain, 1, 1)) == ("grants", 7)
    assert refusal(chain, release(chain, 1, 3)) == ("grants", 7)
    chain.send(release(chain, 1, 0))
    chain.send(cancel(chain, 1))
    assert pool(chain) == POOL - 300
    assert refusal(chain, release(chain, 1, 2)) == ("grants", 5)
    chain.send(claim(chain, 1))
    assert (chain.balance(person("bob")), chain.balance(ACCOUNT)) == (before + 300, 0)
    assert chain.violations() == []


# --- Refusals


def test_grants_are_the_authority_s_and_claims_the_recipient_s(chain: StakedChain) -> None:
    chain.send(stream(chain))
    wait(chain, 10)
    for message in (stream(chain), release(chain, 1, 0), cancel(chain, 1)):
        message.authority = chain.text("alice")
        assert refusal(chain, message) == ("gov", 13)
        message.authority = "x"
        assert refusal(chain, message) == ("sdk", 7)
    assert refusal(chain, claim(chain, 1, "alice")) == ("grants", 9)
    assert refusal(chain, claim(chain, 2)) == ("grants", 4)
    assert refusal(chain, release(chain, 1, 0)) == ("grants", 7)
    params = pb.MsgUpdateParams(authority=chain.text("alice"), params=types.default_params())
    assert refusal(chain, params) == ("gov", 13)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda msg: setattr(msg, "recipient", "x"), ("sdk", 7)),
        (lambda msg: setattr(msg, "title", " "), ("grants", 3)),
        (lambda msg: setattr(msg, "title", "t" * 201), ("grants", 3)),
        (lambda msg: setattr(msg, "metadata", "m" * 10_201), ("grants", 3)),
        (lambda msg: msg.ClearField("stream"), ("grants", 3)),
        (lambda msg: msg.milestones.add(title="t", amount=coins(uakt=1)), ("grants", 3)),
        (lambda msg: msg.stream.ClearField("amount"), ("grants", 3)),
        (lambda msg: msg.stream.amount.extend(coins(uakt=1)), ("grants", 3)),
        (lambda msg: msg.stream.ClearField("duration"), ("grants", 3)),
        (lambda msg: setattr(msg.stream.duration, "seconds", 21 * 366 * DAY), ("grants", 3)),
        (lambda msg: setattr(msg.stream.start, "nanos", -1), ("sdk", 18)),
        (lambda msg: setattr(msg.stream.amount[0], "amount", str(POOL + 1)), ("distribution", 9)),
    ],
)
def test_grants_that_are_refused(chain: StakedChain, change: Any, code: tuple[str, int]) -> None:
    message = stream(chain)
    change(message)
    assert refusal(chain, message) == code


def test_milestones_that_are_refused(chain: StakedChain) -> None:
    assert refusal(chain, milestones(chain, *[1] * 25)) == ("grants", 3)
    untitled, paid, released = (milestones(chain, 1) for _ in range(3))
    untitled.milestones[0].title = ""
    paid.milestones[0].ClearField("amount")
    released.milestones[0].released_at.seconds = 1
    for message in (untitled, paid, released):
        assert refusal(chain, message) == ("grants", 3)


def test_modules_get_no_grants(chain: StakedChain) -> None:
    message = stream(chain, recipient=chain.bech32.text(module_address("gov")))
    assert refusal(chain, message) == ("sdk", 4)


def test_only_so_many_grants_are_active(chain: StakedChain) -> None:
    params = grant_pb2.Params(active_max=1, milestones_max=2)
    chain.send(pb.MsgUpdateParams(authority=authority(chain), params=params))
    assert ask(chain, "Params").params == params
    chain.send(stream(chain))
    assert refusal(chain, stream(chain)) == ("grants", 6)
    assert refusal(chain, milestones(chain, 1, 1, 1)) == ("grants", 3)
    chain.send(cancel(chain, 1), stream(chain))
    assert chain.k.grants.active_count(chain.ctx()) == 1


@pytest.mark.parametrize(("active", "most"), [(0, 1), (1, 0), (10_001, 1), (1, 101)])
def test_parameters_that_are_refused(chain: StakedChain, active: int, most: int) -> None:
    params = grant_pb2.Params(active_max=active, milestones_max=most)
    message = pb.MsgUpdateParams(authority=authority(chain), params=params)
    assert refusal(chain, message) == ("grants", 2)


# --- By vote


def test_a_vote_makes_a_grant_and_a_vote_stops_it(chain: StakedChain) -> None:
    chain.block(2)
    validator = chain.validators[0].account

    def decide(message: Any, number: int) -> Any:
        proposal = gov.MsgSubmitProposal(
            messages=[registry.pack(message)],
            initial_deposit=coins(uakt=10_000_000),
            proposer=chain.text("alice"),
            title="Grant",
            summary="Summary",
        )
        chain.send(proposal)
        chain.send(gov.MsgVote(proposal_id=number, voter=validator, option=gov.MsgVote(option=1).option))
        return chain.block(2, seconds=2 * DAY)

    events = decide(stream(chain, seconds=10 * DAY), 1)
    assert len(attributes(events, "supercloud.grants.v1.EventGrantCreated")) == 1
    before = chain.balance(person("bob"))
    wait(chain, DAY)
    chain.send(claim(chain, 1))
    earned = chain.balance(person("bob")) - before
    assert 0 < earned < 1000
    events = decide(cancel(chain, 1, forfeit=True), 2)
    assert len(attributes(events, "supercloud.grants.v1.EventGrantCancelled")) == 1
    assert pool(chain) == POOL - earned
    assert chain.violations() == []


# --- Queries


def test_grants_are_listed(chain: StakedChain) -> None:
    chain.send(stream(chain), stream(chain, recipient=chain.text("alice")), milestones(chain, 5))
    chain.send(cancel(chain, 1))

    def listed(**fields: Any) -> list[int]:
        return [grant.id for grant in ask(chain, "Grants", **fields).grants]

    assert listed() == [1, 2, 3]
    assert listed(recipient=chain.text("bob")) == [1, 3]
    assert listed(recipient=chain.text("bob"), status=types.ACTIVE) == [3]
    assert listed(status=types.CANCELLED) == [1]
    assert listed(pagination=PageRequest(limit=1, reverse=True)) == [3]
    with pytest.raises(ChainError, match="invalid recipient address"):
        listed(recipient="x")
    with pytest.raises(ChainError, match="grant 9"):
        ask(chain, "Grant", id=9)


# --- Genesis


def test_an_imported_chain_goes_on_alike(chain: StakedChain) -> None:
    chain.send(stream(chain), milestones(chain, 5, 6), stream(chain))
    wait(chain, 33)
    chain.send(claim(chain, 1), release(chain, 2, 1), cancel(chain, 3))
    document = chain.export()
    other = StakedChain((10,))
    other.load(document, chain.height)
    assert types.claimable(other.k.grants.require_grant(other.ctx(), 1), 0) == []
    other.time = chain.time
    assert other.export()["grants"] == document["grants"]
    for each in (chain, other):
        wait(each, 33)
        each.send(claim(each, 1), claim(each, 2), claim(each, 3))
        assert each.violations() == []
    assert other.export()["grants"] == chain.export()["grants"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.update(next_id="1"), "still to be given"),
        (lambda state: state["grants"].append(state["grants"][0]), "duplicate grant"),
        (lambda state: state["grants"][0].update(status="GRANT_STATUS_UNSPECIFIED"), "no status"),
        (lambda state: state["grants"][0].update(stream=None), "neither or both"),
        (lambda state: state["grants"][0]["amount"][0].update(amount="x"), "amounts of grant"),
        (lambda state: state["grants"][0]["amount"][0].update(amount="7"), "another amount"),
        (lambda state: state["grants"][0]["claimed"].append({"denom": "uakt", "amount": "1001"}), "taken"),
        (lambda state: state["grants"][0]["claimed"].append({"denom": "uakt", "amount": "1"}), "set aside"),
        (lambda state: state["grants"].clear(), "set aside"),
        (lambda state: state["params"].update(active_max=0), "active_max"),
        (lambda state: state["grants"][0].update(recipient="x"), "grants"),
    ],
)
def test_documents_that_are_refused(chain: StakedChain, change: Any, words: str) -> None:
    chain.send(stream(chain))
    document = chain.export()
    change(document["grants"])
    with pytest.raises(GenesisError, match=words):
        chain.load(document)


def test_without_a_document_there_are_no_grants(chain: StakedChain) -> None:
    document = chain.export()
    document["grants"] = {}
    chain.load(document)
    assert chain.export()["grants"] == genesis.default()


# --- What must hold is looked for


def test_violations_are_found(chain: StakedChain) -> None:
    chain.send(stream(chain))
    ctx, keeper = chain.ctx(), chain.k.grants
    mark = ctx.branch.mark()
    ctx.kv(keys.STORE).delete(keys.active_key(1))
    assert any("indexes" in words for words in keeper.invariants(ctx))
    ctx.branch.revert(mark)
    grant = keeper.require_grant(ctx, 1)
    grant.status = types.COMPLETED
    keeper.save(ctx, grant)
    assert any("is completed and holds" in words for words in keeper.invariants(ctx))
    ctx.branch.revert(mark)
    ctx.kv(keys.STORE).delete(keys.grant_key(1))
    assert any("set aside" in words for words in keeper.invariants(ctx))


def test_keys_are_as_written_down() -> None:
    assert keys.grant_key(258).hex() == "02" + "0000000000000102"
    assert keys.recipient_key(b"\1" * 20, 7).hex() == "03" + "14" + "01" * 20 + f"{7:016x}"
    assert keys.active_key(7).hex() == "04" + f"{7:016x}"


# --- Conservation

steps = st.lists(
    st.one_of(
        st.tuples(st.just("stream"), st.integers(1, 4000), st.integers(1, 1000)),
        st.tuples(st.just("milestones"), st.integers(1, 2000), st.integers(1, 2000)),
        st.tuples(st.just("release"), st.integers(1, 5), st.integers(0, 2)),
        st.tuples(st.just("claim"), st.integers(1, 5), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(1, 5), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.integers(1, 700), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_every_unit_is_the_community_s_the_recipient_s_or_set_aside(
    script: list[tuple[str, int, int]],
) -> None:
    chain = funded()
    before = chain.balance(person("bob"))
    for kind, first, second in script:
        if kind == "wait":
            wait(chain, first)
        else:
            try:
                chain.send(message_of(chain, kind, first, second))
            except ChainError:
                continue
        got = chain.balance(person("bob")) - before
        assert pool(chain) + got + chain.balance(ACCOUNT) == POOL
        assert chain.violations() == []
    wait(chain, 2000)
    for grant in list(chain.k.grants.grants(chain.ctx())):
        if grant.HasField("stream") and types.claimable(grant, chain.time):
            chain.send(claim(chain, grant.id))
        if chain.k.grants.require_grant(chain.ctx(), grant.id).status == types.ACTIVE:
            chain.send(cancel(chain, grant.id, forfeit=True))
    left = [types.held(grant) for grant in chain.k.grants.grants(chain.ctx()) if types.held(grant)]
    assert chain.balance(ACCOUNT) == sum(coin.amount for each in left for coin in each)


def message_of(chain: StakedChain, kind: str, first: int, second: int) -> Any:
    if kind == "stream":
        message = stream(chain, seconds=second)
        message.stream.amount[0].amount = str(first)
        return message
    if kind == "milestones":
        return milestones(chain, first, second)
    if kind == "release":
        return release(chain, first, second)
    if kind == "claim":
        return claim(chain, first)
    return cancel(chain, first, bool(second))
