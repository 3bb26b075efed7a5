"""gRPC-web on the REST door, byte for byte."""

import base64
from typing import Any

import pytest
from small_node import ALICE_TEXT, SmallNode

from supercloud.node.grpc.asgi import CrossOrigin
from supercloud.node.rest.server import Limits, RestServer
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank

PATH = "/cosmos.bank.v1beta1.Query/Balance"
REQUEST = bank.QueryBalanceRequest(address=ALICE_TEXT, denom="uakt").SerializeToString()
PLAIN, TEXT = b"application/grpc-web+proto", b"application/grpc-web-text"


def framed(message: bytes, flags: int = 0) -> bytes:
    return bytes([flags]) + len(message).to_bytes(4) + message


class Page:
    """A page of another origin that calls the door."""

    def __init__(self, small: SmallNode) -> None:
        self.app = RestServer(small.dispatch, Limits(body_bytes=5000), CrossOrigin(["*"]))

    async def call(
        self, body: bytes, path: str = PATH, kind: bytes = PLAIN, height: bytes = b""
    ) -> tuple[bytes, dict[bytes, bytes]]:
        """The message and the trailers of an answer."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", kind), (b"origin", b"https://page"), (b"x-cosmos-block-height", height)]
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        await self.app(scope, receive, send)
        given = dict(sent[0]["headers"])
        assert sent[0]["status"] == 200 and given[b"access-control-allow-origin"] == b"*"
        assert b"x-grpc-web" in given[b"access-control-allow-headers"]
        assert given[b"content-type"] == (TEXT + b"+proto" if kind.startswith(TEXT) else PLAIN)
        answer = sent[1]["body"]
        return parts(base64.b64decode(answer) if kind.startswith(TEXT) else answer)


def parts(answer: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    message, trailers = b"", {}
    while answer:
        length = int.from_bytes(answer[1:5])
        content = answer[5 : 5 + length]
        assert len(content) == length
        if answer[0] == 0x80:
            trailers = dict(line.split(b":", 1) for line in content.split(b"\r\n")[:-1])
        else:
            message = content
        answer = answer[5 + length :]
    return message, trailers


@pytest.fixture
def page(small: SmallNode) -> Page:
    small.block()
    return Page(small)


@pytest.mark.parametrize("kind", [PLAIN, b"application/grpc-web", TEXT, TEXT + b"+proto"])
async def test_answers(page: Page, kind: bytes) -> None:
    body = framed(REQUEST)
    message, trailers = await page.call(base64.b64encode(body) if kind.startswith(TEXT) else body, kind=kind)
    assert bank.QueryBalanceResponse.FromString(message).balance.amount == str(10**15)
    assert trailers == {b"grpc-status": b"0", b"grpc-message": b""}


async def test_answers_at_a_height(page: Page) -> None:
    assert (await page.call(framed(REQUEST), height=b"1"))[1][b"grpc-status"] == b"0"
    assert b"in the future" in (await page.call(framed(REQUEST), height=b"9"))[1][b"grpc-message"]
    assert (await page.call(framed(REQUEST), height=b"-1"))[1][b"grpc-status"] == b"3"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/cosmos.nft.v1beta1.Query/Class", framed(b""), b"12", b"unknown service cosmos.nft.v1beta1.Query"),
        ("/cosmos.bank.v1beta1.Query/X", framed(b""), b"12", b"unknown method X for service"),
        (PATH, b"", b"3", b"not one message"),
        (PATH, framed(REQUEST) + b"x", b"3", b"not one message"),
        (PATH, framed(REQUEST, 1), b"12", b"compressed"),
        (PATH, framed(b"\xff"), b"13", b"cannot be decoded"),
        (PATH, framed(bytes(6000)), b"8", b"exceeds 5000 bytes"),
        ("/cosmos.tx.v1beta1.Service/GetTx", framed(b"\x0a\x03\xc3\xa9z"), b"3", b"%C3%A9z"),
    ],
)
async def test_refusals_are_answers(page: Page, path: str, body: bytes, status: bytes, words: bytes) -> None:
    message, trailers = await page.call(body, path)
    assert message == b"" and trailers[b"grpc-status"] == status and words in trailers[b"grpc-message"]


async def test_text_that_is_none(page: Page) -> None:
    assert (await page.call(b"*", kind=TEXT))[1][b"grpc-message"] == b"the body is not base64"
