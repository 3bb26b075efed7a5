"""node/programs.py: the tree of programs, what in it is current, what is due."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from supercloud.node.programs import INFO, Plan, ProgramError, ProgramMissing, Programs, read_plan

V2 = Plan("v2", 40, "there")


def put(path: Path, content: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def note(path: Path, name: str, height: object, **more: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": name, "height": height, **more}))


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """A home with the first program and that of v2."""
    for folder in ("genesis", "upgrades/v2"):
        put(tmp_path / "cosmovisor" / folder / "bin" / "supercloud")
    (tmp_path / "data").mkdir()
    return Programs(tmp_path)


def test_genesis_is_current_first_and_the_link_is_that_of_cosmovisor(programs: Programs) -> None:
    assert programs.current() == programs.root / "genesis"
    assert os.readlink(programs.root / "current") == "genesis"
    programs.switch(V2)
    assert os.readlink(programs.root / "current") == "upgrades/v2"
    assert programs.current() == programs.root / "upgrades" / "v2"
    assert json.loads((programs.root / "upgrades" / "v2" / INFO).read_text()) == {
        "name": "v2",
        "time": "0001-01-01T00:00:00Z",
        "height": 40,
        "info": "there",
    }


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("V2.0.0", "v2.0.0"),
        ("a/b c", "a%2Fb%20c"),
        ("x$&+=:@~-_.", "x$&+=:@~-_."),
        ("!*'();,?", "%21%2A%27%28%29%3B%2C%3F"),
        ("é", "%C3%A9"),
    ],
)
def test_names_of_folders_are_those_of_cosmovisor(programs: Programs, name: str, folder: str) -> None:
    # Go's url.PathEscape of the name in lower case.
    assert programs.folder(name) == programs.root / "upgrades" / folder


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_leads_elsewhere_is_refused(programs: Programs, name: str) -> None:
    note(programs.home / "data" / INFO, name, 40)
    with pytest.raises(ProgramError, match="can have no folder"):
        programs.pending()


def test_a_note_is_pending_until_its_program_is_current(programs: Programs) -> None:
    assert programs.pending() is None
    note(programs.home / "data" / INFO, "v2", 40, info="there", time="0001-01-01T00:00:00Z")
    assert programs.pending() == V2
    programs.switch(V2)
    assert programs.pending() is None
    note(programs.home / "data" / INFO, "v3", 50)
    assert programs.pending() == Plan("v3", 50, "")


def test_a_note_older_than_what_runs_is_not_pending(programs: Programs) -> None:
    programs.switch(V2)
    note(programs.home / "data" / INFO, "v1.5", 30)
    assert programs.pending() is None


def test_a_link_that_cosmovisor_made_as_a_whole_path_is_the_same_folder(programs: Programs) -> None:
    (programs.root / "current").symlink_to(programs.root / "upgrades" / "v2")
    note(programs.home / "data" / INFO, "V2", "40")
    assert programs.pending() is None
    assert programs.runnable(programs.current()) == programs.program(programs.folder("v2"))


def test_heights_are_numbers_or_texts(tmp_path: Path) -> None:
    for height in (40, "40"):
        note(tmp_path / INFO, "v2", height, info="there")
        assert read_plan(tmp_path / INFO) == V2
    assert read_plan(tmp_path / "none") is None


@pytest.mark.parametrize(
    "content",
    ["", "[]", "7", "{}", '{"name": "v2"}', '{"name": "", "height": 4}', '{"name": "v", "height": 0}'],
)
def test_a_note_that_names_nothing_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / INFO).write_text(content)
    with pytest.raises(ProgramError, match="does not name an upgrade"):
        read_plan(tmp_path / INFO)


def test_what_is_not_in_its_place_is_told_with_the_command(programs: Programs) -> None:
    with pytest.raises(ProgramMissing, match=r"add-program /path/to/supercloud --upgrade 'a b' --home"):
        programs.switch(Plan("a b", 50, ""))
    assert programs.current() == programs.root / "genesis"
    program = programs.program(programs.root / "genesis")
    program.chmod(0o644)
    with pytest.raises(ProgramMissing, match="no program that can be run"):
        programs.runnable(programs.current())


def test_without_a_tree_it_is_told_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match=r"add-program /path/to/noded --name noded --home"):
        Programs(tmp_path, "noded").current()


def test_current_has_to_be_a_link(programs: Programs) -> None:
    (programs.root / "current").mkdir()
    with pytest.raises(ProgramError, match="has to be a link"):
        programs.current()


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_names_of_programs_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProgramError, match="can not be called"):
        Programs(tmp_path, name)


def test_scripts_are_linked_to_and_other_programs_copied(tmp_path: Path) -> None:
    programs = Programs(tmp_path / "home")
    script = put(tmp_path / "release" / "bin" / "supercloud")
    (tmp_path / "newest").symlink_to("release")
    place = programs.add(tmp_path / "newest" / "bin" / "supercloud")
    assert place == programs.root / "genesis" / "bin" / "supercloud"
    # Whatever `newest` becomes later.
    assert os.readlink(place) == str(script)
    binary = put(tmp_path / "release" / "binary", "\x7fELF")
    place = programs.add(binary, "V3")
    assert place == programs.root / "upgrades" / "v3" / "bin" / "supercloud"
    binary.unlink()
    assert not place.is_symlink() and place.read_text() == "\x7fELF" and os.access(place, os.X_OK)
    assert sorted(path.name for path in place.parent.iterdir()) == ["supercloud"]


def test_a_program_in_place_is_replaced_only_when_asked(tmp_path: Path) -> None:
    programs = Programs(tmp_path / "home")
    first, second = put(tmp_path / "first"), put(tmp_path / "second")
    programs.add(first)
    with pytest.raises(ProgramError, match="is there already"):
        programs.add(second)
    assert programs.add(second, replace=True).resolve() == second
    second.chmod(0o644)
    with pytest.raises(ProgramError, match="no program that can be run"):
        programs.add(second, "v2")
    assert not (programs.root / "upgrades").exists()


def test_leftovers_of_one_who_died_are_no_hindrance(programs: Programs) -> None:
    (programs.root / ".current.new").symlink_to("nowhere")
    (programs.root / "upgrades" / "v2" / f"{INFO}.new").write_text("{")
    programs.current()
    programs.switch(V2)
    assert os.readlink(programs.root / "current") == "upgrades/v2"
    assert read_plan(programs.current() / INFO) == V2


def test_a_note_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / INFO).mkdir()
    with pytest.raises(ProgramError, match=f"{INFO} can not be read: Is a directory"):
        read_plan(tmp_path / INFO)
    (tmp_path / INFO).rmdir()
    (tmp_path / INFO).write_text('{"name": "v2", "height": 1e999}')
    with pytest.raises(ProgramError, match="does not name an upgrade and a height"):
        read_plan(tmp_path / INFO)


def test_supervisors_of_another_account_may_read_notes(programs: Programs) -> None:
    programs.switch(V2)
    assert (programs.current() / INFO).stat().st_mode & 0o777 == 0o644
