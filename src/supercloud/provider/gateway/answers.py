"""The forms of the gateway's answers: JSON for what is refused at the door, a line of text for what fails inside."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web


class Refused(Exception):
    """A request that is not served. `json` picks the form of the text; `close` ends the connection after it."""

    def __init__(self, status: int, text: str, *, json: bool = True, close: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.json = json
        self.close = close

    def answer(self) -> web.Response:
        """The answer that the client gets."""
        if self.json:
            body = orjson.dumps({"message": self.text})
            answer = web.Response(status=self.status, body=body, content_type="application/json")
        else:
            answer = text_answer(self.status, self.text)
        if self.close:
            answer.force_close()
        return answer


def json_answer(document: Any) -> web.Response:
    """200 with a document."""
    return web.Response(body=orjson.dumps(document), content_type="application/json")


def text_answer(status: int, text: str) -> web.Response:
    """A line of text, as the network's providers write their errors; nothing at all for no text."""
    return web.Response(status=status, text=text + "\n" if text else None)
