"""Network namespaces that are far from one another: every packet between two of them takes its time, some never arrive.

The kernel's own means for that (netem) is a module that many machines lack, so the way between them is this program: each
namespace has a TUN device, and what one sends is read here, waits, and is written to the other.

Usage: python distance.py DELAY_S LOSS SEED DEVICE...     (the last one is this machine's own: near everybody, loses nothing)

Prints a line when the devices are there, which may then be moved into namespaces. Addresses end in 1, 2, ... in the order
of the devices; the last device gets whatever is for nobody else.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import sys
import time
from pathlib import Path

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
PACKET_BYTES_MAX = 65536
IPV4 = 4
DESTINATION_LAST_BYTE = 19


def open_device(name: str) -> int:
    """A TUN device; OSError where that is not allowed."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def carry(devices: list[int], delay_s: float, loss: float, seed: int) -> None:
    """Carry packets for ever."""
    luck, number = random.Random(seed), itertools.count()
    near = len(devices) - 1
    sources = {device: index for index, device in enumerate(devices)}
    under_way: list[tuple[float, int, int, bytes]] = []
    while True:
        wait = max(under_way[0][0] - time.monotonic(), 0) if under_way else None
        ready, _, _ = select.select(devices, (), (), wait)
        for device in ready:
            packet = os.read(device, PACKET_BYTES_MAX)
            if packet[0] >> 4 != IPV4:
                continue
            source, target = sources[device], min(packet[DESTINATION_LAST_BYTE] - 1, near)
            far = near not in (source, target)
            if far and luck.random() < loss:
                continue
            due = time.monotonic() + (delay_s if far else 0)
            heapq.heappush(under_way, (due, next(number), target, packet))
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, _, target, packet = heapq.heappop(under_way)
            try:
                os.write(devices[target], packet)
            except OSError:
                # Its namespace is gone or its queue is full: one more that is lost.
                continue


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=check)


class Distant:
    """`count` namespaces, `delay_s` and `loss` between each two of them; this machine is near them all."""

    def __init__(self, count: int, delay_s: float, loss: float, seed: int = 1) -> None:
        own = f"sd{os.getpid() % 100000}"
        subnet = f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
        self.hosts = [f"{subnet}.{number + 1}" for number in range(count)]
        self.names = [f"{own}n{number}" for number in range(count)]
        devices = [*(f"{own}i{number}" for number in range(count)), own]
        words = [sys.executable, str(Path(__file__)), str(delay_s), str(loss), str(seed), *devices]
        self._carrier = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert self._carrier.stdout is not None
        if not self._carrier.stdout.readline():
            raise OSError("no TUN devices here")
        _ip("addr", "add", f"{subnet}.254/24", "dev", own)
        _ip("link", "set", own, "up")
        for name, host, device in zip(self.names, self.hosts, devices, strict=False):
            _ip("netns", "add", name)
            _ip("link", "set", device, "netns", name)
            _ip("-n", name, "addr", "add", f"{host}/24", "dev", device)
            _ip("-n", name, "link", "set", device, "up")
            _ip("-n", name, "link", "set", "lo", "up")

    def close(self) -> None:
        """Remove everything; the devices go with their program."""
        self._carrier.kill()
        self._carrier.wait()
        for name in self.names:
            _ip("netns", "del", name, check=False)


def main(delay_s: str, loss: str, seed: str, *names: str) -> None:
    """Make the devices, then carry."""
    devices = [open_device(name) for name in names]
    print("ready", flush=True)
    carry(devices, float(delay_s), float(loss), int(seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
