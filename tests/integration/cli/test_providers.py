"""`supercloud providers`."""

from __future__ import annotations

import pytest

from .town import Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_who_there_is(town: Town) -> None:
    (row,) = town.run("providers", "--json").document
    assert row["owner"] == town.addresses["provider"]
    assert row["attributes"]["region"] == "west" and row["host_uri"].startswith("https://localhost:")
    assert row["leases_active"] >= 0
    shown = town.run("providers").out
    for part in (row["owner"], row["host_uri"], "region=west", "audited by", "100 %"):
        assert part in shown
    narrow = town.run("providers", COLUMNS="70").out
    for part in (row["owner"][:12], row["host_uri"], "region=west", "leases", "100 %"):
        assert part in narrow
    assert max(len(line) for line in narrow.splitlines()) <= 70 and len(narrow.splitlines()) < 10


def test_how_often_they_answered(town: Town) -> None:
    before, after = (town.run("providers", "--json").document[0] for _ in range(2))
    assert after["round_trip_s"] > 0
    assert after["uptime"]["asked"] > before["uptime"]["asked"] > 0


def test_who_audited_them(town: Town) -> None:
    words = (f"owner={town.addresses['provider']}", 'attributes=[{"key":"region","value":"west"}]')
    assert town.run("tx", "audit", "sign-provider-attributes", *words, "--from", "auditor").code == 0
    try:
        (row,) = town.run("providers", "--json").document
        assert row["audited_by"] == [town.addresses["auditor"]]
    finally:
        words = (f"owner={town.addresses['provider']}",)
        assert town.run("tx", "audit", "delete-provider-attributes", *words, "--from", "auditor").code == 0
    assert town.run("providers", "--json").document[0]["audited_by"] == []
