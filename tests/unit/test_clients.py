"""One client is an address, or a network where everybody has as many addresses as they like."""

from __future__ import annotations

import pytest

from supercloud.clients import client_at


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::1", "::1"),
        ("fd00::1:2", "fd00::1:2"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("/run/node:1.sock", "/run/node:1.sock"),
        ("", ""),
    ],
)
def test_who_counts_as_one(address: str, client: str) -> None:
    assert client_at(address) == client
