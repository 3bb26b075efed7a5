"""What callers may rely on: the tree of errors, and words that name cause and place."""

from __future__ import annotations

import pytest

import supercloud.sdk
from supercloud.sdk import errors
from supercloud.sdk.tx import Signed, TxResult


def result(height: int) -> TxResult:
    return TxResult("AB", height, 5, "sdk", "insufficient funds", 0, 0, [], [], b"")


def test_the_tree() -> None:
    assert issubclass(errors.TxUncertain, errors.TemporaryError)
    for kind in (errors.QueryError, errors.TxFailed):
        assert issubclass(kind, errors.PermanentError)
    for kind in (errors.TemporaryError, errors.PermanentError):
        assert issubclass(kind, errors.SdkError)
    assert not issubclass(errors.TemporaryError, errors.PermanentError)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.QueryError("/p", 22, "sdk", "no such key"), "/p: no such key"),
        (errors.QueryError("/p", 7, "sdk", ""), "/p: code 7"),
        (
            errors.WouldFail(
                "/p", 1, "sdk", "x; message index: 0: too little: Deposit invalid with gas used: '5': y"
            ),
            "the network would refuse this: too little: Deposit invalid",
        ),
        (
            errors.WouldFail(
                "/p",
                1,
                "sdk",
                "rpc error: code = Unknown desc = no: bad id with gas used: '0': unknown request",
            ),
            "the network would refuse this: no: bad id",
        ),
        (
            errors.QueryError(
                "/p", 2, "sdk", "rpc error: code = InvalidArgument desc = no denom: invalid request"
            ),
            "/p: no denom: invalid request",
        ),
        (errors.WouldFail("/p", 1, "sdk", "odd"), "the network would refuse this: odd"),
        (errors.WouldFail("/p", 1, "sdk", ""), "the network would refuse this: code 1"),
        (
            errors.TxFailed(result(0)),
            "transaction AB failed before it reached a block: sdk code 5: insufficient funds",
        ),
        (errors.TxFailed(result(9)), "transaction AB failed at height 9: sdk code 5: insufficient funds"),
        (
            errors.TxUncertain(Signed("AB", b""), "reset"),
            "nobody knows whether transaction AB arrived: reset",
        ),
    ],
)
def test_words(error: Exception, text: str) -> None:
    assert str(error) == text


def test_not_found_is_one_code() -> None:
    assert (
        errors.QueryError("", 22, "sdk", "").not_found and not errors.QueryError("", 5, "sdk", "").not_found
    )
    assert errors.TemporaryError("x").retry_after == 1.0


def test_the_front_of_the_library_exports_what_it_names() -> None:
    names = supercloud.sdk.__all__
    assert names == sorted(names) and all(hasattr(supercloud.sdk, name) for name in names)
