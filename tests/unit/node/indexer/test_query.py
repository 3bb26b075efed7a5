"""The query language against CometBFT's rules."""

import pytest

from supercloud.node.indexer.query import Op, QueryError, parse

EVENTS = {
    "tm.event": ["Tx"],
    "tx.height": ["77"],
    "transfer.amount": ["8uakt", "12uact"],
    "transfer.sender": ["akash1alice", "akash1bob"],
    "message.action": ["/cosmos.bank.v1beta1.MsgSend"],
    "oracle.price": ["1.25"],
    "block.time": ["2024-05-03T14:45:00Z"],
    "block.day": ["2024-05-03"],
    "note.big": ["340282366920938463463374607431768211457"],
}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("tm.event='Tx'", True),
        ("tm.event = 'Tx'", True),
        ("tm.event='NewBlock'", False),
        ("tm.event='Tx' AND tx.height=77", True),
        ("tm.event='Tx' AND tx.height>77", False),
        ("tx.height>=77 AND tx.height<=77", True),
        ("tx.height<77", False),
        ("transfer.amount > 11", True),
        ("transfer.amount = 8", True),
        ("transfer.amount > 12.5", False),
        ("oracle.price = 1.25", True),
        ("note.big = 340282366920938463463374607431768211457", True),
        ("note.big = 340282366920938463463374607431768211456", False),
        ("transfer.sender='akash1bob'", True),
        ("transfer.sender CONTAINS 'ali'", True),
        ("transfer.sender CONTAINS 'zoe'", False),
        ("message.action EXISTS", True),
        ("message EXISTS", True),
        ("nothing EXISTS", False),
        ("nothing.at EXISTS", False),
        ("message.action='/cosmos.bank.v1beta1.MsgSend' AND tm.event='Tx'", True),
        ("block.time >= TIME 2024-05-03T14:45:00Z", True),
        ("block.time > TIME 2024-05-03T14:45:00+00:00", False),
        ("block.time < TIME 2024-05-03T18:45:00+03:00", True),
        ("block.day = DATE 2024-05-03", True),
        ("block.day < DATE 2024-05-03", False),
        ("transfer.sender > 5", False),
    ],
)
def test_matching(text: str, expected: bool) -> None:
    assert parse(text).matches(EVENTS) is expected


def test_nothing_matches_no_events() -> None:
    assert parse("a EXISTS").matches({}) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "tm.event",
        "tm.event=",
        "='Tx'",
        "tm.event='Tx",
        "tm.event='Tx' AND",
        "tm.event='Tx' OR a=1",
        "a='x' b='y'",
        "a > 'x'",
        "a CONTAINS 5",
        "a = TIME yesterday",
        "a = DATE 2024-13-40",
        "a = TIME 2024-05-03T14:45:00",
        "a == 5",
        'a = "x"',
        "a = b",
        "a EXISTS 5",
        "(a=1)",
        "a=1 AND " * 20 + "a=1",
        "a='" + "x" * 600 + "'",
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_values_keep_quotes_and_json() -> None:
    condition = parse("""akash.market.v1.EventOrderCreated.id CONTAINS '"dseq":"5"'""").conditions[0]
    assert condition.op is Op.CONTAINS
    assert condition.event_type == "akash.market.v1.EventOrderCreated"
    assert condition.holds('{"owner":"a","dseq":"5"}')
