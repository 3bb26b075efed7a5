"""grpcurl: everything it does comes out of server reflection."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2
from ledger import CHAIN, COINS, Ledger

pytestmark = [pytest.mark.node, pytest.mark.conformance, pytest.mark.xdist_group("conformance")]

Run = Callable[..., subprocess.CompletedProcess[str]]
SERVICES = Path(__file__).with_name("services.txt")


def listed_services() -> dict[str, str]:
    """Services of the checked-in list with the reason of an absence, empty for what is served."""
    lines = [line for line in SERVICES.read_text().splitlines() if line and not line.startswith("#")]
    return {name: reason.strip() for name, _, reason in (line.partition(":") for line in lines)}


def reflected(ledger: Ledger, version: str, **wanted: str) -> reflection_pb2.ServerReflectionResponse:
    """One answer of server reflection."""
    with grpc.insecure_channel(ledger.grpc) as channel:
        call = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        return next(call(iter([reflection_pb2.ServerReflectionRequest(**wanted)]), timeout=20))


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_lists_what_the_written_list_says(ledger: Ledger, version: str) -> None:
    """Both ways: nothing of the network's is served that is not written down, and every absence is explained."""
    answer = reflected(ledger, version, list_services="*")
    served = {entry.name for entry in answer.list_services_response.service}
    own = {name for name in served if name.startswith("supercloud.")}
    served -= own
    assert "supercloud.market.v1.Query" in own
    written = listed_services()
    assert list(written) == sorted(written)
    assert served - set(written) == set()
    unexplained = {name for name, reason in written.items() if not reason} - served
    assert unexplained == set()


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_hands_out_files(ledger: Ledger, version: str) -> None:
    answer = reflected(ledger, version, file_containing_symbol="akash.market.v1beta5.Query.Orders")
    assert len(answer.file_descriptor_response.file_descriptor_proto) > 5
    assert reflected(ledger, version, file_containing_symbol="akash.Nothing").error_response.error_code == 5


def test_lists(grpcurl: Run) -> None:
    services = grpcurl("list").stdout.split()
    assert {"cosmos.bank.v1beta1.Query", "akash.market.v1beta5.Query"} <= set(services)
    methods = grpcurl_of(grpcurl, "list", "cosmos.bank.v1beta1.Query").split()
    assert "cosmos.bank.v1beta1.Query.Balance" in methods and len(methods) >= 13


def grpcurl_of(grpcurl: Run, verb: str, symbol: str) -> str:
    """`grpcurl ADDRESS VERB SYMBOL`."""
    done = grpcurl(verb, symbol)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_describes(grpcurl: Run) -> None:
    text = grpcurl_of(grpcurl, "describe", "cosmos.bank.v1beta1.Query.Balance")
    assert "/cosmos/bank/v1beta1/balances/{address}/by_denom" in text
    assert "OrderFilters filters = 1" in grpcurl_of(
        grpcurl, "describe", "akash.market.v1beta5.QueryOrdersRequest"
    )
    everything = grpcurl("describe")
    assert everything.returncode == 0 and everything.stdout.count(" is a service:") >= 25


def test_calls(grpcurl: Run, ledger: Ledger) -> None:
    address = ledger.accounts["second"]["address"]
    request = json.dumps({"address": address, "denom": "uusdc"})
    answer = json.loads(grpcurl("-d", request, "cosmos.bank.v1beta1.Query/Balance").stdout)
    assert answer == {"balance": {"denom": "uusdc", "amount": str(COINS["uusdc"])}}
    block = json.loads(
        grpcurl("-d", '{"height":"2"}', "cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight").stdout
    )
    assert (
        block["block"]["header"]["chainId" if "chainId" in block["block"]["header"] else "chain_id"] == CHAIN
    )


def test_calls_at_a_height(grpcurl: Run) -> None:
    supply = "cosmos.bank.v1beta1.Query/TotalSupply"
    done = grpcurl("-v", "-H", "x-cosmos-block-height: 2", supply)
    assert done.returncode == 0 and "x-cosmos-block-height: 2" in done.stdout
    done = grpcurl("-H", "x-cosmos-block-height: 99999999", supply)
    assert "Code: InvalidArgument" in done.stderr and "in the future" in done.stderr


def test_refusals(grpcurl: Run, ledger: Ledger) -> None:
    missing = json.dumps({"id": {"owner": ledger.accounts["second"]["address"], "dseq": "5"}})
    done = grpcurl("-d", missing, "akash.deployment.v1beta4.Query/Deployment")
    assert done.returncode == 64 + 5 and "codespace deployment code 4: Deployment not found" in done.stderr
    assert grpcurl("cosmos.nft.v1beta1.Query/Classes").returncode != 0
