"""A node's parts in one process without listeners: the real state machine, blocks made by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from google.protobuf.any_pb2 import Any as AnyMessage
from memory_blocks import MemoryBlocks

from supercloud.chain.app import build_app, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.store.backend import MemoryBackend
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.node import genesis as genesis_document
from supercloud.node.engine.embedded import Embedded, Settings
from supercloud.node.engine.history import History
from supercloud.node.engine.ports import Committed
from supercloud.node.engine.signer import Signer, create_key_file, create_record_file
from supercloud.node.engine.waiting import Waiting
from supercloud.node.grpc.services import make_dispatch
from supercloud.node.grpc.view import Identity, View
from supercloud.node.indexer.index import Index
from supercloud.node.live import Here
from supercloud.node.mempool import Limits, Mempool
from supercloud.pb.cosmos.bank.v1beta1 import tx_pb2 as bank_tx
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.pb.cosmos.crypto.secp256k1 import keys_pb2
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2

CHAIN = "c"
START = 1_700_000_000 * 10**9
ALICE = PrivateKey(hashlib.sha256(b"alice").digest())
BOB = PrivateKey(hashlib.sha256(b"bob").digest())
PROFILE = Profile()
ALICE_TEXT = PROFILE.bech32.text(ALICE.address)
BOB_TEXT = PROFILE.bech32.text(BOB.address)


class SmallNode:
    """Parts wired as `server.Node` wires them."""

    def __init__(self, folder: Path) -> None:
        key = create_key_file(folder / "key.json")
        create_record_file(folder / "record.json")
        self.now = START + 10**9
        self.app = build_app(MemoryBackend(), PROFILE)
        self.genesis = genesis_document.parse(
            genesis_document.build(
                CHAIN,
                START,
                [genesis_document.GenesisValidator(key.public_key, 10)],
                default_genesis(PROFILE, {ALICE.address: {"uakt": 10**15}}),
            )
        )
        self.mempool = Mempool(self.app, Limits(), lambda: self.now / 1e9)
        store = MemoryBlocks()
        self.engine = Embedded(
            self.app,
            store,
            Signer(key, folder / "record.json"),
            self.genesis,
            self.mempool,
            folder=folder,
            settings=Settings(),
            clock=lambda: self.now,
        )
        self.engine.load()
        self.index = Index(folder / "index.sqlite")
        waiting = Waiting()
        self.engine.listeners += [self, waiting]
        self.view = View(
            app=self.app,
            history=History(store, lambda: self.engine.state),
            mempool=self.mempool,
            index=self.index,
            waiting=waiting,
            genesis=self.genesis,
            identity=Identity("ab" * 20, "small", "v0", "tcp://127.0.0.1:1", key.public_key),
            gas_price="0.0025uakt",
            keep_heights=100,
            halt_height=7,
            live=Here(self.app),
        )
        self.dispatch = make_dispatch(self.view)

    def block_committed(self, committed: Committed) -> None:
        self.index.add(committed.block.header.height, committed.block.data.txs, committed.response)

    def block(self, *txs: bytes) -> Committed:
        """The next block with these transactions."""
        for raw in txs:
            assert self.mempool.admit(raw).code == 0
        self.now += 10**9
        return self.engine.step()


def pack(message: Any) -> AnyMessage:
    return AnyMessage(type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializeToString())


def transfer(amount: int, sequence: int) -> bytes:
    """A signed transfer from alice, account number 0, to bob."""
    send = bank_tx.MsgSend(
        from_address=ALICE_TEXT,
        to_address=BOB_TEXT,
        amount=[coin_pb2.Coin(denom="uakt", amount=str(amount))],
    )
    body = tx_pb2.TxBody(messages=[pack(send)]).SerializeToString()
    info = tx_pb2.SignerInfo(public_key=pack(keys_pb2.PubKey(key=bytes(ALICE.public_key))), sequence=sequence)
    info.mode_info.single.mode = signing_pb2.SIGN_MODE_DIRECT
    fee = tx_pb2.Fee(gas_limit=200_000, amount=[coin_pb2.Coin(denom="uakt", amount="5000")])
    auth = tx_pb2.AuthInfo(signer_infos=[info], fee=fee).SerializeToString()
    document = tx_pb2.SignDoc(body_bytes=body, auth_info_bytes=auth, chain_id=CHAIN, account_number=0)
    signature = ALICE.sign(document.SerializeToString())
    return tx_pb2.TxRaw(body_bytes=body, auth_info_bytes=auth, signatures=[signature]).SerializeToString()
