"""cosmpy, over gRPC or over REST: `python drive_cosmpy.py grpc|rest`."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Any

from cosmpy.aerial.client import Account, LedgerClient, NetworkConfig
from cosmpy.aerial.client.bank import create_bank_send_msg
from cosmpy.aerial.client.utils import prepare_and_broadcast_basic_transaction
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.address import Address
from cosmpy.protos.cosmos.authz.v1beta1.authz_pb2 import GenericAuthorization, Grant
from cosmpy.protos.cosmos.authz.v1beta1.tx_pb2 import MsgExec, MsgGrant
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp
from steps import LEDGER, finish, refused, step

DOOR = sys.argv[1]
URL = f"grpc+http://{LEDGER['grpc']}" if DOOR == "grpc" else f"rest+{LEDGER['rest']}"
client = LedgerClient(
    NetworkConfig(
        chain_id=LEDGER["chainId"],
        url=URL,
        fee_minimum_gas_price=0.025,
        fee_denomination="uakt",
        staking_denomination="uakt",
    ),
    query_interval_secs=1,
)
wallet = LocalWallet.from_mnemonic(LEDGER["accounts"]["cosmpy" + DOOR]["mnemonic"], prefix="akash")
me = wallet.address()
other = Address(bytes([61 if DOOR == "grpc" else 62]) * 20, prefix="akash")
validator = Address(LEDGER["validator"], prefix="akashvaloper")
sent: list[dict[str, Any]] = []


def done(submitted: Any) -> Any:
    """Wait for a transaction; its code and gas."""
    submitted.wait_to_complete(timeout=timedelta(seconds=20), poll_period=timedelta(milliseconds=150))
    response = submitted.response
    sent.append({"gasWanted": response.gas_wanted, "gasUsed": response.gas_used})
    return [response.code, sorted(response.events)[:4]]


def packed(message: Any) -> AnyMessage:
    """An Any with the network's kind of type URL."""
    return AnyMessage(type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializeToString())


step("chain id", client.query_chain_id)
step("height", client.query_height)
step("block", lambda: client.query_block(2).height)
step("node info", lambda: str(client.query_node_info().app_version))
step("account", lambda: vars(client.query_account(me)))
step("balance", lambda: client.query_bank_balance(me, "uusdc"))
step("balances", lambda: [coin.denom for coin in client.query_bank_all_balances(me)])
step("consensus params", lambda: str(client.query_consensus_params().params.block.max_gas))
step("validators", lambda: [str(entry.address) for entry in client.query_validators()])
step("send", lambda: done(client.send_tokens(other, 1234, "uakt", wallet, memo="by cosmpy")))
step("received", lambda: client.query_bank_balance(other, "uakt"))
step("delegate", lambda: done(client.delegate_tokens(validator, 5_000_000_000, wallet)))
step("summary", lambda: client.query_staking_summary(me).total_staked)


def rewarded() -> None:
    """Until something is owed: a simulation without rewards would price a withdrawal that moves nothing."""
    while not client.query_staking_summary(me).total_rewards:
        time.sleep(0.1)


rewarded()
step("undelegate", lambda: done(client.undelegate_tokens(validator, 1_000_000, wallet)))
step("unbonding", lambda: client.query_staking_summary(me).total_unbonding)
rewarded()
step("claim", lambda: done(client.claim_rewards(validator, wallet)))


def granted() -> Any:
    expiration = Timestamp()
    expiration.FromJsonString("2090-01-01T00:00:00Z")
    generic = GenericAuthorization(msg="/cosmos.bank.v1beta1.MsgSend")
    grant = Grant(authorization=packed(generic), expiration=expiration)
    tx = Transaction()
    tx.add_message(MsgGrant(granter=str(me), grantee=str(other), grant=grant))
    return done(prepare_and_broadcast_basic_transaction(client, tx, wallet))


def executed() -> Any:
    # The grant of an account to itself is implied.
    message = create_bank_send_msg(me, other, 5, "uakt")
    tx = Transaction()
    tx.add_message(MsgExec(grantee=str(me), msgs=[packed(message)]))
    return done(prepare_and_broadcast_basic_transaction(client, tx, wallet))


step("grant", granted)
step("execute", executed)


def looked_up() -> Any:
    submitted = client.send_tokens(other, 1, "uakt", wallet)
    done(submitted)
    found = client.query_tx(submitted.tx_hash)
    return [found.hash == submitted.tx_hash, found.code, found.height > 0]


step("looked up", looked_up)
refused("unknown hash", lambda: client.query_tx("AB" * 32))
refused("no account", lambda: client.query_account(Address(bytes([201]) * 20, prefix="akash")))
refused("beyond funds", lambda: client.send_tokens(other, 10**18, "uakt", wallet))


def out_of_order() -> Any:
    account: Account = client.query_account(me)
    tx = Transaction()
    tx.add_message(create_bank_send_msg(me, other, 1, "uakt"))
    tx.seal(SigningCfg.direct(wallet.public_key(), 999), TxFee("5000uakt", gas_limit=120_000))
    tx.sign(wallet.signer(), LEDGER["chainId"], account.number)
    return client.broadcast_tx(tx.complete())


def underpaid() -> Any:
    account: Account = client.query_account(me)
    tx = Transaction()
    tx.add_message(create_bank_send_msg(me, other, 1, "uakt"))
    tx.seal(SigningCfg.direct(wallet.public_key(), account.sequence), TxFee("1uakt", gas_limit=120_000))
    tx.sign(wallet.signer(), LEDGER["chainId"], account.number)
    return client.broadcast_tx(tx.complete())


refused("wrong sequence", out_of_order)
refused("low fee", underpaid)
step("sent", lambda: sent)
finish()
