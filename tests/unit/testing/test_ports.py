from __future__ import annotations

import socket

import pytest

from supercloud.testing import ports


def test_ports_are_free_below_the_kernel_s_and_given_once() -> None:
    given = ports.free(20)
    assert len(set(given)) == 20
    assert all(ports.FIRST <= port < ports.FIRST + ports.WORKERS * ports.SPAN < 32768 for port in given)
    assert ports.row(1) not in given


def test_a_row_steps_over_what_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ports.row(1) + 1
    with socket.create_server(("127.0.0.1", first + 2)):
        base = ports.row(5)
        assert not base <= first + 2 < base + 5
    monkeypatch.setattr(ports, "_is_free", lambda port: False)
    with pytest.raises(OSError, match="no 3 free ports in a row"):
        ports.row(3)


def test_workers_have_spans_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = []
    for worker in range(ports.WORKERS):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", f"gw{worker}")
        starts.append(ports._start())
    assert starts == [ports.FIRST + n * ports.SPAN for n in range(ports.WORKERS)]
