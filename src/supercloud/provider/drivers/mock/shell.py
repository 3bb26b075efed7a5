"""The few programs that containers of the mock can run: enough to look into them, to fail, to write and to wait. Pure.

`sh -c` takes statements separated by `;`, words in quotes, $NAME, and `> FILE` or `>> FILE`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final, NamedTuple

NOT_FOUND: Final = 127
RUNNING: Final = None
_NAME: Final = re.compile(r"\$(\w+)|\$\{(\w+)\}")


class Outcome(NamedTuple):
    """What a program did: `code` is None when it runs on, `echoes` when it then repeats what it is told."""

    output: str
    errors: str
    code: int | None
    echoes: bool = False


def run(words: Sequence[str], files: MutableMapping[str, str], environment: Mapping[str, str]) -> Outcome:
    """Run a command to its end, or to where it waits."""
    program, rest = _program(words)
    if program != "sh":
        return _simple(program, rest, files, environment)
    if len(rest) != 2 or rest[0] != "-c":
        return Outcome("", "", RUNNING, echoes=True)
    output, errors, code = "", "", 0
    for statement in rest[1].split(";"):
        done = _statement(statement, files, environment)
        output, errors = output + done.output, errors + done.errors
        if done.code is RUNNING or statement.strip().startswith("exit"):
            return Outcome(output, errors, done.code, done.echoes)
        code = done.code
    return Outcome(output, errors, code)


def _program(words: Sequence[str]) -> tuple[str, list[str]]:
    """Name and arguments; `busybox NAME` is NAME."""
    rest = [*words]
    name = rest.pop(0).rpartition("/")[2] if rest else ""
    if name == "busybox" and rest:
        name = rest.pop(0)
    return name, rest


def _statement(text: str, files: MutableMapping[str, str], environment: Mapping[str, str]) -> Outcome:
    words = shlex.split(_NAME.sub(lambda found: environment.get(found[1] or found[2], ""), text))
    if not words:
        return Outcome("", "", 0)
    target = ""
    if len(words) > 2 and words[-2] in (">", ">>"):
        *words, arrow, target = words
    done = _simple(*_program(words), files, environment)
    if not target:
        return done
    files[target] = (files.get(target, "") if arrow == ">>" else "") + done.output
    return done._replace(output="")


def _simple(
    program: str, rest: list[str], files: Mapping[str, str], environment: Mapping[str, str]
) -> Outcome:
    match program, rest:
        case "echo", words:
            return Outcome(" ".join(words) + "\n", "", 0)
        case "env", []:
            return Outcome("".join(f"{name}={value}\n" for name, value in environment.items()), "", 0)
        case "cat", []:
            return Outcome("", "", RUNNING, echoes=True)
        case "cat", [name]:
            if name in files:
                return Outcome(files[name], "", 0)
            return Outcome("", f"cat: can't open '{name}': No such file or directory\n", 1)
        case "true" | ":", _:
            return Outcome("", "", 0)
        case "false", _:
            return Outcome("", "", 1)
        case "exit", [code] if code.isdigit():
            return Outcome("", "", int(code))
        case "exit", []:
            return Outcome("", "", 0)
        case ("sleep", _) | ("", []):
            return Outcome("", "", RUNNING)
        case _:
            return Outcome("", f"{program}: not found\n", NOT_FOUND)
