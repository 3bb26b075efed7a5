"""Threshold keys. The encoding and address of the three-member key are those that CosmJS makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.crypto import multisig
from supercloud.types.address import encode

MEMBERS = [b"\2" + number.to_bytes(32, "big") for number in (1, 2, 3)]


def test_encoding_and_address() -> None:
    encoded = multisig.amino_multisig(2, MEMBERS)
    assert encoded.hex() == "22c1f7e20802" + "".join(
        "1226eb5ae98721" + "02" + "00" * 31 + f"{number:02x}" for number in (1, 2, 3)
    )
    assert encode("cosmos", multisig.address(2, MEMBERS)) == "cosmos1lvrtl05q9qk8cjgvm03s0dwr3sethmyf5envnz"


def test_threshold_and_order_are_part_of_the_key() -> None:
    made = {
        multisig.address(2, MEMBERS),
        multisig.address(3, MEMBERS),
        multisig.address(300, MEMBERS),
        multisig.address(2, MEMBERS[::-1]),
    }
    assert len(made) == 4
    assert multisig.amino_multisig(300, [])[4:] == b"\x08\xac\x02"


@pytest.mark.parametrize(
    ("extra", "elems", "size", "signed"),
    [
        (0, b"", 0, []),
        (3, b"", 0, []),
        (3, b"\xa0", 3, [0, 2]),
        (0, b"\x81", 8, [0, 7]),
        (1, b"\x00\x80", 9, [8]),
        (2, b"\xff\xff", 10, list(range(10))),
    ],
)
def test_bit_arrays(extra: int, elems: bytes, size: int, signed: list[int]) -> None:
    assert multisig.size(extra, elems) == size
    assert multisig.signers(extra, elems) == signed


@pytest.mark.parametrize(("extra", "elems"), [(8, b"\1"), (-1, b"\1"), (0, b"\1" * 257)])
def test_bit_arrays_out_of_form(extra: int, elems: bytes) -> None:
    with pytest.raises(ValueError, match="malformed bit array"):
        multisig.signers(extra, elems)


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_bits_come_back(bits: list[bool]) -> None:
    elems = bytearray((len(bits) + 7) // 8)
    for at, bit in enumerate(bits):
        elems[at >> 3] |= bit << (7 - (at & 7))
    assert multisig.signers(len(bits) % 8, bytes(elems)) == [at for at, bit in enumerate(bits) if bit]
    assert multisig.size(len(bits) % 8, bytes(elems)) == len(bits)
