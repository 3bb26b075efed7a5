"""What engines tell of containers."""

from __future__ import annotations

import pytest

from supercloud.provider.drivers.podman import container, events, found


@pytest.mark.parametrize(
    ("action", "reason"),
    [("create", "Created"), ("start", "Started"), ("health_status: healthy", "Health"), ("exec_die", None)],
)
def test_engine_messages(action: str, reason: str | None) -> None:
    attributes = {container.LABEL_LEASE: "l", container.LABEL_SERVICE: "web", "name": "web-x-0"}
    found = events.of_engine({"Action": action, "Actor": {"Attributes": attributes}})
    assert (found and found[3][1]) == reason
    assert events.of_engine({"Action": action, "Actor": {"Attributes": {}}}) is None
    assert events.of_engine({}) is None


def test_a_state_tells_of_the_past() -> None:
    running, ended, made = (
        found.read({"Id": "1", "Names": ["/web-0"], "State": state, "Status": status})
        for state, status in (("running", "Up"), ("exited", "Exited (3) now"), ("created", ""))
    )
    told = [(event[1], event[2]) for _, _, event in events.of_state([running, ended, made])]
    assert told == [
        ("Created", "Created container"),
        ("Started", "Started container"),
        ("Created", "Created container"),
        ("BackOff", "Exited (3) now"),
        ("Created", "Created container"),
    ]
