"""Settings: defaults, file, environment, refusals."""

import tomllib
from pathlib import Path

import pytest

from supercloud.node.config import Config, ConfigError, load, render, split_address


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_what_is_rendered_reads_back(tmp_path: Path) -> None:
    config = Config()
    config.engine.block_interval_s = 0.25
    config.rpc.cors_origins = ['https://a.example/"x"', "*"]
    config.node.moniker = 'ümläut \\ "quoted"'
    path = written(tmp_path, render(config))
    assert load(path, {}) == config
    assert tomllib.loads(path.read_text())["rpc"]["listen"] == "127.0.0.1:26657"


def test_every_setting_is_explained() -> None:
    lines = render(Config()).splitlines()
    for number, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            assert lines[number - 1].startswith("# ") and len(lines[number - 1]) > 4, line


def test_the_embedded_engine_has_no_remote_signer() -> None:
    config = Config()
    config.p2p.signer_listen = "10.0.0.5:26659"
    with pytest.raises(ConfigError, match="remote signer"):
        config.check()
    config.engine.kind = "cometbft"
    config.check()
    config.p2p.signer_listen = "10.0.0.5"
    with pytest.raises(ConfigError, match=r"p2p\.signer"):
        config.check()


def test_the_embedded_engine_has_no_cometbft_to_be_run_by_others() -> None:
    config = Config()
    config.engine.start_cometbft = False
    with pytest.raises(ConfigError, match="start_cometbft: the embedded engine has no CometBFT"):
        config.check()
    config.engine.kind = "cometbft"
    config.check()


def test_file_over_defaults_and_environment_over_both(tmp_path: Path) -> None:
    path = written(tmp_path, '[engine]\nblock_interval_s = 2\n[rpc]\nlisten = "127.0.0.1:1"\n')
    environment = {
        "SUPERCLOUD_RPC_LISTEN": "127.0.0.1:2",
        "SUPERCLOUD_REST_CORS_ORIGINS": "https://a, https://b",
        "SUPERCLOUD_MEMPOOL_COUNT": "7",
        "SUPERCLOUD_UNRELATED": "x",
    }
    config = load(path, environment)
    assert (config.engine.block_interval_s, config.rpc.listen, config.mempool.count) == (
        2.0,
        "127.0.0.1:2",
        7,
    )
    assert config.rest.cors_origins == ["https://a", "https://b"]
    assert load(None, {}) == Config()


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[nothing]\nx = 1",
        "[rpc]\nnothing = 1",
        "[rpc]\nlisten = 5",
        "[rpc]\nbatch = true",
        '[rpc]\nbatch = "5"',
        "[rpc]\ncors_origins = [1]",
        '[rpc]\nlisten = "nowhere"',
        '[rpc]\nlisten = "127.0.0.1:99999"',
        "[engine]\nblock_interval_s = 0",
        "[mempool]\ncount = -1",
        '[node]\nlog_level = "loud"',
        "rpc = 5",
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load(written(tmp_path, text), {})


def test_environment_that_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"mempool\.count"):
        load(None, {"SUPERCLOUD_MEMPOOL_COUNT": "many"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load(tmp_path / "absent.toml", {})


@pytest.mark.parametrize(
    "text, expected",
    [("127.0.0.1:5", ("127.0.0.1", 5)), ("[::1]:5", ("::1", 5)), ("tcp://0.0.0.0:0", ("0.0.0.0", 0))],
)
def test_addresses(text: str, expected: tuple[str, int]) -> None:
    assert split_address(text) == expected


@pytest.mark.parametrize(
    "hidden", ["ab" * 20 + "@10.0.0.1:26656", "ab", "AB" * 20, f"{'ab' * 20}, {'cd' * 20}"]
)
def test_hidden_peers_are_ids(hidden: str) -> None:
    config = Config()
    config.p2p.hidden = f"{'ab' * 20},{'cd' * 20}"
    config.check()
    config.p2p.hidden = hidden
    with pytest.raises(ConfigError, match=r"p2p\.hidden"):
        config.check()
