"""Deployment's lists, pages and single answers."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.deployment.v1beta4 import query_pb2
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import ChainError
from supercloud.types.ids import DeploymentID, GroupID

SERVICE = "/akash.deployment.v1beta4.Query/"


@pytest.fixture
def full(world: Any) -> Any:
    for dseq in range(1, 6):
        world.send(world.create_deployment(dseq, groups=2))
    other = world.create_deployment(7)
    other.id.owner = world.text(world.dave)
    world.send(other)
    world.send(world.close_deployment(2), world.close_deployment(4))
    return world


def ask(world: Any, filters: dict[str, Any] | None = None, **page: Any) -> Any:
    request = query_pb2.QueryDeploymentsRequest(pagination=PageRequest(**page))
    for name, value in (filters or {}).items():
        setattr(request.filters, name, value)
    return world.query(SERVICE + "Deployments", request)


def dseqs(answer: Any) -> list[int]:
    return [each.deployment.id.dseq for each in answer.deployments]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"owner": "alice"}, [1, 2, 3, 4, 5]),
        ({"owner": "alice", "state": "active"}, [1, 3, 5]),
        ({"owner": "alice", "state": "closed"}, [2, 4]),
        ({"owner": "alice", "dseq": 4}, [4]),
        ({"owner": "alice", "dseq": 4, "state": "active"}, []),
        ({"owner": "bob"}, []),
        ({"dseq": 7}, [7]),
        ({"state": "closed"}, [2, 4]),
    ],
)
def test_filters(full: Any, filters: dict[str, Any], expected: list[int]) -> None:
    if "owner" in filters:
        filters = {**filters, "owner": full.text(getattr(full, filters["owner"]))}
    assert dseqs(ask(full, filters)) == expected


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 4, 6])
@pytest.mark.parametrize("owner", ["", "alice"])
def test_pages_join_to_the_whole(full: Any, owner: str, limit: int, reverse: bool) -> None:
    filters = {"owner": full.text(full.alice)} if owner else {}
    whole = dseqs(ask(full, filters, reverse=reverse))
    assert len(whole) == (5 if owner else 6)
    pages: list[int] = []
    key = b""
    while True:
        answer = ask(full, filters, limit=limit, key=key, reverse=reverse)
        pages += dseqs(answer)
        key = answer.pagination.next_key
        if not key:
            break
    assert pages == whole


def test_a_deployment_comes_with_its_groups_and_account(full: Any) -> None:
    id = full.deployment(1).to_pb(full.bech32)
    answer = full.query(SERVICE + "Deployment", query_pb2.QueryDeploymentRequest(id=id))
    assert [group.group_spec.name for group in answer.groups] == ["g1", "g2"]
    assert answer.escrow_account.id.xid == f"{full.text(full.alice)}/1"
    assert answer.escrow_account.state.deposits[0].balance.amount == "500000" + "0" * 18
    listed = ask(full, {"owner": full.text(full.alice), "dseq": 1}).deployments[0]
    assert listed == answer


def test_refusals(full: Any) -> None:
    for path, request, code in (
        (
            "Deployment",
            query_pb2.QueryDeploymentRequest(id=DeploymentID(full.alice, 99).to_pb(full.bech32)),
            4,
        ),
        ("Group", query_pb2.QueryGroupRequest(id=GroupID(full.alice, 1, 9).to_pb(full.bech32)), 14),
    ):
        with pytest.raises(ChainError) as caught:
            full.query(SERVICE + path, request)
        assert (caught.value.codespace, caught.value.code, caught.value.grpc) == ("deployment", code, 5)
    with pytest.raises(ChainError, match="invalid owner address") as caught:
        full.query(SERVICE + "Deployment", query_pb2.QueryDeploymentRequest())
    assert caught.value.grpc == 3


def test_group_and_params(full: Any) -> None:
    id = GroupID(full.alice, 2, 2).to_pb(full.bech32)
    assert full.query(SERVICE + "Group", query_pb2.QueryGroupRequest(id=id)).group.group_spec.name == "g2"
    params = full.query(SERVICE + "Params", query_pb2.QueryParamsRequest()).params
    assert [coin.denom for coin in params.min_deposits] == ["uakt", "uact", "uusdc"]
