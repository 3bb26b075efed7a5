"""A ledger in memory: the whole state machine, driven block by block as a consensus engine drives it.

    ledger = Ledger()
    result = ledger.deliver(MsgSend(...), by=ledger.alice)

Time moves only with blocks, five seconds each unless told otherwise. Keys come from names, so runs are alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.any_pb2 import Any as AnyPb
from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.app import Options, SupercloudApp, build_app, default_genesis
from supercloud.chain.baseapp.context import Context, Profile
from supercloud.chain.store.backend import MemoryBackend
from supercloud.codec import registry, sign_doc
from supercloud.codec.tx import decode, encode
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.store.backend import Backend

R = TypeVar("R", bound="Message")

CHAIN_ID = "supercloud-test"
GENESIS_TIME = 1_760_000_000
RICHES = {"uakt": 10**15, "uact": 10**15, "uusdc": 10**15}
GAS = 2_000_000


def stamp(time: int) -> Timestamp:
    """A time in nanoseconds as messages carry it."""
    seconds, nanos = divmod(time, 10**9)
    return Timestamp(seconds=seconds, nanos=nanos)


class Actor:
    """Somebody with a key."""

    def __init__(self, name: str, profile: Profile) -> None:
        self.name = name
        self.key = PrivateKey(hashlib.sha256(name.encode()).digest())
        self.address = self.key.address
        self.text = profile.bech32.text(self.address)

    def public_key(self) -> AnyPb:
        """The key as transactions carry it."""
        return registry.pack(PubKey(key=bytes(self.key.public_key)))


@dataclass
class Draft:
    """What a transaction is made of, with what most tests do not care about filled in."""

    messages: Sequence[Message]
    fee: str = "5000uakt"
    gas: int = GAS
    memo: str = ""
    timeout_height: int = 0
    timeout_ns: int = 0
    unordered: bool = False
    payer: str = ""
    granter: str = ""
    mode: signing_pb2.SignMode = signing_pb2.SIGN_MODE_DIRECT
    sequence: int | None = None
    chain_id: str = CHAIN_ID

    def body(self) -> tx_pb2.TxBody:
        """The first half of the transaction."""
        body = tx_pb2.TxBody(
            messages=[registry.pack(message) for message in self.messages],
            memo=self.memo,
            timeout_height=self.timeout_height,
            unordered=self.unordered,
        )
        if self.timeout_ns:
            seconds, nanos = divmod(self.timeout_ns, 10**9)
            body.timeout_timestamp.CopyFrom(Timestamp(seconds=seconds, nanos=nanos))
        return body

    def fee_pb(self) -> tx_pb2.Fee:
        """The fee."""
        digits = len(self.fee) - len(self.fee.lstrip("0123456789"))
        amount = [Coin(denom=self.fee[digits:], amount=self.fee[:digits])] if self.fee else []
        return tx_pb2.Fee(amount=amount, gas_limit=self.gas, payer=self.payer, granter=self.granter)


class Ledger:
    """The state machine and its cast: alice a tenant, bob a provider, carol an auditor, dave a stranger."""

    def __init__(
        self,
        balances: Mapping[str, Mapping[str, int]] | None = None,
        *,
        backend: Backend | None = None,
        options: Options | None = None,
        app_state: dict[str, Any] | None = None,
        start: bool = True,
    ) -> None:
        self.profile = Profile()
        self.options = options or Options()
        self.backend = backend or MemoryBackend()
        self.app: SupercloudApp = build_app(self.backend, self.profile, self.options)
        self.actors: dict[str, Actor] = {}
        self.alice, self.bob, self.carol, self.dave = map(self.actor, ("alice", "bob", "carol", "dave"))
        self.time = GENESIS_TIME * 10**9
        self.last: abci.ResponseFinalizeBlock | None = None
        if balances is None:
            balances = dict.fromkeys(("alice", "bob", "carol", "dave"), RICHES)
        if start:
            self.init(app_state or self.genesis(balances))

    def actor(self, name: str) -> Actor:
        """Somebody by name; the same name is the same key."""
        return self.actors.setdefault(name, Actor(name, self.profile))

    def genesis(self, balances: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
        """The default state with balances by actor's name."""
        return default_genesis(
            self.profile, {self.actor(name).address: coins for name, coins in balances.items()}
        )

    def init(self, app_state: dict[str, Any], initial_height: int = 1) -> None:
        """Start the chain and make its first block."""
        self.start_chain(app_state, initial_height)
        self.block()

    def start_chain(self, app_state: dict[str, Any], initial_height: int = 1) -> None:
        """Start the chain; its first block is still to come."""
        self.app.init_chain(
            abci.RequestInitChain(
                chain_id=CHAIN_ID,
                time=stamp(self.time),
                initial_height=initial_height,
                app_state_bytes=json.dumps(app_state).encode(),
            )
        )
        self.next_height = initial_height

    # --- Blocks

    def finalize(
        self,
        txs: Sequence[bytes] = (),
        votes: Sequence[abci.VoteInfo] = (),
        proofs: Sequence[abci.Misbehavior] = (),
    ) -> abci.ResponseFinalizeBlock:
        """Execute the next block without committing it."""
        request = abci.RequestFinalizeBlock(
            txs=txs,
            height=self.next_height,
            time=stamp(self.time),
            proposer_address=b"p" * 20,
            misbehavior=proofs,
        )
        request.decided_last_commit.votes.extend(votes)
        self.last = self.app.finalize_block(request)
        return self.last

    def commit(self) -> None:
        """Commit what was executed last."""
        self.app.commit()
        self.next_height += 1

    def block(self, *txs: bytes, seconds: int = 5) -> abci.ResponseFinalizeBlock:
        """Execute and commit the next block, some seconds after the last."""
        self.time += seconds * 10**9
        response = self.finalize(txs)
        self.commit()
        return response

    def blocks(self, count: int, seconds: int = 5) -> None:
        """Some empty blocks."""
        for _ in range(count):
            self.block(seconds=seconds)

    def restart(self) -> None:
        """A new process on the same disk."""
        self.app = build_app(self.backend, self.profile, self.options)

    # --- Transactions

    def account(self, actor: Actor, *, pending: bool = False) -> auth_pb2.BaseAccount:
        """An actor's account as committed, or as the mempool sees it."""
        ctx = self.app.check_context() if pending else self.context()
        found = self.app.keepers.auth.account(ctx, actor.address)
        return found.base if found is not None else auth_pb2.BaseAccount()

    def sign(self, *messages: Message, by: Actor | Sequence[Actor], **options: Any) -> bytes:
        """A signed transaction; options are those of Draft."""
        draft = Draft(messages, **options)
        actors = [by] if isinstance(by, Actor) else list(by)
        accounts = [self.account(actor, pending=True) for actor in actors]
        auth_info = tx_pb2.AuthInfo(fee=draft.fee_pb())
        for actor, account in zip(actors, accounts, strict=True):
            sequence = account.sequence if draft.sequence is None else draft.sequence
            auth_info.signer_infos.add(
                public_key=actor.public_key(),
                mode_info=tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode=draft.mode)),
                sequence=0 if draft.unordered else sequence,
            )
        body_bytes = draft.body().SerializeToString(deterministic=True)
        auth_bytes = auth_info.SerializeToString(deterministic=True)
        signatures = []
        for index, (actor, account) in enumerate(zip(actors, accounts, strict=True)):
            number = account.account_number
            if draft.mode == signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON:
                sequence = auth_info.signer_infos[index].sequence
                tx = decode(encode(body_bytes, auth_bytes, []))
                message = sign_doc.amino_json_bytes(tx, draft.chain_id, number, sequence)
            else:
                message = sign_doc.direct_bytes(body_bytes, auth_bytes, draft.chain_id, number)
            signatures.append(actor.key.sign(message))
        return encode(body_bytes, auth_bytes, signatures)

    def check(self, raw: bytes, *, recheck: bool = False) -> abci.ResponseCheckTx:
        """What the mempool is told about a transaction."""
        kind = abci.RECHECK if recheck else abci.NEW
        return self.app.check_tx(abci.RequestCheckTx(tx=raw, type=kind))

    def deliver(self, *messages: Message, by: Actor | Sequence[Actor], **options: Any) -> abci.ExecTxResult:
        """Sign, and execute in a block of its own."""
        return self.block(self.sign(*messages, by=by, **options)).tx_results[0]

    # --- Reading

    def context(self, height: int = 0) -> Context:
        """A context on committed state."""
        return self.app.query_context(height)

    def query(self, path: str, request: Message, height: int = 0) -> abci.ResponseQuery:
        """An ABCI query by path."""
        data = request.SerializeToString()
        return self.app.query(abci.RequestQuery(path=path, data=data, height=height))

    def balance(self, actor: Actor, denom: str = "uakt") -> int:
        """A committed balance."""
        return self.app.keepers.bank.balance(self.context(), actor.address, denom)
