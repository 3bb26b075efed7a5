"""A record is what was written, under the key it was written for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.node.storage.seal import SEAL_BYTES, Unsealed, seal, unseal


@given(st.binary(max_size=40), st.binary(max_size=200), st.data())
def test_any_changed_bit_is_noticed(key: bytes, value: bytes, data: st.DataObject) -> None:
    record = seal(key, value)
    assert len(record) == len(value) + SEAL_BYTES and unseal(key, record) == value
    at = data.draw(st.integers(0, 8 * len(record) - 1))
    changed = bytearray(record)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(Unsealed, match=f"under {key.hex()} is"):
        unseal(key, bytes(changed))
    with pytest.raises(Unsealed):
        unseal(key + b"x", record)


@pytest.mark.parametrize("record", [b"", b"abc", bytes(5)])
def test_what_is_no_record(record: bytes) -> None:
    with pytest.raises(Unsealed):
        unseal(b"key", record)


def test_the_form_on_disk() -> None:
    """CRC-32 of RFC 1952, whose check value is that of `123456789`."""
    assert seal(b"1234", b"56789") == b"56789" + (0xCBF43926).to_bytes(4, "little")
