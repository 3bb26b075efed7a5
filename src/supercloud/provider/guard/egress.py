"""Which networks a tenant's containers may reach: the internet and the services of their own lease.

One nftables table of our own; nothing of anybody else's is touched. Rules look at the interface a packet comes from: the
bridges of leases are named `sc-...`. Not reachable from there are this machine itself (but for names), private and
link-local networks, among them the metadata services of clouds, and other leases. Ports that are published for
everybody stay open to tenants too.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import Final

TABLE: Final = "supercloud"
PRIVATE_V4: Final = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                     "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4")  # fmt: skip
PRIVATE_V6: Final = ("::1/128", "fc00::/7", "fe80::/10", "ff00::/8")
TIMEOUT_S: Final = 10.0


class EgressError(Exception):
    """The kernel did not take the rules; the text is nft's own."""


def rules() -> str:
    """The table, as nft reads it. Loading it again changes nothing; interfaces already let through are kept."""
    return f"""\
table inet {TABLE} {{
  set own {{ type ifname . ifname; }}
  chain forward {{ type filter hook forward priority filter - 5; policy accept; }}
  chain input {{ type filter hook input priority filter - 5; policy accept; }}
}}
flush chain inet {TABLE} forward
flush chain inet {TABLE} input
table inet {TABLE} {{
  chain forward {{
    iifname != "sc-*" accept
    iifname . oifname @own accept
    ct state established,related accept
    ct status dnat accept
    ip daddr {{ {", ".join(PRIVATE_V4)} }} drop
    ip6 daddr {{ {", ".join(PRIVATE_V6)} }} drop
    oifname "sc-*" drop
  }}
  chain input {{
    iifname != "sc-*" accept
    ct state established,related accept
    meta l4proto {{ tcp, udp }} th dport 53 accept
    icmp type echo-request accept
    drop
  }}
}}
"""


def let_through(bridge: str) -> str:
    """Let the containers on one bridge reach each other, where the kernel shows bridged packets to its filters."""
    return f'add element inet {TABLE} own {{ "{bridge}" . "{bridge}" }}\n'


def shut(bridge: str) -> str:
    """Take `let_through` back."""
    return f'delete element inet {TABLE} own {{ "{bridge}" . "{bridge}" }}\n'


def possible() -> bool:
    """Whether this process may give the kernel rules."""
    return os.geteuid() == 0 and program() is not None


def program() -> str | None:
    """Where nft is; it may stand outside of an ordinary user's path."""
    return shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin")


async def apply(text: str) -> None:
    """Hand rules to the kernel. Raises EgressError."""
    nft = program()
    if nft is None:
        raise EgressError("nft is not installed (Debian: apt-get install nftables)")
    process = await asyncio.create_subprocess_exec(
        nft,
        "-f",
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, errors = await process.communicate(text.encode())
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise EgressError(f"nft did not end within {TIMEOUT_S:g} s") from error
    if process.returncode:
        raise EgressError(
            errors.decode(errors="replace").strip().partition("\n")[0] or f"nft: {process.returncode}"
        )
