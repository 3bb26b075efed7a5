"""Settings: defaults, the file, and what is refused by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.config import Config, ConfigError, dump, load, parse


def test_dumped_settings_load_as_they_were(tmp_path: Path) -> None:
    config = Config(host="a.example", attributes={"region": 'e"u'}, insecure_registries=["x:5000"])
    path = tmp_path / "provider.toml"
    path.write_text(dump(config))
    assert load(path) == config


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Config()


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"hots": "x"}, "unknown setting 'hots'"),
        ({"gateway_port": "8443"}, "gateway_port"),
        ({"price_cpu": "-1"}, "price_cpu"),
        ({"price_cpu": "dear"}, "decimal number in quotes"),
        ({"dollars_per": {"uakt": "0"}}, "dollars_per"),
        ({"ports_first": 40000, "ports_last": 30000}, "ports_first..ports_last"),
    ],
)
def test_refusals_name_the_setting(document: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named.replace("..", r"\.\.")):
        parse(document)


def test_malformed_files_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "provider.toml"
    path.write_text("host = ")
    with pytest.raises(ConfigError, match=r"provider\.toml"):
        load(path)


def test_the_uri_on_the_ledger_follows_from_host_and_port() -> None:
    assert Config(host="a.example", gateway_port=1234).host_uri == "https://a.example:1234"
    assert tomllib.loads(dump(Config()))["host"] == "localhost"
