"""What every driver promises. Each clause runs against all of them; what only a kernel can show is beside, in podman/."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from supercloud.provider.drivers.base import PermanentError, PortTaken
from supercloud.sdl.manifest import Expose, HttpOptions, Mount, Resources, Storage
from supercloud.testing import ports

MI = 2**20
STORAGE = (
    Storage("default", 32 * MI, {}),
    Storage("data", 8 * MI, {"persistent": "true", "class": "default"}),
)
PERSISTENT = Resources(1, 100, 64 * MI, 0, (), STORAGE)


async def _marked(lab: Any, work: Any, service: str) -> bool:
    return "marked" in (await lab.exec(work, "cat", "/mark", service=service))[1]


async def test_deploying_again_changes_nothing(lab: Any) -> None:
    work = await lab.run(lab.service(count=2))
    await lab.sh(work, "echo marked > /mark", replica=1)
    await lab.driver.deploy(work)
    seen = await lab.driver.observe(work.lease)
    assert (seen.version, seen.complete, len(seen.replicas)) == ("v1", True, 2)
    assert (await lab.exec(work, "cat", "/mark", replica=1))[1] == "marked\n"


async def test_an_update_replaces_what_changed_and_nothing_else(lab: Any) -> None:
    web, db = lab.service("web"), lab.service("db")
    work = await lab.run(web, db)
    for name in ("web", "db"):
        await lab.sh(work, "echo marked > /mark", service=name)
    changed = work._replace(version="v2", services=(web._replace(env=("A=1",)), db))
    await lab.driver.deploy(changed)
    seen = await lab.driver.observe(work.lease)
    assert (seen.version, seen.complete) == ("v2", True)
    assert not await _marked(lab, work, "web")
    assert await _marked(lab, work, "db")


async def test_an_update_may_add_and_take_away(lab: Any) -> None:
    work = await lab.run(lab.service("web", count=2), lab.service("old"))
    await lab.driver.deploy(work._replace(version="v2", services=(lab.service("web"), lab.service("new"))))
    seen = await lab.driver.observe(work.lease)
    assert [(item.service, item.running) for item in seen.replicas] == [("new", True), ("web", True)]


async def test_a_restarted_agent_adopts_what_runs(lab: Any) -> None:
    work = await lab.run(lab.service())
    await lab.sh(work, "echo marked > /mark")
    await lab.restart_agent()
    found = {item.lease: item for item in await lab.driver.recover()}
    assert (found[work.lease].version, found[work.lease].complete) == ("v1", True)
    await lab.driver.deploy(work)
    assert await _marked(lab, work, "web")


async def test_what_was_never_there(lab: Any) -> None:
    work = lab.workload(lab.service())
    assert await lab.driver.observe(work.lease) is None
    await lab.driver.remove(work.lease)
    assert await lab.lines(work) == []
    assert await lab.driver.stats(work.lease) == []


async def test_variables_reach_words_and_environment(lab: Any) -> None:
    service = lab.service("web", "echo", "$(GREETING),", "$$(X)", "$(UNKNOWN)")
    service = service._replace(env=("NAME=$(AKASH_OWNER)", "GREETING=hello $(NAME)", "AKASH_DSEQ=mine"))
    work = await lab.run(service, environment={"AKASH_OWNER": "me", "AKASH_DSEQ": "1"})
    await lab.until(lambda: lab.lines(work))
    assert (await lab.lines(work))[0] == "hello me, $(X) $(UNKNOWN)"
    await lab.driver.deploy(work._replace(services=(service._replace(command=lab.service().command),)))
    environment = (await lab.exec(work, "env"))[1].splitlines()
    assert {"AKASH_OWNER=me", "NAME=me", "GREETING=hello me", "AKASH_DSEQ=mine"} <= set(environment)


async def test_command_and_arguments(lab: Any) -> None:
    """The command is the program, the arguments follow it."""
    work = await lab.run(lab.service("web", "echo")._replace(args=("one two", "three")))
    assert (await lab.until(lambda: lab.lines(work)))[0] == "one two three"


async def test_commands_tell_streams_and_exit_codes_apart(lab: Any) -> None:
    work = await lab.run(lab.service())
    assert await lab.exec(work, "echo", "hi") == (0, "hi\n", "")
    code, output, errors = await lab.exec(work, "cat", "/nowhere")
    assert (code, output) == (1, "") and "No such file" in errors
    assert (await lab.exec(work, "sh", "-c", "exit 3"))[0] == 3


async def test_commands_read_what_they_are_told(lab: Any) -> None:
    work = await lab.run(lab.service())
    told = b"one\ntwo\n" * 2000
    code, output, _ = await lab.exec(work, "cat", told=told)
    assert (code, output) == (0, told.decode())


async def test_a_command_goes_to_the_replica_that_was_asked(lab: Any) -> None:
    work = await lab.run(lab.service(count=3))
    for index in range(3):
        await lab.sh(work, f"echo {index} > /who", replica=index)
    assert [await lab.sh(work, "cat /who", replica=index) for index in (2, 0, 1)] == ["2", "0", "1"]


@pytest.mark.parametrize(
    ("service", "replica", "text"),
    [
        ("nothing", 0, "no such service exists with that name"),
        ("web", 1, r"pod index out of range: valid range is \[0, 0\]"),
        ("ends", 0, "service with that name is not running"),
    ],
)
async def test_commands_that_can_not_run_say_why(lab: Any, service: str, replica: int, text: str) -> None:
    """The words are those that clients of the network look for."""
    work = await lab.run(lab.service("web"), lab.service("ends", "false"))

    async def ended() -> bool:
        return not (await lab.replica(work, "ends")).running

    await lab.until(ended)
    with pytest.raises(PermanentError, match=text):
        await lab.exec(work, "true", service=service, replica=replica)


async def test_logs_of_all_of_some_and_the_last(lab: Any) -> None:
    text = "echo a; echo b; echo c; sleep 1000"
    work = await lab.run(lab.service("one", "sh", "-c", text), lab.service("two", "sh", "-c", text))

    async def all_there() -> bool:
        return len(await lab.lines(work)) == 6

    await lab.until(all_there)
    assert await lab.lines(work, services=("one",)) == ["a", "b", "c"]
    assert await lab.lines(work, tail=1) == ["c", "c"]
    names = {line.replica.partition("-")[0] async for line in lab.driver.logs(work.lease, (), False, -1)}
    assert names == {"one", "two"}


async def test_following_a_log_goes_on_over_restarts_and_ends_with_the_lease(lab: Any) -> None:
    work = await lab.run(lab.service("web", "echo", "again"))
    heard: list[str] = []

    async def listen() -> None:
        async for line in lab.driver.logs(work.lease, (), True, -1):
            heard.append(line.text)  # noqa: PERF401 (it is looked at before the end)

    task = asyncio.create_task(listen())

    async def twice() -> bool:
        return len(heard) >= 2

    await lab.until(twice)
    await lab.driver.remove(work.lease)
    async with asyncio.timeout(30):
        await task
    assert set(heard) == {"again"}


async def test_what_ends_is_started_again_later_each_time_and_says_why(lab: Any) -> None:
    work = await lab.run(lab.service("web", "sh", "-c", "echo bad luck; exit 3"))

    async def restarted() -> Any:
        item = await lab.replica(work)
        return item if item.restarts >= 2 and not item.running else None

    item = await lab.until(restarted)
    assert item.exit_code == 3
    assert "exited with code 3" in item.note and "bad luck" in item.note
    assert any(event.startswith("BackOff") and "code 3" in event for event in await lab.events(work))
    # The third start waits at least two seconds more: nothing spins.
    assert item.restarts == 2


async def test_events_are_in_the_networks_form(lab: Any) -> None:
    work = await lab.run(lab.service("web"), lab.service("db"))

    async def started() -> list[dict[str, Any]]:
        told = lab.driver.events(work.lease, ("web",), False)
        return [item async for item in told if item["reason"] == "Started"]

    found = await lab.until(started)
    assert found[0]["type"] == "Normal"
    assert found[0]["object"] == {
        "kind": "Pod",
        "namespace": work.namespace,
        "name": (await lab.replica(work)).name,
    }


async def test_volumes_outlive_updates_and_agents_but_not_the_lease(lab: Any) -> None:
    service = lab.service(resources=PERSISTENT, mounts=(Mount("data", "/data", False),), count=2)
    work = await lab.run(service)
    await lab.sh(work, "echo kept > /data/file", replica=1)
    await lab.driver.deploy(work._replace(version="v2", services=(service._replace(env=("A=1",)),)))
    assert await lab.sh(work, "cat /data/file", replica=1) == "kept"
    await lab.restart_agent()
    assert await lab.sh(work, "cat /data/file", replica=1) == "kept"
    # Each replica has its own.
    assert (await lab.exec(work, "cat", "/data/file", replica=0))[0] == 1
    await lab.driver.remove(work.lease)
    await lab.driver.deploy(work)
    assert (await lab.exec(work, "cat", "/data/file", replica=1))[0] == 1


async def test_web_ports_answer_on_loopback(lab: Any) -> None:
    words = ("httpd", "-f", "-p", "8080", "-h", "/etc") if lab.real else ("sleep", "10000")
    service = lab.service("web", *words)._replace(expose=(lab_expose(8080, 80),))
    work = await lab.run(service)
    port = (await lab.replica(work)).http[8080]

    async def answers() -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            head = await asyncio.wait_for(reader.readline(), 30)
            writer.close()
        except OSError:
            return b""
        return head

    assert (await lab.until(answers)).startswith(b"HTTP/1.")


async def test_a_port_that_is_taken_is_named(lab: Any) -> None:
    service = lab.service()._replace(expose=(lab_expose(9000),))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)) as taken:
            await lab.run(service, ports={("web", 9000, "TCP"): port})
    assert taken.value.host_port == port
    work = lab.workload(service, lease=lab.leases[-1], ports={("web", 9000, "TCP"): ports.row(1)})
    await lab.driver.deploy(work)
    assert (await lab.replica(work)).running


async def test_an_image_that_can_not_be_pulled_is_named(lab: Any) -> None:
    """The other services of the lease are left as they are."""
    image = "localhost/supercloud-absent:1"
    if not lab.real:
        lab.driver.machine.missing_images.add(image)
    work = await lab.run(lab.service("web"))
    await lab.sh(work, "echo marked > /mark")
    bad = work._replace(version="v2", services=(lab.service("web", "sleep", "1")._replace(image=image),))
    with pytest.raises(PermanentError, match=image):
        await lab.driver.deploy(bad)
    assert await _marked(lab, work, "web")
    assert any(event.startswith("Failed") and image in event for event in await lab.events(work))


async def test_a_program_that_can_not_be_started_is_named(lab: Any) -> None:
    if not lab.real:
        pytest.skip("every program starts on the mock's machine")
    work = lab.workload(lab.service()._replace(command=("/nothing",)))
    with pytest.raises(PermanentError, match=r"service web can not be started: .*/nothing"):
        await lab.driver.deploy(work)
    assert any(event.startswith("Failed: ") and "/nothing" in event for event in await lab.events(work))


async def test_leases_do_not_touch_each_other(lab: Any) -> None:
    one, two = await lab.run(lab.service()), await lab.run(lab.service())
    await lab.sh(two, "echo marked > /mark")
    await lab.driver.remove(one.lease)
    assert await lab.driver.observe(one.lease) is None
    assert await _marked(lab, two, "web")
    assert {item.lease for item in await lab.driver.recover()} == {two.lease}


async def test_usage_is_told_of_what_runs(lab: Any) -> None:
    work = await lab.run(lab.service(count=2))
    assert sorted(used.replica for used in await lab.driver.stats(work.lease)) == [
        item.name for item in (await lab.driver.observe(work.lease)).replicas
    ]


async def test_a_change_wakes_who_waits_for_one(lab: Any) -> None:
    waiting = asyncio.create_task(lab.driver.changes())
    await lab.run(lab.service("web", "false"))
    async with asyncio.timeout(30):
        await waiting


def lab_expose(port: int, external: int = 0) -> Expose:
    """A global port."""
    return Expose(port, external, "TCP", "", True, (), HttpOptions(0, 0, 0, 0, 0, ()), "")
