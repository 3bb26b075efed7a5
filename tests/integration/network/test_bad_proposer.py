"""A validator that proposes what no block may hold is outvoted: a later round decides, nobody is slashed.

What cannot be decoded and what has too much gas gets to the others, who refuse it in ProcessProposal. What has too many
bytes does not: the proposer's own CometBFT gives up over it, and its node ends with that reason until it is started again.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp
import bad_proposer
import pytest
from bad_proposer import GAS_MAX, KINDS
from chain_client import PATIENCE_S, Rpc
from cluster import Cluster, height, reach, same_everywhere
from comet import absent

from supercloud.node.engine import signer as keys
from supercloud.node.home import Home
from supercloud.node.network import STAKE
from supercloud.pb.cosmos.slashing.v1beta1 import query_pb2 as slashing
from supercloud.pb.cosmos.staking.v1beta1 import query_pb2 as staking

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]
SOUND = ("node0", "node1", "node2")
BAD = "node3"
REFUSED = "state machine rejected a proposed block"


def _noted(home: Path) -> list[dict[str, Any]]:
    path = bad_proposer.notes(home)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def _proposals(home: Path, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE_S * 2):
        while len(noted := _noted(home)) < count:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    return noted


def _refusals(cluster: Cluster) -> set[int]:
    """Heights at which CometBFT says that a state machine has refused a proposal."""
    lines = [line for name in SOUND for line in cluster.log(name).splitlines() if REFUSED in line]
    return {json.loads(line)["height"] for line in lines}


async def _outvoted(rpcs: Iterable[Rpc], proposal: dict[str, Any], proposer: str) -> None:
    """Somebody else's block of a later round is at that height, without any of those transactions, on all nodes."""
    at = int(proposal["height"])
    for rpc in rpcs:
        block = (await rpc.call("block", height=str(at)))["block"]
        assert block["header"]["proposer_address"] != proposer
        carried = {hashlib.sha256(base64.b64decode(raw)).hexdigest() for raw in block["data"]["txs"]}
        assert not carried & set(proposal["hashes"])
        commit = (await rpc.call("commit", height=str(at)))["signed_header"]["commit"]
        assert int(commit["round"]) >= 1


async def _nobody_is_slashed(rpc: Rpc) -> None:
    known = await rpc.query(
        "/cosmos.staking.v1beta1.Query/Validators",
        staking.QueryValidatorsRequest(),
        staking.QueryValidatorsResponse,
    )
    assert [(int(each.tokens), each.jailed) for each in known.validators] == [(STAKE, False)] * 4
    signing = await rpc.query(
        "/cosmos.slashing.v1beta1.Query/SigningInfos",
        slashing.QuerySigningInfosRequest(),
        slashing.QuerySigningInfosResponse,
    )
    assert len(signing.info) == 4 and not any(info.tombstoned for info in signing.info)


@pytest.mark.parametrize("rounds", [1, pytest.param(6, marks=pytest.mark.slow)])
async def test_it_is_outvoted_and_follows(tmp_path: Path, rounds: int) -> None:
    patch = {"consensus_params": {"block": {"max_gas": str(GAS_MAX)}}}
    cluster = Cluster(tmp_path / "net", 4, 0.1, patch=patch)
    home = cluster.member(BAD).home
    proposer = keys.read_key_file(Home(home).validator_key).address.hex().upper()
    cluster.start(*SOUND)
    cluster.start(BAD, script=Path(bad_proposer.__file__))
    try:
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, f"node{number}") for number in range(4)]
            await reach(rpcs, 2)
            (raw,) = await cluster.transfers(rpcs[0], 1)
            refused = (await _proposals(home, rounds * len(KINDS)))[: rounds * len(KINDS)]
            assert {each["kind"] for each in refused} == {kind.__name__ for kind in KINDS}
            top = max(int(each["height"]) for each in refused)
            # The one who proposed follows what the others decided.
            await reach(rpcs, top + 2)
            for proposal in refused:
                await _outvoted(rpcs, proposal, proposer)
            # It was refused, not only late: at least one node, however slow this machine is.
            assert {each["height"] for each in refused} <= _refusals(cluster)
            assert (await rpcs[3].committed(raw))["tx_result"]["code"] == 0
            await same_everywhere(rpcs, top + 2)
            signed = (await rpcs[0].call("commit", height=str(top + 1)))["signed_header"]["commit"]
            assert proposer in {each["validator_address"] for each in signed["signatures"]}

            bad_proposer.switch(home).touch()
            async with asyncio.timeout(PATIENCE_S):
                while (last := _noted(home)[-1])["kind"] != "oversized":  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
            await reach(rpcs[:3], int(last["height"]) + 2)
            await _outvoted(rpcs[:3], last, proposer)
            assert await asyncio.to_thread(cluster.processes[BAD].wait, PATIENCE_S) == 1
            said = [line for line in cluster.log(BAD).splitlines() if "CometBFT gave up" in line]
            assert said and "CONSENSUS FAILURE" in said[0] and "exceeds maximum" in said[0]
            cluster.stop(BAD)
            cluster.start(BAD)
            await reach(rpcs, await height(rpcs[0]) + 2)
            await _outvoted(rpcs, last, proposer)
            await same_everywhere(rpcs, int(last["height"]) + 2)
            await _nobody_is_slashed(rpcs[3])
    finally:
        cluster.stop()
