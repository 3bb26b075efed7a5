"""Transactions made wrong, against a running node: refused without a trace, or in a block with a registered code."""

from __future__ import annotations

import base64
import json
from random import Random

import pytest
from chain_client import ALICE, BECH32, BOB, CHAIN, transfer
from effort import Effort
from google.protobuf.any_pb2 import Any as AnyPb
from google.protobuf.descriptor import Descriptor
from messages import Cast, mutated, nested, of_type
from target import ANSWER_S_MAX, Target

from supercloud.chain.app import build_app
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.store.backend import MemoryBackend
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgExec
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("fuzz")]

PANIC_CODE = 111222
FEE_GAS = 1_000_000


def packed(message: object) -> AnyPb:
    return AnyPb(type_url="/" + message.DESCRIPTOR.full_name, value=message.SerializePartialToString())  # type: ignore[attr-defined]


def signed(*messages: AnyPb, sequence: int, gas: int = FEE_GAS) -> bytes:
    """A transaction of alice's with these messages, whatever they are."""
    body = tx_pb2.TxBody(messages=messages).SerializeToString()
    info = tx_pb2.SignerInfo(public_key=packed(PubKey(key=bytes(ALICE.public_key))), sequence=sequence)
    info.mode_info.single.mode = 1
    fee = tx_pb2.Fee(gas_limit=gas, amount=[Coin(denom="uakt", amount=str(gas))])
    auth = tx_pb2.AuthInfo(signer_infos=[info], fee=fee).SerializeToString()
    document = tx_pb2.SignDoc(body_bytes=body, auth_info_bytes=auth, chain_id=CHAIN, account_number=0)
    signature = ALICE.sign(document.SerializeToString())
    return tx_pb2.TxRaw(body_bytes=body, auth_info_bytes=auth, signatures=[signature]).SerializeToString()


def descriptors() -> list[Descriptor]:
    app = build_app(MemoryBackend(), Profile())
    return [route.message_type.DESCRIPTOR for _, route in sorted(app.router.messages.items())]


def sequence_of(target: Target) -> int:
    """Alice's next sequence."""
    found = json.loads(
        target.get(f"{target.rest}/cosmos/auth/v1beta1/account_info/{BECH32.text(ALICE.address)}")[1]
    )
    return int(found["info"].get("sequence", 0))


def refused(target: Target, raw: bytes) -> None:
    """The node says no, in time, and with a code of its own or an RPC error, not with a defect's."""
    answer = target.broadcast(raw)
    assert answer["code"] not in (0, PANIC_CODE), (raw.hex()[:2000], answer)


def test_mutated_transactions_change_nothing(target: Target, effort: Effort) -> None:
    balance = f"{target.rest}/cosmos/bank/v1beta1/balances/{BECH32.text(BOB.address)}"
    with target.unharmed():
        before = target.get(balance)[1]
        for random in effort.rounds(6):
            good = transfer(7, sequence_of(target) + 1000)
            for _ in range(25):
                refused(target, mutated(good, random))
                refused(target, random.randbytes(random.randrange(200)))
        assert target.get(balance)[1] == before


def test_signed_nonsense_is_in_blocks_with_registered_codes(target: Target, effort: Effort) -> None:
    kinds = descriptors()
    alice = BECH32.text(ALICE.address)
    cast = Cast([alice, BECH32.text(BOB.address)], [BECH32.valoper(ALICE.address)], kinds)
    with target.unharmed():
        for random in effort.rounds(1):
            for descriptor in kinds:
                message = of_type(descriptor, random, cast)
                raw = signed(packed(message), sequence=sequence_of(target))
                answer = target.broadcast(raw)
                assert answer["code"] != PANIC_CODE, (random.seed_used, descriptor.full_name, answer)
                if answer["code"] == 0:
                    assert target.included(raw) != PANIC_CODE, (random.seed_used, descriptor.full_name)


@pytest.mark.parametrize("amount", ["0", "-1", str(10**30), str(10**300), "1" * 5000, "1.5", "", "1e3", "٣"])
def test_amounts_at_the_edges(target: Target, amount: str) -> None:
    sequence = sequence_of(target)
    message = MsgSend(
        from_address=BECH32.text(ALICE.address),
        to_address=BECH32.text(BOB.address),
        amount=[Coin(denom="uakt", amount=amount)],
    )
    with target.unharmed():
        raw = signed(packed(message), sequence=sequence)
        code = target.broadcast(raw)["code"] or target.included(raw)
        # 5: nobody has that much; 10: not an amount of coins, since those have at most 256 bits.
        assert code == (5 if amount == str(10**30) else 10)


def deep_exec(depth: int) -> AnyPb:
    inner = packed(MsgSend(from_address=BECH32.text(ALICE.address), to_address=BECH32.text(BOB.address)))
    for _ in range(depth):
        inner = packed(MsgExec(grantee=BECH32.text(ALICE.address), msgs=[inner]))
    return inner


HUGE = {
    "any in any": lambda random: signed(deep_exec(8), sequence=0),
    "any in any, deeper than decoders go": lambda random: signed(deep_exec(150), sequence=0),
    "groups in groups": lambda random: b"\x0b" * 50_000,
    "fields in fields": lambda random: nested(1, 5_000),
    "a hundred thousand messages": lambda random: signed(*[AnyPb(type_url="/x")] * 100_000, sequence=0),
    "a hundred thousand signatures": lambda random: tx_pb2.TxRaw(
        signatures=[b""] * 100_000
    ).SerializeToString(),
    "a megabyte of coins": lambda random: signed(
        packed(MsgSend(amount=[Coin(denom="uakt", amount="1")] * 60_000)), sequence=0
    ),
    "no valid text": lambda random: signed(AnyPb(value=b"\x0a\x02\xff\xfe"), sequence=0),
    "a length beyond the end": lambda random: b"\x0a\xff\xff\xff\xff\x0f",
    "a varint without end": lambda random: b"\x08" + b"\xff" * 100,
    "too large": lambda random: bytes(1024 * 1024 + 1),
    "nothing": lambda random: b"",
}


@pytest.mark.parametrize("name", sorted(HUGE))
def test_shapes_that_exhaust_decoders(target: Target, name: str) -> None:
    with target.unharmed():
        raw = HUGE[name](Random(1))
        refused(target, raw)
        for path in ("/app/simulate", "/cosmos.tx.v1beta1.Service/Simulate"):
            answer = target.call("abci_query", path=path, data=raw[: 1024 * 1024].hex())
            assert answer["response"]["code"] not in (0, PANIC_CODE)
            assert "panic" not in answer["response"]["log"]


def test_a_transaction_costs_bounded_time_to_refuse(target: Target) -> None:
    """The largest one allowed, all of it messages that have to be looked at."""
    send = packed(MsgSend(from_address=BECH32.text(ALICE.address), to_address=BECH32.text(BOB.address)))
    raw = signed(*[send] * (1_000_000 // (send.ByteSize() + 4)), sequence=sequence_of(target))
    params = {"tx": base64.b64encode(raw).decode()}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "check_tx", "params": params})
    status, answer, seconds = target.post(body.encode())
    assert status == 200 and json.loads(answer)["result"]["code"] not in (0, PANIC_CODE)
    assert seconds < ANSWER_S_MAX
