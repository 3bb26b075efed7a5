"""A market for benchmarks: a genesis document of many active leases, and blocks of random market transactions.

Lease number j runs on account j with provider j modulo PROVIDERS. What blocks will touch is chosen first, so that only
those accounts need keys and so that the very same transactions also run on a state that holds nothing else.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from chain import Chain

from supercloud.chain.app import default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2, leasemsg_pb2
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin, DecCoin
from supercloud.types.address import module_address

PROVIDERS = 100
DENOM = "uact"
DEPOSIT = 5_000_000
RATE = "500.000000000000000000"
RICHES = 10**12
GAS = 1_000_000
DSEQ_NEW = 10**7
"""Deployments that blocks create are numbered from here, those of the document by their lease."""
MIX = {"create": 16, "bid": 16, "lease": 16, "close": 10, "deposit": 14, "withdraw": 14, "update": 14}
"""Transactions of each kind in a hundred."""
WARM_BLOCKS = 2
"""A bid needs a deployment of the block before, a lease a bid of the block before."""


class Deal(NamedTuple):
    """A deployment by the numbers of the accounts that made it; dseq tells it apart."""

    owner: int
    dseq: int
    provider: int


class Step(NamedTuple):
    """One transaction: its kind and the deployment it is about."""

    kind: str
    deal: Deal


@dataclass
class Plan:
    """Blocks of steps over a state of so many accounts and leases, the first WARM_BLOCKS without all kinds."""

    accounts: int
    leases: int
    blocks: list[list[Step]] = field(default_factory=list)

    def standing(self, number: int) -> Deal:
        """The deployment of a lease that the document has."""
        return Deal(number, number + 1, self.accounts - 1 - number % PROVIDERS)

    def touched(self) -> tuple[list[int], list[int]]:
        """Numbers of the accounts and of the document's leases that some step is about."""
        deals = sorted({step.deal for block in self.blocks for step in block})
        used = {account for deal in deals for account in (deal.owner, deal.provider)}
        return sorted(used), [deal.dseq - 1 for deal in deals if deal.dseq < DSEQ_NEW]


