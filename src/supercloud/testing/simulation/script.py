"""What the cast says: one random, mostly sensible transaction after the other, about what is there."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Any

from google.protobuf.message import Message

from supercloud.codec import registry
from supercloud.pb.akash.audit.v1.msg_pb2 import MsgDeleteProviderAttributes, MsgSignProviderAttributes
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1.deployment_pb2 import DeploymentID
from supercloud.pb.akash.deployment.v1.group_pb2 import GroupID
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2, groupmsg_pb2
from supercloud.pb.akash.deployment.v1beta4 import params_pb2 as deployment_params
from supercloud.pb.akash.deployment.v1beta4 import paramsmsg_pb2 as deployment_paramsmsg
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.akash.market.v1.bid_pb2 import BidID
from supercloud.pb.akash.market.v1.lease_pb2 import LeaseID
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2, leasemsg_pb2
from supercloud.pb.akash.market.v1beta5 import params_pb2 as market_params
from supercloud.pb.akash.market.v1beta5 import paramsmsg_pb2 as market_paramsmsg
from supercloud.pb.akash.provider.v1beta4 import msg_pb2 as provider_msgs
from supercloud.pb.akash.take.v1 import params_pb2 as take_params
from supercloud.pb.akash.take.v1 import paramsmsg_pb2 as take_paramsmsg
from supercloud.pb.cosmos.authz.v1beta1 import authz_pb2
from supercloud.pb.cosmos.authz.v1beta1 import tx_pb2 as authz
from supercloud.pb.cosmos.bank.v1beta1 import bank_pb2
from supercloud.pb.cosmos.bank.v1beta1 import tx_pb2 as bank
from supercloud.pb.cosmos.bank.v1beta1.authz_pb2 import SendAuthorization
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin, DecCoin
from supercloud.pb.cosmos.feegrant.v1beta1 import feegrant_pb2
from supercloud.pb.cosmos.feegrant.v1beta1 import tx_pb2 as feegrant
from supercloud.pb.cosmos.tx.signing.v1beta1.signing_pb2 import SIGN_MODE_LEGACY_AMINO_JSON
from supercloud.pb.supercloud.market.v1 import msg_pb2 as expiry_msgs
from supercloud.testing.auditor.audit import signer_of
from supercloud.testing.auditor.market import Market, Thing
from supercloud.testing.auditor.money import DEPOSIT_URL
from supercloud.testing.simulation.cast import (
    AUDITORS,
    DENOMS,
    EVERYBODY,
    PATRONS,
    PROVIDERS,
    TENANTS,
    Cast,
)
from supercloud.testing.simulation.stewards import Maker, Plan

FRACTION = 10**18
LIVE_MAX = 40
"""More deployments than this are not kept going at once; the oldest are closed."""


class Script:
    """Writes transactions. What exists it reads from the auditor's model, so it never asks the ledger."""

    def __init__(self, rng: random.Random, cast: Cast, market: Market, expiry: bool) -> None:
        self.rng = rng
        self.cast = cast
        self.market = market
        self.expiry = expiry
        self.now = 0
        self.certificates: list[tuple[str, Message]] = []
        self.serials = 0
        self._dseq = 0
        self._opening = list(PROVIDERS[:4])
        self._makers: list[Maker] = []
        self._weights: list[int] = []
        for weight, maker in self._table():
            self._makers.append(maker)
            self._weights.append(weight)

    def _table(self) -> list[tuple[int, Maker]]:
        return [
            (9, self.create_deployment),
            (50, self.create_bid),
            (11, self.create_lease),
            (14, self.withdraw),
            (3, self.close_lease),
            (5, self.close_bid),
            (3, self.start_reclaim),
            (8, self.change_group),
            (2, self.close_deployment),
            (3, self.update_deployment),
            (8, self.deposit),
            (4, self.quote),
            (6, self.grant),
            (2, self.revoke),
            (5, self.execute),
            (3, self.allow_fees),
            (4, self.provider),
            (4, self.audit),
            (4, self.send),
            (2, self.certificate),
            (2, self.govern),
        ]

    def plan(self) -> Plan:
        """The next transaction. The first ones make sure that there are providers."""
        if self._opening:
            return self._by(self._provider(provider_msgs.MsgCreateProvider, self._opening.pop()))
        if len(self.market.live["deployment"]) > LIVE_MAX and self.rng.random() < 0.3:
            oldest = next(iter(self.market.live["deployment"].values()))
            return self._by(deploymentmsg_pb2.MsgCloseDeployment(id=self.deployment_id(oldest.name)))
        while True:
            plan = self.rng.choices(self._makers, self._weights)[0]()
            if plan is not None:
                return plan

    # Picking.

    def live(self, kind: str, *states: str) -> Thing | None:
        """Something of a kind that is not over, in one of these states."""
        found = [each for each in self.market.live[kind].values() if not states or each.state in states]
        return self.rng.choice(found) if found else None

    def some(self, kind: str, *states: str) -> Thing | None:
        """Mostly something that is not over; now and then anything that ever was."""
        everything = self.market.things[kind]
        if everything and self.rng.random() < 0.06:
            return self.rng.choice(list(everything.values())[-300:])
        return self.live(kind, *states)

    def _by(self, *messages: Message, **options: Any) -> Plan:
        signers: list[str] = []
        for message in messages:
            actor = self.cast.known(signer_of(message))
            name = actor.name if actor is not None else self.rng.choice(EVERYBODY)
            if name not in signers:
                signers.append(name)
        return Plan(list(messages), signers, options)

    def address(self, *names: str) -> str:
        """The address of one of these."""
        return self.cast.text(self.rng.choice(names))

    # Ids.

    @staticmethod
    def deployment_id(name: str) -> DeploymentID:
        """The id that a name spells."""
        owner, dseq = name.split("/")
        return DeploymentID(owner=owner, dseq=int(dseq))

    @staticmethod
    def group_id(name: str) -> GroupID:
        """The id that a name spells."""
        owner, dseq, gseq = name.split("/")
        return GroupID(owner=owner, dseq=int(dseq), gseq=int(gseq))

    @staticmethod
    def bid_id(name: str) -> BidID:
        """The id that a name spells."""
        owner, dseq, gseq, oseq, provider = name.split("/")
        return BidID(owner=owner, dseq=int(dseq), gseq=int(gseq), oseq=int(oseq), provider=provider)

    @staticmethod
    def lease_id(name: str) -> LeaseID:
        """The id that a name spells."""
        owner, dseq, gseq, oseq, provider = name.split("/")
        return LeaseID(owner=owner, dseq=int(dseq), gseq=int(gseq), oseq=int(oseq), provider=provider)

    # Parts.

    def money(self, least: int, most: int, denom: str = "") -> Coin:
        """Some coins."""
        return Coin(denom=denom or self.rng.choice(DENOMS), amount=str(self.rng.randint(least, most)))

    def funding(self, signer: str, coin: Coin) -> Deposit:
        """A deposit from the balance, from grants, or from both in either order."""
        permitted = any(to == signer and url == DEPOSIT_URL for _, to, url in self.market.money.permissions)
        sources: Any = [1]
        if permitted or self.rng.random() < 0.1:
            sources = self.rng.choice([[1], [2], [1, 2], [2, 1]])
        return Deposit(amount=coin, sources=sources)

    def price(self, denom: str, most: int) -> DecCoin:
        """A price a block, with a fraction."""
        raw = self.rng.randint(1, most * FRACTION)
        if self.rng.random() < 0.3:
            raw -= raw % FRACTION
        return DecCoin(denom=denom, amount=str(max(raw, 1)))

    def spec(self, name: str, denom: str) -> GroupSpec:
        """A group of one or two units, sometimes with requirements that not every provider meets."""
        rng, spec = self.rng, GroupSpec(name=name)
        spec.requirements.SetInParent()
        if rng.random() < 0.12:
            spec.requirements.attributes.add(key="region", value=rng.choice(["us-west", "eu-*", "eu-north"]))
        if rng.random() < 0.05:
            signed_by = spec.requirements.signed_by
            rng.choice([signed_by.any_of, signed_by.all_of]).append(self.address(*AUDITORS))
        for number in range(1, rng.choice([2, 2, 3])):
            unit = Resources(id=number)
            unit.cpu.units.val = b"%d" % rng.choice([100, 500, 4000])
            unit.memory.quantity.val, unit.gpu.units.val = b"134217728", b"0"
            unit.storage.add(name="default").quantity.val = b"134217728"
            # Groups whose price is small live long; the others run dry.
            price = self.price(denom, rng.choice([50, 5_000, 60_000]))
            spec.resources.add(resource=unit, count=rng.choice([1, 1, 2]), price=price)
        return spec

    # Deployments.

    def create_deployment(self, owner: str = "") -> Plan | None:
        """A deployment of up to three groups, funded for a few blocks or for many."""
        return self._by(self._deployment(owner or self.address(*TENANTS)))

    def _deployment(self, owner: str) -> deploymentmsg_pb2.MsgCreateDeployment:
        rng = self.rng
        dseq = self._next_dseq(owner)
        denom = rng.choice(DENOMS)
        message = deploymentmsg_pb2.MsgCreateDeployment(
            id=DeploymentID(owner=owner, dseq=dseq),
            groups=[self.spec(f"group-{number}", denom) for number in range(rng.choice([1, 1, 2, 3]))],
            hash=hashlib.sha256(b"%d" % dseq).digest(),
            deposit=self.funding(owner, self.money(500_000, rng.choice([600_000, 3_000_000]), denom)),
        )
        if rng.random() < 0.15:
            message.reclamation.min_window.FromSeconds(3600)
        return message

    def _next_dseq(self, owner: str) -> int:
        """A new number; often one whose text begins with that of another deployment of the same owner."""
        siblings = [each for each in self.market.live["deployment"] if each.startswith(owner)]
        if siblings and self.rng.random() < 0.4:
            longer = int(self.rng.choice(siblings).split("/")[1]) * 10 + self.rng.randrange(10)
            if longer < 10**15:
                return longer
        self._dseq += self.rng.choice([1, 1, 1, 9])
        return self._dseq

    def update_deployment(self) -> Plan | None:
        """Another manifest."""
        found = self.some("deployment")
        if found is None:
            return None
        hash = self.rng.choice([b"manifest", bytes(32), self.rng.randbytes(32)])
        return self._by(
            deploymentmsg_pb2.MsgUpdateDeployment(
                id=self.deployment_id(found.name), hash=hash.ljust(32, b".")
            )
        )

    def close_deployment(self) -> Plan | None:
        """The tenant's end."""
        found = self.some("deployment")
        return (
            None
            if found is None
            else self._by(deploymentmsg_pb2.MsgCloseDeployment(id=self.deployment_id(found.name)))
        )

    def change_group(self) -> Plan | None:
        """Pause, start or close a group."""
        rng = self.rng
        kind: Any
        states: tuple[str, ...]
        kind, states = rng.choices(
            [
                (groupmsg_pb2.MsgPauseGroup, ("open",)),
                (groupmsg_pb2.MsgStartGroup, ("paused",)),
                (groupmsg_pb2.MsgCloseGroup, ()),
            ],
            [3, 5, 1],
        )[0]
        found = self.some("group", *states)
        return None if found is None else self._by(kind(id=self.group_id(found.name)))

    def deposit(self) -> Plan | None:
        """A top-up by the owner, a provider or somebody else, of a deployment or a bid, in any denom."""
        rng = self.rng
        kind = rng.choice(["deployment", "deployment", "deployment", "bid"])
        found = self.some(kind)
        if rng.random() < 0.3:
            dry = [each.name for each in self.market.money.accounts.values() if each.state == "overdrawn"][
                -20:
            ]
            name = rng.choice(dry).split("/", 1)[1] if dry else None
            kind, found = ("deployment", self.market.things["deployment"][name]) if name else (kind, found)
        if found is None:
            return None
        signer = rng.choice([found.name.split("/")[0], self.address(*EVERYBODY)])
        message = MsgAccountDeposit(
            signer=signer, deposit=self.funding(signer, self.money(1, rng.choice([100, 100_000, 2_000_000])))
        )
        message.id.scope = 1 if kind == "deployment" else 2  # type: ignore[assignment]
        message.id.xid = found.name
        return self._by(message)

    # Bids and leases.

    def create_bid(self) -> Plan | None:
        """An offer on an open order, below its price or sometimes above."""
        order = self.some("order", "open")
        if order is None:
            return None
        provider = self.address(*PROVIDERS, *PROVIDERS, *PROVIDERS, "stranger")
        return self._by(self._bid(order.name, provider, order.price))

    def _bid(self, order: str, provider: str, limit: tuple[str, int]) -> bidmsg_pb2.MsgCreateBid:
        rng = self.rng
        denom = rng.choice(DENOMS) if rng.random() < 0.02 else limit[0]
        # Down to a quarter of the most that the order pays; now and then just above it.
        raw = limit[1] + 1 if rng.random() < 0.04 else rng.randint(limit[1] // 4, limit[1])
        if rng.random() < 0.2:
            raw -= raw % FRACTION
        message = bidmsg_pb2.MsgCreateBid(
            id=self.bid_id(f"{order}/{provider}"),
            price=DecCoin(denom=denom, amount=str(max(raw, 1))),
            deposit=self.funding(provider, self.money(500_000, 900_000)),
        )
        if rng.random() < 0.4:
            message.reclamation_window.FromSeconds(rng.choice([3600, 7200]))
        return message

    def close_bid(self) -> Plan | None:
        """A provider takes an offer back, or ends a lease."""
        found = self.some("bid")
        reason: Any = self.rng.choice([10000, 10001, 10002, 10003])
        return (
            None
            if found is None
            else self._by(bidmsg_pb2.MsgCloseBid(id=self.bid_id(found.name), reason=reason))
        )

    def create_lease(self) -> Plan | None:
        """A tenant chooses."""
        found = self.some("bid", "open")
        return (
            None if found is None else self._by(leasemsg_pb2.MsgCreateLease(bid_id=self.bid_id(found.name)))
        )

    def close_lease(self) -> Plan | None:
        """A tenant ends a lease."""
        found = self.some("lease")
        return None if found is None else self._by(leasemsg_pb2.MsgCloseLease(id=self.lease_id(found.name)))

    def withdraw(self) -> Plan | None:
        """A provider collects, sometimes for several leases, sometimes twice in a transaction."""
        found = self.some("lease")
        if found is None:
            return None
        provider = found.name.rsplit("/", 1)[1]
        others = [each for each in self.market.live["lease"].values() if each.name.endswith(provider)]
        names = [found.name, *(each.name for each in self.rng.sample(others, min(len(others), 2)))]
        if self.rng.random() < 0.7:
            names = names[:1]
        return self._by(*(leasemsg_pb2.MsgWithdrawLease(id=self.lease_id(name)) for name in names))

    def start_reclaim(self) -> Plan | None:
        """A provider announces that it takes a lease back."""
        windowed = [each for each in self.market.live["lease"].values() if each.window is not None]
        found = self.rng.choice(windowed) if windowed else self.some("lease")
        reason: Any = 10001
        return (
            None
            if found is None
            else self._by(leasemsg_pb2.MsgLeaseStartReclaim(id=self.lease_id(found.name), reason=reason))
        )

    def quote(self) -> Plan | None:
        """The whole trade in one transaction of two signers: order, bid and lease."""
        owner, provider = self.address(*TENANTS), self.address(*PROVIDERS)
        deployment = self._deployment(owner)
        name = f"{owner}/{deployment.id.dseq}/1/1"
        units = deployment.groups[0].resources
        limit = sum(int(unit.price.amount) * unit.count for unit in units)
        bid = self._bid(name, provider, (units[0].price.denom, limit))
        return self._by(deployment, bid, leasemsg_pb2.MsgCreateLease(bid_id=bid.id))

    # Permissions.

    def grant(self) -> Plan | None:
        """Let somebody deposit, send, or do one thing for the granter."""
        rng = self.rng
        granter = rng.choice([self.address(*PATRONS), self.address(*EVERYBODY)])
        grantee = self.address(*TENANTS, *PROVIDERS)
        if granter == grantee:
            return None
        message = authz.MsgGrant(granter=granter, grantee=grantee)
        kind = rng.randrange(5)
        given: Message
        if kind < 3:
            denoms = sorted(rng.sample(DENOMS, rng.randint(1, 3)))
            limits = [self.money(200_000, 3_000_000, denom) for denom in denoms]
            scopes: Any = rng.choice([[1], [2], [1, 2]])
            given = DepositAuthorization(spend_limits=limits, scopes=scopes)
        elif kind == 3:
            given = SendAuthorization(spend_limit=[self.money(1_000, 50_000, "uakt")])
        else:
            names = ["deployment.v1beta4.MsgCloseDeployment", "market.v1beta5.MsgCreateLease"]
            names += ["market.v1beta5.MsgWithdrawLease", "escrow.v1.MsgAccountDeposit"]
            given = authz_pb2.GenericAuthorization(msg="/akash." + rng.choice(names))
        message.grant.authorization.CopyFrom(registry.pack(given))
        if rng.random() < 0.6:
            message.grant.expiration.FromNanoseconds(self.now + rng.choice([20, 300, 5000]) * 10**9)
        return self._by(message)

    def revoke(self) -> Plan | None:
        """Take a permission back."""
        given = [key for key in self.market.money.permissions if key[0] != self.cast.authority]
        if not given:
            return None
        granter, grantee, url = self.rng.choice(given)
        return self._by(authz.MsgRevoke(granter=granter, grantee=grantee, msg_type_url=url))

    def execute(self) -> Plan | None:
        """Do for another what he permitted, or what he did not."""
        given = [key for key in self.market.money.permissions if key[0] != self.cast.authority]
        if not given:
            return None
        granter, grantee, url = self.rng.choice(given)
        inner = self._permitted(granter, url)
        if inner is None:
            return None
        messages = [inner] if self.rng.random() < 0.8 else [inner, inner]
        return self._by(authz.MsgExec(grantee=grantee, msgs=[registry.pack(each) for each in messages]))

    def _permitted(self, granter: str, url: str) -> Message | None:
        if url.endswith("MsgSend"):
            coins = [self.money(1, 30_000, "uakt")]
            return bank.MsgSend(from_address=granter, to_address=self.address(*EVERYBODY), amount=coins)
        if url.endswith("MsgAccountDeposit"):
            plan = self.deposit()
            if plan is not None:
                plan.messages[0].signer = granter  # type: ignore[attr-defined]
            return None if plan is None else plan.messages[0]
        maker = {"MsgCloseDeployment": self.close_deployment, "MsgCreateLease": self.create_lease}
        plan = maker.get(url.rsplit(".", 1)[1], self.withdraw)()
        return None if plan is None else plan.messages[0]

    def allow_fees(self) -> Plan | None:
        """Pay somebody's fees, or stop to."""
        rng = self.rng
        granter, grantee = self.address(*PATRONS), self.address(*TENANTS, *PROVIDERS)
        if rng.random() < 0.3:
            return self._by(feegrant.MsgRevokeAllowance(granter=granter, grantee=grantee))
        limit = [self.money(5_000, 50_000, "uakt")]
        allowance: Message = feegrant_pb2.BasicAllowance(spend_limit=limit)
        if rng.random() < 0.5:
            allowance.expiration.FromNanoseconds(self.now + rng.choice([30, 600]) * 10**9)  # type: ignore[attr-defined]
        if rng.random() < 0.3:
            names = ["/akash.market.v1beta5.MsgCreateBid", "/akash.market.v1beta5.MsgCreateLease"]
            allowance = feegrant_pb2.AllowedMsgAllowance(
                allowance=registry.pack(allowance), allowed_messages=names
            )
        message = feegrant.MsgGrantAllowance(granter=granter, grantee=grantee)
        message.allowance.CopyFrom(registry.pack(allowance))
        return self._by(message)

    # Providers, auditors, the rest.

    def provider(self) -> Plan | None:
        """A provider registers or changes its attributes."""
        kind = self.rng.choice([provider_msgs.MsgCreateProvider, provider_msgs.MsgUpdateProvider])
        return self._by(self._provider(kind, self.rng.choice(PROVIDERS)))

    def _provider(self, kind: Any, name: str) -> Message:
        message: Any = kind(owner=self.cast.text(name), host_uri="https://provider.example:8443")
        for key, values in (("region", ("us-west", "eu-north")), ("tier", ("community", "gold"))):
            if self.rng.random() < 0.9:
                message.attributes.add(key=key, value=self.rng.choice(values))
        return message  # type: ignore[no-any-return]

    def audit(self) -> Plan | None:
        """An auditor signs attributes, or takes a signature back."""
        auditor, owner = self.address(*AUDITORS), self.address(*PROVIDERS)
        if self.rng.random() < 0.3:
            keys = self.rng.choice([[], ["region"]])
            return self._by(MsgDeleteProviderAttributes(owner=owner, auditor=auditor, keys=keys))
        message = MsgSignProviderAttributes(owner=owner, auditor=auditor)
        message.attributes.add(key="region", value=self.rng.choice(["us-west", "eu-north"]))
        return self._by(message)

    def send(self) -> Plan | None:
        """A transfer to one or several."""
        source, coin = self.address(*EVERYBODY), self.money(1, 20_000)
        if self.rng.random() < 0.6:
            target = self.address(*EVERYBODY)
            return self._by(bank.MsgSend(from_address=source, to_address=target, amount=[coin]))
        half = Coin(denom=coin.denom, amount=str(int(coin.amount)))
        whole = Coin(denom=coin.denom, amount=str(2 * int(coin.amount)))
        outputs = [bank_pb2.Output(address=self.address(*EVERYBODY), coins=[half]) for _ in range(2)]
        inputs = [bank_pb2.Input(address=source, coins=[whole])]
        return Plan([bank.MsgMultiSend(inputs=inputs, outputs=outputs)], [self._name(source)])

    def _name(self, address: str) -> str:
        actor = self.cast.known(address)
        return actor.name if actor is not None else "stranger"

    def certificate(self) -> Plan | None:
        """A certificate is published or revoked; they were made beforehand, keys are slow."""
        if not self.certificates:
            return None
        name, message = self.rng.choice(self.certificates)
        return Plan([message], [name])

    def govern(self) -> Plan | None:
        """The authority changes parameters, through the governor."""
        message = self.rng.choice(
            [self._market_params, self._expiry, self._take, self._deposits, self._switch]
        )()
        packed = [registry.pack(message)]
        return self._by(authz.MsgExec(grantee=self.cast.text("governor"), msgs=packed))

    def _market_params(self) -> Message:
        params = market_params.Params(order_max_bids=self.rng.choice([2, 3, 20]))
        params.bid_min_deposit.denom, params.bid_min_deposit.amount = "uakt", "500000"
        for denom in DENOMS:
            params.bid_min_deposits.add(denom=denom, amount=self.rng.choice(["500000", "600000"]))
        params.min_reclamation_window.FromSeconds(self.rng.choice([1800, 3600]))
        params.max_reclamation_window.FromSeconds(720 * 3600)
        return market_paramsmsg.MsgUpdateParams(authority=self.cast.authority, params=params)

    def _expiry(self) -> Message:
        message = expiry_msgs.MsgUpdateParams(authority=self.cast.authority)
        if self.expiry:
            message.params.order_max_age_blocks = self.rng.choice([0, 20, 60, 120])
            message.params.bid_max_age_blocks = self.rng.choice([0, 3, 8, 20])
        message.params.max_expiries_per_block = self.rng.choice([1, 3, 20])
        return message

    def _take(self) -> Message:
        params = take_params.Params(default_take_rate=self.rng.choice([0, 1, 10, 33, 100]))
        for denom in self.rng.sample(DENOMS, self.rng.randint(0, 3)):
            params.denom_take_rates.add(denom=denom, rate=self.rng.choice([0, 3, 50]))
        return take_paramsmsg.MsgUpdateParams(authority=self.cast.authority, params=params)

    def _deposits(self) -> Message:
        params = deployment_params.Params()
        for denom in DENOMS:
            params.min_deposits.add(denom=denom, amount=self.rng.choice(["0", "500000", "550000"]))
        return deployment_paramsmsg.MsgUpdateParams(authority=self.cast.authority, params=params)

    def _switch(self) -> Message:
        message = bank.MsgSetSendEnabled(authority=self.cast.authority)
        message.send_enabled.add(denom="uact", enabled=self.rng.random() < 0.5)
        return message


def options_of(rng: random.Random, payers: Sequence[str], now: int) -> dict[str, Any]:
    """How a transaction is signed and paid for: mostly plainly."""
    options: dict[str, Any] = {}
    kind = rng.random()
    if kind < 0.12:
        options.update(unordered=True, timeout_ns=now + rng.randint(1, 540) * 10**9 + rng.randrange(10**9))
    elif kind < 0.22:
        options["mode"] = SIGN_MODE_LEGACY_AMINO_JSON
    if rng.random() < 0.05:
        options["granter"] = rng.choice(payers)
    if rng.random() < 0.05:
        options["memo"] = "m" * rng.choice([1, 200, 256])
    if rng.random() < 0.1:
        options["fee"] = rng.choice(["", "1uakt", "5000uact"])
    return options
