"""cosmos.base.tendermint.v1beta1.Service: blocks, validators and the node itself."""

from __future__ import annotations

from google.protobuf.any_pb2 import Any

from supercloud.node.engine.block import BLOCK_PROTOCOL, P2P_PROTOCOL
from supercloud.node.engine.history import Entry, HeightError
from supercloud.node.grpc.view import COMET_VERSION, SDK_VERSION, View
from supercloud.pb.cosmos.base.query.v1beta1 import pagination_pb2
from supercloud.pb.cosmos.base.tendermint.v1beta1 import query_pb2, types_pb2
from supercloud.pb.cosmos.crypto.ed25519 import keys_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.p2p import types_pb2 as p2p_pb2
from supercloud.pb.tendermint.types import types_pb2 as tendermint_pb2
from supercloud.types.errors import InvalidArgument, QueryNotFound

VALIDATORS = 100
_KEY_URL = "/cosmos.crypto.ed25519.PubKey"


class TendermintService:
    """The service over a node's view."""

    def __init__(self, view: View) -> None:
        self._view = view

    def get_node_info(
        self, request: query_pb2.GetNodeInfoRequest, height: int
    ) -> query_pb2.GetNodeInfoResponse:
        """Name, network and versions."""
        identity = self._view.identity
        return query_pb2.GetNodeInfoResponse(
            default_node_info=p2p_pb2.DefaultNodeInfo(
                protocol_version=p2p_pb2.ProtocolVersion(
                    p2p=P2P_PROTOCOL,
                    block=BLOCK_PROTOCOL,
                    app=self._view.history.state.params.version.app,
                ),
                default_node_id=identity.node_id,
                listen_addr="tcp://127.0.0.1:26656",
                network=self._view.genesis.chain_id,
                version=COMET_VERSION,
                channels=bytes.fromhex("40202122233038606100"),
                moniker=identity.moniker,
                other=p2p_pb2.DefaultNodeInfoOther(tx_index="on", rpc_address=identity.rpc_address),
            ),
            application_version=query_pb2.VersionInfo(
                # Clients of the network recognise their chain by this name.
                name="akash",
                app_name="supercloud",
                version=identity.version,
                go_version="none",
                cosmos_sdk_version=SDK_VERSION,
            ),
        )

    def get_syncing(self, request: query_pb2.GetSyncingRequest, height: int) -> query_pb2.GetSyncingResponse:
        """Whether other nodes are ahead."""
        return query_pb2.GetSyncingResponse(syncing=self._view.peers.catching_up)

    def get_latest_block(
        self, request: query_pb2.GetLatestBlockRequest, height: int
    ) -> query_pb2.GetLatestBlockResponse:
        """The last block."""
        entry = self._entry(None)
        return query_pb2.GetLatestBlockResponse(
            block_id=entry.id.to_pb(), block=entry.block, sdk_block=self._sdk_block(entry)
        )

    def get_block_by_height(
        self, request: query_pb2.GetBlockByHeightRequest, height: int
    ) -> query_pb2.GetBlockByHeightResponse:
        """The block of a height."""
        if request.height > self._view.history.height:
            text = "requested block height is bigger then the chain length"
            raise InvalidArgument(text)
        entry = self._entry(request.height)
        return query_pb2.GetBlockByHeightResponse(
            block_id=entry.id.to_pb(), block=entry.block, sdk_block=self._sdk_block(entry)
        )

    def get_latest_validator_set(
        self, request: query_pb2.GetLatestValidatorSetRequest, height: int
    ) -> query_pb2.GetLatestValidatorSetResponse:
        """Who decides the last block."""
        found = self._validators(None, request.pagination)
        return query_pb2.GetLatestValidatorSetResponse(
            block_height=found.block_height, validators=found.validators, pagination=found.pagination
        )

    def get_validator_set_by_height(
        self, request: query_pb2.GetValidatorSetByHeightRequest, height: int
    ) -> query_pb2.GetValidatorSetByHeightResponse:
        """Who decides the block of a height."""
        if request.height > self._view.history.height:
            text = "requested block height is bigger then the chain length"
            raise InvalidArgument(text)
        return self._validators(request.height, request.pagination)

    def abci_query(self, request: query_pb2.ABCIQueryRequest, height: int) -> query_pb2.ABCIQueryResponse:
        """Ask the state machine in ABCI's words."""
        answer = self._view.app.query(
            abci.RequestQuery(
                path=request.path, data=request.data, height=request.height, prove=request.prove
            )
        )
        response = query_pb2.ABCIQueryResponse(
            code=answer.code,
            log=answer.log,
            info=answer.info,
            index=answer.index,
            key=answer.key,
            value=answer.value,
            height=answer.height,
            codespace=answer.codespace,
        )
        if answer.HasField("proof_ops"):
            response.proof_ops.ops.extend(
                query_pb2.ProofOp(type=op.type, key=op.key, data=op.data) for op in answer.proof_ops.ops
            )
        return response

    def _entry(self, height: int | None) -> Entry:
        try:
            at = self._view.history.resolve(height)
        except HeightError as error:
            raise InvalidArgument(str(error)) from error
        entry = self._view.history.entry(at)
        if entry is None:
            raise QueryNotFound(f"there is no block {at}")
        return entry

    def _sdk_block(self, entry: Entry) -> types_pb2.Block:
        block = entry.block
        header = block.header
        return types_pb2.Block(
            header=types_pb2.Header(
                version=header.version,
                chain_id=header.chain_id,
                height=header.height,
                time=header.time,
                last_block_id=header.last_block_id,
                last_commit_hash=header.last_commit_hash,
                data_hash=header.data_hash,
                validators_hash=header.validators_hash,
                next_validators_hash=header.next_validators_hash,
                consensus_hash=header.consensus_hash,
                app_hash=header.app_hash,
                last_results_hash=header.last_results_hash,
                evidence_hash=header.evidence_hash,
                proposer_address=self._consensus_address(header),
            ),
            data=block.data,
            evidence=block.evidence,
            last_commit=block.last_commit,
        )

    def _consensus_address(self, header: tendermint_pb2.Header) -> str:
        return self._view.app.profile.bech32.valcons(header.proposer_address)

    def _validators(
        self, height: int | None, wanted: pagination_pb2.PageRequest
    ) -> query_pb2.GetValidatorSetByHeightResponse:
        history = self._view.history
        try:
            at = history.resolve(height)
            known = history.validators(at) if at else history.state.validators
        except HeightError as error:
            raise InvalidArgument(str(error)) from error
        limit = min(wanted.limit or VALIDATORS, VALIDATORS)
        bech32 = self._view.app.profile.bech32
        return query_pb2.GetValidatorSetByHeightResponse(
            block_height=at,
            validators=[
                query_pb2.Validator(
                    address=bech32.valcons(entry.address),
                    pub_key=Any(
                        type_url=_KEY_URL, value=keys_pb2.PubKey(key=entry.public_key).SerializeToString()
                    ),
                    voting_power=entry.power,
                )
                for entry in known[wanted.offset : wanted.offset + limit]
            ],
            pagination=pagination_pb2.PageResponse(total=len(known)),
        )
