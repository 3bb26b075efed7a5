"""Routes out of annotations."""

import pytest
from small_node import SmallNode

from supercloud.node.rest.routes import Routes


@pytest.fixture
def routes(small: SmallNode) -> Routes:
    return Routes(small.dispatch.table.values())


@pytest.mark.parametrize(
    "verb, path, method, values",
    [
        ("GET", "/cosmos/bank/v1beta1/supply", "TotalSupply", {}),
        ("GET", "/cosmos/bank/v1beta1/supply/by_denom", "SupplyOf", {}),
        ("GET", "/cosmos/bank/v1beta1/balances/akash1x", "AllBalances", {"address": "akash1x"}),
        ("GET", "/cosmos/bank/v1beta1/balances/akash1x/by_denom", "Balance", {"address": "akash1x"}),
        ("GET", "/cosmos/bank/v1beta1/denoms_metadata/ibc/AB", "DenomMetadata", {"denom": "ibc/AB"}),
        ("GET", "/cosmos/bank/v1beta1/denoms_metadata/ibc%2FAB", "DenomMetadata", {"denom": "ibc/AB"}),
        ("GET", "/cosmos/base/tendermint/v1beta1/blocks/latest", "GetLatestBlock", {}),
        ("GET", "/cosmos/base/tendermint/v1beta1/blocks/7", "GetBlockByHeight", {"height": "7"}),
        ("GET", "/cosmos/tx/v1beta1/txs", "GetTxsEvent", {}),
        ("POST", "/cosmos/tx/v1beta1/txs", "BroadcastTx", {}),
        ("GET", "/cosmos/tx/v1beta1/txs/AB", "GetTx", {"hash": "AB"}),
        ("GET", "/cosmos/tx/v1beta1/txs/block/5", "GetBlockWithTxs", {"height": "5"}),
        ("GET", "/akash/deployment/v1beta4/deployments/list", "Deployments", {}),
        ("GET", "/akash/discovery/v1/info", "GetInfo", {}),
        ("GET", "/cosmos/base/node/v1beta1/status", "Status", {}),
    ],
)
def test_paths_lead_to_methods(
    routes: Routes, verb: str, path: str, method: str, values: dict[str, str]
) -> None:
    match = routes.match(verb, path)
    assert match is not None
    assert (match.route.served.descriptor.name, match.values) == (method, values)


@pytest.mark.parametrize(
    "verb, path",
    [
        ("POST", "/cosmos/bank/v1beta1/supply"),
        ("GET", "/cosmos/bank/v1beta1/nothing"),
        ("GET", "/cosmos/bank/v1beta1/balances"),
        ("GET", "/cosmos/bank/v1beta1/balances/a/b/c"),
        ("GET", "/"),
        ("GET", ""),
    ],
)
def test_paths_that_lead_nowhere(routes: Routes, verb: str, path: str) -> None:
    assert routes.match(verb, path) is None


def test_every_annotated_method_has_its_route(small: SmallNode, routes: Routes) -> None:
    assert len(routes) >= 60
