"""The genesis that `supercloud up` writes: who reports prices, how full the vault is, and what a profile changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.cli import local
from supercloud.node.home import Home
from supercloud.types.address import Bech32, module_address

PROFILE = Path(__file__).resolve().parents[3] / "examples" / "genesis" / "uact-only.json"
BECH32 = Bech32(local.PREFIX)


def written(home: Path, override: Path | None = None, funds: tuple[str, ...] = ()) -> tuple[Any, local.Local]:
    place = local.prepare(
        home, chain_id=None, block_time_s=None, port_base=26650, funds=funds, override=override
    )
    return orjson.loads(Home(place.node_home).genesis.read_bytes())["app_state"], place


def coins_of(state: Any, address: str) -> dict[str, int]:
    (found,) = [entry for entry in state["bank"]["balances"] if entry["address"] == address]
    return {coin["denom"]: int(coin["amount"]) for coin in found["coins"]}


def test_the_key_oracle_reports_prices_and_the_vault_covers_all_credit(tmp_path: Path) -> None:
    friend = BECH32.text(b"\x07" * 20)
    state, place = written(tmp_path, funds=(f"{friend}=500uact",))
    names = {account["name"]: account["address"] for account in place.accounts}
    assert state["oracle"]["params"]["sources"] == [names["oracle"]]
    credit = sum(coins_of(state, address).get("uact", 0) for address in [*names.values(), friend])
    assert credit == len(names) * local.FUNDS["uact"] + 500
    assert coins_of(state, BECH32.text(module_address("bme"))) == {"uakt": 2 * credit}
    assert len(state["deployment"]["params"]["min_deposits"]) == 3


def test_a_profile_is_a_patch_of_that(tmp_path: Path) -> None:
    state, _ = written(tmp_path, PROFILE)
    assert state["deployment"]["params"]["min_deposits"] == [{"denom": "uact", "amount": "500000"}]
    assert {"denom": "uact", "enabled": False} in state["bank"]["send_enabled"]
    assert state["oracle"]["prices"][0]["state"]["price"].startswith("1.")


@pytest.mark.parametrize("changes", [{"sources": []}])
def test_a_patch_has_the_last_word(tmp_path: Path, changes: dict[str, Any]) -> None:
    patch = tmp_path / "patch.json"
    patch.write_bytes(orjson.dumps({"app_state": {"oracle": {"params": changes, "latest_prices_ids": []}}}))
    state, _ = written(tmp_path / "home", patch)
    assert state["oracle"]["params"]["sources"] == []
