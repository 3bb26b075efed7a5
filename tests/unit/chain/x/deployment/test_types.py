"""Parameters, hashes, groups, codes."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.deployment import types
from supercloud.pb.akash.deployment.v1beta4.params_pb2 import Params
from supercloud.types.errors import ChainError, Undefined


@pytest.mark.parametrize(
    ("coins", "good"),
    [
        ({"uact": "500000"}, True),
        ({"uact": "0"}, True),
        ({"uact": str(2**31 - 1)}, False),
        ({"uact": "-1"}, False),
        ({"uact": ""}, False),
        ({"u": "1"}, False),
        ({}, False),
    ],
)
def test_params(coins: dict[str, str], good: bool) -> None:
    params = Params()
    for denom, amount in coins.items():
        params.min_deposits.add(denom=denom, amount=amount)
    if good:
        types.check_params(params)
    else:
        with pytest.raises(types.InvalidParam):
            types.check_params(params)


def test_defaults() -> None:
    params = types.default_params()
    types.check_params(params)
    assert [types.min_deposit(params, denom) for denom in ("uakt", "uact", "uusdc", "ukuji")] == [
        500_000,
        500_000,
        500_000,
        None,
    ]


def test_a_groups_price(build: Any) -> None:
    spec = build.group_spec(price="2.5", count=4)
    assert str(types.check_group(spec)) == "10.000000000000000000uact"
    spec.name = "x" * 257
    with pytest.raises(Undefined, match="longer than 256"):
        types.check_group(spec)


@pytest.mark.parametrize(
    ("error", "code", "grpc"),
    [
        (types.DeploymentExists, 3, 6),
        (types.DeploymentNotFound, 4, 5),
        (types.DeploymentClosed, 5, 9),
        (types.InvalidHash, 10, 3),
        (types.GroupPaused, 17, 9),
        (types.InvalidReclamation, 26, 3),
    ],
)
def test_codes(error: type[ChainError], code: int, grpc: int) -> None:
    assert (error.codespace, error.code, error.grpc) == ("deployment", code, grpc)


def test_closed_is_final() -> None:
    assert types.GROUP_TRANSITIONS[types.GROUP_CLOSED] == ()
