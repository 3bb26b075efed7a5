"""Files made to hurt: each is refused within a second, and the refusal says where, what and what would do."""

from __future__ import annotations

import time

import pytest

from supercloud import sdl
from supercloud.sdl.document import BYTES_MAX

GOOD = """version: "2.0"
services:
  web:
    image: nginx
    expose: [{port: 80, to: [{global: true}]}]
profiles:
  compute:
    web:
      resources:
        cpu: {units: 100m}
        memory: {size: 128Mi}
        storage: {size: 1Gi}
  placement:
    west: {pricing: {web: {denom: uakt, amount: 50}}}
deployment:
  web: {west: {profile: web, count: 1}}
"""
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)
NUMBERS = (
    "9" * 6000,
    "9" * 300_000 + "x",
    ".nan",
    ".inf",
    "1e999",
    "-1",
    '"a\\nb"',
    "\u0663",
    '"\\e[31m"',
    "0x10",
    "[]",
)
PLACES = {
    "port: 80": ("deploy.yaml:5", "services.web.expose[0].port", "port: {}"),
    "units: 100m": ("deploy.yaml:10", "profiles.compute.web.resources.cpu.units", "units: {}"),
    "128Mi": ("deploy.yaml:11", "profiles.compute.web.resources.memory.size", "{}"),
    "1Gi": ("deploy.yaml:12", "profiles.compute.web.resources.storage.size", "{}"),
    "amount: 50": ("deploy.yaml:14", "profiles.placement.west.pricing.web.amount", "amount: {}"),
    "count: 1": ("deploy.yaml:16", "deployment.web.west.count", "count: {}"),
}


def refusal(text: str | bytes) -> str:
    started = time.process_time()
    with pytest.raises(sdl.SdlError) as caught:
        sdl.load(text)
    assert time.process_time() - started < 2
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 1000
    return said


def test_the_base_is_good() -> None:
    assert sdl.load(GOOD).denom == "uakt"


@pytest.mark.parametrize("number", NUMBERS, ids=[each[:8] for each in NUMBERS])
@pytest.mark.parametrize("place", PLACES)
def test_numbers(place: str, number: str) -> None:
    """Not one of them is taken, raises something else, or is answered without file, line, key and what may stand."""
    where, path, new = PLACES[place]
    said = refusal(GOOD.replace(place, new.format(number)))
    assert said.startswith(f"{where}: {path}")


WHOLE = {
    "flow nesting": ("[" * 250_000, "nesting depth"),
    "map nesting": ("{a: " * 100_000, "nesting depth"),
    "block nesting": ("- " * 200_000 + "a", "nesting depth"),
    "some nesting": ("a: " + "[" * 40 + "]" * 40, "deploy.yaml:1: nested too deeply; allowed: 32 levels"),
    "ten megabytes": ("a" * 10_000_000, f"allowed: at most {BYTES_MAX}"),
    "alias bomb": (BOMB, "too many values (aliases count each time)"),
    "merge bomb": ("a: &a {x: 1}\nb: {<<: [" + ",".join(["*a"] * 30_000) + "]}\n", "too many values"),
    "an alias of itself": ("a: &a\n  <<: *a\n  b: *a\n", "nested too deeply"),
    "unknown alias": ("a: *b", "undefined alias"),
    "key twice": (GOOD + "version: '2.0'\n", "deploy.yaml:17: key `version` stands twice, first in line 1"),
    "inner key twice": (
        GOOD.replace("{units: 100m}", "{units: 100m, units: 1}"),
        "deploy.yaml:10: key `units`",
    ),
    "unknown key": (
        GOOD + "colour: red\n",
        "deploy.yaml:17: colour: sdl: unexpected field colour; allowed: version",
    ),
    "key that is a list": ("? [a]\n: 1\n", "deploy.yaml:1: a key is not text"),
    "key that is a number": (GOOD + "7: 1\n", "unexpected field 7"),
    "long key": (GOOD + "? " + "k" * 100_000 + "\n: 1\n", "unexpected field kkk"),
    "NUL": (GOOD + "\x00", "deploy.yaml:17: control character U+0000"),
    "escape": (GOOD.replace("nginx", "ng\x1b[31minx"), "deploy.yaml:4: control character U+001B"),
    "escaped escape in a key": (GOOD + '"\\e[31m": 1\n', "\\u001b[31m"),
    "not UTF-8": (b"version: \xff", "not UTF-8 at byte 9"),
    "two documents": (GOOD + "---\na: 1\n", "another document"),
    "an object of Python": ('!!python/object/apply:os.system ["true"]', "no version found"),
    "empty": ("", "uninitialized"),
    "wrong unit": (
        GOOD.replace("128Mi", "128MB"),
        "deploy.yaml:11: profiles.compute.web.resources.memory.size",
    ),
    "list for map": (GOOD.replace("{units: 100m}", "[units]"), "found a list; allowed: a mapping"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files(name: str) -> None:
    text, expected = WHOLE[name]
    assert expected in refusal(text)
