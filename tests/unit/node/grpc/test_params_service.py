"""Parameter subspaces of old."""

import pytest
from small_node import SmallNode

from supercloud.node.grpc.params_service import SUBSPACES, ParamsService
from supercloud.node.grpc.services import make_dispatch
from supercloud.pb.cosmos.params.v1beta1 import query_pb2 as pb
from supercloud.types.errors import ChainError


def test_known_subspaces_are_empty() -> None:
    service = ParamsService()
    listed = service.subspaces(pb.QuerySubspacesRequest(), 0).subspaces
    assert [entry.subspace for entry in listed] == sorted(SUBSPACES) and "staking" in SUBSPACES
    assert not any(entry.keys for entry in listed)
    param = service.params(pb.QueryParamsRequest(subspace="staking", key="UnbondingTime"), 0).param
    assert (param.subspace, param.key, param.value) == ("staking", "UnbondingTime", "")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (pb.QueryParamsRequest(subspace="staking"), "invalid request"),
        (pb.QueryParamsRequest(key="k"), "invalid request"),
        (pb.QueryParamsRequest(subspace="baseapp", key="BlockParams"), "baseapp: unknown subspace"),
    ],
)
def test_refuses(request_: pb.QueryParamsRequest, words: str) -> None:
    with pytest.raises(ChainError, match=words):
        ParamsService().params(request_, 0)


def test_is_served(small: SmallNode) -> None:
    assert "/cosmos.params.v1beta1.Query/Subspaces" in make_dispatch(small.view).table
