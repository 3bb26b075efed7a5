"""Blocks, validators and the node over gRPC."""

import pytest
from small_node import PROFILE, SmallNode, transfer

from supercloud.node.grpc.tendermint_service import TendermintService
from supercloud.pb.cosmos.base.query.v1beta1 import pagination_pb2
from supercloud.pb.cosmos.base.tendermint.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.crypto.ed25519 import keys_pb2
from supercloud.types.errors import ChainError


@pytest.fixture
def service(small: SmallNode) -> TendermintService:
    return TendermintService(small.view)


def test_node_info(service: TendermintService) -> None:
    info = service.get_node_info(pb.GetNodeInfoRequest(), 0)
    assert info.default_node_info.network == "c" and info.default_node_info.version.startswith("0.38.")
    assert info.application_version.cosmos_sdk_version.startswith("v0.53")
    assert service.get_syncing(pb.GetSyncingRequest(), 0).syncing is False


def test_blocks(small: SmallNode, service: TendermintService) -> None:
    small.block()
    small.block(transfer(5, 0))
    latest = service.get_latest_block(pb.GetLatestBlockRequest(), 0)
    second = service.get_block_by_height(pb.GetBlockByHeightRequest(height=2), 0)
    assert latest.SerializeToString() == second.SerializeToString()
    assert second.block.header.height == 2 and list(second.sdk_block.data.txs) == [transfer(5, 0)]
    proposer = PROFILE.bech32.valcons(second.block.header.proposer_address)
    assert second.sdk_block.header.proposer_address == proposer
    for height in (0, 3):
        with pytest.raises(ChainError):
            service.get_block_by_height(pb.GetBlockByHeightRequest(height=height), 0)


def test_there_is_no_latest_block_at_first(service: TendermintService) -> None:
    with pytest.raises(ChainError):
        service.get_latest_block(pb.GetLatestBlockRequest(), 0)


def test_validators(small: SmallNode, service: TendermintService) -> None:
    small.block()
    latest = service.get_latest_validator_set(pb.GetLatestValidatorSetRequest(), 0)
    assert (latest.block_height, latest.pagination.total) == (1, 1)
    validator = latest.validators[0]
    assert keys_pb2.PubKey.FromString(validator.pub_key.value).key == small.view.identity.validator_key
    assert validator.voting_power == 10
    page = pagination_pb2.PageRequest(offset=1)
    request = pb.GetValidatorSetByHeightRequest(height=1, pagination=page)
    assert not service.get_validator_set_by_height(request, 0).validators
    with pytest.raises(ChainError):
        service.get_validator_set_by_height(pb.GetValidatorSetByHeightRequest(height=5), 0)


def test_abci_query_with_a_proof(small: SmallNode, service: TendermintService) -> None:
    small.block()
    request = pb.ABCIQueryRequest(path="/store/base/key", data=b"\x00", prove=True)
    answer = service.abci_query(request, 0)
    assert (answer.code, answer.value) == (0, b"c")
    assert len(answer.proof_ops.ops) == 2
