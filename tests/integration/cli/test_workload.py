"""Commands about running containers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from .town import Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_logs(town: Town, running: Any) -> None:
    lines = town.run("logs", running["dseq"]).out.splitlines()
    assert lines and all(line.startswith("web-") and line.endswith(" hello") for line in lines)
    first = json.loads(town.run("logs", running["dseq"], "web", "--tail", "1", "--json").out)
    assert first["message"] == "hello"
    assert town.run("logs", running["dseq"], "--tail", "0").out == ""


def test_colours_only_on_terminals(town: Town, running: Any) -> None:
    assert "\x1b" not in town.run("logs", running["dseq"]).out


def test_events(town: Town, running: Any) -> None:
    done = town.run("events", running["dseq"], "--json")
    assert done.code == 0 and all(isinstance(json.loads(line), dict) for line in done.out.splitlines())
    assert town.run("events", running["dseq"]).code == 0


@pytest.mark.parametrize(
    ("words", "out", "code"),
    [
        (["echo", "a", "--b"], "a --b\n", 0),
        (["sh", "-c", "echo one; exit 3"], "one\n", 3),
        (["false"], "", 1),
        (["nonsense"], "", 127),
    ],
)
def test_exec_gives_output_and_code(town: Town, running: Any, words: list[str], out: str, code: int) -> None:
    done = town.run("exec", running["dseq"], "web", *words)
    assert (done.code, done.out) == (code, out)


def test_exec_as_json(town: Town, running: Any) -> None:
    done = town.run("exec", "--json", running["dseq"], "web", "sh", "-c", "echo one; cat /nowhere; exit 4")
    assert done.code == 4
    document = json.loads(done.out)
    assert (document["exit_code"], document["stdout"]) == (4, "one\n") and "/nowhere" in document["stderr"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["exec", "DSEQ", "db", "true"], 1, "no service 'db'; there are web"),
        (["exec", "--replica", "5", "DSEQ", "web", "true"], 1, ""),
        (["exec", "--replica", "-1", "DSEQ", "web", "true"], 2, "not in the range"),
        (["exec", "DSEQ", "web"], 2, "Missing argument"),
        (["logs", "DSEQ", "nosuch"], 1, "no service 'nosuch'; there are web"),
        (["logs", "DSEQ", "nosuch"], 1, "`supercloud events"),
        (["shell", "1"], 1, "has no deployment 1"),
        (["logs", "1"], 1, "`supercloud ps --all` lists"),
        (["logs", "x"], 2, "is not the number of a deployment"),
        (["logs", "DSEQ", "--provider", "akash1x"], 1, ""),
        (["events", "DSEQ", "--provider", "AUDITOR"], 1, "has no active lease"),
    ],
)
def test_slips(town: Town, running: Any, words: list[str], code: int, said: str) -> None:
    values = {"DSEQ": running["dseq"], "AUDITOR": town.addresses["auditor"]}
    done = town.run(*(values.get(word, word) for word in words))
    assert (done.code, done.out) == (code, "") and done.err, done
    assert said in done.err and "Traceback" not in done.err


def test_a_stranger_gets_nothing(town: Town, running: Any) -> None:
    """The auditor has no lease of that number; nobody else's is looked at."""
    done = town.run("logs", running["dseq"], "--from", "auditor")
    assert (done.code, done.out) == (1, "") and "has no deployment" in done.err


def process(town: Town, *words: Any, **streams: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with a real stdin."""
    return subprocess.run(
        [sys.executable, "-m", "supercloud", *map(str, words)],
        env={**os.environ, "SUPERCLOUD_HOME": str(town.home)},
        capture_output=True,
        text=True,
        timeout=30,
        **streams,
    )


def test_piped_input_arrives_and_ends(town: Town, running: Any) -> None:
    """What reads to the end of its input must see it, from a pipe, from a file and from nothing."""
    words = ("exec", "-i", running["dseq"], "web", "sh")
    done = process(town, *words, input="hello\n")
    assert (done.returncode, done.stderr) == (0, "") and "hello" in done.stdout
    path = town.folder / "input"
    path.write_text("from a file\n")
    with path.open() as file:
        done = process(town, *words, stdin=file)
    assert (done.returncode, done.stderr) == (0, "") and "from a file" in done.stdout
    done = process(town, *words, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")


def test_codes_of_a_process(town: Town, running: Any) -> None:
    done = process(
        town, "exec", running["dseq"], "web", "sh", "-c", "echo one; exit 7", stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "one\n", "")


def test_following_ends_with_the_reader(town: Town, running: Any) -> None:
    """`supercloud logs -f | head -1`."""
    words = [sys.executable, "-m", "supercloud", "logs", "-f", str(running["dseq"])]
    follower = subprocess.Popen(
        words,
        env={**os.environ, "SUPERCLOUD_HOME": str(town.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert follower.stdout is not None and follower.stdout.readline().endswith(" hello\n")
        assert follower.poll() is None, "it goes on until somebody ends it"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(15) == 130
        assert follower.stderr is not None and "Traceback" not in follower.stderr.read()
    finally:
        follower.kill()
        follower.communicate()