def plan(accounts: int, leases: int, txs: int, blocks: int, seed: int = 1) -> Plan:
    """Random steps. Who creates is neither tenant nor provider of the document; no lease is closed twice."""
    rng = random.Random(seed)
    made = Plan(accounts, leases)
    share = {kind: txs * part // 100 for kind, part in MIX.items()}
    closing = rng.sample(range(leases), share["close"] * (blocks + WARM_BLOCKS))
    ended = set(closing)
    lasting = [number for number in range(leases) if number not in ended]
    created: list[Deal] = []
    bid: list[Deal] = []
    serial = DSEQ_NEW
    for _ in range(blocks + WARM_BLOCKS):
        steps = [Step("bid", deal) for deal in created] + [Step("lease", deal) for deal in bid]
        bid, created = created, []
        for _ in range(share["create"]):
            owner = rng.randrange(leases, accounts - PROVIDERS)
            created.append(Deal(owner, serial, accounts - 1 - rng.randrange(PROVIDERS)))
            serial += 1
        steps += [Step("create", deal) for deal in created]
        steps += [Step("close", made.standing(closing.pop())) for _ in range(share["close"])]
        for kind in ("deposit", "withdraw", "update"):
            steps += [Step(kind, made.standing(rng.choice(lasting))) for _ in range(share[kind])]
        rng.shuffle(steps)
        made.blocks.append(steps)
    return made


class Cast:
    """Who is in a plan, by account number; with `alone`, only those whom its steps touch."""

    def __init__(self, made: Plan, *, alone: bool) -> None:
        self.profile = Profile()
        used, leases = made.touched()
        self.signers = {number: PrivateKey(hashlib.sha256(b"bench %d" % number).digest()) for number in used}
        self.leases = leases if alone else range(made.leases)
        self.names = {number: self._name(number) for number in (used if alone else range(made.accounts))}

    def _name(self, number: int) -> str:
        key = self.signers.get(number)
        idle = hashlib.sha256(b"idle %d" % number).digest()[:20]
        return self.profile.bech32.text(idle if key is None else key.address)


class Document:
    """The app_state in which everybody has coins and every lease runs."""

    def __init__(self, made: Plan, cast: Cast) -> None:
        self.made, self.names, self.profile = made, cast.names, cast.profile
        self.deals = [made.standing(number) for number in cast.leases]

    def state(self) -> dict[str, Any]:
        """Module by module."""
        made, deals = self.made, self.deals
        riches = {DENOM: RICHES, "uakt": RICHES}
        pool = module_address("escrow")
        balances = {self.profile.bech32.parse(text): riches for text in self.names.values()}
        state = default_genesis(self.profile, balances | {pool: {DENOM: 2 * DEPOSIT * len(deals)}})
        entries = state["auth"]["accounts"]
        # The modules' own accounts are made by the modules; numbers are those of the plan, whatever is left out.
        del entries[len(self.names) :]
        for number, entry in zip(self.names, entries, strict=True):
            entry["account_number"] = str(number)
        state["provider"]["providers"] = [
            {"owner": self.names[number], "host_uri": f"https://p{number}.example:8443"}
            for number in self.names
            if number >= made.accounts - PROVIDERS
        ]
        documents = [self._deal(deal) for deal in deals]
        state["deployment"]["deployments"] = [each["deployment"] for each in documents]
        state["market"] |= {kind: [each[kind] for each in documents] for kind in ("orders", "bids", "leases")}
        state["escrow"] = {
            "accounts": [account for each in documents for account in each["accounts"]],
            "payments": [each["payment"] for each in documents],
        }
        return state

    def _deal(self, deal: Deal) -> dict[str, Any]:
        """The entries of one lease, as an export shows them, without what is empty."""
        owner, provider, dseq = self.names[deal.owner], self.names[deal.provider], str(deal.dseq)
        order = {"owner": owner, "dseq": dseq, "gseq": 1, "oseq": 1}
        bid = order | {"provider": provider}
        price = {"denom": DENOM, "amount": RATE}
        unit = {
            "id": 1,
            "cpu": {"units": {"val": "100"}},
            "memory": {"quantity": {"val": "134217728"}},
            "storage": [{"name": "default", "quantity": {"val": "134217728"}}],
            "gpu": {"units": {"val": "0"}},
        }
        limit = {"denom": DENOM, "amount": "1000.000000000000000000"}
        spec = {
            "name": "web",
            "requirements": {"signed_by": {}},
            "resources": [{"resource": unit, "count": 1, "price": limit}],
        }
        deployment = {"scope": "deployment", "xid": f"{owner}/{dseq}"}
        return {
            "deployment": {
                "deployment": {
                    "id": {"owner": owner, "dseq": dseq},
                    "state": "active",
                    "hash": "BbOr8leaXrZkA814vlV/2GBjOh/iEDx2QgMN7+MsZX8=",
                },
                "groups": [
                    {"id": {"owner": owner, "dseq": dseq, "gseq": 1}, "state": "open", "group_spec": spec}
                ],
            },
            "orders": {"id": order, "state": "active", "spec": spec},
            "bids": {"id": bid, "state": "active", "price": price},
            "leases": {"id": bid, "state": "active", "price": price},
            "accounts": [
                _account(deployment, owner),
                _account({"scope": "bid", "xid": f"{owner}/{dseq}/1/1/{provider}"}, provider),
            ],
            "payment": {
                "id": {"aid": deployment, "xid": f"1/1/{provider}"},
                "state": {
                    "owner": provider,
                    "state": "open",
                    "rate": price,
                    "balance": {"denom": DENOM, "amount": "0"},
                    "unsettled": {"denom": DENOM, "amount": "0"},
                    "withdrawn": {"denom": DENOM, "amount": "0"},
                },
            },
        }


def write(made: Plan, alone: bool, path: Path) -> None:
    """Put the document of a plan into a file."""
    path.write_text(json.dumps(Document(made, Cast(made, alone=alone)).state()))


class Market(Chain):
    """A chain begun with the document of a plan that `path` holds."""

    def __init__(self, made: Plan, path: Path, backend: Any, *, alone: bool) -> None:
        cast = Cast(made, alone=alone)
        self.profile, self.signers, self.names = cast.profile, cast.signers, cast.names
        self.sequences = dict.fromkeys(cast.signers, 0)
        self.leases = len(cast.leases)
        begun = time.perf_counter()
        self.start(path.read_bytes(), backend)
        self.founded_s = time.perf_counter() - begun

    def transactions(self, steps: list[Step]) -> list[bytes]:
        """A block's steps, signed."""
        raws = []
        for kind, deal in steps:
            signer = deal.provider if kind in ("bid", "withdraw") else deal.owner
            message = self._message(kind, deal)
            raws.append(self.seal(self.signers[signer], signer, self.sequences[signer], message, GAS))
            self.sequences[signer] += 1
        return raws

    def _message(self, kind: str, deal: Deal) -> Any:
        owner = self.names[deal.owner]
        deposit = Deposit(amount=Coin(denom=DENOM, amount=str(DEPOSIT)), sources=["balance"])
        if kind == "deposit":
            filled = MsgAccountDeposit(signer=owner, deposit=deposit)
            filled.id.scope, filled.id.xid = 1, f"{owner}/{deal.dseq}"
            return filled
        if kind in ("create", "close", "update"):
            made = {
                "create": deploymentmsg_pb2.MsgCreateDeployment,
                "close": deploymentmsg_pb2.MsgCloseDeployment,
                "update": deploymentmsg_pb2.MsgUpdateDeployment,
            }[kind]()
            made.id.owner, made.id.dseq = owner, deal.dseq
            if kind != "close":
                made.hash = hashlib.sha256(b"%s %d %d" % (kind.encode(), *deal[:2])).digest()
            if kind == "update":
                # Updates of one deployment must differ.
                made.hash = hashlib.sha256(made.hash + b"%d" % self.sequences[deal.owner]).digest()
            if kind == "create":
                made.groups.append(_group())
                made.deposit.CopyFrom(deposit)
            return made
        about: Any = {
            "bid": bidmsg_pb2.MsgCreateBid,
            "lease": leasemsg_pb2.MsgCreateLease,
            "withdraw": leasemsg_pb2.MsgWithdrawLease,
        }[kind]()
        place = about.bid_id if kind == "lease" else about.id
        place.owner, place.dseq, place.gseq, place.oseq = owner, deal.dseq, 1, 1
        place.provider = self.names[deal.provider]
        if kind == "bid":
            about.deposit.CopyFrom(deposit)
            about.price.denom, about.price.amount = DENOM, str(500 * 10**18)
        return about


def _account(name: dict[str, str], owner: str) -> dict[str, Any]:
    amount = {"denom": DENOM, "amount": str(DEPOSIT)}
    return {
        "id": name,
        "state": {
            "owner": owner,
            "state": "open",
            "transferred": [{"denom": DENOM, "amount": "0"}],
            "funds": [amount],
            "deposits": [{"owner": owner, "source": "balance", "balance": amount}],
        },
    }


def _group() -> GroupSpec:
    unit = Resources(id=1)
    unit.cpu.units.val, unit.memory.quantity.val, unit.gpu.units.val = b"100", b"134217728", b"0"
    unit.storage.add(name="default").quantity.val = b"134217728"
    spec = GroupSpec(name="web")
    spec.requirements.SetInParent()
    spec.resources.add(resource=unit, count=1, price=DecCoin(denom=DENOM, amount=str(1000 * 10**18)))
    return spec
