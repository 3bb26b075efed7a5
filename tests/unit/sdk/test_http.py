"""Answers of strangers: bounded, JSON, and addresses that a request can go to."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from web import answering, serving

from supercloud.sdk.errors import PermanentError
from supercloud.sdk.http import from_json, read_all, reason_of, web_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://a:1", "http://a:1"),
        ("https://a/", "https://a"),
        ("http://[::1]:26657/x/", "http://[::1]:26657/x"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    assert web_url(text) == url


@pytest.mark.parametrize(
    "text", ["", "a:1", "localhost", "ftp://a", "http://", "http:///", "http://a b", "file:///etc/passwd"]
)
def test_texts_that_are_no_address(text: str) -> None:
    with pytest.raises(
        PermanentError, match="no address to connect to: expected http:// or https://HOST:PORT"
    ):
        web_url(text)


def test_schemes_may_be_fewer() -> None:
    assert web_url("https://a", ("https",)) == "https://a"
    with pytest.raises(PermanentError, match="expected https://HOST:PORT"):
        web_url("http://a", ("https",))


@pytest.mark.parametrize(("bytes_max", "fits"), [(1000, True), (999, False), (0, False)])
async def test_bodies_are_bounded(bytes_max: int, fits: bool) -> None:
    async with (
        serving(answering(b"x" * 1000)) as url,
        aiohttp.ClientSession() as http,
        http.get(url) as response,
    ):
        if fits:
            assert await read_all(response, bytes_max) == b"x" * 1000
        else:
            with pytest.raises(PermanentError, match=f"more than {bytes_max} bytes"):
                await read_all(response, bytes_max)


def test_reasons_are_words() -> None:
    key: Any = ConnectionKey("a.example", 1, False, True, None, None, None)
    refused = aiohttp.ClientConnectorError(key, ConnectionRefusedError(111, "Connect call failed ('a', 1)"))
    unknown = aiohttp.ClientConnectorError(key, socket.gaierror(-2, "Name or service not known"))
    assert [reason_of(error) for error in (refused, unknown, TimeoutError(), ValueError("x"))] == [
        "Connection refused",
        "Name or service not known",
        "TimeoutError",
        "x",
    ]


def test_json_or_a_name() -> None:
    assert from_json(b'{"a":1}', "it") == {"a": 1}
    for data in (b"", b"<html>", b"{", b"\xff"):
        with pytest.raises(PermanentError, match="it did not answer with JSON"):
            from_json(data, "it")
