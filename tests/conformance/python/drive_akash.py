"""The Python package `akash`: what of it speaks the ledger's current messages, and how the obsolete rest is refused."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from akash import AkashClient, AkashWallet
from steps import LEDGER, finish, step

logging.disable(logging.CRITICAL)
client = AkashClient(LEDGER["rpc"], LEDGER["chainId"])
wallet = AkashWallet.from_mnemonic(LEDGER["accounts"]["pyakash"]["mnemonic"])
me, other, validator = wallet.address, LEDGER["accounts"]["auditor"]["address"], LEDGER["validator"]


def result(sent: Any) -> list[Any]:
    """Code, success and text of a broadcast."""
    return [sent.code, sent.success, sent.raw_log]


def settled(send: Callable[[], Any]) -> list[Any]:
    """The result of a call that does not wait by itself, once it is in a block."""
    before = client.auth.get_next_sequence_number(me)
    sent = send()
    while sent.success and client.auth.get_next_sequence_number(me) == before:
        time.sleep(0.1)
    return result(sent)


step("health", lambda: client.health_check())
step("status", client.get_network_status)
step("address", lambda: me == LEDGER["accounts"]["pyakash"]["address"])
step("balance", lambda: client.bank.get_balance(me, "uact"))
step("balances", lambda: sorted(client.bank.get_all_balances(me)))
step("supply", lambda: client.bank.get_supply("uusdc"))
step("account", lambda: client.auth.get_account(me))
step("accounts", lambda: len(client.auth.get_accounts(limit=3)))
step("auth params", client.auth.get_auth_params)
step("module account", lambda: client.auth.get_module_account_by_name("distribution"))
step("send", lambda: result(client.bank.send(wallet, other, "12", memo="by akash")))
step("send act", lambda: result(client.bank.send(wallet, other, "13", denom="uact")))
step("sequence", lambda: client.auth.get_next_sequence_number(me))
step("delegate", lambda: result(client.staking.delegate(wallet, validator, "700000000")))
step("delegations", lambda: client.staking.get_delegations(me))
step("validators", lambda: [entry["operator_address"] for entry in client.staking.get_validators()])
step("validator", lambda: client.staking.get_validator(validator)["tokens"])
step("pool", client.staking.get_pool)
step("staking params", client.staking.get_staking_params)
step("undelegate", lambda: result(client.staking.undelegate(wallet, validator, "1000")))
step("unbonding", lambda: client.staking.get_unbonding_delegations(me))
step("rewards", lambda: client.distribution.get_delegator_rewards(me))
step("withdraw", lambda: result(client.staking.withdraw_rewards(wallet, validator, gas_adjustment=1.5)))
step("withdraw address", lambda: settled(lambda: client.distribution.set_withdraw_address(wallet, me)))
step("community pool", client.distribution.get_community_pool)
step("distribution params", client.distribution.get_distribution_params)
step("commission", lambda: client.distribution.get_validator_commission(validator))
step("grant", lambda: result(client.authz.grant_authorization(wallet, other)))
step("grants", lambda: len(client.authz.get_grants(me, other)))
step("granter's grants", lambda: len(client.authz.get_granter_grants(me)))
step(
    "revoke", lambda: result(client.authz.revoke_authorization(wallet, other, "/cosmos.bank.v1beta1.MsgSend"))
)
step("allow", lambda: result(client.feegrant.grant_allowance(wallet, other, spend_limit="100000")))
step("allowance", lambda: client.feegrant.get_allowance(me, other))
step("allowances", lambda: len(client.feegrant.get_allowances(other)))
step("disallow", lambda: result(client.feegrant.revoke_allowance(wallet, other)))
step("slashing params", lambda: client.slashing.get_params())
step("beyond funds", lambda: result(client.bank.send(wallet, other, str(10**18), gas_limit=120000)))
step("obsolete deployment", lambda: result(client.deployment.close_deployment(wallet, me, 1)))
step("obsolete orders", lambda: client.abci_query("/akash.market.v1beta4.Query/Orders")["response"])
finish()
