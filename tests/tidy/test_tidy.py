"""House rules as tests. Each failure lists every offence with its place."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("tidy_rules", Path(__file__).with_name("rules.py"))
assert spec is not None and spec.loader is not None
rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rules)

UNFINISHED = re.compile(r"\b(FIXME|TODO|XXX|HACK)\b|NotImplementedError")


def test_state_machine_is_deterministic() -> None:
    assert [offence for path in rules.pure_sources() for offence in rules.impurities(path)] == []


def test_files_and_functions_are_small() -> None:
    assert [offence for path in rules.sources() for offence in rules.size_offences(path)] == []


def test_public_things_are_documented() -> None:
    assert [offence for path in rules.sources() for offence in rules.undocumented(path)] == []


def test_names_say_what_files_hold() -> None:
    assert [str(path) for path in rules.sources() if path.name in rules.BANNED_NAMES] == []


def test_nothing_is_left_unfinished() -> None:
    offences = [
        f"{path.relative_to(rules.ROOT)}:{number}: {line.strip()}"
        for path in rules.sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert offences == []


def test_every_ledger_module_has_the_same_files() -> None:
    missing = [
        f"{module.name}/{name}"
        for module in rules.chain_modules()
        for name in (*rules.MODULE_FILES, "README.md")
        if not (module / name).exists()
    ]
    assert missing == []


def test_every_ledger_module_readme_has_the_same_headings() -> None:
    missing = [
        f"{module.name}: {heading}"
        for module in rules.chain_modules()
        for heading in rules.MODULE_HEADINGS
        if f"## {heading}" not in (module / "README.md").read_text()
    ]
    assert missing == []


def test_every_source_file_has_its_test() -> None:
    """Its own, at the mirrored path in the tree of whatever kind of test suits it, or a unit neighbour's."""
    untested = []
    for path in rules.sources():
        relative = path.relative_to(rules.SOURCE)
        if path.name == "expected_keepers.py" or path.name.startswith("__"):
            continue  # protocols and package fronts have nothing to run
        candidates = [
            rules.ROOT / "tests" / kind / relative.parent / f"test_{path.stem}.py"
            for kind in ("unit", "integration", "e2e")
        ]
        folder = rules.ROOT / "tests" / "unit" / relative.parent
        if not any(candidate.exists() for candidate in candidates) and not _named_in(folder, path.stem):
            untested.append(str(relative))
    assert untested == []


def _named_in(folder: Path, stem: str) -> bool:
    """A file may also be tested by a neighbour that imports it by name."""
    word = re.compile(rf"\b{re.escape(stem)}\b")
    return any(word.search(test.read_text()) for test in folder.glob("test_*.py"))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = 1.5", "float literal"),
        ("x = a / b", "true division"),
        ("x = hash(a)", "call of hash()"),
        ("for a in {1, 2}: pass", "walks a set, whose order differs between runs"),
        ("y = [a for a in set(b)]", "walks a set, whose order differs between runs"),
        ("async def f(): pass", "coroutine"),
        ("x = datetime.now()", "reads the clock"),
    ],
)
def test_rules_see_what_they_should(
    code: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offender = tmp_path / "offender.py"
    offender.write_text(code)
    monkeypatch.setattr(rules, "ROOT", tmp_path)
    assert any(reason in offence for offence in rules.impurities(offender))


@pytest.mark.xdist_group("of-one")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """pytest-xdist says nothing when it can not name groups (3.8 on pytest 9.2), and tests that share a node or a
    machine's containers then run side by side."""
    if not request.config.getoption("loadgroup", False):
        pytest.skip("groups are for --dist loadgroup")
    assert request.node.nodeid.endswith("@of-one")
