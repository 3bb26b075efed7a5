"""Answers of strangers over HTTP: bounded before they are kept, and JSON or an error that says whose fault it is."""

from __future__ import annotations

import os
from typing import Any

import aiohttp
import orjson

from supercloud.sdk.errors import PermanentError


def web_url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """The address without its last slash. Raises PermanentError for one that no request could go to."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme not in schemes or not rest.strip("/") or any(c.isspace() for c in text):
        ways = " or ".join(f"{scheme}://" for scheme in schemes)
        raise PermanentError(f"{text!r} is no address to connect to: expected {ways}HOST:PORT")
    return text.rstrip("/")


def reason_of(error: BaseException) -> str:
    """Why a request got no answer, in words; aiohttp's own texts name its objects."""
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno or 0
        return os.strerror(number) if number > 0 else error.os_error.strerror or str(error.os_error)
    return str(error) or type(error).__name__


async def read_all(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The body. Raises PermanentError as soon as it is longer than `bytes_max`."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > bytes_max:
            raise PermanentError(f"{response.url.host} answered with more than {bytes_max} bytes")
        parts.append(part)
    return b"".join(parts)


def from_json(data: bytes | str, who: str) -> Any:
    """JSON values. Raises PermanentError naming who sent something else."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise PermanentError(f"{who} did not answer with JSON: {error}") from error
