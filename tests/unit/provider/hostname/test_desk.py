"""Who holds which name: between tenants, between one tenant's deployments, over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from supercloud.provider.hostname.desk import NameDesk, wanted_by
from supercloud.provider.hostname.names import NameTaken
from supercloud.provider.state import State
from supercloud.sdl import manifest as forms

ALICE, DAVE = "akash1alice", "akash1dave"
FIRST, SECOND = f"{ALICE}/1/1/1/p", f"{ALICE}/2/1/1/p"
STRANGER = f"{DAVE}/1/1/1/p"
BLOCKED = (".ingress.example", "provider.example", "bad.example")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.sqlite")


@pytest.fixture
def desk(state: State) -> NameDesk:
    return NameDesk(state, BLOCKED)


def held(state: State) -> dict[str, tuple[str, str]]:
    return {name: (lease, service) for name, lease, service in state.hostnames()}


def test_first_come_first_served(desk: NameDesk, state: State) -> None:
    desk.take({FIRST: {"a.com": "web", "b.com": "api"}})
    assert held(state) == {"a.com": (FIRST, "web"), "b.com": (FIRST, "api")}
    with pytest.raises(NameTaken, match="hostname not allowed"):
        desk.take({STRANGER: {"c.com": "web", "a.com": "web"}})
    assert "c.com" not in held(state)
    desk.take({SECOND: {"a.com": "web", "d.com": "web"}})
    assert held(state)["a.com"] == (FIRST, "web")
    assert held(state)["d.com"] == (SECOND, "web")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("x.ingress.example", False),
        ("provider.example", False),
        ("bad.example", False),
        ("sub.bad.example", True),
        ("ingress.example", True),
        ("good.example", True),
    ],
)
def test_some_names_nobody_gets(desk: NameDesk, state: State, name: str, allowed: bool) -> None:
    """A tenant could otherwise take the generated name of another's service."""
    if allowed:
        desk.take({FIRST: {name: "web"}})
        desk.move(name, FIRST, "web")
        return
    for attempt in (lambda: desk.take({FIRST: {name: "web"}}), lambda: desk.move(name, FIRST, "web")):
        with pytest.raises(NameTaken, match="hostname not allowed"):
            attempt()
    assert not desk.claim(FIRST, {name: "web"})
    assert held(state) == {}


def test_an_update_gives_back_what_it_no_longer_names(desk: NameDesk, state: State) -> None:
    desk.take({FIRST: {"a.com": "web", "b.com": "web"}})
    desk.take({FIRST: {"b.com": "api"}})
    assert held(state) == {"b.com": (FIRST, "api")}
    desk.take({STRANGER: {"a.com": "web"}})


def test_names_move_between_deployments_of_one_tenant(desk: NameDesk, state: State) -> None:
    desk.take({FIRST: {"a.com": "web"}})
    desk.take({STRANGER: {"s.com": "web"}})
    desk.move("a.com", SECOND, "front")
    assert held(state)["a.com"] == (SECOND, "front")
    with pytest.raises(NameTaken, match="hostname not allowed"):
        desk.move("s.com", SECOND, "front")
    assert held(state)["s.com"] == (STRANGER, "web")
    # What the first deployment asks for again stays where it was moved to.
    desk.take({FIRST: {"a.com": "web"}})
    assert held(state)["a.com"] == (SECOND, "front")


def test_a_freed_name_goes_to_the_deployment_that_waits_for_it(desk: NameDesk, state: State) -> None:
    desk.take({FIRST: {"a.com": "web"}})
    desk.take({SECOND: {"a.com": "web"}})
    assert not desk.claim(SECOND, {"a.com": "web"})
    state.forget_lease(FIRST)
    assert desk.claim(SECOND, {"a.com": "web"})
    assert held(state) == {"a.com": (SECOND, "web")}


def test_names_outlive_a_restart(desk: NameDesk, state: State, tmp_path: Path) -> None:
    desk.take({FIRST: {"a.com": "web"}})
    state.close()
    again = NameDesk(State(tmp_path / "state.sqlite"), BLOCKED)
    with pytest.raises(NameTaken):
        again.take({STRANGER: {"a.com": "web"}})


def test_only_web_services_want_names() -> None:
    document = b"""[{"name":"g","services":[
        {"name":"web","image":"i","expose":[
            {"port":80,"global":true,"hosts":["a.com","b.com"]},
            {"port":81,"externalPort":8080,"global":true,"hosts":["c.com"]}]},
        {"name":"db","image":"i","expose":[{"port":80,"hosts":["d.com"]}]}]}]"""
    group = forms.parse(document).groups[0]
    assert wanted_by(group) == {"a.com": "web", "b.com": "web"}
    assert wanted_by(None) == {}
