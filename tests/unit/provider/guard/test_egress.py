"""Rules that keep tenants off private networks."""

from __future__ import annotations

import ipaddress
import shutil
import subprocess

import pytest

from supercloud.provider.guard import egress


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "127.0.0.1",
        "224.0.0.1",
        "0.0.0.0",
    ],
)
def test_private_addresses_are_covered(address: str) -> None:
    assert any(ipaddress.ip_address(address) in ipaddress.ip_network(net) for net in egress.PRIVATE_V4)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.169.0.1"])
def test_the_internet_stays_open(address: str) -> None:
    assert not any(ipaddress.ip_address(address) in ipaddress.ip_network(net) for net in egress.PRIVATE_V4)


def test_nft_reads_every_text() -> None:
    """Checked only (-c): nothing is loaded."""
    if not egress.possible():
        pytest.skip("needs root and nft")
    text = egress.rules() + egress.let_through("sc-0123456789ab")
    done = subprocess.run(
        [egress.program() or "nft", "-c", "-f", "-"], input=text.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_errors_are_nfts_own() -> None:
    if shutil.which("nft") is None:
        pytest.skip("nft is not installed")
    with pytest.raises(egress.EgressError, match="syntax error"):
        await egress.apply("nonsense")
