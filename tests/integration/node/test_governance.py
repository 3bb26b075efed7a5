"""Governance from the command line over a running node: a grant proposed, voted, paid and claimed; every door shows it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from chain_client import settings
from click.testing import CliRunner
from governed import make_governed_home

from supercloud.cli.main import root
from supercloud.codec.json import to_dict
from supercloud.node.home import VALIDATOR_POWER
from supercloud.node.server import Node
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32, module_address

pytestmark = pytest.mark.node

BECH32 = Bech32("akash")
AUTHORITY = BECH32.text(module_address("gov"))


class Village:
    """A node whose one validator has staked, and the keys of its operator and of a stranger."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.keys = Keyring(self.home / "keyring", Backend.TEST)
        config = settings(0.1)
        make_governed_home(folder / "node", self.keys, config)
        self.node = Node(folder / "node", config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._act(self.node.start())
        (self.home / "local.json").write_bytes(orjson.dumps({"rpc": self.node.rpc_url}))

    def _act(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        self._act(self.node.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def run(self, *words: str, by: str = "operator") -> Any:
        """A command's JSON."""
        done = CliRunner().invoke(
            root,
            [*words, "--json", *(("--from", by) if words[0] == "tx" else ())],
            env={"SUPERCLOUD_HOME": str(self.home)},
            prog_name="supercloud",
        )
        assert done.exit_code == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def get(self, path: str) -> Any:
        """A REST answer."""
        with urllib.request.urlopen(self.node.rest_url + path, timeout=10) as answer:
            return json.load(answer)

    def wait_decided(self, number: int) -> Any:
        """The proposal, once its vote has ended."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            proposal = self.run("query", "gov", "proposal", f"proposal_id={number}")["proposal"]
            if proposal["status"] != "PROPOSAL_STATUS_VOTING_PERIOD":
                return proposal
            time.sleep(0.3)
        raise AssertionError("the vote does not end")


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    village = Village(tmp_path)
    yield village
    village.stop()


def coins(name: str, amount: int) -> str:
    return f"{name}=" + json.dumps([{"denom": "uakt", "amount": str(amount)}])


def test_a_grant_from_the_command_line(village: Village) -> None:
    builder = BECH32.text(village.keys.address("builder"))
    village.run("tx", "distribution", "fund-community-pool", coins("amount", 5000))
    spend = {
        "@type": "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend",
        "authority": AUTHORITY,
        "recipient": builder,
        "amount": [{"denom": "uakt", "amount": "1000"}],
    }
    stream = {
        "@type": "/supercloud.grants.v1.MsgCreateGrant",
        "authority": AUTHORITY,
        "recipient": builder,
        "title": "Documentation",
        "stream": {"amount": [{"denom": "uakt", "amount": "2000"}], "duration": "1s"},
    }
    proposed = village.run(
        "tx",
        "gov",
        "submit-proposal",
        "messages=" + json.dumps([spend, stream]),
        coins("initial_deposit", 10_000_000),
        "title=A grant",
        "summary=For those who build",
        "metadata=ipfs://x",
    )
    assert proposed["height"] > 0
    village.run("tx", "gov", "vote", "proposal_id=1", "option=VOTE_OPTION_YES")
    vote = village.run("query", "gov", "votes", "proposal_id=1")["votes"][0]
    assert vote["options"] == [{"option": "VOTE_OPTION_YES", "weight": "1.000000000000000000"}]
    tally = village.get("/cosmos/gov/v1/proposals/1/tally")["tally"]
    assert tally["yes_count"] == str(VALIDATOR_POWER * 10**6)
    before = int(
        village.run("query", "bank", "balance", f"address={builder}", "denom=uakt")["balance"]["amount"]
    )
    decided = village.wait_decided(1)
    assert (decided["status"], decided["failed_reason"]) == ("PROPOSAL_STATUS_PASSED", "")
    assert village.get("/cosmos/gov/v1/proposals/1")["proposal"] == decided
    after = int(
        village.run("query", "bank", "balance", f"address={builder}", "denom=uakt")["balance"]["amount"]
    )
    assert after - before == 1000
    found = village.get(f"/supercloud/grants/v1/grants?recipient={builder}")["grants"]
    assert [grant["title"] for grant in found] == ["Documentation"]
    time.sleep(1.2)
    claimed = village.run("tx", "grants", "claim", "id=1", by="builder")
    assert claimed["gas_used"] > 0
    shown = village.run("query", "grants", "grant", "id=1")["grant"]
    assert (shown["status"], shown["claimed"][0]["amount"]) == ("GRANT_STATUS_COMPLETED", "2000")
    pool = village.get("/cosmos/distribution/v1beta1/community_pool")["pool"]
    assert int(pool[0]["amount"].split(".")[0]) >= 2000


def test_an_upgrade_and_an_older_text_from_the_command_line(village: Village) -> None:
    plan = {
        "@type": "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade",
        "authority": AUTHORITY,
        "plan": {"name": "v9", "height": "100000000", "info": "there"},
    }
    words = ("title=Upgrade", "summary=To v9", "metadata=x", coins("initial_deposit", 50_000_000))
    village.run("tx", "gov", "submit-proposal", f"messages={json.dumps([plan])}", *words, "expedited=true")
    village.run("tx", "gov", "vote", "proposal_id=1", "option=VOTE_OPTION_YES")
    assert village.wait_decided(1)["status"] == "PROPOSAL_STATUS_PASSED"
    assert village.get("/cosmos/upgrade/v1beta1/current_plan")["plan"]["name"] == "v9"
    versions = village.run("query", "upgrade", "module-versions")["module_versions"]
    assert {"name": "gov", "version": "1"} in versions
    assert village.get("/cosmos/upgrade/v1beta1/authority")["address"] == AUTHORITY
    content = {"@type": "/cosmos.gov.v1beta1.TextProposal", "title": "Hello", "description": "World"}
    village.run(
        "tx",
        "gov-v1beta1",
        "submit-proposal",
        f"content={json.dumps(content)}",
        coins("initial_deposit", 200_000),
    )
    shown = village.get("/cosmos/gov/v1beta1/proposals/2")["proposal"]
    assert shown["content"] == content
    assert village.get("/cosmos/gov/v1/params/tallying")["tally_params"]["quorum"] == "0.334000000000000000"
    village.run("tx", "gov", "cancel-proposal", "proposal_id=2")
    listed = village.run("query", "gov", "proposals")["proposals"]
    assert [each["id"] for each in listed] == ["1"]
    assert to_dict(village.node.app.keepers.gov.params(village.node.app.query_context()))["burn_vote_veto"]
