"""`supercloud query`: any question of any module, and the past."""

from __future__ import annotations

import json

import pytest

from supercloud.cli import wire

from .town import Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_a_question(town: Town) -> None:
    words = ("query", "bank", "balance", f"address={town.addresses['savings']}", "denom=uakt")
    answer = {"balance": {"denom": "uakt", "amount": "1000000000000"}}
    indented, compact = town.run(*words), town.run(*words, "--json")
    assert json.loads(indented.out) == json.loads(compact.out) == answer
    assert len(compact.out.splitlines()) == 1 < len(indented.out.splitlines())


def test_fields_inside_fields_and_whole_documents(town: Town) -> None:
    for words in (["pagination.limit=1"], ['pagination={"limit":"1"}'], ['{"pagination":{"limit":"1"}}']):
        document = town.run("query", "bank", "total-supply", *words, "--json").document
        assert len(document["supply"]) == 1


def test_the_past(town: Town) -> None:
    words = ("query", "bank", "balance", f"address={town.addresses['savings']}", "denom=uakt", "--height")
    assert town.run(*words, "1", "--json").code in (0, 1)
    future = town.run(*words, "999999999")
    assert (future.code, future.out) == (1, "") and "Traceback" not in future.err


@pytest.mark.parametrize("module", sorted(wire.QUERIES))
def test_every_module_answers_something(town: Town, module: str) -> None:
    """The first question without required fields, where there is one."""
    for method in wire.methods(wire.QUERIES, module, "Query"):
        done = town.run("query", module, method.name, "--json")
        assert "Traceback" not in done.err and done.code in (0, 1), done.err
        assert bool(done.out) is (done.code == 0) and "unknown query path" not in done.err.lower(), done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["bank", "balance", "height=x"], 2, "has no field 'height'"),
        (["bank", "total-supply", "pagination.limit=x"], 2, "pagination.limit: expected an integer"),
        (["bank", "total-supply", "pagination.limit.x=1"], 2, "limit has no fields of its own"),
        (["bank", "total-supply", "pagination.limit=-1"], 2, "pagination.limit"),
        (["bank", "balance", "--height", "-1"], 2, "not in the range"),
        (["bank", "balance", "address=nobody", "denom=uakt"], 1, "Error:"),
        (["bank"], 2, "by address, denom"),
        (["bank", "balanc"], 2, "did you mean `balance`?"),
    ],
)
def test_slips(town: Town, words: list[str], code: int, said: str) -> None:
    done = town.run("query", *words)
    assert done.code == code and said in done.err + done.out and "Traceback" not in done.err, done
