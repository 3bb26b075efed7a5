"""What the tests of whole nodes share: a home with one wealthy account, its transfers, a plain RPC client."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path
from typing import Any

import aiohttp
from google.protobuf.any_pb2 import Any as AnyMessage

from supercloud.chain.baseapp.context import Profile
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.node.config import Config
from supercloud.node.home import init_home
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth_query
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_query
from supercloud.pb.cosmos.bank.v1beta1 import tx_pb2 as bank_tx
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.pb.cosmos.crypto.secp256k1 import keys_pb2
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.testing import ports
from supercloud.types.coin import Coin

CHAIN = "supercloud-test"
ALICE = PrivateKey(hashlib.sha256(b"alice").digest())
BOB = PrivateKey(hashlib.sha256(b"bob").digest())
BECH32 = Profile().bech32
WEALTH = 10**15
PATIENCE_S = 60
"""For what takes a moment on a machine that does nothing else."""
RUN = "import sys, pathlib; from supercloud.node.server import run; sys.exit(run(pathlib.Path(sys.argv[1])))"


def settings(interval_s: float = 0.1) -> Config:
    config = Config()
    config.engine.block_interval_s = interval_s
    for door in (config.rpc, config.grpc, config.rest):
        door.listen = "127.0.0.1:0"
    return config


def make_home(folder: Path, config: Config) -> Path:
    init_home(folder, CHAIN, funds={ALICE.address: [Coin("uakt", WEALTH)]}, config=config)
    return folder


def transfer(
    amount: int, sequence: int, memo: str = "", account_number: int = 0, sender: PrivateKey = ALICE
) -> bytes:
    """A signed transfer to bob, from alice unless somebody else is named."""

    def pack(message: Any) -> AnyMessage:
        return AnyMessage(type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializeToString())

    send = bank_tx.MsgSend(
        from_address=BECH32.text(sender.address),
        to_address=BECH32.text(BOB.address),
        amount=[coin_pb2.Coin(denom="uakt", amount=str(amount))],
    )
    body = tx_pb2.TxBody(messages=[pack(send)], memo=memo).SerializeToString()
    info = tx_pb2.SignerInfo(
        public_key=pack(keys_pb2.PubKey(key=bytes(sender.public_key))), sequence=sequence
    )
    info.mode_info.single.mode = signing_pb2.SIGN_MODE_DIRECT
    fee = tx_pb2.Fee(gas_limit=200_000, amount=[coin_pb2.Coin(denom="uakt", amount="5000")])
    auth = tx_pb2.AuthInfo(signer_infos=[info], fee=fee).SerializeToString()
    document = tx_pb2.SignDoc(
        body_bytes=body, auth_info_bytes=auth, chain_id=CHAIN, account_number=account_number
    )
    signature = sender.sign(document.SerializeToString())
    return tx_pb2.TxRaw(body_bytes=body, auth_info_bytes=auth, signatures=[signature]).SerializeToString()


class Rpc:
    """A plain JSON-RPC client."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def call(self, method: str, **params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        async with self.session.post(self.url, json=body) as response:
            assert response.status == 200
            answer = await response.json()
        assert answer["id"] == 7
        if "error" in answer:
            raise LookupError(answer["error"])
        return answer["result"]

    async def send(self, raw: bytes) -> Any:
        return await self.call("broadcast_tx_sync", tx=base64.b64encode(raw).decode())

    async def committed(self, raw: bytes) -> Any:
        hash_ = base64.b64encode(hashlib.sha256(raw).digest()).decode()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await self.call("tx", hash=hash_, prove=True)
                except LookupError:
                    await asyncio.sleep(0.02)

    async def query(self, path: str, request: Any, answer: Any, **params: Any) -> Any:
        found = await self.call("abci_query", path=path, data=request.SerializeToString().hex(), **params)
        response = found["response"]
        assert response["code"] == 0, response
        return answer.FromString(base64.b64decode(response["value"] or ""))

    async def answering(self) -> None:
        """Wait until there is a block and the node keeps up."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    sync = (await self.call("status"))["sync_info"]
                    if int(sync["latest_block_height"]) > 0 and not sync["catching_up"]:
                        return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def sequence(self) -> int:
        request = auth_query.QueryAccountRequest(address=BECH32.text(ALICE.address))
        path = "/cosmos.auth.v1beta1.Query/Account"
        found = await self.query(path, request, auth_query.QueryAccountResponse)
        return int(auth_pb2.BaseAccount.FromString(found.account.value).sequence)

    async def bobs(self, **params: Any) -> int:
        request = bank_query.QueryBalanceRequest(address=BECH32.text(BOB.address), denom="uakt")
        path = "/cosmos.bank.v1beta1.Query/Balance"
        found = await self.query(path, request, bank_query.QueryBalanceResponse, **params)
        return int(found.balance.amount or "0")


def free_port() -> int:
    return ports.row(1)
