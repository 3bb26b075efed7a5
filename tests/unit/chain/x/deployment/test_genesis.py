"""Deployment's own part of genesis; all modules together are tested in market."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from supercloud.chain.x.deployment import genesis, types


def test_order_is_by_owner_and_dseq(world: Any) -> None:
    for dseq in (300, 2, 10):
        world.send(world.create_deployment(dseq))
    world.send(world.close_deployment(10))
    document = genesis.export(world.ctx(), world.k.deployment)
    assert [each["deployment"]["id"]["dseq"] for each in document["deployments"]] == ["2", "10", "300"]
    assert [each["deployment"]["state"] for each in document["deployments"]] == ["active", "closed", "active"]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda d: d["deployments"].append(copy.deepcopy(d["deployments"][0])), types.DeploymentExists),
        (
            lambda d: d["deployments"][0]["groups"].append(copy.deepcopy(d["deployments"][0]["groups"][0])),
            types.InvalidGroups,
        ),
        (lambda d: d["deployments"][0]["groups"][0]["id"].update(dseq="5"), types.InvalidGroups),
        (lambda d: d["deployments"][0]["deployment"].update(state="invalid"), types.InvalidDeployment),
        (lambda d: d["params"].update(min_deposits=[]), types.InvalidParam),
    ],
)
def test_disorder_is_refused(world: Any, spoil: Any, error: type[Exception]) -> None:
    world.send(world.create_deployment())
    document = genesis.export(world.ctx(), world.k.deployment)
    spoil(document)
    with pytest.raises(error):
        world.load({**world.export(), "deployment": document})
