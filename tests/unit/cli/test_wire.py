"""What `query` and `tx` offer, and how words become messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.cli import wire
from supercloud.pb.akash.market.v1beta5.query_pb2 import QueryBidsRequest
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.gov.v1beta1.gov_pb2 import TextProposal
from supercloud.testing.ledger import Ledger

SEND, BIDS, TEXT = MsgSend.DESCRIPTOR, QueryBidsRequest.DESCRIPTOR, TextProposal.DESCRIPTOR


def test_every_service_of_the_ledger_is_offered() -> None:
    """A new module needs its line in cli/wire.py."""
    ledger = Ledger()
    routed = {path.split("/")[1] for path in ledger.app.router.query_handlers}
    offered = {
        method.path.split("/")[1]
        for module in wire.QUERIES
        for method in wire.methods(wire.QUERIES, module, "Query")
    }
    assert offered == routed


def test_every_message_that_the_ledger_routes_has_a_command() -> None:
    routed = {url.strip("/") for url in Ledger().app.router.messages}
    offered = {
        method.request.full_name
        for module in wire.MESSAGES
        for method in wire.methods(wire.MESSAGES, module, "Msg")
    }
    assert routed - offered == set()


@pytest.mark.parametrize("module", sorted(wire.MESSAGES))
def test_messages_of_a_module(module: str) -> None:
    methods = wire.methods(wire.MESSAGES, module, "Msg")
    assert methods and all(method.path.startswith("/") and method.path.count("/") == 2 for method in methods)
    names = [method.name for method in methods]
    assert len(set(names)) == len(names) and all(name == name.lower() and " " not in name for name in names)


def test_names_of_commands() -> None:
    found = {method.name: method for method in wire.methods(wire.QUERIES, "market", "Query")}
    assert found["bids"].path == "/akash.market.v1beta5.Query/Bids"
    assert found["bids"].request.full_name == "akash.market.v1beta5.QueryBidsRequest"
    assert wire._kebab("AllBalances") == "all-balances" and wire._kebab("MintACT") == "mint-act"


def test_words_become_fields() -> None:
    message: Any = wire.build(BIDS, ("filters.owner=a", "filters.dseq=7", "pagination.count_total=true"), {})
    assert (message.filters.owner, message.filters.dseq, message.pagination.count_total) == ("a", 7, True)


def test_lists_documents_and_files(tmp_path: Path) -> None:
    amount = [{"denom": "uakt", "amount": "5"}]
    (tmp_path / "m.json").write_text(json.dumps({"amount": amount}))
    for words in (
        [f"amount={json.dumps(amount)}"],
        [json.dumps({"amount": amount})],
        [f"@{tmp_path / 'm.json'}"],
    ):
        message: Any = wire.build(SEND, (*words, "to_address=b"), {"from_address": "me"})
        assert (message.amount[0].amount, message.to_address, message.from_address) == ("5", "b", "me")


def test_later_words_win_and_defaults_give_way() -> None:
    message: Any = wire.build(SEND, ("from_address=a", "from_address=b"), {"from_address": "me"})
    assert message.from_address == "b"
    bids: Any = wire.build(BIDS, ("filters.dseq=1",), {"filters.owner": "me"})
    assert (bids.filters.owner, bids.filters.dseq) == ("me", 1)


@pytest.mark.parametrize("text", ["true", "[1]", "{x}", "null", "5", "", "a=b", " x "])
def test_text_stays_text(text: str) -> None:
    message: Any = wire.build(TEXT, (f"title={text}",), {})
    assert message.title == text


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=30).filter(lambda text: text[0] != '"'))
def test_any_text_stays_text(text: str) -> None:
    message: Any = wire.build(TEXT, (f"title={text}",), {})
    assert message.title == text


def test_quotes_may_be_used() -> None:
    message: Any = wire.build(TEXT, ('title="a \\u00fc"',), {})
    assert message.title == "a ü"


@pytest.mark.parametrize(
    ("descriptor", "word", "said"),
    [
        (SEND, "amount", "'amount': expected FIELD=VALUE; fields are from_address, to_address, amount"),
        (SEND, "colour=red", "MsgSend has no field 'colour'"),
        (SEND, "amount.denom=x", "amount has no fields of its own; give it as amount=JSON"),
        (SEND, "from_address.x=1", "from_address has no fields of its own"),
        (BIDS, "filters.colour=red", "BidFilters has no field 'filters.colour'"),
        (BIDS, "filters.dseq=x", "QueryBidsRequest.filters.dseq: expected an integer"),
        (BIDS, "filters.dseq=-1", "QueryBidsRequest.filters.dseq"),
        (BIDS, "filters=x", "QueryBidsRequest.filters: expected an object"),
        (BIDS, "pagination.reverse=yes", "expected true or false"),
        (SEND, "amount=[1.5]", "no integer; decimals are written as text"),
        (SEND, "{", "{: not JSON"),
        (SEND, '{"amount":1,"amount":2}', "stands twice"),
        (SEND, 'title="x', "MsgSend has no field"),
        (TEXT, 'title="x', "title: not JSON"),
        (SEND, "", "expected FIELD=VALUE"),
        (SEND, "=", "MsgSend has no field ''"),
        (SEND, "amount=" + "[" * 5000, "nested too deeply"),
        (SEND, "amount=5uakt", "MsgSend.amount: expected a list, found str"),
        (SEND, 'amount=["5uakt"]', "MsgSend.amount[0]: expected an object, found str"),
        (SEND, 'amount=[{"denom":"uakt","amount":5}]', "MsgSend.amount[0].amount: expected text, found int"),
        (SEND, "to_address=\udcff", "MsgSend.to_address"),
    ],
)
def test_slips(descriptor: Any, word: str, said: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        wire.build(descriptor, (word,), {"from_address": "me"} if descriptor is SEND else {})
    assert said in refused.value.format_message()


def test_a_file_that_is_too_long_or_no_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.json"
    for text, said in (("[]", "expected a JSON object"), (" " * 101, "more than 100 characters")):
        file.write_text(text)
        monkeypatch.setattr(wire, "DOCUMENT_CHARS_MAX", 100)
        with pytest.raises(click.UsageError, match=said):
            wire.build(SEND, (f"@{file}",), {})


def test_a_default_does_not_hide_a_slip() -> None:
    with pytest.raises(click.UsageError, match="filters: expected an object"):
        wire.build(BIDS, ("filters=x",), {"filters.owner": "me"})
    with pytest.raises(click.UsageError, match="was given as a whole already"):
        wire.build(BIDS, ("filters=x", "filters.owner=a"), {})


def test_a_message_without_fields() -> None:
    from supercloud.pb.cosmos.bank.v1beta1.query_pb2 import QueryParamsRequest

    assert wire.fields_text(QueryParamsRequest.DESCRIPTOR) == "none"
