from __future__ import annotations

import threading
from pathlib import Path

import pytest

from supercloud.sdk import sightings
from supercloud.sdk.sightings import FILE, HOUR_S, KEPT_H, SHOWN_H, Sightings, Uptime, ask

NOW = 1_790_000_000.0
NAME = "akash1provider"


def test_answers_and_silences_of_a_week_are_counted(tmp_path: Path) -> None:
    seen = Sightings(tmp_path)
    assert seen.uptime(NAME, now_s=NOW) == Uptime(0, 0)
    for hours_ago, answered in ((0, True), (0, True), (3, False), (SHOWN_H - 1, True), (SHOWN_H, False)):
        seen.note(NAME, answered, NOW - hours_ago * HOUR_S)
    seen.note("akash1other", False, NOW)
    assert seen.uptime(NAME, now_s=NOW) == Uptime(3, 4)
    assert seen.uptime(NAME, hours=1, now_s=NOW) == Uptime(2, 2)
    assert Sightings(tmp_path).uptime(NAME, hours=KEPT_H, now_s=NOW) == Uptime(3, 5), "it is kept in the home"


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    seen = Sightings(tmp_path)
    seen.note(NAME, True, NOW - (KEPT_H + 2) * HOUR_S)
    seen.note(NAME, False, NOW)
    assert seen.uptime(NAME, hours=2 * KEPT_H, now_s=NOW) == Uptime(0, 1)


@pytest.mark.parametrize(
    ("uptime", "text"),
    [
        (Uptime(0, 0), "not asked yet"),
        (Uptime(12, 12), "100 % of 12"),
        (Uptime(9999, 10000), "99.9 % of 10000"),
        (Uptime(0, 3), "0 % of 3"),
    ],
)
def test_a_hundred_per_cent_means_always(uptime: Uptime, text: str) -> None:
    assert str(uptime) == text
    assert text.startswith(uptime.percent) == bool(uptime.asked)


def test_several_may_count_at_once(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=lambda: [Sightings(tmp_path).note(NAME, True, NOW) for _ in range(25)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Sightings(tmp_path).uptime(NAME, now_s=NOW) == Uptime(100, 100)


def test_a_file_that_is_none_keeps_nobody_from_deploying(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    seen = Sightings(tmp_path)
    seen.note(NAME, True, NOW)
    assert seen.uptime(NAME, now_s=NOW) == Uptime(0, 0)


async def test_asking_counts_who_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(client: object, provider: str) -> float | None:
        return 0.02 if provider == NAME else None

    monkeypatch.setattr(sightings, "round_trip_s", answer)
    seen = Sightings(tmp_path)
    assert await ask(None, [NAME, "akash1gone"], seen) == {NAME: 0.02, "akash1gone": None}  # type: ignore[arg-type]
    assert seen.uptime(NAME) == Uptime(1, 1) and seen.uptime("akash1gone") == Uptime(0, 1)
