"""Who takes part in a simulation, and the genesis they start from."""

from __future__ import annotations

from typing import Any

from supercloud.chain.app import default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.testing.ledger import Actor, Ledger

TENANTS = ("tenant-1", "tenant-2", "tenant-3", "tenant-4", "pauper")
PROVIDERS = ("provider-1", "provider-2", "provider-3", "provider-4", "provider-5")
PATRONS = ("patron-1", "patron-2", "thrifty")
AUDITORS = ("auditor-1", "auditor-2")
OTHERS = ("governor", "stranger")
EVERYBODY = (*TENANTS, *PROVIDERS, *PATRONS, *AUDITORS, *OTHERS)
POOR = {"pauper": 3_000_000, "thrifty": 2_000_000}
RICH = 10**13
DENOMS = ("uakt", "uact", "uusdc")

GOVERNED = (
    "/akash.market.v1beta5.MsgUpdateParams",
    "/akash.deployment.v1beta4.MsgUpdateParams",
    "/akash.take.v1.MsgUpdateParams",
    "/supercloud.market.v1.MsgUpdateParams",
    "/cosmos.auth.v1beta1.MsgUpdateParams",
    "/cosmos.bank.v1beta1.MsgUpdateParams",
    "/cosmos.bank.v1beta1.MsgSetSendEnabled",
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

    def text(self, name: str) -> str:
        """Somebody's address."""
        return self.actors[name].text

    def known(self, text: str) -> Actor | None:
        """Who has an address."""
        return self._by_text.get(text)


def genesis(profile: Profile) -> dict[str, Any]:
    """A state in which everybody has coins and the governor may change parameters."""
    actors = {name: Actor(name, profile) for name in EVERYBODY}
    balances = {actor.address: dict.fromkeys(DENOMS, POOR.get(name, RICH)) for name, actor in actors.items()}
    document = default_genesis(profile, balances)
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
    return document
