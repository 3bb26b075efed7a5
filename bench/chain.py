"""What the state machine can do in one process: CheckTx, FinalizeBlock, Commit, without network or mempool.

Usage: bench/chain.py [--accounts 20000] [--txs 5000] [--blocks 4] [--kind send|deployment] [--disk]
                      [--profile]

Prints microseconds of CPU time a transaction by phase and transactions a CPU-second. Every transaction has a
sender of its own and a random known receiver; all are signed before the clock starts.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import hashlib
import json
import pstats
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.app import build_app, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.store.backend import MemoryBackend
from supercloud.codec import registry, sign_doc
from supercloud.codec.tx import encode
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCreateDeployment
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin, DecCoin
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci

CHAIN_ID = "supercloud-bench"
START = 1_760_000_000


class Clock:
    """CPU seconds by phase."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def time(self, phase: str, work: Callable[[], Any]) -> Any:
        """Run and book."""
        before = time.process_time()
        result = work()
        self.spent[phase] = self.spent.get(phase, 0.0) + time.process_time() - before
        return result


class Chain:
    """A chain with many accounts, each with a key of its own."""

    def __init__(self, accounts: int, senders: int, backend: Any) -> None:
        self.profile = Profile()
        self.keys = [PrivateKey(hashlib.sha256(b"bench %d" % number).digest()) for number in range(senders)]
        addresses = [key.address for key in self.keys]
        addresses += [
            hashlib.sha256(b"idle %d" % number).digest()[:20] for number in range(senders, accounts)
        ]
        self.texts = [self.profile.bech32.text(address) for address in addresses]
        balances = {address: {"uakt": 10**12, "uact": 10**12} for address in addresses}
        state = default_genesis(self.profile, balances)
        self.start(json.dumps(state).encode(), backend)

    def start(self, app_state: bytes, backend: Any) -> None:
        """Found the chain and make its first block."""
        self.app = build_app(backend, self.profile)
        self.height = 0
        request = abci.RequestInitChain(chain_id=CHAIN_ID, time=self.stamp(), app_state_bytes=app_state)
        self.app.init_chain(request)
        self.finalize([])
        self.app.commit()

    def stamp(self) -> Timestamp:
        """Time of the current height."""
        return Timestamp(seconds=START + 5 * self.height)

    def finalize(self, txs: list[bytes]) -> abci.ResponseFinalizeBlock:
        """Execute the next block."""
        self.height += 1
        return self.app.finalize_block(
            abci.RequestFinalizeBlock(
                txs=txs, height=self.height, time=self.stamp(), proposer_address=b"p" * 20
            )
        )

    def sign(self, sender: int, message: Any, sequence: int, gas: int) -> bytes:
        """A transaction of an account of ours with one message."""
        return self.seal(self.keys[sender], sender, sequence, message, gas)

    def seal(self, key: PrivateKey, number: int, sequence: int, message: Any, gas: int) -> bytes:
        """A transaction with one message of the account with that number."""
        body = tx_pb2.TxBody(messages=[registry.pack(message)]).SerializeToString(deterministic=True)
        info = tx_pb2.AuthInfo(
            signer_infos=[
                tx_pb2.SignerInfo(
                    public_key=registry.pack(PubKey(key=bytes(key.public_key))),
                    mode_info=tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode="SIGN_MODE_DIRECT")),
                    sequence=sequence,
                )
            ],
            fee=tx_pb2.Fee(amount=[Coin(denom="uakt", amount=str(gas // 40))], gas_limit=gas),
        ).SerializeToString(deterministic=True)
        signature = key.sign(sign_doc.direct_bytes(body, info, CHAIN_ID, number))
        return encode(body, info, [signature])


def sends(chain: Chain, count: int, rounds: int, rng: random.Random) -> list[list[bytes]]:
    """Blocks of transfers."""
    blocks = []
    for number in range(rounds):
        txs = []
        for sender in range(count):
            message = MsgSend(
                from_address=chain.texts[sender],
                to_address=rng.choice(chain.texts),
                amount=[Coin(denom="uakt", amount=str(rng.randrange(1, 1000)))],
            )
            txs.append(chain.sign(sender, message, number, 100_000))
        blocks.append(txs)
    return blocks


def deployments(chain: Chain, count: int, rounds: int, rng: random.Random) -> list[list[bytes]]:
    """Blocks of new deployments: one group of one service each, the deposit from the balance."""
    unit = Resources(id=1)
    unit.cpu.units.val, unit.memory.quantity.val, unit.gpu.units.val = b"100", b"134217728", b"0"
    unit.storage.add(name="default").quantity.val = b"134217728"
    spec = GroupSpec(name="web")
    spec.requirements.SetInParent()
    spec.resources.add(resource=unit, count=1, price=DecCoin(denom="uact", amount=str(1000 * 10**18)))
    deposit = Deposit(amount=Coin(denom="uact", amount="500000"), sources=["balance"])
    blocks = []
    for number in range(rounds):
        txs = []
        for sender in range(count):
            message = MsgCreateDeployment(groups=[spec], hash=rng.randbytes(32), deposit=deposit)
            message.id.owner, message.id.dseq = chain.texts[sender], number + 1
            txs.append(chain.sign(sender, message, number, 400_000))
        blocks.append(txs)
    return blocks


def run(chain: Chain, blocks: list[list[bytes]], clock: Clock) -> int:
    """Every block through check, execution and commit; how many transactions failed."""
    failed = 0
    store = chain.app.store
    prepare = store.prepare
    store.prepare = lambda *given: clock.time("tree", partial(prepare, *given))  # type: ignore[method-assign]
    for txs in blocks:
        check, requests = chain.app.check_tx, [abci.RequestCheckTx(tx=raw) for raw in txs]
        answers = clock.time("check", partial(list, map(check, requests)))
        failed += sum(1 for answer in answers if answer.code)
        response = clock.time("finalize", partial(chain.finalize, txs))
        clock.time("persist", chain.app.commit)
        clock.time("serialise", response.SerializeToString)
        failed += sum(1 for result in response.tx_results if result.code)
    return failed


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--txs", type=int, default=5_000, help="transactions a block, each of another sender")
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--kind", choices=("send", "deployment"), default="send")
    parser.add_argument("--disk", action="store_true", help="keep state in LMDB instead of memory")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        backend: Any = MemoryBackend()
        if given.disk:
            from supercloud.node.storage.lmdb import LmdbBackend

            backend = LmdbBackend(Path(folder))
        before = time.process_time()
        chain = Chain(max(given.accounts, given.txs), given.txs, backend)
        print(f"genesis of {len(chain.texts):,} accounts: {time.process_time() - before:.1f} CPU s")
        make = sends if given.kind == "send" else deployments
        blocks = make(chain, given.txs, given.blocks, random.Random(1))
        gc.collect()
        gc.freeze()
        gc.disable()
        clock = Clock()
        profiler = cProfile.Profile()
        if given.profile:
            profiler.enable()
        failed = run(chain, blocks, clock)
        if given.profile:
            profiler.disable()
    report(clock, given.txs * given.blocks, failed)
    if given.profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def report(clock: Clock, count: int, failed: int) -> None:
    """Phases in microseconds a transaction."""
    spent = dict(clock.spent)
    spent["execute"] = spent.pop("finalize") - spent["tree"]
    total = sum(spent.values())
    for phase in ("check", "execute", "tree", "persist", "serialise"):
        print(f"{phase:>10} {spent[phase] / count * 1e6:8.1f} us/tx")
    rate = f"{count / total:,.0f} tx per CPU-second"
    print(f"{'total':>10} {total / count * 1e6:8.1f} us/tx   {rate}   {failed} failed")


if __name__ == "__main__":
    main()
