"""Gas is counted, and refused in the words that clients read."""

import pytest

from supercloud.chain.store.gas import GAS_MAX, GasMeter
from supercloud.types.errors import OutOfGas


def test_up_to_the_limit_and_not_beyond() -> None:
    gas = GasMeter(100)
    gas.consume(60, "a")
    gas.consume(40, "b")
    assert (gas.used, gas.remaining) == (100, 0)
    with pytest.raises(OutOfGas) as refusal:
        gas.consume(1, "ReadFlat")
    assert str(refusal.value) == "out of gas in location: ReadFlat; gasWanted: 100, gasUsed: 101: out of gas"
    assert (refusal.value.codespace, refusal.value.code) == ("sdk", 11)
    assert (gas.used, gas.remaining) == (101, 0)


def test_without_a_limit_nothing_honest_runs_out() -> None:
    gas = GasMeter()
    gas.consume(GAS_MAX, "everything")
    assert gas.remaining == 0
