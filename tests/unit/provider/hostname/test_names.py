"""Names: the generated one, whose the others are, and routes as the proxy is told."""

from __future__ import annotations

import pytest

from supercloud.provider.hostname import names
from supercloud.provider.hostname.proxy import Route, route_document
from supercloud.sdl.manifest import HttpOptions

LEASE = "akash1qufa3xzrf34qvwyejkhvnc4psf49fftaw0asmh/1234/1/1/akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63"
OTHER = LEASE.replace("/1234/", "/99/")
STRANGER = LEASE.replace("qufa3", "xxxxx")


def test_the_generated_name_is_the_network_s() -> None:
    assert names.generated(LEASE, "web", "example.com") == "19si1n9vo9cib05qmsfac1mq6g.example.com"


@pytest.mark.parametrize(
    ("held", "given"),
    [
        ({}, ["a.com"]),
        ({"a.com": LEASE}, ["a.com"]),
        ({"a.com": OTHER}, []),
        ({"b.com": STRANGER}, ["a.com"]),
    ],
)
def test_who_may_use_a_name(held: dict[str, str], given: list[str]) -> None:
    assert names.granted(["a.com"], LEASE, held) == given


def test_a_stranger_s_name_is_refused() -> None:
    with pytest.raises(names.NameTaken, match="hostname not allowed"):
        names.granted(["a.com"], LEASE, {"a.com": STRANGER})


@pytest.mark.parametrize(
    ("name", "is_blocked"), [("a.com", True), ("x.b.com", True), ("b.com", False), ("c.com", False)]
)
def test_blocklist(name: str, is_blocked: bool) -> None:
    assert names.blocked(name, ["a.com", ".b.com"]) is is_blocked


def test_http_options_reach_the_proxy() -> None:
    options = HttpOptions(2048, 1000, 2000, 4, 0, ("error",))
    document = route_document(Route("a.com", (1234, 1235), options))
    body, proxy = document["handle"]
    assert document["match"] == [{"host": ["a.com"]}]
    assert body["max_size"] == 2048
    assert [upstream["dial"] for upstream in proxy["upstreams"]] == ["127.0.0.1:1234", "127.0.0.1:1235"]
    assert proxy["transport"]["response_header_timeout"] == 1000 * 10**6
    assert proxy["load_balancing"]["retries"] == 3
