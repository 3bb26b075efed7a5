"""Who takes part in a simulation, and the genesis they start from."""

from __future__ import annotations

import hashlib
from typing import Any

from supercloud.chain.app import Founder, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.crypto import ed25519
from supercloud.testing.ledger import Actor, Ledger
from supercloud.types.address import module_address

TENANTS = ("tenant-1", "tenant-2", "tenant-3", "tenant-4", "pauper")
PROVIDERS = ("provider-1", "provider-2", "provider-3", "provider-4", "provider-5")
PATRONS = ("patron-1", "patron-2", "thrifty")
AUDITORS = ("auditor-1", "auditor-2")
OTHERS = ("governor", "stranger")
VALIDATORS = ("validator-1", "validator-2", "validator-3", "validator-4")
REPORTERS = ("reporter-1", "reporter-2")
EVERYBODY = (*TENANTS, *PROVIDERS, *PATRONS, *AUDITORS, *OTHERS, *VALIDATORS, *REPORTERS)
POOR = {"pauper": 3_000_000, "thrifty": 2_000_000}
RICH = 10**13
DENOMS = ("uakt", "uact", "uusdc")
STAKES = (400 * 10**6, 300 * 10**6, 200 * 10**6, 100 * 10**6)
"""What validators stake with themselves."""
VAULT = 10**14
"""Native tokens in the vault: credit is covered while one is worth about 1.6 dollars."""

GOVERNED = (
    "/akash.market.v1beta5.MsgUpdateParams",
    "/akash.deployment.v1beta4.MsgUpdateParams",
    "/akash.take.v1.MsgUpdateParams",
    "/supercloud.market.v1.MsgUpdateParams",
    "/cosmos.auth.v1beta1.MsgUpdateParams",
    "/cosmos.bank.v1beta1.MsgUpdateParams",
    "/cosmos.bank.v1beta1.MsgSetSendEnabled",
    "/supercloud.take.v1.MsgUpdateOutflow",
    "/supercloud.feeauction.v1.MsgUpdateParams",
    "/akash.bme.v1.MsgUpdateParams",
    "/akash.oracle.v2.MsgUpdateParams",
    "/supercloud.grants.v1.MsgCreateGrant",
    "/supercloud.grants.v1.MsgReleaseMilestone",
    "/supercloud.grants.v1.MsgCancelGrant",
    "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend",
)
"""What the governor may do in the authority's name, by grants made in genesis."""


class Cast:
    """Everybody by name, on one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.bech32 = ledger.profile.bech32
        self.authority = self.bech32.text(ledger.profile.authority)
        self.actors: dict[str, Actor] = {name: ledger.actor(name) for name in EVERYBODY}
        self._by_text = {actor.text: actor for actor in self.actors.values()}
        self.operators = {name: self.bech32.valoper(self.actors[name].address) for name in VALIDATORS}

    def text(self, name: str) -> str:
        """Somebody's address."""
        return self.actors[name].text

    def known(self, text: str) -> Actor | None:
        """Who has an address."""
        return self._by_text.get(text)


def signing_key(name: str) -> bytes:
    """The public key by which a validator signs blocks."""
    return ed25519.PrivateKey(hashlib.sha256(f"signs {name}".encode()).digest()).public_key


def genesis(profile: Profile) -> dict[str, Any]:
    """A state in which everybody has coins, four validate, two report prices, and the governor may change parameters."""
    actors = {name: Actor(name, profile) for name in EVERYBODY}
    balances = {actor.address: dict.fromkeys(DENOMS, POOR.get(name, RICH)) for name, actor in actors.items()}
    founders = [
        Founder(actors[name].address, signing_key(name), stake, name)
        for name, stake in zip(VALIDATORS, STAKES, strict=True)
    ]
    document = default_genesis(profile, balances, founders)
    for url in GOVERNED:
        authorization = {"@type": "/cosmos.authz.v1beta1.GenericAuthorization", "msg": url}
        document["authz"]["authorization"].append(
            {
                "granter": profile.bech32.text(profile.authority),
                "grantee": actors["governor"].text,
                "authorization": authorization,
                "expiration": None,
            }
        )
    _hasten(document, [actors[name].text for name in REPORTERS])
    vault = profile.bech32.text(module_address("bme"))
    coins = [{"denom": profile.native_denom, "amount": str(VAULT)}]
    document["bank"]["balances"].append({"address": vault, "coins": coins})
    return document


def _hasten(document: dict[str, Any], sources: list[str]) -> None:
    """Parameters under which in some hundred blocks happens what takes weeks."""
    document["oracle"]["params"] |= {
        "sources": sources,
        "price_retention": "120s",
        "prune_epoch": "minute",
        "max_prune_per_epoch": "20",
        "max_price_deviation_bps": "300",
    }
    document["bme"]["params"] |= {"min_epoch_blocks": "3", "max_endblocker_records": 3}
    document["gov"]["params"] |= {
        "min_deposit": [{"denom": "uakt", "amount": "1000000"}],
        "expedited_min_deposit": [{"denom": "uakt", "amount": "3000000"}],
        "max_deposit_period": "150s",
        "voting_period": "120s",
        "expedited_voting_period": "60s",
    }
    document["take_outflow"]["params"] |= {"epoch": "minute", "community_bps": 3000, "stakers_bps": 2000}
    document["feeauction"]["params"] |= {
        "round_blocks": "12",
        "extension_blocks": "2",
        "burn_bps": 2500,
        "community_bps": 1000,
    }
    document["staking"]["params"]["unbonding_time"] = "400s"
    document["slashing"]["params"] |= {"signed_blocks_window": "20", "downtime_jail_duration": "60s"}
