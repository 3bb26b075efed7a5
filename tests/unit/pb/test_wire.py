"""Golden numbers of the wire contract: one changed here is one that other software can no longer read."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pool

import supercloud.pb

HOME = Path(supercloud.pb.__file__).parent
MODULES = sorted(
    "supercloud.pb." + ".".join(path.relative_to(HOME).with_suffix("").parts)
    for path in HOME.rglob("*_pb2*.py")
)
POOL = descriptor_pool.Default()


@pytest.fixture(scope="module", autouse=True)
def every_module_loaded() -> None:
    """All in one process: two files that registered one name twice would fail here."""
    for module in MODULES:
        importlib.import_module(module)


GOLDEN = {
    "cosmos.tx.v1beta1.TxRaw": "body_bytes 1, auth_info_bytes 2, signatures 3",
    "cosmos.tx.v1beta1.TxBody": "messages 1, memo 2, timeout_height 3, unordered 4, timeout_timestamp 5,"
    " extension_options 1023, non_critical_extension_options 2047",
    "cosmos.tx.v1beta1.AuthInfo": "signer_infos 1, fee 2, tip 3",
    "cosmos.tx.v1beta1.SignerInfo": "public_key 1, mode_info 2, sequence 3",
    "cosmos.tx.v1beta1.ModeInfo": "single 1, multi 2",
    "cosmos.tx.v1beta1.ModeInfo.Multi": "bitarray 1, mode_infos 2",
    "cosmos.tx.v1beta1.Fee": "amount 1, gas_limit 2, payer 3, granter 4",
    "cosmos.tx.v1beta1.SignDoc": "body_bytes 1, auth_info_bytes 2, chain_id 3, account_number 4",
    "cosmos.tx.v1beta1.SimulateRequest": "tx 1, tx_bytes 2",
    "cosmos.tx.v1beta1.SimulateResponse": "gas_info 1, result 2",
    "cosmos.tx.v1beta1.BroadcastTxRequest": "tx_bytes 1, mode 2",
    "cosmos.tx.v1beta1.GetTxsEventRequest": "events 1, pagination 2, order_by 3, page 4, limit 5, query 6",
    "cosmos.crypto.multisig.v1beta1.CompactBitArray": "extra_bits_stored 1, elems 2",
    "cosmos.crypto.multisig.LegacyAminoPubKey": "threshold 1, public_keys 2",
    "cosmos.crypto.secp256k1.PubKey": "key 1",
    "cosmos.base.v1beta1.Coin": "denom 1, amount 2",
    "cosmos.base.v1beta1.DecCoin": "denom 1, amount 2",
    "cosmos.base.query.v1beta1.PageRequest": "key 1, offset 2, limit 3, count_total 4, reverse 5",
    "cosmos.auth.v1beta1.BaseAccount": "address 1, pub_key 2, account_number 3, sequence 4",
    "cosmos.bank.v1beta1.MsgSend": "from_address 1, to_address 2, amount 3",
    "cosmos.authz.v1beta1.Grant": "authorization 1, expiration 2",
    "akash.base.attributes.v1.PlacementRequirements": "signed_by 1, attributes 2",
    "akash.base.deposit.v1.Deposit": "amount 1, sources 5",
    "akash.base.resources.v1beta4.Resources": "id 1, cpu 2, memory 3, storage 4, gpu 5, endpoints 6",
    "akash.base.resources.v1beta4.ResourceValue": "val 1",
    "akash.base.resources.v1beta4.Storage": "name 1, quantity 2, attributes 3",
    "akash.deployment.v1.Deployment": "id 1, state 2, hash 3, created_at 4, reclamation 5",
    "akash.deployment.v1beta4.Group": "id 1, state 2, group_spec 3, created_at 4",
    "akash.deployment.v1beta4.GroupSpec": "name 1, requirements 2, resources 3",
    "akash.deployment.v1beta4.ResourceUnit": "resource 1, count 2, price 3",
    "akash.deployment.v1beta4.MsgCreateDeployment": "id 1, groups 2, hash 3, deposit 4, reclamation 5",
    "akash.deployment.v1beta4.MsgUpdateDeployment": "id 1, hash 3",
    "akash.deployment.v1beta4.DeploymentFilters": "owner 1, dseq 2, state 3",
    "akash.market.v1.OrderID": "owner 1, dseq 2, gseq 3, oseq 4",
    "akash.market.v1.BidID": "owner 1, dseq 2, gseq 3, oseq 4, provider 5, bseq 6",
    "akash.market.v1.LeaseID": "owner 1, dseq 2, gseq 3, oseq 4, provider 5, bseq 6",
    "akash.market.v1.Lease": "id 1, state 2, price 3, created_at 4, closed_on 5, reason 6, reclamation 7",
    "akash.market.v1.Reclamation": "window 1, started_at 2, deadline 3, reason 4",
    "akash.market.v1.EventBidCreated": "id 1, price 3",
    "akash.market.v1.EventLeaseCreated": "id 1, price 3",
    "akash.market.v1.EventLeaseClosed": "id 1, reason 2",
    "akash.market.v1beta5.Order": "id 1, state 2, spec 3, created_at 4, reclamation 5",
    "akash.market.v1beta5.Bid": "id 1, state 2, price 3, created_at 4, resources_offer 5,"
    " reclamation_window 6",
    "akash.market.v1beta5.ResourceOffer": "resources 1, count 2, prices 3",
    "akash.market.v1beta5.OfferPrices": "cpu 2, memory 3, storage 4, gpu 5, endpoints 6",
    "akash.market.v1beta5.MsgCreateBid": "id 1, price 2, deposit 3, resources_offer 4, reclamation_window 5",
    "akash.market.v1beta5.MsgCreateLease": "bid_id 1",
    "akash.market.v1beta5.MsgCloseLease": "id 1, reason 2",
    "akash.market.v1beta5.Params": "bid_min_deposit 1, order_max_bids 2, bid_min_deposits 3,"
    " min_reclamation_window 4, max_reclamation_window 5",
    "akash.market.v1beta5.BidFilters": "owner 1, dseq 2, gseq 3, oseq 4, provider 5, state 6, bseq 7",
    "akash.market.v1beta5.OrderFilters": "owner 1, dseq 2, gseq 3, oseq 4, state 5",
    "akash.escrow.id.v1.Account": "scope 1, xid 2",
    "akash.escrow.id.v1.Payment": "aid 1, xid 2",
    "akash.escrow.types.v1.AccountState": "owner 1, state 2, transferred 3, settled_at 4, funds 5,"
    " deposits 6",
    "akash.escrow.types.v1.PaymentState": "owner 1, state 2, rate 3, balance 4, unsettled 5, withdrawn 6",
    "akash.escrow.types.v1.Depositor": "owner 1, height 2, source 3, balance 4",
    "akash.escrow.v1.MsgAccountDeposit": "signer 1, id 2, deposit 3",
    "akash.escrow.v1.DepositAuthorization": "spend_limit 1, scopes 2, spend_limits 3",
    "akash.escrow.v1.QueryAccountsRequest": "state 1, xid 2, pagination 5",
    "akash.escrow.v1.QueryPaymentsRequest": "state 1, xid 2, pagination 6",
    "akash.provider.v1beta4.Provider": "owner 1, host_uri 2, attributes 3, info 4",
    "akash.audit.v1.AuditedProvider": "owner 1, auditor 2, attributes 4",
    "akash.audit.v1.MsgSignProviderAttributes": "owner 1, auditor 2, attributes 3",
    "akash.cert.v1.Certificate": "state 2, cert 3, pubkey 4",
    "akash.cert.v1.MsgCreateCertificate": "owner 1, cert 2, pubkey 3",
    "akash.bme.v1.Params": "circuit_breaker_warn_threshold 1, circuit_breaker_halt_threshold 2,"
    " min_epoch_blocks 3, epoch_blocks_backoff_percent 4, mint_spread_bps 6, settle_spread_bps 7,"
    " max_endblocker_records 8, min_mint 9, max_pending_attempts 10",
    "akash.bme.v1.LedgerRecord": "burned_from 1, minted_to 2, burner 3, minter 4, burned 5, minted 6,"
    " spread 7, remint_credit_issued 8, remint_credit_accrued 9",
    "akash.oracle.v2.MsgAddPriceEntry": "signer 1, id 2, price 3, timestamp 4",
    "akash.oracle.v2.PriceHealth": "denom 1, is_healthy 3, has_min_sources 4, deviation_ok 5,"
    " total_sources 6, total_healthy_sources 7, failure_reason 8",
    "akash.epochs.v1beta1.EpochInfo": "id 1, start_time 2, duration 3, current_epoch 4,"
    " current_epoch_start_time 5, epoch_counting_started 6, current_epoch_start_height 8",
    "akash.discovery.v1.Akash": "client_info 1, supported_versions 2, chain_id 3, node_version 4,"
    " min_client_version 5",
    "akash.take.v1.Params": "denom_take_rates 1, default_take_rate 2",
    "tendermint.abci.ResponseFinalizeBlock": "events 1, tx_results 2, validator_updates 3,"
    " consensus_param_updates 4, app_hash 5",
    "tendermint.abci.RequestFinalizeBlock": "txs 1, decided_last_commit 2, misbehavior 3, hash 4, height 5,"
    " time 6, next_validators_hash 7, proposer_address 8",
    "tendermint.abci.ExecTxResult": "code 1, data 2, log 3, info 4, gas_wanted 5, gas_used 6, events 7,"
    " codespace 8",
    "tendermint.crypto.ProofOp": "type 1, key 2, data 3",
    "supercloud.market.v1.Params": "order_max_age_blocks 1, bid_max_age_blocks 2, max_expiries_per_block 3",
    "supercloud.take.v1.EventTaken": "payment_id 1, provider 2, amount 3, taken 4",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_field_numbers(name: str) -> None:
    fields = sorted(POOL.FindMessageTypeByName(name).fields, key=lambda field: field.number)
    assert ", ".join(f"{field.name} {field.number}" for field in fields) == GOLDEN[name]


ENUMS = {
    "akash.market.v1beta5.Order.State": "invalid 0, open 1, active 2, closed 3",
    "akash.market.v1beta5.Bid.State": "invalid 0, open 1, active 2, lost 3, closed 4",
    "akash.market.v1.Lease.State": "invalid 0, active 1, insufficient_funds 2, closed 3, reclaiming 4",
    "akash.deployment.v1.Deployment.State": "invalid 0, active 1, closed 2",
    "akash.deployment.v1beta4.Group.State": "invalid 0, open 1, paused 2, insufficient_funds 3, closed 4",
    "akash.escrow.types.v1.State": "invalid 0, open 1, closed 2, overdrawn 3",
    "akash.escrow.id.v1.Scope": "invalid 0, deployment 1, bid 2",
    "akash.base.deposit.v1.Source": "invalid 0, balance 1, grant 2",
    "akash.base.resources.v1beta4.Endpoint.Kind": "SHARED_HTTP 0, RANDOM_PORT 1, LEASED_IP 2",
    "akash.cert.v1.State": "invalid 0, valid 1, revoked 2",
    "akash.market.v1.LeaseClosedReason": "lease_closed_invalid 0, lease_closed_owner 1,"
    " lease_closed_reason_unstable 10000, lease_closed_reason_decommission 10001,"
    " lease_closed_reason_unspecified 10002, lease_closed_reason_manifest_timeout 10003,"
    " lease_closed_reason_insufficient_funds 20000",
    "akash.bme.v1.MintStatus": "mint_status_unspecified 0, mint_status_healthy 1, mint_status_warning 2,"
    " mint_status_halt_cr 3, mint_status_halt_oracle 4",
    "cosmos.tx.v1beta1.BroadcastMode": "BROADCAST_MODE_UNSPECIFIED 0, BROADCAST_MODE_BLOCK 1,"
    " BROADCAST_MODE_SYNC 2, BROADCAST_MODE_ASYNC 3",
}


@pytest.mark.parametrize("name", ENUMS)
def test_enum_values(name: str) -> None:
    values = POOL.FindEnumTypeByName(name).values
    assert ", ".join(f"{value.name} {value.number}" for value in values) == ENUMS[name]


METHODS = {
    "akash.deployment.v1beta4.Msg": "CreateDeployment UpdateDeployment CloseDeployment CloseGroup PauseGroup"
    " StartGroup UpdateParams",
    "akash.market.v1beta5.Msg": "CreateBid CloseBid WithdrawLease CreateLease CloseLease LeaseStartReclaim"
    " UpdateParams",
    "akash.market.v1beta5.Query": "Orders Order Bids Bid Leases Lease Params",
    "akash.provider.v1.ProviderRPC": "GetStatus StreamStatus BidScreening",
    "cosmos.tx.v1beta1.Service": "Simulate GetTx BroadcastTx GetTxsEvent GetBlockWithTxs TxDecode TxEncode"
    " TxEncodeAmino TxDecodeAmino",
    "supercloud.market.v1.Msg": "UpdateParams",
    "supercloud.market.v1.Query": "Params",
}


@pytest.mark.parametrize("name", METHODS)
def test_service_methods(name: str) -> None:
    assert " ".join(method.name for method in POOL.FindServiceByName(name).methods) == METHODS[name]


def option(described: Any, extension: str) -> Any:
    return described.GetOptions().Extensions[POOL.FindExtensionByName(extension)]


@pytest.mark.parametrize(
    ("message", "field", "extension", "value"),
    [
        ("akash.market.v1beta5.Bid", "price", "gogoproto.nullable", False),
        ("akash.market.v1beta5.Bid", "reclamation_window", "gogoproto.nullable", True),
        ("akash.market.v1beta5.Params", "min_reclamation_window", "gogoproto.stdduration", True),
        ("akash.deployment.v1beta4.ResourceUnit", "resource", "gogoproto.embed", True),
        ("cosmos.base.v1beta1.Coin", "amount", "gogoproto.customtype", "cosmossdk.io/math.Int"),
        ("cosmos.base.v1beta1.DecCoin", "amount", "cosmos_proto.scalar", "cosmos.Dec"),
        ("cosmos.bank.v1beta1.MsgSend", "amount", "amino.encoding", "legacy_coins"),
        (
            "cosmos.authz.v1beta1.Grant",
            "authorization",
            "cosmos_proto.accepts_interface",
            "cosmos.authz.v1beta1.Authorization",
        ),
        ("akash.manifest.v2beta3.ServiceExpose", "external_port", "gogoproto.jsontag", "externalPort"),
    ],
)
def test_field_options(message: str, field: str, extension: str, value: object) -> None:
    assert option(POOL.FindMessageTypeByName(message).fields_by_name[field], extension) == value


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("akash.market.v1beta5.Query.Bids", "/akash/market/v1beta5/bids/list"),
        ("akash.audit.v1.Query.AuditorAttributes", "/akash/provider/v1/auditor/{auditor}/list"),
        ("akash.escrow.v1.Query.Accounts", "/akash/escrow/v1/types/accounts"),
        ("akash.epochs.v1beta1.Query.EpochInfos", "/cosmos/epochs/v1beta1/epochs"),
        ("akash.discovery.v1.Discovery.GetInfo", "/akash/discovery/v1/info"),
        ("cosmos.bank.v1beta1.Query.DenomMetadata", "/cosmos/bank/v1beta1/denoms_metadata/{denom=**}"),
        ("supercloud.market.v1.Query.Params", "/supercloud/market/v1/params"),
    ],
)
def test_rest_routes(method: str, route: str) -> None:
    assert option(POOL.FindMethodByName(method), "google.api.http").get == route


def test_amino_names() -> None:
    named = {
        "cosmos.bank.v1beta1.MsgSend": "cosmos-sdk/MsgSend",
        "akash.escrow.v1.DepositAuthorization": "akash/DepositAuthorization",
        "akash.bme.v1.MsgMintACT": "akash/bme/v1/MsgMintACT",
        "akash.market.v1beta5.MsgCreateBid": "",
    }
    assert {key: option(POOL.FindMessageTypeByName(key), "amino.name") for key in named} == named


def test_generated_code_imports_only_itself_and_the_libraries() -> None:
    """A module left under its network name would be found, or not, by the accident of sys.path."""
    allowed = re.compile(
        r"(supercloud\.pb\.|google\.protobuf|grpc\b|warnings\b|collections\.abc|typing|datetime)"
    )
    for path in sorted({*HOME.rglob("*_pb2*.py"), *HOME.rglob("*_pb2*.pyi")}):
        for module in re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(), re.MULTILINE):
            assert allowed.match(module), (path.name, module)
