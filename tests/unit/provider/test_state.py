"""What outlives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from supercloud.provider.state import State

PORTS = range(30000, 30003)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    state.handled(41)
    state.save_manifest("alice", 7, b"v", b"[]")
    state.bid_sent("alice/7/1/1")
    port = state.port("lease", "web", 22, "TCP", PORTS)
    state.hold_hostname("a.com", "lease", "web")
    state.close()
    again = State(tmp_path / "state.sqlite")
    assert again.height == 41
    manifest = again.manifest("alice", 7)
    assert manifest is not None and (manifest.version, manifest.body) == (b"v", b"[]")
    assert again.bid_sent_s("alice/7/1/1") is not None
    assert again.port("lease", "web", 22, "TCP", PORTS) == port
    assert again.hostnames() == [("a.com", "lease", "web")]
    assert (tmp_path / "state.sqlite").stat().st_mode & 0o077 == 0


def test_ports_are_given_once_and_come_back(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    assert [state.port("lease", "web", port, "TCP", PORTS) for port in (22, 23, 24)] == list(PORTS)
    with pytest.raises(RuntimeError, match="all 3 forwarded ports"):
        state.port("lease", "web", 25, "TCP", PORTS)
    assert state.port("other", "web", 22, "UDP", PORTS) == 30000
    state.forget_lease("lease")
    assert state.port("new", "web", 22, "TCP", PORTS) == 30000


def test_a_port_that_another_program_holds_is_passed_over(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    taken = state.port("lease", "web", 22, "TCP", PORTS)
    state.release_port(taken, "TCP")
    state.block_port(taken, "TCP")
    assert state.port("lease", "web", 22, "TCP", PORTS) == 30001


def test_a_lease_s_wait_begins_when_it_is_first_seen(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite")
    first = state.lease_seen_s("lease")
    assert state.lease_seen_s("lease") == first
