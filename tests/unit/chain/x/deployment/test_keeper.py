"""Verbs that the ladders do not reach, and what the invariants see."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.deployment import expected_keepers, keys
from supercloud.types.errors import ProgrammerError
from supercloud.types.ids import GroupID


def test_close_is_told_once(world: Any) -> None:
    world.send(world.create_deployment())
    ctx = world.ctx()
    assert world.k.deployment.close(ctx, world.deployment()) is True
    assert world.k.deployment.close(ctx, world.deployment()) is False
    assert world.k.deployment.close(ctx, world.deployment(9)) is False
    assert len(ctx.events) == 1


def test_a_closed_group_moves_no_more(world: Any) -> None:
    world.send(world.create_deployment(), world.close_deployment())
    group = GroupID(world.alice, 1, 1)
    stored = world.k.deployment.group(world.ctx(), group)
    with pytest.raises(ProgrammerError):
        world.k.deployment.start_group(world.ctx(), group, stored)


def test_invariants_see_disorder(world: Any) -> None:
    world.send(world.create_deployment(1), world.create_deployment(2))
    ctx = world.ctx()
    kv = ctx.kv(keys.STORE)
    key = keys.deployment_key(1, world.deployment(1))
    value = kv.get(key)
    kv.delete(key)
    kv.set(keys.deployment_key(2, world.deployment(1)), value)
    world.k.deployment.close(ctx, world.deployment(2))
    texts = world.k.deployment.invariants(ctx)
    assert any("lies under another state" in text for text in texts)
    assert any("not ended under a closed deployment" in text for text in texts)


def test_neighbours_are_as_expected(world: Any, build: Any) -> None:
    for protocol, keeper in (
        (expected_keepers.EscrowKeeper, world.k.escrow),
        (expected_keepers.MarketKeeper, world.k.market),
        (expected_keepers.Reactions, world.k.reactions),
    ):
        assert build.missing(protocol, keeper) == []
