"""The collector rests while much is loaded, and only then."""

from __future__ import annotations

import gc

import pytest

from supercloud.node import runtime


def test_the_collector_works_again_when_all_is_loaded() -> None:
    assert gc.isenabled()
    with runtime.loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="no document"), runtime.loading():
        raise ValueError("no document")
    assert gc.isenabled()
