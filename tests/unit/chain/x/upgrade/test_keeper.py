"""upgrade: plans, what a program may go on with, queries, genesis; keeper, keys, types, msg_server, query_server, abci."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.upgrade import abci, genesis, keys, types
from supercloud.pb.cosmos.upgrade.v1beta1 import query_pb2
from supercloud.pb.cosmos.upgrade.v1beta1 import tx_pb2 as pb
from supercloud.pb.cosmos.upgrade.v1beta1.upgrade_pb2 import Plan
from supercloud.testing.staked import StakedChain
from supercloud.types.address import module_address
from supercloud.types.errors import ChainError


@pytest.fixture
def chain() -> StakedChain:
    return StakedChain((10,))


def planned(chain: StakedChain, name: str = "next", height: int = 5, **fields: Any) -> pb.MsgSoftwareUpgrade:
    gov = chain.bech32.text(module_address("gov"))
    return pb.MsgSoftwareUpgrade(authority=gov, plan=Plan(name=name, height=height, **fields))


def ask(chain: StakedChain, method: str, **fields: Any) -> Any:
    request = getattr(query_pb2, f"Query{method}Request")(**fields)
    return chain.query(f"/cosmos.upgrade.v1beta1.Query/{method}", request)


def refusal(chain: StakedChain, message: Any) -> tuple[str, int]:
    before = chain.branch.mark()
    with pytest.raises(ChainError) as caught:
        chain.send(message)
    assert chain.branch.mark() == before
    return caught.value.codespace, caught.value.code


def know(chain: StakedChain, *names: str) -> list[tuple[str, Mapping[str, int]]]:
    """Let the program know upgrades; returns what they will be called with."""
    calls: list[tuple[str, Mapping[str, int]]] = []

    def handler(name: str) -> Any:
        return lambda ctx, versions: calls.append((name, versions))

    chain.k.upgrade.know({name: handler(name) for name in names}, {"bank": 2, "gov": 1})
    return calls


# --- Plans


def test_a_plan_is_made_replaced_and_cancelled(chain: StakedChain) -> None:
    assert not ask(chain, "CurrentPlan").HasField("plan")
    chain.send(planned(chain, info="https://x"))
    plan = ask(chain, "CurrentPlan").plan
    assert (plan.name, plan.height, plan.info, plan.time.seconds) == ("next", 5, "https://x", types.NEVER_S)
    chain.send(planned(chain, "other", 9))
    assert ask(chain, "CurrentPlan").plan.name == "other"
    chain.send(pb.MsgCancelUpgrade(authority=ask(chain, "Authority").address))
    assert not ask(chain, "CurrentPlan").HasField("plan")
    chain.send(pb.MsgCancelUpgrade(authority=ask(chain, "Authority").address))
    assert ask(chain, "UpgradedConsensusState", last_height=5).upgraded_consensus_state == b""


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "n" * 141},
        {"height": 0},
        {"height": -1},
        {"time": Timestamp(seconds=1)},
        {"time": Timestamp()},
        {"upgraded_client_state": {}},
    ],
)
def test_plans_that_are_refused(chain: StakedChain, fields: dict[str, Any]) -> None:
    assert refusal(chain, planned(chain, **fields)) == ("sdk", 18)


def test_plans_are_the_authority_s_and_not_in_the_past(chain: StakedChain) -> None:
    chain.block(5)
    assert refusal(chain, planned(chain)) == ("sdk", 18)
    chain.send(planned(chain, height=6, time=Timestamp(seconds=types.NEVER_S)))
    message = planned(chain, height=9)
    message.authority = chain.text("alice")
    assert refusal(chain, message) == ("upgrade", 6)
    message.authority = ""
    assert refusal(chain, message) == ("sdk", 7)
    assert refusal(chain, pb.MsgCancelUpgrade(authority=chain.text("alice"))) == ("upgrade", 6)


# --- What a program may go on with


def test_a_program_that_does_not_know_the_plan_stops_before_its_block(chain: StakedChain) -> None:
    chain.send(planned(chain, height=4, info="get it"))
    chain.block(2)
    assert chain.height == 3
    with pytest.raises(types.UpgradeNeeded) as caught:
        chain.block()
    assert str(caught.value) == 'UPGRADE "next" NEEDED at height: 4: get it'
    assert (caught.value.name, caught.value.height, caught.value.info) == ("next", 4, "get it")


def test_a_program_that_knows_the_plan_applies_it_once(chain: StakedChain) -> None:
    chain.send(planned(chain, height=3))
    chain.block()
    calls = know(chain, "next")
    chain.block(3)
    assert calls == [("next", dict.fromkeys(chain.modules, 1))]
    assert ask(chain, "AppliedPlan", name="next").height == 3
    assert ask(chain, "AppliedPlan", name="other").height == 0
    found = {entry.name: entry.version for entry in ask(chain, "ModuleVersions").module_versions}
    assert found == {"bank": 2, "gov": 1}
    assert not ask(chain, "CurrentPlan").HasField("plan")
    assert refusal(chain, planned(chain, height=9)) == ("sdk", 18)
    assert chain.violations() == []


def test_a_program_from_after_the_plan_does_not_run_before(chain: StakedChain) -> None:
    know(chain, "next")
    chain.send(planned(chain, height=5))
    with pytest.raises(types.UpgradeTooEarly, match="BINARY UPDATED BEFORE TRIGGER"):
        chain.block()


def test_a_program_that_forgot_what_was_applied_does_not_run(chain: StakedChain) -> None:
    keeper = chain.k.upgrade
    keeper.mark_applied(chain.ctx(), "old", 1)
    keeper.mark_applied(chain.ctx(), "last", 2)
    keeper._verified = False
    know(chain, "old")
    with pytest.raises(types.UpgradeForgotten, match="missing for last"):
        abci.pre_block(chain.ctx(), keeper)
    know(chain, "last")
    abci.pre_block(chain.ctx(), keeper)
    know(chain)
    # Asked once in the life of a process.
    abci.pre_block(chain.ctx(), keeper)


def test_a_height_can_be_skipped(chain: StakedChain) -> None:
    chain.send(planned(chain, height=3))
    chain.k.upgrade.skip((3,))
    chain.block(3)
    assert not ask(chain, "CurrentPlan").HasField("plan")
    assert ask(chain, "AppliedPlan", name="next").height == 0


def test_versions_of_one_module(chain: StakedChain) -> None:
    found = ask(chain, "ModuleVersions", module_name="bank").module_versions
    assert [(entry.name, entry.version) for entry in found] == [("bank", 1)]
    with pytest.raises(ChainError, match="module nothing not found") as caught:
        ask(chain, "ModuleVersions", module_name="nothing")
    assert (caught.value.codespace, caught.value.code) == ("upgrade", 2)


# --- Genesis


def test_an_exported_chain_remembers_its_plan(chain: StakedChain) -> None:
    chain.send(planned(chain, height=50))
    chain.k.upgrade.mark_applied(chain.ctx(), "old", 1)
    document = chain.export()
    other = StakedChain((10,))
    other.k.upgrade.know({"old": lambda ctx, versions: None}, {})
    other.load(document, chain.height)
    assert other.export()["upgrade"] == document["upgrade"]
    assert ask(other, "CurrentPlan").plan.name == "next"
    assert ask(other, "AppliedPlan", name="old").height == 1


def test_the_network_s_empty_document_is_a_new_network_s(chain: StakedChain) -> None:
    document = chain.export()
    for empty in ({}, genesis.default()):
        document["upgrade"] = empty
        chain.load(document)
        assert len(ask(chain, "ModuleVersions").module_versions) == len(chain.modules)


@pytest.mark.parametrize(
    "state",
    [
        {"plan": {"name": "", "height": "5"}},
        {"applied": [{"name": "", "height": "5"}]},
        {"applied": [{"name": "a", "height": "0"}]},
        {"applied": [{"name": "a", "height": "5"}, {"name": "a", "height": "6"}]},
        {"nothing": 1},
    ],
)
def test_documents_that_are_refused(chain: StakedChain, state: dict[str, Any]) -> None:
    document = chain.export()
    document["upgrade"] = state
    with pytest.raises(GenesisError):
        chain.load(document)


def test_violations_are_found(chain: StakedChain) -> None:
    keeper = chain.k.upgrade
    keeper.mark_applied(chain.ctx(), "a", 1)
    keeper.set_plan(chain.ctx(), Plan(name="a", height=9))
    assert keeper.invariants(chain.ctx()) == ["upgrade: a twice"]


def test_keys_are_those_of_the_network() -> None:
    assert keys.applied_key(258, "v2").hex() == "01" + "0000000000000102" + b"v2".hex()
    assert keys.parse_applied_key(keys.applied_key(258, "v2")) == (258, "v2")
    assert keys.version_key("bank") == b"\x02bank"
