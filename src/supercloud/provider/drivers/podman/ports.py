"""Ports under another name: peers of a service reach it by the port it is exposed `as`.

Kubernetes has service addresses for that. Here the packets are turned inside the container's own network namespace,
which its processes can not change. That takes root on the machine the engine runs on; elsewhere peers use the port that
the service listens on.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from supercloud.provider.guard import egress

TIMEOUT_S = 10.0


def possible() -> bool:
    """Whether this process may enter its containers' network namespaces."""
    return os.geteuid() == 0 and shutil.which("nsenter") is not None and egress.program() is not None


def rules(renamed: Sequence[tuple[str, int, int]]) -> str:
    """The rules for one container, as nft reads them; loading them again replaces them."""
    lines = "\n".join(
        f"    {proto} dport {external} redirect to :{port}" for proto, external, port in renamed
    )
    return f"""\
table inet supercloud {{}}
delete table inet supercloud
table inet supercloud {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
{lines}
  }}
}}
"""


async def rename(process_id: int, renamed: Sequence[tuple[str, int, int]]) -> bool:
    """Turn ports in the network namespace of a container's first process; False when that did not work."""
    namespace = Path(f"/proc/{process_id}/ns/net")
    try:
        # An engine elsewhere has other process ids: never touch the machine's own namespace.
        if process_id <= 0 or os.readlink(namespace) == os.readlink("/proc/self/ns/net"):
            return False
    except OSError:
        return False
    process = await asyncio.create_subprocess_exec(
        "nsenter", f"--net={namespace}", egress.program() or "nft", "-f", "-",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await process.communicate(rules(renamed).encode())
    except TimeoutError:
        process.kill()
        await process.wait()
    return process.returncode == 0
