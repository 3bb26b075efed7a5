"""What a block may hold, to the byte and to the unit of gas."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from supercloud.chain.baseapp import proposals
from supercloud.pb.tendermint.types import params_pb2, types_pb2
from supercloud.types.errors import TxDecode


def decode(raw: bytes) -> Any:
    """The first byte of a transaction is its gas; 0xff can not be decoded."""
    if raw[:1] == b"\xff":
        raise TxDecode("not a transaction")
    return SimpleNamespace(auth_info=SimpleNamespace(fee=SimpleNamespace(gas_limit=raw[0])))


def tx(gas: int, size: int = 10) -> bytes:
    return bytes([gas]) + bytes(size - 1)


def acceptable(*txs: bytes, bytes_max: int = 1000, gas_max: int = 0) -> bool:
    return proposals.acceptable(txs, decode, bytes_max, gas_max)


@pytest.mark.parametrize(("size", "length"), [(0, 2), (1, 3), (127, 129), (128, 131), (16_383, 16_386)])
def test_a_transaction_takes_its_tag_and_its_length_too(size: int, length: int) -> None:
    assert proposals.tx_bytes_in_block(bytes(size)) == length
    assert len(types_pb2.Data(txs=[bytes(size)]).SerializeToString()) == length


def test_bytes_decide_by_themselves() -> None:
    two = (tx(1), tx(1))
    assert acceptable(*two, bytes_max=24)
    assert not acceptable(*two, bytes_max=23)
    assert not acceptable(tx(1, 2000))


def test_gas_decides_by_itself() -> None:
    assert acceptable(tx(60), tx(40), gas_max=100)
    assert not acceptable(tx(60), tx(41), gas_max=100)
    assert not acceptable(tx(101), gas_max=100)
    assert acceptable(tx(200), tx(200), gas_max=0)


def test_one_that_can_not_be_decoded_spoils_the_block_wherever_it_is() -> None:
    bad = b"\xff"
    for txs in ((bad,), (bad, tx(1)), (tx(1), bad), (tx(1), bad, tx(1))):
        assert not acceptable(*txs)
    assert acceptable()


def test_a_defect_in_decoding_is_nobodys_bad_block() -> None:
    def broken(raw: bytes) -> Any:
        raise KeyError(raw)

    with pytest.raises(KeyError):
        proposals.acceptable([b"x"], broken, 100, 0)


@pytest.mark.parametrize("gas_max", [0, 100])
@pytest.mark.parametrize("bytes_max", [0, 12, 40, 1000])
def test_what_is_selected_is_acceptable(bytes_max: int, gas_max: int) -> None:
    txs = [tx(60), b"\xff\xff", tx(50), tx(40, 20), tx(1)]
    chosen = proposals.select(txs, decode, bytes_max, gas_max)
    assert proposals.acceptable(chosen, decode, bytes_max, gas_max)
    assert chosen == [each for each in txs if each in chosen]


def test_limits_of_the_parameters() -> None:
    params = params_pb2.ConsensusParams(block=params_pb2.BlockParams(max_bytes=-1, max_gas=-1))
    assert (proposals.block_bytes_max(params), proposals.block_gas_max(params)) == (104_857_600, 0)
    params.block.max_bytes, params.block.max_gas = 10, 7
    assert (proposals.block_bytes_max(params), proposals.block_gas_max(params)) == (10, 7)
