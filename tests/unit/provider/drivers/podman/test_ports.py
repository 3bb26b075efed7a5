"""Ports under another name, as rules for one container."""

from __future__ import annotations

import os

from supercloud.provider.drivers.podman import ports


def test_rules_replace_themselves() -> None:
    text = ports.rules([("tcp", 80, 8080), ("udp", 53, 5353)])
    assert "tcp dport 80 redirect to :8080" in text and "udp dport 53 redirect to :5353" in text
    assert text.index("delete table") < text.index("chain prerouting")


async def test_this_machines_own_network_is_never_touched() -> None:
    """Whatever an engine says of process ids: what shares our network is no container."""
    assert not await ports.rename(os.getpid(), [("tcp", 80, 8080)])
    assert not await ports.rename(0, [("tcp", 80, 8080)])
    assert not await ports.rename(2**30, [("tcp", 80, 8080)])
