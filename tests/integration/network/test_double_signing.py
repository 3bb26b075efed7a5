"""Somebody signs a second block of one height with a validator's key: the validator is slashed and never comes back.

Twins that run in step sign different blocks only now and then, so this one is made to: it has the key and signs another
block beside the one its validator signed. From there on everything is the network's own: CometBFT checks the evidence,
spreads it, a block carries it, the ledger slashes.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cluster import Cluster, absent, height, reach, same_everywhere

from supercloud.node.engine import block as blocks
from supercloud.node.engine import signer as keys
from supercloud.node.genesis import parse_time
from supercloud.node.home import Home
from supercloud.node.network import STAKE
from supercloud.pb.cosmos.slashing.v1beta1 import query_pb2 as slashing
from supercloud.pb.cosmos.staking.v1beta1 import query_pb2 as staking
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]


def _vote(key: Any, index: int, block: dict[str, Any], named: blocks.BlockID, chain: str) -> dict[str, Any]:
    """A prevote of `key` for a block at the height and time of another one."""
    time, at = block["header"]["time"], int(block["header"]["height"])
    kind = 1
    signed = blocks.vote_sign_bytes(chain, at, 0, named, parse_time(time), kind=kind)
    return {
        "type": kind,
        "height": str(at),
        "round": 0,
        "block_id": {
            "hash": named.hash.hex().upper(),
            "parts": {"total": named.parts_total, "hash": named.parts_hash.hex().upper()},
        },
        "timestamp": time,
        "validator_address": key.address.hex().upper(),
        "validator_index": index,
        "signature": base64.b64encode(key.sign(signed)).decode(),
        "extension": None,
        "extension_signature": None,
    }


async def _evidence(rpc: Any, key: Any, at: int) -> dict[str, Any]:
    """Two prevotes of one validator, for two blocks that are not there."""
    block = (await rpc.call("block", height=str(at)))["block"]
    known = (await rpc.call("validators", height=str(at)))["validators"]
    index, entry = next((i, v) for i, v in enumerate(known) if v["address"] == key.address.hex().upper())
    chain = block["header"]["chain_id"]
    # Ordered by the blocks' ids, as evidence has to be.
    votes = [
        _vote(key, index, block, blocks.BlockID(bytes([number]) * 32, 1, bytes([number]) * 32), chain)
        for number in (1, 2)
    ]
    return {
        "type": "tendermint/DuplicateVoteEvidence",
        "value": {
            "vote_a": votes[0],
            "vote_b": votes[1],
            "TotalVotingPower": str(sum(int(each["voting_power"]) for each in known)),
            "ValidatorPower": entry["voting_power"],
            "Timestamp": block["header"]["time"],
        },
    }


async def test_a_twin_is_slashed_and_tombstoned(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "net", 4)
    home = Home(cluster.member("node3").home)
    key = keys.read_key_file(home.validator_key)
    cluster.start()
    try:
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, f"node{number}") for number in range(4)]
            await reach(rpcs, 3)
            await rpcs[1].call("broadcast_evidence", evidence=await _evidence(rpcs[0], key, 2))
            async with asyncio.timeout(30):
                while not (tombstoned := await _tombstoned(rpcs[0])):  # noqa: ASYNC110 - a block away
                    await asyncio.sleep(0.1)
            assert len(tombstoned) == 1
            answer = await rpcs[0].query(
                "/cosmos.staking.v1beta1.Query/Validators",
                staking.QueryValidatorsRequest(),
                staking.QueryValidatorsResponse,
            )
            jailed = [each for each in answer.validators if each.jailed]
            assert [each.description.moniker for each in jailed] == ["node3"]
            assert jailed[0].status != staking_pb2.BOND_STATUS_BONDED
            # A twentieth is gone, from this validator alone.
            assert int(jailed[0].tokens) == STAKE - STAKE // 20
            assert {int(each.tokens) for each in answer.validators if not each.jailed} == {STAKE}
            at = await height(rpcs[0])
            await reach(rpcs, at + 3)
            await same_everywhere(rpcs, at + 3)
            now = (await rpcs[0].call("validators", height=str(at + 3)))["validators"]
            assert len(now) == 3 and key.address.hex().upper() not in {each["address"] for each in now}
    finally:
        cluster.stop()


async def _tombstoned(rpc: Any) -> list[Any]:
    found = await rpc.query(
        "/cosmos.slashing.v1beta1.Query/SigningInfos",
        slashing.QuerySigningInfosRequest(),
        slashing.QuerySigningInfosResponse,
    )
    return [info for info in found.info if info.tombstoned]
