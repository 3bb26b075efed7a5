"""Many accounts with keys of their own: funded from one key, numbers asked for, transactions signed beforehand."""

from __future__ import annotations

import hashlib
import json
import random
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wire import Connection, RpcFailed, broadcast_body, pump, request

from supercloud.codec import registry, sign_doc
from supercloud.codec.tx import encode
from supercloud.crypto.hd import derive
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCreateDeployment
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
from supercloud.pb.cosmos.auth.v1beta1 import query_pb2 as auth_query
from supercloud.pb.cosmos.bank.v1beta1 import bank_pb2
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin, DecCoin
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.types.address import Bech32
from supercloud.types.coin import parse_coins

FUNDED_AT_ONCE = 500
COMMIT_WAIT_S = 120
FUNDS = "10000000uakt,20000000uact"
GAS = {"send": 110_000, "deployment": 400_000}
GAS_PER_OUTPUT = 80_000


def keys(count: int, seed: str) -> Iterator[PrivateKey]:
    """Keys that follow from a seed."""
    for number in range(count):
        yield PrivateKey(hashlib.sha256(f"supercloud bench {seed} {number}".encode()).digest())


class Account:
    """A key with its number and next sequence."""

    __slots__ = ("info", "key", "number", "sequence", "text")

    def __init__(self, key: PrivateKey, bech32: Bech32) -> None:
        self.key = key
        self.text = bech32.text(key.address)
        self.number = self.sequence = 0


class Wallet:
    """Accounts on the chain behind an RPC. `gas_price` is in millionths of a uakt."""

    def __init__(self, url: str, prefix: str, gas_price: int = 2500) -> None:
        self.url = url
        self.bech32 = Bech32(prefix)
        self.gas_price = gas_price
        self.rpc = Connection(url)
        self.chain_id: str = self.rpc.call("status")["node_info"]["network"]

    def accounts(self, count: int, seed: str) -> list[Account]:
        """Keys that follow from a seed, so that a second run finds them funded."""
        return [Account(key, self.bech32) for key in keys(count, seed)]

    def read(self, accounts: Sequence[Account]) -> list[Account]:
        """Learn numbers and sequences; returns the accounts that the chain has never seen."""
        bodies = []
        for account in accounts:
            asked = auth_query.QueryAccountRequest(address=account.text).SerializeToString().hex()
            path = "/cosmos.auth.v1beta1.Query/Account"
            bodies.append(request("abci_query", {"path": path, "data": asked, "height": "0", "prove": False}))
        unknown: list[Account] = []

        def answered(number: int, answer: bytes, _: float) -> bool:
            response = json.loads(answer)["result"]["response"]
            if response.get("code"):
                unknown.append(accounts[number])
                return True
            packed = auth_query.QueryAccountResponse.FromString(b64decode(response["value"])).account
            found = auth_pb2.BaseAccount.FromString(packed.value)
            accounts[number].number, accounts[number].sequence = found.account_number, found.sequence
            return True

        pump(self.url, bodies, 8, answered)
        return unknown

    def fund(self, mnemonic: str, accounts: Sequence[Account], funds: str = FUNDS) -> None:
        """Give every account coins from the key of a mnemonic, a few hundred in a transaction."""
        payer = Account(derive(mnemonic), self.bech32)
        if self.read([payer]):
            raise SystemExit(f"{payer.text} holds nothing on {self.chain_id}: it can not fund accounts")
        coins = [Coin(denom=coin.denom, amount=str(coin.amount)) for coin in parse_coins(funds)]
        for start in range(0, len(accounts), FUNDED_AT_ONCE):
            group = accounts[start : start + FUNDED_AT_ONCE]
            total = [Coin(denom=coin.denom, amount=str(int(coin.amount) * len(group))) for coin in coins]
            message = MsgMultiSend(
                inputs=[bank_pb2.Input(address=payer.text, coins=total)],
                outputs=[bank_pb2.Output(address=account.text, coins=coins) for account in group],
            )
            gas = 200_000 + GAS_PER_OUTPUT * len(coins) * len(group)
            last = self.broadcast(self.sign(payer, message, gas))
        self.wait(last)

    def broadcast(self, raw: bytes) -> str:
        """Hand one transaction over; returns its hash as the RPC takes it."""
        self.rpc.write(broadcast_body(raw))
        while (body := self.rpc.read()) is None:
            pass
        answer = json.loads(body)
        if "error" in answer or answer["result"]["code"]:
            raise SystemExit(f"a transaction was refused: {answer.get('error') or answer['result']}")
        return b64encode(bytes.fromhex(answer["result"]["hash"])).decode()

    def wait(self, name: str) -> None:
        """Until the transaction with that hash is in a block."""
        deadline = time.monotonic() + COMMIT_WAIT_S
        while time.monotonic() < deadline:
            try:
                found = self.rpc.call("tx", hash=name, prove=False)
            except RpcFailed:
                time.sleep(0.1)
                continue
            if found["tx_result"].get("code"):
                raise SystemExit(f"a transaction failed: {found['tx_result']['log']}")
            return
        raise SystemExit(f"a transaction is in no block after {COMMIT_WAIT_S} s")

    def sign(self, account: Account, message: Any, gas: int) -> bytes:
        """A transaction with one message; the account's sequence moves on."""
        body = tx_pb2.TxBody(messages=[registry.pack(message)]).SerializeToString(deterministic=True)
        fee = Coin(denom="uakt", amount=str(-(-gas * self.gas_price // 1_000_000)))
        info = tx_pb2.AuthInfo(
            signer_infos=[
                tx_pb2.SignerInfo(
                    public_key=registry.pack(PubKey(key=bytes(account.key.public_key))),
                    mode_info=tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode="SIGN_MODE_DIRECT")),
                    sequence=account.sequence,
                )
            ],
            fee=tx_pb2.Fee(amount=[fee], gas_limit=gas),
        ).SerializeToString(deterministic=True)
        account.sequence += 1
        document = sign_doc.direct_bytes(body, info, self.chain_id, account.number)
        return encode(body, info, [account.key.sign(document)])

    def sends(self, accounts: Sequence[Account]) -> Iterable[bytes]:
        """A transfer from each account to a random other one."""
        rng = random.Random(1)
        for account in accounts:
            message = MsgSend(
                from_address=account.text,
                to_address=rng.choice(accounts).text,
                amount=[Coin(denom="uakt", amount=str(rng.randrange(1, 1000)))],
            )
            yield self.sign(account, message, GAS["send"])

    def deployments(self, accounts: Sequence[Account], dseq: int) -> Iterable[bytes]:
        """A new deployment of each account: one group of one service, the deposit from the balance."""
        unit = Resources(id=1)
        unit.cpu.units.val, unit.memory.quantity.val, unit.gpu.units.val = b"100", b"134217728", b"0"
        unit.storage.add(name="default").quantity.val = b"134217728"
        spec = GroupSpec(name="web")
        spec.requirements.SetInParent()
        spec.resources.add(resource=unit, count=1, price=DecCoin(denom="uact", amount=str(1000 * 10**18)))
        deposit = Deposit(amount=Coin(denom="uact", amount="5000000"), sources=["balance"])
        for account in accounts:
            version = hashlib.sha256(account.text.encode()).digest()
            message = MsgCreateDeployment(groups=[spec], hash=version, deposit=deposit)
            message.id.owner, message.id.dseq = account.text, dseq
            yield self.sign(account, message, GAS["deployment"])
