"""The programs that containers of the mock can run."""

from __future__ import annotations

import pytest

from supercloud.provider.drivers.mock import shell


@pytest.mark.parametrize(
    ("words", "output", "errors", "code"),
    [
        (["/bin/busybox", "echo", "a", "b"], "a b\n", "", 0),
        (["env"], "NAME=v\n", "", 0),
        (["sh", "-c", "echo $NAME ${NAME}x"], "v vx\n", "", 0),
        (["sh", "-c", "echo one; exit 7; echo two"], "one\n", "", 7),
        (["sh", "-c", "false; true"], "", "", 0),
        (["cat", "/none"], "", "cat: can't open '/none': No such file or directory\n", 1),
        (["ls"], "", "ls: not found\n", shell.NOT_FOUND),
        (["sleep", "9"], "", "", shell.RUNNING),
        ([], "", "", shell.RUNNING),
        (["sh", "-c", "echo up; sleep 9; echo never"], "up\n", "", shell.RUNNING),
    ],
)
def test_programs(words: list[str], output: str, errors: str, code: int | None) -> None:
    assert shell.run(words, {}, {"NAME": "v"})[:3] == (output, errors, code)


def test_files_are_written_and_read() -> None:
    files: dict[str, str] = {}
    shell.run(["sh", "-c", "echo a > /f; echo b >> /f"], files, {})
    assert shell.run(["cat", "/f"], files, {}).output == "a\nb\n"
    shell.run(["sh", "-c", "echo c > /f"], files, {})
    assert files == {"/f": "c\n"}


def test_what_is_told_is_repeated() -> None:
    assert shell.run(["cat"], {}, {}).echoes and shell.run(["sh"], {}, {}).echoes
