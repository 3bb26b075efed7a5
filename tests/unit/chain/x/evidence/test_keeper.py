"""evidence: double signing from the consensus engine to the tombstone; messages, queries, genesis; keys, types, abci.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.baseapp.timestamps import to_ns, to_timestamp
from supercloud.chain.x.evidence import abci, keys, types
from supercloud.codec import registry
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.evidence.v1beta1 import query_pb2
from supercloud.pb.cosmos.evidence.v1beta1.evidence_pb2 import Equivocation
from supercloud.pb.cosmos.evidence.v1beta1.tx_pb2 import MsgSubmitEvidence
from supercloud.pb.cosmos.slashing.v1beta1.tx_pb2 import MsgUnjail
from supercloud.pb.tendermint.abci import types_pb2 as tm
from supercloud.testing.staked import SECOND, UNIT, StakedChain, attributes
from supercloud.types.errors import ChainError


@pytest.fixture
def chain() -> StakedChain:
    chain = StakedChain()
    chain.block(5)
    return chain


def proof(
    chain: StakedChain, number: int = 0, *, age: int = 2, kind: Any = tm.DUPLICATE_VOTE
) -> tm.Misbehavior:
    """The engine's proof that a validator signed twice some blocks ago."""
    keys_ = chain.validators[number]
    return tm.Misbehavior(
        type=kind,
        validator=tm.Validator(address=keys_.consensus, power=10 * (number + 1)),
        height=chain.height - age,
        time=to_timestamp(chain.time - age * 5 * SECOND),
        total_voting_power=60,
    )


def validator(chain: StakedChain, number: int = 0) -> Any:
    return chain.k.staking.require_validator(chain.ctx(), chain.validators[number].operator)


def ask(chain: StakedChain, method: str, **fields: Any) -> Any:
    request = getattr(query_pb2, f"Query{method}Request")(**fields)
    return chain.query(f"/cosmos.evidence.v1beta1.Query/{method}", request)


@pytest.mark.parametrize("kind", [tm.DUPLICATE_VOTE, tm.LIGHT_CLIENT_ATTACK])
def test_who_signs_twice_is_out_for_ever(chain: StakedChain, kind: Any) -> None:
    events = chain.block(proofs=[proof(chain, kind=kind)])
    address = chain.bech32.valcons(chain.validators[0].consensus)
    assert attributes(events, "slash") == [
        {"address": address, "power": "10", "reason": "double_sign", "burned_coins": str(UNIT // 2)},
        {"jailed": address},
    ]
    assert (validator(chain).jailed, validator(chain).tokens) == (True, str(10 * UNIT - UNIT // 2))
    signing = chain.k.slashing.signing_info(chain.ctx(), chain.validators[0].consensus)
    assert signing is not None
    assert (signing.tombstoned, to_ns(signing.jailed_until)) == (True, types.FOREVER)
    (kept,) = ask(chain, "AllEvidence").evidence
    digest = types.hash_of(Equivocation.FromString(kept.value)).hex().upper()
    assert ask(chain, "Evidence", hash=digest).evidence == kept
    chain.block()
    assert [update.power for update in chain.updates] == [0]
    chain.block(seconds=10**6)
    with pytest.raises(ChainError, match="validator still jailed"):
        chain.send(MsgUnjail(validator_addr=chain.validators[0].text))
    assert chain.violations() == []


def test_once_is_enough(chain: StakedChain) -> None:
    chain.block(proofs=[proof(chain), proof(chain, age=3)])
    tokens = validator(chain).tokens
    chain.block(proofs=[proof(chain, age=4)])
    assert validator(chain).tokens == tokens
    assert len(ask(chain, "AllEvidence").evidence) == 1


@pytest.mark.parametrize(
    ("age", "seconds", "punished"), [(101, 1001, False), (101, 999, True), (100, 1001, True)]
)
def test_old_evidence_counts_unless_it_is_too_old_both_ways(age: int, seconds: int, punished: bool) -> None:
    chain = StakedChain()
    chain.block(110)
    late = proof(chain)
    # The block with the proof is the next one, five seconds later.
    late.height = chain.height + 1 - age
    late.time.CopyFrom(to_timestamp(chain.time + (5 - seconds) * SECOND))
    chain.block(proofs=[late])
    assert validator(chain).jailed is punished


def test_what_cannot_be_punished_is_ignored(chain: StakedChain) -> None:
    ghost = proof(chain)
    ghost.validator.address = b"\1" * 20
    unknown = proof(chain, kind=tm.UNKNOWN)
    ctx = chain.ctx()
    ctx.block.misbehavior = [ghost, unknown]
    mark = chain.branch.mark()
    abci.begin_block(ctx, chain.k.evidence)
    assert chain.branch.mark() == mark
    chain.k.staking.jail(chain.ctx(), chain.validators[0].consensus)
    chain.block()
    chain.block(seconds=21 * 86_400)
    chain.block()
    chain.block(proofs=[proof(chain)])
    assert ask(chain, "AllEvidence").evidence == []


def equivocation(**changes: Any) -> Equivocation:
    made = Equivocation(height=5, power=7, consensus_address="akashvalcons1x")
    made.time.seconds = 9
    for field, value in changes.items():
        if field == "seconds":
            made.time.seconds = value
        else:
            setattr(made, field, value)
    return made


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (None, ("evidence", 3)),
        (MsgSend(), ("sdk", 29)),
        (Coin(), ("sdk", 2)),
        (equivocation(), ("evidence", 2)),
        (equivocation(seconds=0), ("evidence", 3)),
        (equivocation(height=0), ("evidence", 3)),
        (equivocation(power=0), ("evidence", 3)),
        (equivocation(consensus_address=""), ("evidence", 3)),
    ],
)
def test_no_evidence_is_taken_from_transactions(
    chain: StakedChain, evidence: Any, expected: tuple[str, int]
) -> None:
    message = MsgSubmitEvidence(submitter=chain.text("alice"))
    if evidence is not None:
        message.evidence.CopyFrom(registry.pack(evidence))
    with pytest.raises(ChainError) as caught:
        chain.send(message)
    assert (caught.value.codespace, caught.value.code) == expected
    message.submitter = "x"
    with pytest.raises(ChainError, match="submitter"):
        chain.send(message)


@pytest.mark.parametrize(
    ("given", "words"), [("", "hash is empty"), ("zz", "invalid evidence hash"), ("00", "not found")]
)
def test_queries_that_are_refused(chain: StakedChain, given: str, words: str) -> None:
    with pytest.raises(ChainError, match=words):
        ask(chain, "Evidence", hash=given)


def test_a_state_comes_back_and_no_evidence_stands_twice(chain: StakedChain) -> None:
    chain.block(proofs=[proof(chain)])
    document = chain.export()
    again = StakedChain()
    again.load(document, height=chain.height)
    assert again.export()["evidence"] == document["evidence"]
    assert again.violations() == []
    document["evidence"]["evidence"] *= 2
    with pytest.raises(GenesisError, match="already exists"):
        StakedChain().load(document)
    for wrong in (
        {"@type": "/cosmos.base.v1beta1.Coin"},
        {**document["evidence"]["evidence"][0], "power": "0"},
    ):
        document["evidence"]["evidence"] = [wrong]
        with pytest.raises(GenesisError, match="evidence"):
            StakedChain().load(document)


def test_evidence_is_known_by_the_hash_of_its_bytes() -> None:
    digest = types.hash_of(equivocation())
    assert digest == hashlib.sha256(equivocation().SerializeToString(deterministic=True)).digest()
    assert keys.evidence_key(digest) == b"\0" + digest
