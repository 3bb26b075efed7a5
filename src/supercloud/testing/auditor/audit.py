"""Reading blocks into the auditor's model, and comparing it with what the ledger answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message

from supercloud.codec import registry
from supercloud.codec.tx import decode
from supercloud.crypto import ed25519
from supercloud.pb.akash.deployment.v1beta4 import query_pb2 as deployment_queries
from supercloud.pb.akash.escrow.v1 import query_pb2 as escrow_queries
from supercloud.pb.akash.market.v1beta5 import query_pb2 as market_queries
from supercloud.pb.akash.take.v1 import query_pb2 as take_queries
from supercloud.pb.cosmos.authz.v1beta1 import query_pb2 as authz_queries
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_queries
from supercloud.pb.supercloud.market.v1 import query_pb2 as expiry_queries
from supercloud.pb.tendermint.abci.types_pb2 import Misbehavior, ResponseFinalizeBlock, VoteInfo
from supercloud.testing.auditor.books import Books
from supercloud.testing.auditor.books import coins as _coins
from supercloud.testing.auditor.market import Market, Thing, name_of
from supercloud.testing.auditor.money import (
    COLLECTED,
    FRACTION,
    MODULES,
    POOL,
    SEND_URL,
    Account,
    Amount,
    Money,
    Permission,
    Stream,
    require,
)
from supercloud.types.address import Bech32, module_address

M = TypeVar("M", bound=Message)
Ask = Callable[[str, Message, type[Any]], Any]
"""Answers a public query: its path, the request, and the type of the answer."""

PAGE = 2000
WATCHED = ("akash.deployment.", "akash.market.", "supercloud.market.")
SIGNERS = {
    "MsgCreateLease": ("bid_id", "owner"),
    "MsgCreateBid": ("id", "provider"),
    "MsgCloseBid": ("id", "provider"),
    "MsgWithdrawLease": ("id", "provider"),
    "MsgLeaseStartReclaim": ("id", "provider"),
    "MsgRevokeCertificate": ("id", "owner"),
    "MsgAccountDeposit": ("signer",),
    "MsgSignProviderAttributes": ("auditor",),
    "MsgDeleteProviderAttributes": ("auditor",),
    "MsgSend": ("from_address",),
    "MsgUpdateParams": ("authority",),
    "MsgExec": ("grantee",),
    "MsgGrant": ("granter",),
    "MsgRevoke": ("granter",),
    "MsgBid": ("bidder",),
    "MsgClaim": ("recipient",),
    "MsgReleaseMilestone": ("authority",),
    "MsgCancelGrant": ("authority",),
    "MsgSubmitProposal": ("proposer",),
    "MsgDeposit": ("depositor",),
    "MsgVote": ("voter",),
    "MsgVoteWeighted": ("voter",),
    "MsgCancelProposal": ("proposer",),
    "MsgAddPriceEntry": ("signer",),
    "MsgFundVault": ("authority",),
    "MsgUpdateOutflow": ("authority",),
    "MsgFundCommunityPool": ("depositor",),
}
"""Where a message that can be executed for somebody names its signer; `id.owner` or `owner` for the rest."""


class Block(NamedTuple):
    """A block as everybody sees it."""

    height: int
    time: int
    txs: list[bytes]
    response: ResponseFinalizeBlock
    votes: Sequence[VoteInfo] = ()
    """Who decided the block before."""
    proofs: Sequence[Misbehavior] = ()
    """Of double signatures."""


class Auditor:
    """Applies every block to a model of its own and requires the ledger to agree. Begins after the first block."""

    def __init__(self, ask: Ask, watched: Iterable[str], *, bech32: Bech32) -> None:
        self._ask = ask
        self.money = Money(bech32.parse)
        self.market = Market(self.money)
        self.books = Books(self.money)
        self._valcons = bech32.valcons
        self._addresses = {name: name for name in watched}
        for module in MODULES:
            self._addresses[module] = bech32.text(module_address(module.split("/")[1]))
        self._names = {address: name for name, address in self._addresses.items()}
        self.accepted: Counter[str] = Counter()
        """Messages of accepted transactions, by name."""
        for name, address in self._addresses.items():
            self.money.purses[name] = Counter(self._balances(address))
        self.money.supply = self._supply()
        self._knows_all = self.money.total() == +self.money.supply
        """Whether everybody who has anything is watched."""
        self._read_params()
        self.books.read(ask)
        self.books.read_stakes(
            ask,
            lambda record: bech32.valcons(ed25519.address(registry.unpack(record.consensus_pubkey).key)),  # type: ignore[attr-defined]
            lambda name: bech32.text(bech32.parse_valoper(name)),
        )

    def _read_params(self) -> None:
        answer = self._ask(
            "/akash.take.v1.Query/Params", take_queries.QueryParamsRequest(), take_queries.QueryParamsResponse
        )
        self._set_take(answer.params)
        answer = self._ask(
            "/supercloud.market.v1.Query/Params",
            expiry_queries.QueryParamsRequest(),
            expiry_queries.QueryParamsResponse,
        )
        self._set_expiry(answer.params)

    def _set_take(self, params: Any) -> None:
        self.money.rate_default = params.default_take_rate
        self.money.rates = {each.denom: each.rate for each in params.denom_take_rates}

    def _set_expiry(self, params: Any) -> None:
        self.market.ages = {"order": params.order_max_age_blocks, "bid": params.bid_max_age_blocks}
        self.market.expiries_max = params.max_expiries_per_block

    # Blocks.

    def read(self, block: Block) -> None:
        """Apply a block, and compare the events it should have had and every balance it touched."""
        self.money.height, self.money.time = block.height, block.time
        self.money.touched.clear()
        self.money.forget_expired()
        told = [_told(event) for event in block.response.events]
        self.books.hear(told)
        votes = [(self._valcons(vote.validator.address), vote.validator.power) for vote in block.votes]
        proofs = {self._valcons(proof.validator.address): proof.height for proof in block.proofs}
        self.books.begin_block(votes, proofs, told)
        # Of the rewards that a block tells of, those of its end are explained there.
        later, self.books.stakes.paid = self.books.stakes.paid, []
        for raw, result in zip(block.txs, block.response.tx_results, strict=True):
            self._charge(result.events)
            self.books.hear(_told(event) for event in result.events)
            if result.code == 0:
                for message in decode(raw).msgs:
                    self._apply(message)
            self._compare_events(result.events, f"transaction {result.code} at {block.height}")
        self.books.stakes.paid = later
        self.books.end_block(told, lambda packed: self._apply(registry.unpack(packed)))
        self._expire(block.response.events)
        self._compare_events(block.response.events, f"end of block {block.height}")
        self.books.close_block(told)
        self._compare_touched(block.height)
        self._compare_supply()

    def _charge(self, events: Iterable[Any]) -> None:
        for event in events:
            words = {each.key: each.value for each in event.attributes}
            if event.type == "tx" and words.get("fee"):
                for denom, amount in _coins(words["fee"]).items():
                    payer = self._names.get(words["fee_payer"], words["fee_payer"])
                    self.money.move(payer, COLLECTED, denom, amount)

    def _apply(self, message: Any) -> None:
        name = message.DESCRIPTOR.full_name
        self.accepted[name] += 1
        if self.market.apply(message) or self.books.apply(message):
            return
        match name:
            case "cosmos.bank.v1beta1.MsgSend":
                for coin in message.amount:
                    self.money.move(message.from_address, message.to_address, coin.denom, int(coin.amount))
            case "cosmos.bank.v1beta1.MsgMultiSend":
                for output in message.outputs:
                    for coin in output.coins:
                        source = message.inputs[0].address
                        self.money.move(source, output.address, coin.denom, int(coin.amount))
            case "cosmos.authz.v1beta1.MsgGrant":
                self._grant(message)
            case "cosmos.authz.v1beta1.MsgRevoke":
                gone = self.money.permissions.pop(
                    (message.granter, message.grantee, message.msg_type_url), None
                )
                require(gone is not None, f"{message.granter} revoked what it had not granted")
            case "cosmos.authz.v1beta1.MsgExec":
                self._execute(message)
            case "akash.take.v1.MsgUpdateParams":
                self._set_take(message.params)
            case "supercloud.market.v1.MsgUpdateParams":
                self._set_expiry(message.params)

    def _grant(self, message: Any) -> None:
        given: Any = registry.unpack(message.grant.authorization)
        expires = None
        if message.grant.HasField("expiration"):
            expires = message.grant.expiration.seconds * 10**9 + message.grant.expiration.nanos
        match given.DESCRIPTOR.name:
            case "DepositAuthorization":
                limits = Counter({each.denom: int(each.amount) for each in given.spend_limits})
                permission = Permission("deposit", limits, tuple(given.scopes), expires)
                url = "/akash.escrow.v1.MsgAccountDeposit"
            case "SendAuthorization":
                limits = Counter({each.denom: int(each.amount) for each in given.spend_limit})
                permission, url = Permission("send", limits, (), expires), SEND_URL
            case _:
                permission, url = Permission("any", Counter(), (), expires), given.msg
        self.money.permissions[message.granter, message.grantee, url] = permission

    def permit(self, granter: str, grantee: str, url: str) -> None:
        """Tell of a grant for any message of a type that genesis made."""
        self.money.permissions[granter, grantee, url] = Permission("any", Counter())

    def _execute(self, message: Any) -> None:
        for packed in message.msgs:
            inner = registry.unpack(packed)
            signer = signer_of(inner)
            if signer != message.grantee:
                self.money.use(signer, message.grantee, packed.type_url, inner)
            self._apply(inner)

    def _expire(self, events: Iterable[Any]) -> None:
        for event in events:
            kind = event.type.rsplit(".", 1)[1] if event.type.startswith(WATCHED) else ""
            if kind in ("EventOrderExpired", "EventBidExpired", "EventBidClosed"):
                self.market.expire(kind, _subject(event))

    # Comparing.

    def _compare_events(self, events: Iterable[Any], where: str) -> None:
        told, self.market.told = Counter(self.market.told), []
        heard = Counter(_words(event) for event in events if event.type.startswith(WATCHED))
        require(
            told == heard, f"{where}: not told {sorted(told - heard)}, told beside {sorted(heard - told)}"
        )
        paid, self.money.payouts = Counter(self.money.payouts), []
        taken = Counter(_payout(event) for event in events if event.type == "supercloud.take.v1.EventTaken")
        require(paid == taken, f"{where}: taken {sorted(taken - paid)}, should be {sorted(paid - taken)}")

    def _compare_touched(self, height: int) -> None:
        for name in self.money.touched:
            self._compare_purse(name, f"block {height}")

    def _compare_purse(self, name: str, where: str) -> None:
        held = self._balances(self._addresses.get(name, name))
        mine = +self.money.purses[name]
        require(mine == held, f"{where}: {name} has {dict(held)} and should have {dict(mine)}")

    def _compare_supply(self) -> None:
        told, mine = self._supply(), +self.money.supply
        require(told == mine, f"supply is {dict(told)} and should be {dict(mine)}")
        if self._knows_all:
            held = self.money.total()
            require(held == mine, f"all purses hold {dict(held)}, not {dict(mine)}")

    def compare(self) -> int:
        """Compare every record and every balance; returns how many records there were."""
        for name in self.money.purses:
            self._compare_purse(name, f"after block {self.money.height}")
        self._compare_pool()
        self._compare_permissions()
        counts = Counter[str]()
        for entry in self._deployments():
            self._compare_thing("deployment", entry.deployment, counts)
            self._compare_account(entry.escrow_account)
            for group in entry.groups:
                self._compare_thing("group", group, counts)
        for order in self._listed("market.v1beta5", "Orders", market_queries):
            self._compare_thing("order", order, counts)
        for entry in self._listed("market.v1beta5", "Bids", market_queries):
            self._compare_thing("bid", entry.bid, counts)
            self._compare_account(entry.escrow_account)
        for entry in self._listed("market.v1beta5", "Leases", market_queries):
            self._compare_thing("lease", entry.lease, counts)
            self._compare_payment(entry.escrow_payment)
        for kind, things in self.market.things.items():
            require(counts[kind] == len(things), f"{counts[kind]} {kind} records, should be {len(things)}")
        accounts = sum(1 for _ in self._listed("escrow.v1", "Accounts", escrow_queries))
        require(accounts == len(self.money.accounts), f"{accounts} accounts, not {len(self.money.accounts)}")
        return counts.total() + accounts + self.books.compare(self._ask)

    def _compare_pool(self) -> None:
        pool: dict[str, Amount] = dict(self.money.dust)
        for account in self.money.accounts.values():
            for lot in account.lots:
                pool[lot.denom] = pool.get(lot.denom, 0) + lot.left
            for stream in account.streams.values():
                pool[stream.denom] = pool.get(stream.denom, 0) + stream.earned
        owed = {denom: amount for denom, amount in pool.items() if amount}
        held = +self.money.purses[POOL]
        require(owed == held, f"escrow holds {dict(held)} for {owed}")

    def _compare_permissions(self) -> None:
        for (granter, grantee, url), permission in self.money.permissions.items():
            request = authz_queries.QueryGrantsRequest(granter=granter, grantee=grantee, msg_type_url=url)
            answer = self._ask(
                "/cosmos.authz.v1beta1.Query/Grants", request, authz_queries.QueryGrantsResponse
            )
            found: Any = registry.unpack(answer.grants[0].authorization)
            fields = found.DESCRIPTOR.fields_by_name
            limits = next(
                (getattr(found, each) for each in ("spend_limits", "spend_limit") if each in fields), ()
            )
            given = {coin.denom: int(coin.amount) for coin in limits}
            words = f"{granter} allows {grantee} {given} of {url}, not {dict(+permission.limits)}"
            require(given == +permission.limits, words)

    def _compare_thing(self, kind: str, record: Any, counts: Counter[str]) -> None:
        thing = self.market.get(kind, name_of(record.id))
        counts[kind] += 1
        state = type(record).State.Name(record.state)
        require(state == thing.state, f"{kind} {thing.name} is {state} and should be {thing.state}")
        words = f"{kind} {thing.name} was made at {record.created_at}, not {thing.created_at}"
        require(record.created_at == thing.created_at, words)
        if kind in ("bid", "lease"):
            price = record.price.denom, int(record.price.amount)
            require(price == thing.price, f"{kind} {thing.name} costs {price}, not {thing.price}")
        if kind == "lease":
            self._compare_lease(thing, record)

    @staticmethod
    def _compare_lease(thing: Thing, record: Any) -> None:
        require(
            record.reason == thing.reason, f"lease {thing.name} ended by {record.reason}, not {thing.reason}"
        )
        deadline = record.reclamation.deadline
        require(deadline == thing.deadline, f"lease {thing.name}: deadline {deadline}, not {thing.deadline}")

    def _compare_account(self, record: Any) -> None:
        name = {1: "deployment", 2: "bid"}[record.id.scope] + "/" + record.id.xid
        account, state = self.money.accounts[name], record.state
        given = {
            "state": type(state)
            .DESCRIPTOR.fields_by_name["state"]
            .enum_type.values_by_number[state.state]
            .name,
            "owner": state.owner,
            "settled_at": state.settled_at,
            "funds": [(each.denom, int(each.amount)) for each in state.funds],
            "transferred": [(each.denom, int(each.amount)) for each in state.transferred],
            "deposits": [
                (each.owner, each.height, each.source, each.balance.denom, int(each.balance.amount))
                for each in state.deposits
            ],
        }
        mine = _account_record(account)
        wrong = {key: (given[key], mine[key]) for key in given if given[key] != mine[key]}
        require(not wrong, f"{name}: ledger's and auditor's {wrong}")

    def _compare_payment(self, record: Any) -> None:
        account = self.money.accounts["deployment/" + record.id.aid.xid]
        stream = account.streams[record.id.aid.xid + "/" + record.id.xid]
        state = record.state
        names = type(state).DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number
        given = (
            names[state.state].name,
            state.owner,
            (state.rate.denom, int(state.rate.amount)),
            int(state.balance.amount),
            int(state.unsettled.amount),
            int(state.withdrawn.amount),
        )
        mine = _stream_record(stream)
        require(given == mine, f"payment {stream.name} is {given} and should be {mine}")

    # Queries.

    def _balances(self, address: str) -> Mapping[str, int]:
        request = bank_queries.QueryAllBalancesRequest(address=address)
        answer = self._ask(
            "/cosmos.bank.v1beta1.Query/AllBalances", request, bank_queries.QueryAllBalancesResponse
        )
        return Counter({coin.denom: int(coin.amount) for coin in answer.balances})

    def _supply(self) -> Counter[str]:
        request = bank_queries.QueryTotalSupplyRequest()
        answer = self._ask(
            "/cosmos.bank.v1beta1.Query/TotalSupply", request, bank_queries.QueryTotalSupplyResponse
        )
        return Counter({coin.denom: int(coin.amount) for coin in answer.supply})

    def _deployments(self) -> Iterator[Any]:
        return self._listed("deployment.v1beta4", "Deployments", deployment_queries)

    def _listed(self, package: str, what: str, module: Any) -> Iterator[Any]:
        request = getattr(module, f"Query{what}Request")()
        request.pagination.limit = PAGE
        while True:
            path = f"/akash.{package}.Query/{what}"
            answer = self._ask(path, request, getattr(module, f"Query{what}Response"))
            yield from getattr(answer, what.lower())
            if not answer.pagination.next_key:
                return
            request.pagination.key = answer.pagination.next_key


def _account_record(account: Account) -> dict[str, Any]:
    open_ = account.state == "open"
    return {
        "state": account.state,
        "owner": account.owner,
        "settled_at": account.settled_at,
        "funds": [
            (denom, ((account.left(denom) if open_ else 0) - account.debt(denom)) * FRACTION)
            for denom in account.denoms
        ],
        "transferred": [(denom, account.moved(denom) * FRACTION) for denom in account.denoms],
        "deposits": [
            (lot.payer, lot.height, 2 if lot.granted else 1, lot.denom, lot.left * FRACTION)
            for lot in account.lots
        ],
    }


def _stream_record(stream: Stream) -> tuple[object, ...]:
    earned, debt = stream.earned * FRACTION, stream.debt * FRACTION
    return stream.state, stream.provider, (stream.denom, stream.rate), earned, debt, stream.paid


def signer_of(message: Any) -> str:
    """Who has to sign a message."""
    path = SIGNERS.get(message.DESCRIPTOR.name)
    if path is None:
        fields = message.DESCRIPTOR.fields_by_name
        path = ("id", "owner") if "id" in fields else ("owner",)
        path = path if "owner" in fields or "id" in fields else (message.DESCRIPTOR.fields[0].name,)
    for name in path:
        message = getattr(message, name)
    return str(message)


def _told(event: Any) -> tuple[str, dict[str, str]]:
    return event.type, {each.key: each.value for each in event.attributes}


def _attributes(event: Any) -> dict[str, Any]:
    skipped = ("mode", "msg_index", "authz_msg_index")
    return {each.key: json.loads(each.value) for each in event.attributes if each.key not in skipped}


def _subject(event: Any) -> str:
    id = _attributes(event)["id"]
    fields = ("owner", "dseq", "gseq", "oseq", "provider")
    return "/".join(str(id[each]) for each in fields if each in id)


REASONS = {
    "lease_closed_owner": 1,
    "lease_closed_reason_unstable": 10000,
    "lease_closed_reason_decommission": 10001,
    "lease_closed_reason_unspecified": 10002,
    "lease_closed_reason_manifest_timeout": 10003,
    "lease_closed_reason_insufficient_funds": 20000,
}


def _words(event: Any) -> tuple[str, ...]:
    """An event in the auditor's words: its kind, what it is about, and the reason if it has one."""
    words = [event.type.rsplit(".", 1)[1], _subject(event)]
    reason = _attributes(event).get("reason")
    if reason is not None:
        words.append(str(REASONS.get(reason, reason)))
    return tuple(words)


def _payout(event: Any) -> tuple[str, str, int, int]:
    words = _attributes(event)
    name = words["payment_id"].removeprefix("deployment/")
    return name, words["amount"]["denom"], int(words["amount"]["amount"]), int(words["taken"]["amount"])
