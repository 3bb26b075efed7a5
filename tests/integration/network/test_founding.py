"""Two people found a network: both sign, one collects, their nodes decide the first block together."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest
from chain_client import ALICE, BECH32, BOB, CHAIN
from cluster import Cluster, reach, same_everywhere
from comet import absent

from supercloud.chain.app import default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.node import founding, genesis
from supercloud.node.home import Home
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_query
from supercloud.types.coin import Coin

pytestmark = [
    pytest.mark.node,
    pytest.mark.xdist_group("founding"),
    pytest.mark.skipif(bool(absent()), reason=absent()),
]
PURSE, STAKE, VESTS = 9_000_000, 5_000_000, 3_000_000


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_founders_decide_together_from_the_first_block(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    cluster = Cluster(tmp_path, 2)
    document = genesis.build(CHAIN, time.time_ns(), [], default_genesis(Profile(), {}))
    locked = founding.Schedule([Coin("uakt", VESTS)], locked=True)
    for key, schedule in ((ALICE, locked), (BOB, None)):
        founding.add_account(document, BECH32.text(key.address), [Coin("uakt", PURSE)], schedule)
    signed = [
        founding.found(
            document,
            key,
            founding.validator_keys(member.home),
            Coin("uakt", STAKE),
            founding.Terms(member.name),
        )
        for key, member in zip((ALICE, BOB), cluster.members, strict=True)
    ]
    founding.collect(document, signed)
    for member in cluster.members:
        Home(member.home).genesis.write_bytes(orjson.dumps(document))
    cluster.start()
    try:
        rpcs = [cluster.rpc(session, member.name) for member in cluster.members]
        await reach(rpcs, 3)
        await same_everywhere(rpcs, 2)
        found = (await rpcs[0].call("validators", height="1"))["validators"]
        assert [each["voting_power"] for each in found] == ["5", "5"]
        # Coins that vest were staked first: what is left is free.
        for key in (ALICE, BOB):
            request = bank_query.QuerySpendableBalanceByDenomRequest(
                address=BECH32.text(key.address), denom="uakt"
            )
            answer = await rpcs[1].query(
                "/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom",
                request,
                bank_query.QuerySpendableBalanceByDenomResponse,
            )
            assert answer.balance.amount == str(PURSE - STAKE)
    finally:
        cluster.stop()
