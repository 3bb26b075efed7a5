"""Consensus parameters: defaults, limits, the query.

Covers keeper, keys, types, msg_server, query_server and genesis.
"""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.consensus import genesis, keys
from supercloud.chain.x.consensus.msg_server import update_params
from supercloud.chain.x.consensus.types import default_params, validate
from supercloud.pb.cosmos.consensus.v1 import query_pb2
from supercloud.pb.cosmos.consensus.v1.tx_pb2 import MsgUpdateParams
from supercloud.testing.ledger import Ledger
from supercloud.types.errors import ChainError


def test_the_query_answers_what_genesis_completed(ledger: Ledger) -> None:
    answer = ledger.query("/cosmos.consensus.v1.Query/Params", query_pb2.QueryParamsRequest())
    assert query_pb2.QueryParamsResponse.FromString(answer.value).params == default_params()
    stored = ledger.context().kv(keys.STORE).get(keys.PARAMS)
    assert stored == default_params().SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("block", "max_bytes", 0),
        ("block", "max_bytes", -2),
        ("block", "max_bytes", 104_857_601),
        ("block", "max_gas", -2),
        ("evidence", "max_age_num_blocks", 0),
        ("evidence", "max_bytes", -1),
        ("evidence", "max_bytes", 30_000_000),
        ("abci", "vote_extensions_enable_height", -1),
    ],
)
def test_what_the_engine_refuses_is_refused(ledger: Ledger, part: str, field: str, value: int) -> None:
    params = default_params()
    validate(params)
    setattr(getattr(params, part), field, value)
    with pytest.raises(ChainError):
        validate(params)
    ledger.app.keepers.consensus.set_params(ledger.context(), params)


@pytest.mark.parametrize("kinds", [[], ["bls"]])
def test_kinds_of_keys(kinds: list[str]) -> None:
    params = default_params()
    params.validator.pub_key_types[:] = kinds
    with pytest.raises(ChainError):
        validate(params)


def message(ledger: Ledger, **change: Any) -> MsgUpdateParams:
    params = default_params()
    fields = {"block": params.block, "evidence": params.evidence, "validator": params.validator, **change}
    ctx = ledger.context()
    return MsgUpdateParams(**{"authority": ctx.bech32.text(ctx.authority), **fields})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"authority": "x"}, "invalid authority; expected"),
        ({"block": None}, "all parameters must be present"),
    ],
)
def test_refused_changes(ledger: Ledger, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ChainError, match=words) as caught:
        update_params(ledger.context(), ledger.app.keepers.consensus, message(ledger, **change))
    assert (caught.value.codespace, caught.value.code) == ("undefined", 1)


def test_a_change_is_kept(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.consensus
    change = message(ledger)
    change.block.max_gas = 7
    update_params(ctx, keeper, change)
    assert keeper.params(ctx).block.max_gas == 7


def test_the_head_of_the_document_is_the_place_for_parameters(ledger: Ledger) -> None:
    ctx, keeper = ledger.context(), ledger.app.keepers.consensus
    with pytest.raises(GenesisError, match="head"):
        genesis.init(ctx, keeper, {"params": {}})
    assert genesis.export(ctx, keeper) == {}
    assert genesis.head(ctx, keeper) == default_params()
    wrong = default_params()
    wrong.block.max_bytes = -5
    keeper.set_params(ctx, wrong)
    with pytest.raises(GenesisError, match=r"consensus_params: block\.MaxBytes"):
        genesis.init(ctx, keeper, {})
