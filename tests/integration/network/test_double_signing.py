"""Somebody signs a second block of one height with a validator's key: the validator is slashed and never comes back.

Once by a whole second node that runs beside the validator with a copy of its key, once by a second signature that is
made here. CometBFT checks the evidence, spreads it, a block carries it, the ledger slashes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chain_client import ALICE, WEALTH, Rpc, transfer
from cluster import Cluster, height, reach, same_everywhere
from comet import absent

from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.node.engine import block as blocks
from supercloud.node.engine import signer as keys
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE, find_program
from supercloud.node.genesis import parse_time
from supercloud.node.home import Home
from supercloud.node.network import STAKE
from supercloud.pb.cosmos.slashing.v1beta1 import query_pb2 as slashing
from supercloud.pb.cosmos.staking.v1beta1 import query_pb2 as staking
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]
CAROL = PrivateKey(hashlib.sha256(b"carol").digest())


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


@pytest.mark.slow
async def test_a_second_signature_is_slashed_and_tombstoned(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "net", 4)
    key = keys.read_key_file(Home(cluster.member("node3").home).validator_key)
    cluster.start()
    try:
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, f"node{number}") for number in range(4)]
            await reach(rpcs, 3)
            await rpcs[1].call("broadcast_evidence", evidence=await _evidence(rpcs[0], key, 2))
            async with asyncio.timeout(30):
                while not await _tombstoned(rpcs[0]):  # noqa: ASYNC110 - a block away
                    await asyncio.sleep(0.1)
            await _only_the_last_is_out(rpcs, key)
    finally:
        cluster.stop()


async def test_a_twin_of_a_validator_is_found_and_slashed(tmp_path: Path) -> None:
    """Two whole nodes with one key, each with a record of its own of what it signed.

    Twins that see the same sign the same. These keep the transactions that they are sent to themselves, so they propose
    different blocks whenever it is their turn, and each votes for its own.
    """
    cluster = Cluster(tmp_path / "net", 4, more={CAROL.address: WEALTH})
    home = cluster.member("node3").home
    key = keys.read_key_file(Home(home).validator_key)
    twin = cluster.join("twin", cluster.spare_base).home
    shutil.copy(Home(home).validator_key, Home(twin).validator_key)
    peers = [f"{each.node_id}@{each.endpoints.p2p}" for each in cluster.members[:3]]
    for name in ("node3", "twin"):
        cluster.configure(name, "p2p", persistent_peers=",".join(peers), exchange=False)
        cluster.configure(name, "engine", block_interval_s=0.3)
    silent = _keeping_transactions(tmp_path)
    cluster.start("node0", "node1", "node2")
    cluster.start("node3", "twin", prefix=["env", f"{PROGRAM_VARIABLE}={silent}"])
    try:
        async with aiohttp.ClientSession() as session:
            rpcs = [cluster.rpc(session, f"node{number}") for number in range(4)]
            other = cluster.rpc(session, "twin")
            await reach([*rpcs, other], 3)
            payers = [
                asyncio.create_task(_keep_paying(rpcs[3], ALICE, cluster.alice)),
                asyncio.create_task(_keep_paying(other, CAROL, cluster.alice + 1)),
            ]
            try:
                async with asyncio.timeout(180):
                    while not await _tombstoned(rpcs[0]):
                        await asyncio.sleep(0.1)
                        assert not any(payer.done() for payer in payers), "a transaction was refused"
            finally:
                for payer in payers:
                    payer.cancel()
                await asyncio.gather(*payers, return_exceptions=True)
            votes = await _found(rpcs[0])
            assert {vote["validator_address"] for vote in votes} == {key.address.hex().upper()}
            assert votes[0]["block_id"] != votes[1]["block_id"] and votes[0]["height"] == votes[1]["height"]
            await _only_the_last_is_out([*rpcs, other], key)
    finally:
        cluster.stop()


def _keeping_transactions(folder: Path) -> Path:
    """A program that is CometBFT, but tells its peers of no transactions."""
    script = folder / "cometbft"
    script.write_text(
        "#!/bin/sh\n"
        "sed -i -e 's/^.mempool.$/&\\nbroadcast = false/' \"$3/config/config.toml\"\n"
        f'exec {find_program()} "$@"\n'
    )
    script.chmod(0o755)
    return script


async def _keep_paying(rpc: Rpc, payer: PrivateKey, number: int) -> None:
    """Let one transaction wait at a node all the time."""
    for sequence in itertools.count():
        answer = await rpc.send(transfer(1, sequence, account_number=number, sender=payer))
        assert answer["code"] == 0, answer
        while int((await rpc.call("num_unconfirmed_txs"))["total"]):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def _found(rpc: Rpc) -> list[dict[str, Any]]:
    """The two votes of the one piece of evidence that is in the blocks."""
    for at in range(1, await height(rpc) + 1):
        block = (await rpc.call("block", height=str(at)))["block"]
        for entry in block["evidence"]["evidence"]:
            return [entry["value"]["vote_a"], entry["value"]["vote_b"]]
    raise AssertionError("no block has evidence")


async def _only_the_last_is_out(rpcs: list[Rpc], key: Any) -> None:
    """A twentieth of the last validator's stake is gone, and it from the set; the others have theirs, blocks go on."""
    assert len(await _tombstoned(rpcs[0])) == 1
    answer = await rpcs[0].query(
        "/cosmos.staking.v1beta1.Query/Validators",
        staking.QueryValidatorsRequest(),
        staking.QueryValidatorsResponse,
    )
    jailed = [each for each in answer.validators if each.jailed]
    assert [each.description.moniker for each in jailed] == ["node3"]
    assert jailed[0].status != staking_pb2.BOND_STATUS_BONDED
    assert int(jailed[0].tokens) == STAKE - STAKE // 20
    assert {int(each.tokens) for each in answer.validators if not each.jailed} == {STAKE}
    at = await height(rpcs[0])
    await reach(rpcs, at + 3)
    await same_everywhere(rpcs, at + 3)
    now = (await rpcs[0].call("validators", height=str(at + 3)))["validators"]
    assert len(now) == 3 and key.address.hex().upper() not in {each["address"] for each in now}


async def _tombstoned(rpc: Any) -> list[Any]:
    found = await rpc.query(
        "/cosmos.slashing.v1beta1.Query/SigningInfos",
        slashing.QuerySigningInfosRequest(),
        slashing.QuerySigningInfosResponse,
    )
    return [info for info in found.info if info.tombstoned]
